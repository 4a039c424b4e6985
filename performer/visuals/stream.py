"""What is seen, frame by frame, before any look is put on it: the film of the reel, held, dimmed and guarded. Pure but for the reel.

The window and the pages have a stream each: they run on threads of their own, and a window that stalls leaves the pages alone.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from performer.visuals.film import Film
from performer.visuals.guard import Guard
from performer.visuals.kick import kicked
from performer.visuals.reel import Picture, Reel
from performer.visuals.testcard import testcard
from performer.visuals.walk import PREFIX

BLACK: Picture = np.zeros((64, 64, 3), np.uint8)


class Stream:
    """One view of the reel. `ahead`: for who fades from picture to picture by himself, and so gets what is aimed at."""

    def __init__(self, reel: Reel, ahead: bool = False) -> None:
        self.film = Film()
        self._reel, self._ahead = reel, ahead
        self._seen = reel.newest
        self._frozen: Picture | None = None
        self._guard = Guard()

    def take(self, now: float) -> bool:
        """Take what came at the moment `now`; whether there was a new frame."""
        frame = self._reel.read(self._seen)
        if frame is None:
            return False
        self._seen = frame.sequence
        self.film.take(frame, now)
        return True

    def picture(self, values: Mapping[str, Any], now: float, card: tuple[int, int], kick: float = 0.0) -> Picture | None:
        """What is to be seen at the moment `now`; None before the first frame. The test card has this width and height, an onset this kick."""
        due = self.film.ahead(now) if self._ahead else self.film.at(now)
        if values[PREFIX + "test_card"]:
            shown = testcard(*card)
        elif due is None:
            return None
        else:
            shown = self._frozen if values[PREFIX + "freeze"] and self._frozen is not None else kicked(due, kick)
        if not values[PREFIX + "test_card"]:
            self._frozen = shown if values[PREFIX + "freeze"] else None
        shown = dimmed(shown, 0.0 if values[PREFIX + "blackout"] else values[PREFIX + "fade"])
        return self._guard.show(shown, now) if values[PREFIX + "guard"] else shown


def dimmed(picture: Picture, fade: float) -> Picture:
    """The picture at this brightness, 0 to 1; the very array at 1."""
    if fade >= 1.0:
        return picture
    out = np.empty(picture.shape, np.uint16)
    np.multiply(picture, np.uint16(round(256 * max(0.0, fade))), out=out)
    out >>= 8
    return out.astype(np.uint8)
