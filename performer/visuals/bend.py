"""Where a generator's features are taken from: a map of the plane onto itself that folds, turns, shifts and scales them. Pure numpy.

Half-way through the synthesis the features lie on a plane of 32 px; a graph with the input `bend` samples them where this map says. A fold
there is a kaleidoscope whose seams the finer layers draw over, and every turn of it is another picture. Between two symmetries the map is a
mean of theirs: it stays of one piece, so nothing tears on the way.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

SIDE = 64  # of the map: that of the picture so far; the features have half of it
ALONE, FOLDED = (0.25, 0.12, 0.15), (1.0, 0.28, 0.3)  # reach of a latent's numbers: radians of turn, shift in half sides, octaves of scale
SPIN = 0.5  # radians
FIRST = 5  # how many numbers of a latent set the map
LEAST = 1e-3  # weight of an order
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Fold:
    """A kaleidoscope: `orders` are the numbers of mirrored sectors with their weights (1 is the plane as it is), spun by `spin` radians; it
    shows what lies `turn` radians on, at `x`, `y` in half sides, `scale` times as large."""

    orders: Mapping[float, float] = field(default_factory=lambda: {1.0: 1.0})
    spin: float = 0.0
    turn: float = 0.0
    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0

    def moved(self, spin: float = 0.0, turn: float = 0.0, x: float = 0.0, y: float = 0.0, scale: float = 1.0) -> "Fold":
        """This one with these added, the scale multiplied."""
        return replace(self, spin=self.spin + spin, turn=self.turn + turn, x=self.x + x, y=self.y + y, scale=self.scale * scale)


def fold_of(z: Floats, orders: Mapping[float, float]) -> Fold:
    """What a latent (z_dim,) of normal numbers means for the map: much where it is folded, little where the picture stands alone."""
    share = 1.0 - orders.get(1.0, 0.0) / max(LEAST, sum(orders.values()))
    turn, shift, octaves = (a + (b - a) * share for a, b in zip(ALONE, FOLDED, strict=True))
    a, b, c, d, e = (float(np.clip(each, -2.0, 2.0)) for each in z[:FIRST])
    return Fold(orders, SPIN * e, turn * a, shift * b, shift * c, 2.0 ** (octaves * d))


def bend(fold: Fold, side: int = SIDE) -> Floats:
    """(side, side, 2): for each place of the output where it is taken from, x then y, -1 ... 1 from edge to edge."""
    axis = (np.arange(side, dtype=np.float32) + 0.5) / side * 2 - 1
    x, y = np.meshgrid(axis, axis)
    radius = np.sqrt(x * x + y * y) / np.float32(max(LEAST, fold.scale))
    angle = np.arctan2(y, x) - np.float32(fold.spin)
    across, down, total = np.zeros_like(x), np.zeros_like(x), 0.0
    for order, weight in fold.orders.items():
        if weight < LEAST:
            continue
        sector = np.float32(2 * math.pi / order)
        folded = angle if order == 1 else np.abs(np.mod(angle + sector / 2, sector) - sector / 2)
        across += np.float32(weight) * np.cos(folded + np.float32(fold.turn))
        down += np.float32(weight) * np.sin(folded + np.float32(fold.turn))
        total += weight
    if not total:
        return bend(replace(fold, orders={1.0: 1.0}), side)
    return np.stack([radius * across / np.float32(total) + np.float32(fold.x), radius * down / np.float32(total) + np.float32(fold.y)], -1)
