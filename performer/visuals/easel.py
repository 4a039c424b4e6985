"""The painter at work, the one that is loaded aside to follow it, and what becomes of frames that are none.

`paint` is for the main thread of the process `visuals`; a model is opened in a thread of its own and takes over between two frames. A frame
that is black or of one colour, and a model that fails, are held back and counted; the last good ones go on moving on the screen meanwhile.
"""

import logging
import threading
import zlib
from collections.abc import Callable

from performer.errors import ModelError
from performer.visuals.generator import Painter
from performer.visuals.pattern import Pattern
from performer.visuals.reel import Picture
from performer.visuals.walk import Pose

log = logging.getLogger("performer")
FLAT = 3  # levels between the darkest and the brightest value of a frame that shows nothing
MOST_SPOILT = 24  # frames in a row after which the pattern takes over


class Easel:
    """`source` is the number of what paints: another one fades in on the screen. `held` counts frames held back, in all."""

    def __init__(self, painter: Painter, remark: str = "", load: Callable[[str], Painter] | None = None) -> None:
        self.painter, self.remark = painter, remark
        self.held = 0
        self.wanted = painter.name
        self._load = load
        self._next: Painter | None = None
        self._spoilt = self._turns = 0

    @property
    def source(self) -> int:
        return zlib.crc32(f"{self.painter.name} {self._turns}".encode())

    def swap(self, name: str, answer: Callable[[str], object] = lambda refusal: None) -> None:
        """Have the model of this name paint as soon as it is open; the one at work goes on meanwhile, and for good where that fails. `answer` gets
        the sentence why it fails, or an empty one, on another thread."""
        if self._load is not None and name != self.wanted:
            before, self.wanted = self.wanted, name
            threading.Thread(target=self._open, args=(name, before, answer), name="opening", daemon=True).start()
        else:
            answer("")

    def paint(self, pose: Pose) -> Picture | None:
        """The frame of this pose; None where it shows nothing."""
        if self._next is not None:
            self.painter, self._next = self._next, None
            self.remark, self._spoilt = "", 0
        try:
            frame = self.painter.paint(pose)
            fault = "" if int(frame.max()) - int(frame.min()) >= FLAT else "It paints frames of one colour."
        except Exception as error:  # whatever a model's graph may raise: the show goes on
            fault = str(error).splitlines()[0] if str(error) else type(error).__name__
        if not fault:
            self._spoilt = 0
            return frame
        self.held += 1
        self._spoilt += 1
        self._turns += 1
        if self._spoilt >= MOST_SPOILT and not isinstance(self.painter, Pattern):
            self.remark = f"Model '{self.painter.name}' failed: {fault} A pattern is painted instead."
            log.warning(self.remark)
            self.painter, self.wanted = Pattern(), Pattern.name
        return None

    def _open(self, name: str, before: str, answer: Callable[[str], object]) -> None:
        assert self._load is not None
        try:
            painter = self._load(name)
        except ModelError as error:
            refusal = f"{error} '{before}' goes on."
            answer(refusal)
            if name == self.wanted:
                self.wanted, self.remark = before, refusal
                log.warning(refusal)
            return
        if name == self.wanted:
            self._next = painter
        answer("")
