"""A surface without a display, for a show that has no window: composed while somebody keeps what is seen, and else nothing at all.

The compositor draws where OpenGL can be had without a desktop (EGL); where it cannot, the picture is kept without its looks.
"""

from collections.abc import Callable, Mapping
from typing import Any

from performer.errors import PortError
from performer.visuals.compositor import Compositor, context
from performer.visuals.layers import NO_OVERLAY, Overlay, compose, enlarged
from performer.visuals.looks import Looks
from performer.visuals.reel import Picture
from performer.visuals.stream import BLACK

SIZE = (1280, 720)  # pixels


class Canvas:
    """A surface. `wanted` says whether to paint on it."""

    size = SIZE
    paced = False

    def __init__(self, wanted: Callable[[], bool]) -> None:
        self._wanted = wanted
        self._compositor: Compositor | None = None
        self._tried = False
        self._picture = BLACK

    def attend(self, now: float) -> bool:
        """Whether it is wanted."""
        if self._wanted() and not self._tried:
            self._tried = True
            try:
                self._compositor = Compositor(context(alone=True), smooth=True)
            except PortError:
                self._compositor = None
        return self._wanted()

    def show(self, picture: Picture, looks: Looks, passed: float, overlay: Overlay = NO_OVERLAY) -> None:
        """Paint. Without OpenGL, the layers are composed by numpy, on a picture of the surface's size."""
        if self._compositor is None:
            self._picture = compose(enlarged(picture, *self.size), overlay.layers) if overlay.layers else picture
        else:
            self._compositor.paint(picture, looks, self.size, passed, overlay)

    def seen(self) -> Picture:
        """What was painted last."""
        return self._picture if self._compositor is None else self._compositor.seen()

    def tell(self) -> Mapping[str, Any]:
        """For the status."""
        return {"open": False, "remark": ""}

    def close(self) -> None:
        """Nothing is held."""
