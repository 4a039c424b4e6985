"""The window: full-screen on the display that the show names, by glfw. Every call belongs to the main thread of the process `screen`.

A display that is unplugged takes its window with it; both come back together. Whatever is missing is a sentence in `remark`, never an error.
"""

import logging
from collections.abc import Mapping
from typing import Any

from performer.errors import PerformerError, PortError
from performer.visuals.compositor import Compositor, context
from performer.visuals.displays import Display, choose, displays, library
from performer.visuals.layers import NO_OVERLAY, Overlay
from performer.visuals.looks import Looks
from performer.visuals.reel import Picture

log = logging.getLogger("performer")
TITLE = "Performer"
WINDOWED = (1280, 720)  # pixels of a window that is no whole display
LOOK_UP = 0.5  # seconds between two looks for the display
RATE_HZ = 60.0


class Window:
    """A surface. `want` is part of a display's name; `windowed`: a window with a frame, there or anywhere."""

    def __init__(self, want: str, windowed: bool = False) -> None:
        self.remark = ""
        self._want, self._windowed = want, windowed
        self._display: Display | None = None
        self._handle: Any = None
        self._compositor: Compositor | None = None
        self._looked = float("-inf")
        self._shut = False

    @property
    def is_open(self) -> bool:
        return self._compositor is not None

    @property
    def paced(self) -> bool:
        """Whether `show` returns at the display's own rate. A renderer in software has no display to wait for."""
        return self._compositor is not None and not self._compositor.software

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return tuple(library().get_framebuffer_size(self._handle)) if self._handle is not None else WINDOWED

    def attend(self, now: float) -> bool:
        """See to the system's events and to the display; whether there is a window to draw on."""
        if self._handle is not None:
            library().poll_events()
            if library().window_should_close(self._handle):
                self._shut = True
                self._lost("The window was closed by hand; it opens again with the next start of the show.")
        if now - self._looked >= LOOK_UP and not self._shut:
            self._looked = now
            try:
                self._look_up()
            except PerformerError as error:
                self._lost(str(error))
        return self.is_open

    def show(self, picture: Picture, looks: Looks, passed: float, overlay: Overlay = NO_OVERLAY) -> None:
        """Draw the picture (height, width, 3) with the layers over it, `passed` seconds after the last; it is on the
        display when this returns, or soon after."""
        assert self._compositor is not None
        size = self.size
        if min(size) > 0:  # a window that is iconified has no pixels
            self._compositor.draw(picture, looks, size, passed, overlay)
            library().swap_buffers(self._handle)

    def seen(self) -> Picture:
        """What was shown last, before it was put into its place."""
        assert self._compositor is not None
        return self._compositor.seen()

    def tell(self) -> Mapping[str, Any]:
        """For the status."""
        if self._compositor is None:
            return {"open": False, "remark": self.remark}
        facts = {"open": True, "size": list(self.size), "renderer": self._compositor.renderer, "software": self._compositor.software}
        return facts | {"display": "" if self._display is None else self._display.name}

    def close(self) -> None:
        """Give everything back."""
        self._drop()

    def _look_up(self) -> None:
        """Open where the display is there, let go where it is not, and move with it where it has changed."""
        glfw = library()
        glfw.poll_events()
        there = displays()
        if self._windowed and not self._want:
            display = there[0] if there else None
            if self._handle is None:
                self._open(display)
            return
        display = choose(self._want, there)
        if self._handle is None or display != self._display:
            self._drop()
            self._open(display)

    def _open(self, display: Display | None) -> None:
        glfw = library()
        glfw.default_window_hints()
        hints = {
            glfw.CONTEXT_VERSION_MAJOR: 3, glfw.CONTEXT_VERSION_MINOR: 3, glfw.OPENGL_PROFILE: glfw.OPENGL_CORE_PROFILE,
            glfw.OPENGL_FORWARD_COMPAT: True, glfw.AUTO_ICONIFY: False, glfw.FOCUS_ON_SHOW: False, glfw.FOCUSED: False, glfw.DEPTH_BITS: 0,
            glfw.STENCIL_BITS: 0, glfw.VISIBLE: False,
        }  # fmt: skip
        full = display is not None and not self._windowed
        if full and display is not None and display.rate_hz:
            hints[glfw.REFRESH_RATE] = display.rate_hz  # the mode that the desktop has: no projector likes to be switched
        for hint, value in hints.items():
            glfw.window_hint(hint, value)
        width, height = (display.width, display.height) if full and display is not None else WINDOWED
        self._handle = glfw.create_window(width, height, TITLE, display.handle if full and display is not None else None, None)
        if not self._handle:
            _, words = glfw.get_error()
            said = words.decode(errors="replace") if isinstance(words, bytes) else str(words or "no reason was given")
            raise PortError(f"The window cannot be opened ({said}).", "Install OpenGL for this machine's graphics card, or Mesa's.")
        if self._windowed and display is not None:
            glfw.set_window_pos(self._handle, display.x + 40, display.y + 40)
        glfw.set_input_mode(self._handle, glfw.CURSOR, glfw.CURSOR_HIDDEN)
        glfw.show_window(self._handle)
        glfw.make_context_current(self._handle)
        self._compositor, self._display = Compositor(context()), display
        rate = display.rate_hz if display is not None and display.rate_hz else RATE_HZ
        glfw.swap_interval(max(1, int(rate / RATE_HZ + 0.05)) if self.paced else 0)  # never fewer than sixty a second where there can be more
        if self.remark:
            log.warning("The window is back on %s.", display or "the desktop")
        self.remark = ""

    def _lost(self, remark: str) -> None:
        self._drop()
        if remark != self.remark:
            log.warning(remark)
        self.remark = remark

    def _drop(self) -> None:
        handle, self._handle, self._compositor, self._display = self._handle, None, None, None
        if handle is not None:
            library().destroy_window(handle)
