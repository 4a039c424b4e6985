"""The strobe guard: no more than three general flashes a second over a quarter of the picture, whatever the music and the models do. Pure.

A general flash is a pair of opposing changes of relative luminance by 10 % of the maximum or more where the darker is below 0.80 (WCAG 2.2,
success criterion 2.3.1 and its definition "general flash and red flash thresholds"); a red flash is one to or from a saturated red, however
bright. The guard judges what goes out, in cells of the picture, before it goes out: a frame that would be one change too many for a quarter
of the cells is only neared, as far as it is none.
While the picture that comes in flashes like that, it also goes through a slow fade, so that a strobe becomes its own mean and not a stutter.
"""

import math

import numpy as np
import numpy.typing as npt

from performer.visuals.film import blend
from performer.visuals.reel import Picture

CHANGE, BRIGHT = 0.1, 0.8  # of the maximum relative luminance
SATURATED, RED_CHANGE = 0.8, 20 / 320  # of R + G + B that is red; of R - G - B, both linear
WINDOW = 1.0  # seconds
MOST = 6  # changes in a window: three flashes
AREA = 0.25  # of the cells
SIDE = 32  # cells along each side, at most
SLOW = 0.7  # seconds of the slow fade
CALM = 1.0  # seconds in which the slow fade wears off
SHARES = (0.5, 0.25, 0.12, 0.06, 0.03, 0.0)  # of the way that are tried where the whole would be a flash
WEIGHTS = np.array([0.2126, 0.7152, 0.0722], np.float32)
Grid = npt.NDArray[np.float32]

_CODE = np.arange(256) / 255.0
LINEAR = np.where(_CODE <= 0.04045, _CODE / 12.92, ((_CODE + 0.055) / 1.055) ** 2.4).astype(np.float32)  # sRGB, IEC 61966-2-1


def luminance(cells: Picture) -> Grid:
    """Relative luminance (height, width), 0 to 1, of cells (height, width, 3) in sRGB."""
    return np.asarray(LINEAR[cells] @ WEIGHTS, np.float32)


def redness(cells: Picture) -> Grid:
    """R - G - B (height, width), 0 to 1, of what is saturated red; 0 elsewhere."""
    light = LINEAR[cells]
    red, rest = light[..., 0], light[..., 1] + light[..., 2]
    return np.asarray(np.where(red >= SATURATED * (red + rest), np.maximum(red - rest, 0.0), 0.0), np.float32)


def cells_of(picture: Picture) -> Picture:
    """The picture in at most SIDE x SIDE cells, each the mean of its pixels (of some of them, where they are many)."""
    step = max(1, min(picture.shape[:2]) // (4 * SIDE))
    sample: Grid = picture[::step, ::step].astype(np.float32)
    for axis in (0, 1):
        length = sample.shape[axis]
        edges = np.unique(np.arange(min(SIDE, length)) * length // min(SIDE, length))
        counts = np.diff(np.append(edges, length)).astype(np.float32)
        sums = np.add.reduceat(sample, edges, axis)
        sample = np.asarray(sums / counts.reshape((-1, 1, 1) if axis == 0 else (1, -1, 1)), np.float32)
    return (sample + 0.5).astype(np.uint8)


class Changes:
    """Each cell's changes of luminance, or of redness: which way the last went, how far it came since, when the last six and the last one too
    many were. A change is one by `change` or more, where the darker is below `bright`."""

    def __init__(self, light: Grid, change: float = CHANGE, bright: float = BRIGHT) -> None:
        self._change, self._bright = change, bright
        self._high, self._low = light.copy(), light.copy()
        self._way = np.zeros(light.shape, np.int8)
        self._times = np.full((MOST, *light.shape), -math.inf)
        self._over = np.full(light.shape, -math.inf)

    def turned(self, light: Grid) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """The cells that this light makes change upwards, and downwards."""
        up = (self._way <= 0) & (light - self._low >= self._change) & (self._low < self._bright)
        down = (self._way >= 0) & (self._high - light >= self._change) & (light < self._bright)
        return up, down & ~up

    def excess(self, light: Grid, now: float) -> float:
        """The share of cells that, with this light, have changed once too often within the window."""
        up, down = self.turned(light)
        return float(np.mean(((up | down) & (now - self._times[0] < WINDOW)) | (now - self._over < WINDOW)))

    def take(self, light: Grid, now: float) -> None:
        """This light was seen."""
        up, down = self.turned(light)
        either = up | down
        self._way[up], self._way[down] = 1, -1
        self._high, self._low = np.maximum(self._high, light), np.minimum(self._low, light)
        self._high[either] = self._low[either] = light[either]
        self._over[either & (now - self._times[0] < WINDOW)] = now
        self._times[:-1, either] = self._times[1:, either]
        self._times[-1, either] = now


class Flashes:
    """General and red flashes together: what the cells of one picture after the other make of them."""

    def __init__(self, cells: Picture) -> None:
        self._general, self._red = Changes(luminance(cells)), Changes(redness(cells), RED_CHANGE, math.inf)

    def excess(self, cells: Picture, now: float) -> float:
        """The share of cells that, with these, have changed once too often."""
        return max(self._general.excess(luminance(cells), now), self._red.excess(redness(cells), now))

    def take(self, cells: Picture, now: float) -> None:
        """These were seen."""
        self._general.take(luminance(cells), now)
        self._red.take(redness(cells), now)


class Guard:
    """One screen's guard."""

    def __init__(self) -> None:
        self.damped = 0  # frames
        self._came: Flashes | None = None
        self._went: Flashes | None = None
        self._held = np.zeros((0, 0, 3), np.uint8)
        self._picture: Picture | None = None
        self._time = self._flashed = -math.inf

    def share(self, cells: Picture, now: float) -> float:
        """How far, from 0 to 1, what is shown may go from what was shown last towards a picture with these cells, at the moment `now`.

        It takes for granted that the advice is followed."""
        if self._came is None or self._went is None or self._held.shape != cells.shape:
            self._came, self._went = Flashes(cells), Flashes(cells)
            self._held, self._time = cells, now
            return 1.0
        if self._came.excess(cells, now) >= AREA:
            self._flashed = now
        self._came.take(cells, now)
        share = self._pace(now)
        for factor in (1.0, *SHARES):
            nearer = blend(self._held, cells, share * factor)
            if factor == 0.0 or self._went.excess(nearer, now) < AREA:
                break
        self._went.take(nearer, now)
        self._held, self._time = nearer, now
        self.damped += share * factor < 1.0
        return share * factor

    def show(self, picture: Picture, now: float) -> Picture:
        """What may be shown of the picture: itself, as a rule."""
        share = self.share(cells_of(picture), now)
        before = picture if self._picture is None else self._picture
        self._picture = picture if share >= 1.0 else blend(before, picture, share)
        return self._picture

    def _pace(self, now: float) -> float:
        """How far the slow fade lets a frame go; all the way where nothing flashed for a while."""
        slow = SLOW * max(0.0, 1.0 - (now - self._flashed) / CALM)
        return 1.0 if slow < 1e-3 else 1.0 - math.exp(-max(0.0, now - self._time) / slow)
