"""Where a picture lies among all a generator can paint: a place on one of its endless paths, and the way from one place to another. Pure numpy."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
SLOW = 0.23  # the labels' pace against the path's
HELD, LEFT = 1.5, 6.0  # radians of path around a picture that was given: its labels hold, and then let go
MOST_GIVEN = 16  # pictures
LOOPED = 0.9  # radians that a coordinate's phase swings in a loop of width 1


@dataclass(frozen=True, slots=True)
class Place:
    """`seed` names the path (0: the show's own), `path` is the way gone on it in radians; in a loop of this `width` it lies `angle` around."""

    seed: int = 0
    path: float = 0.0
    width: float = 0.0
    angle: float = 0.0


class Orbit:
    """A smooth endless curve on the sphere of the latents: every coordinate a sine of the path with a frequency and phase of its own."""

    def __init__(self, size: int, rng: np.random.Generator) -> None:
        self._phases = rng.uniform(0.0, 2 * np.pi, size)
        self._paces = rng.uniform(0.5, 1.5, size)
        self._swings = rng.standard_normal((2, size))

    def pass_through(self, z: Floats, path: float) -> None:
        """Shift the phases, so that the latent at `path` has the direction of z (1, size)."""
        self._phases = np.arcsin(z[0].astype(np.float64) / max(1e-9, float(np.abs(z).max()))) - self._paces * path

    def at(self, path: float, width: float = 0.0, angle: float = 0.0) -> Floats:
        """(1, size), of length sqrt(size) as normal draws have it. A turn of `angle` at one `path` is a closed curve."""
        aside = LOOPED * width * (math.cos(angle) * self._swings[0] + math.sin(angle) * self._swings[1]) if width else 0.0
        return _long(np.sin(self._phases + self._paces * path + aside))


class Paths:
    """The paths of one model by their seeds, and the order in which each visits the kinds of pictures."""

    def __init__(self, size: int, labels: Floats, seed: int) -> None:
        """`labels` (kinds, label_dim) are worth walking between; `seed` is that of the path 0."""
        self._size, self._labels, self._seed = size, labels, seed
        self._known: dict[int, tuple[Orbit, npt.NDArray[np.int64]]] = {}
        self._given: dict[int, tuple[float, Floats, Floats]] = {}  # where a path passes through which latent and labels

    def latent(self, place: Place, ahead: float = 0.0) -> Floats:
        """(1, size): the latent there, or `ahead` radians on."""
        return self._path(place.seed)[0].at(place.path + ahead, place.width, place.angle)

    def label(self, place: Place) -> Floats:
        """(1, label_dim) between two of the kinds, in the path's order; it rests on each for a while."""
        order = self._path(place.seed)[1]
        where = place.path * SLOW
        step = math.floor(where)
        share = min(max((where - step - 0.3) / 0.7, 0.0), 1.0)
        share = share * share * (3 - 2 * share)
        a, b = (self._labels[order[(step + k) % len(order)]] for k in (0, 1))
        label = np.asarray((a + (b - a) * share)[None], np.float32)
        if place.seed in self._given:
            path, _, given = self._given[place.seed]
            share = min(max((abs(place.path - path) - HELD) / (LEFT - HELD), 0.0), 1.0)
            label = given + (label - given) * np.float32(share * share * (3 - 2 * share))
        return label

    def lead_through(self, seed: int, path: float, z: Floats, label: Floats) -> None:
        """From now on the path `seed` passes through this latent and these labels (1, label_dim) at `path`. The last MOST_GIVEN are kept."""
        others = [each for each in self._given.items() if each[0] != seed]
        self._given = {**dict(others[-(MOST_GIVEN - 1) :]), seed: (path, z, label)}
        self._known = {each: known for each, known in self._known.items() if each != seed}

    def _path(self, seed: int) -> tuple[Orbit, npt.NDArray[np.int64]]:
        if seed not in self._known:
            rng = np.random.default_rng(seed or self._seed)
            orbit, order = Orbit(self._size, rng), rng.permutation(len(self._labels))
            if seed in self._given:
                path, z, _ = self._given[seed]
                orbit.pass_through(z, path)
            self._known = {**dict(list(self._known.items())[-7:]), seed: (orbit, order)}
        return self._known[seed]


def between(a: Floats, b: Floats, share: float) -> Floats:
    """The latent (1, size) `share` of the way from a to b, as long as they are."""
    return _long((a + (b - a) * share).astype(np.float64)[0])


def _long(z: npt.NDArray[np.float64]) -> Floats:
    return np.asarray((z * (np.sqrt(len(z)) / (np.linalg.norm(z) + 1e-9)))[None], np.float32)
