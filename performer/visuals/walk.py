"""Where the picture is on its way: music and time in, a pose out. Pure; the process `visuals` advances it once a frame.

What sounds sets the pace (level and onsets push the path on) and the posture (the bands lean on coarse, middle and fine layers), so a
frame differs from the one before it by as much as the music is loud, and stands still where the walk by itself is off and nothing sounds.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PREFIX = "/performer/visuals/"
ATTACK, RELEASE, FLASH = 0.03, 0.22, 0.16  # seconds in which an envelope comes within 1/e of where it goes
BY_ITSELF = 0.5  # radians of path a second at speed 1
BY_LEVEL, BY_ONSET = 2.0, 2.6  # radians a second at full level, at full onset
REST = 1e-3  # below this an envelope is at rest
LONGEST_STEP = 0.25  # seconds: a frame that comes later than this does not jump
LEAST_STEP = 1e-4  # radians: what is shorter tells nothing
QUICK, SLOW = 0.15, 0.004  # shares of the newest frame in how much a step on the path changes just here, and as a rule
EVEN = 3.0  # how much longer or shorter a step may be made where a place changes little or much


@dataclass(frozen=True, slots=True)
class Pose:
    """One frame's place: `path` in radians grows for ever; `bands` lean 0 ... 1 on coarse, middle and fine layers; `flash` follows onsets;
    `mix` is the share of the second style; `truncation` is the table's."""

    path: float
    bands: tuple[float, float, float]
    flash: float
    mix: float
    truncation: float


class Walk:
    """The state of the walk: a path and five envelopes."""

    def __init__(self, path: float = 0.0) -> None:
        self._path = path
        self._level = self._flash = 0.0
        self._bands = [0.0, 0.0, 0.0]
        self._step = 0.0
        self._here: float | None = None  # logarithm of the change that a radian of the path makes, of late
        self._usual = 0.0  # the same over a long time

    def seen(self, change: float) -> None:
        """How far (in any unit) the frame of the last pose was from the frame before. The path is uneven: where a step changes little the next
        ones are longer, so that equal music moves the picture equally."""
        if self._step < LEAST_STEP or change <= 0.0:
            return
        sense = math.log(change / self._step)
        if self._here is None:
            self._here = self._usual = sense
        self._here += (sense - self._here) * QUICK
        self._usual += (sense - self._usual) * SLOW

    def advance(self, passed: float, features: Sequence[float], values: Mapping[str, Any]) -> Pose:
        """The pose `passed` seconds after the last. `features` begin with level, low, mid, high, centroid, onset, each 0 to 1;
        `values` hold the parameters of the table by address."""
        passed = min(max(0.0, passed), LONGEST_STEP)
        level, low, mid, high, _, onset = features[:6]
        self._level = _follow(self._level, level, passed, ATTACK, RELEASE)
        self._bands = [_follow(old, new, passed, ATTACK, RELEASE) for old, new in zip(self._bands, (low, mid, high), strict=True)]
        self._flash = max(onset if onset > self._flash else 0.0, _follow(self._flash, 0.0, passed, ATTACK, FLASH))
        react = float(values[PREFIX + "react"])
        pace = BY_ITSELF * float(values[PREFIX + "speed"]) + react * (BY_LEVEL * self._level**2 + BY_ONSET * self._flash)
        even = 1.0 if self._here is None else math.exp(self._usual - self._here)
        self._step = passed * pace * min(EVEN, max(1.0 / EVEN, even))
        self._path += self._step
        lean = [min(1.0, react * band) for band in self._bands]
        return Pose(
            self._path, (lean[0], lean[1], lean[2]), min(1.0, react * self._flash), float(values[PREFIX + "mix"]),
            float(values[PREFIX + "truncation"]),
        )  # fmt: skip


def _follow(old: float, new: float, passed: float, attack: float, release: float) -> float:
    """A one-pole envelope: quick up, slow down, and truly at rest where nothing is left."""
    out = new + (old - new) * math.exp(-passed / (attack if new > old else release))
    return 0.0 if new == 0.0 and out < REST else out
