"""The displays of this machine, by their names. glfw is imported late, here and in `window`; every call belongs to a process' main thread."""

import functools
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from performer.errors import PortError
from performer.packages import extra

NOWHERE = {
    "linux": "Start it in a desktop session, or set DISPLAY (WAYLAND_DISPLAY) to the one that the projector belongs to.",
    "darwin": "Start it as the user who is logged in at the screen.",
    "win32": "Start it as the user who is logged in at the screen.",
}


@dataclass(frozen=True, slots=True)
class Display:
    """A display: its name, its place on the desktop and its size in pixels, its rate, and glfw's own handle of it."""

    name: str
    x: int
    y: int
    width: int
    height: int
    rate_hz: int
    handle: Any = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"'{self.name}' ({self.width} x {self.height}{f', {self.rate_hz} Hz' if self.rate_hz else ''})"


def displays() -> list[Display]:
    """The displays that are plugged in and switched on, the first one first. Raises PortError where there can be none."""
    glfw = library()
    found = []
    for handle in glfw.get_monitors():
        mode = glfw.get_video_mode(handle)
        if mode is not None:
            x, y = glfw.get_monitor_pos(handle)
            width, height = mode.size
            name = glfw.get_monitor_name(handle).decode(errors="replace")
            found.append(Display(name, x, y, width, height, mode.refresh_rate, handle))
    return found


def choose(want: str, available: Sequence[Display]) -> Display:
    """The display called `want`, in full or in part and in upper or lower case. Raises PortError with the names that there are."""
    partial = [each for each in available if each.name == want] or [each for each in available if want.casefold() in each.name.casefold()]
    if not partial:
        names = ", ".join(f"'{each.name}'" for each in available) or "none"
        raise PortError(f"No display is called '{want}' now.", f"There are: {names}. `performer devices` lists them.")
    return partial[0]


@functools.cache
def library() -> Any:
    """glfw, ready to be used. Raises PortError with the remedy where it cannot be."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of every error; what matters is seen in what it returns
        try:
            import glfw
        except ImportError as error:
            raise PortError(f"The window cannot be opened: {error}.", extra("window")) from None
        glfw.ERROR_REPORTING = "ignore"
        if not glfw.init():
            raise PortError("There is no display that a window could be opened on.", NOWHERE.get(sys.platform, ""))
    return glfw
