"""Where a generator's features are taken from: a map of the plane onto itself that folds, turns, shifts and scales them. Pure numpy.

Half-way through the synthesis the features lie on a plane of 32 px; a graph with the input `bend` samples them where this map says. A fold
there is a kaleidoscope whose seams the finer layers draw over, and every turn of it is another picture.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SIDE = 64  # of the map: that of the picture so far; the features have half of it
REACH = {"alone": (0.25, 0.12, 0.15), "folded": (1.0, 0.28, 0.3)}  # of a latent's numbers: radians of turn, shift, octaves of scale
SPIN = 0.5  # radians
FIRST = 5  # how many numbers of a latent set the map


@dataclass(frozen=True, slots=True)
class Fold:
    """A kaleidoscope of `order` mirrored sectors (1: none; fractions lie between two), spun by `spin` radians, that shows what lies `turn`
    radians on, at `x`, `y` in half sides, `scale` times as large."""

    order: float = 1.0
    spin: float = 0.0
    turn: float = 0.0
    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0

    def moved(self, spin: float = 0.0, turn: float = 0.0, x: float = 0.0, y: float = 0.0, scale: float = 1.0) -> "Fold":
        """This one with these added, the scale multiplied."""
        return Fold(self.order, self.spin + spin, self.turn + turn, self.x + x, self.y + y, self.scale * scale)


def fold_of(z: npt.NDArray[np.float32], order: float) -> Fold:
    """What a latent (z_dim,) of normal numbers means for the map: much where it is folded, little where the picture stands alone."""
    share = min(1.0, max(0.0, order - 1.0))
    turn, shift, octaves = (a + (b - a) * share for a, b in zip(REACH["alone"], REACH["folded"], strict=True))
    a, b, c, d, e = (float(np.clip(each, -2.0, 2.0)) for each in z[:FIRST])
    return Fold(order, SPIN * e, turn * a, shift * b, shift * c, 2.0 ** (octaves * d))


def bend(fold: Fold, side: int = SIDE) -> npt.NDArray[np.float32]:
    """(side, side, 2): for each place of the output where it is taken from, x then y, -1 ... 1 from edge to edge."""
    axis = (np.arange(side, dtype=np.float32) + 0.5) / side * 2 - 1
    x, y = np.meshgrid(axis, axis)
    radius, angle = np.sqrt(x * x + y * y), np.arctan2(y, x) - np.float32(fold.spin)
    share = min(1.0, max(0.0, fold.order - 1.0))
    if share:
        sector = np.float32(2 * math.pi / max(1.0, fold.order))
        folded = np.abs(np.mod(angle + sector / 2, sector) - sector / 2)
        angle = folded if share == 1.0 else np.mod(angle + math.pi, 2 * math.pi) - math.pi + (folded - (np.mod(angle + math.pi, 2 * math.pi) - math.pi)) * np.float32(share)
    angle = angle + np.float32(fold.turn)
    radius = radius / np.float32(max(1e-3, fold.scale))
    return np.stack([radius * np.cos(angle) + np.float32(fold.x), radius * np.sin(angle) + np.float32(fold.y)], -1).astype(np.float32)
