"""An even pace: the path through the latent space, and a band's lean, change the picture much in one place and little in another, and the music
must not care. Pure."""

import math

import numpy as np

from performer.visuals.reel import Picture

LEAST_STEP = 1e-4  # radians: what is shorter tells nothing
QUICK, SLOW = 0.5, 0.004  # shares of the newest frame in what a step changes just here, and as a rule
MOST = 3.0  # how many times longer or shorter a step may be made


class Even:
    """How much longer than usual a step has to be here to change as much as usual: `factor`. `quick`, `slow` and `most` as above."""

    def __init__(self, quick: float = QUICK, slow: float = SLOW, most: float = MOST) -> None:
        self._quick, self._slow, self._most = quick, slow, most
        self._step = 0.0
        self._here: float | None = None  # logarithm of the change that a radian makes, of late
        self._usual = 0.0  # the same over a long time

    @property
    def factor(self) -> float:
        return 1.0 if self._here is None else min(self._most, max(1.0 / self._most, math.exp(self._usual - self._here)))

    def stepped(self, step: float) -> None:
        """The next frame is so many radians on."""
        self._step = step

    def seen(self, change: float) -> None:
        """It came out so far (in any unit) from the frame before."""
        if self._step < LEAST_STEP or change <= 0.0:
            return
        sense = math.log(change / self._step)
        if self._here is None:
            self._here = self._usual = sense
        self._here += (sense - self._here) * self._quick
        self._usual += (sense - self._usual) * self._slow


def apart(picture: Picture, before: Picture | None) -> float:
    """The mean difference of two pictures, 0 to 255, of some of their pixels where they are many; 0 where there is none before or it had another
    size."""
    if before is None or before.shape != picture.shape:
        return 0.0
    every = max(1, min(picture.shape[:2]) // 64)
    return float(np.abs(picture[::every, ::every].astype(np.int16) - before[::every, ::every]).mean())
