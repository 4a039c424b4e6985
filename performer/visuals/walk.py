"""Where the picture is on its way: music and time in, a pose out. Pure; the process `visuals` advances it once a frame.

What sounds sets the pace (level and onsets push the path on) and the posture (the bands lean on coarse, middle and fine layers), so a
frame differs from the one before it by as much as the music is loud, and stands still where the walk by itself is off and nothing sounds.
A place can be kept and travelled to; in a loop the path stands and the beat leads around it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from performer.visuals.even import Even
from performer.visuals.hand import Ask
from performer.visuals.latent import Place

PREFIX = "/performer/visuals/"
ATTACK, RELEASE, FLASH = 0.03, 0.1, 0.1  # seconds in which an envelope comes within 1/e of where it goes
BY_ITSELF = 0.5  # radians of path a second at speed 1
BY_LEVEL, BY_ONSET = 2.0, 2.4  # radians a second at full level, at full onset
POWER = 3  # of the level in that: loud is far more than half as loud
SOFTLY = 0.3  # the share of an onset's push that does not ask how loud it is
REST = 1e-3  # below this an envelope is at rest
ROOMS = (0.8, 0.2, 0.8)  # of a whole lean, for each band at full strength: the rest is for places where a lean changes little, as a palette's turn
BAND_POWER = 3  # of a band in its lean: bands are decibels, and the lean goes about as the amplitude, or music that is never soft would not be seen
LONGEST_STEP = 0.2  # seconds: a frame that comes later than this does not jump
LOOPING = 0.8  # seconds in which a loop opens and closes to 1/e
MOST_CAME = 4  # places left behind before one was reached
TRAVEL = 0.6  # seconds: the shortest way from one place to another


@dataclass(frozen=True, slots=True)
class Pose:
    """One frame's place: `path` in radians grows for ever; `bands` lean 0 ... 1 on coarse, middle and fine layers; `flash` follows onsets;
    `mix` is the share of the second style; `truncation` is the table's. `seed`, `width` and `angle` are the place's; on a journey `share` of
    the way there is done, and `came` holds the places before it, the first first, each with the share of its own way. `ask` is the hand's."""

    path: float
    bands: tuple[float, float, float]
    flash: float
    mix: float
    truncation: float
    seed: int = 0
    width: float = 0.0
    angle: float = 0.0
    came: tuple[tuple[Place, float], ...] = ()
    share: float = 1.0
    ask: Ask = field(default_factory=Ask)

    @property
    def place(self) -> Place:
        return Place(self.seed, self.path, self.width, self.angle)


class Walk:
    """The state of the walk: a place, a journey, and five envelopes. `even` keeps its pace: whoever sees the frames tells it."""

    def __init__(self, path: float = 0.0, seed: int | None = None) -> None:
        self._path = path
        self._seed = self._wanted = seed  # None: as the first values say
        self._moved = 0.0  # how far the hand moved the place
        self._level = self._flash = 0.0
        self._bands = [0.0, 0.0, 0.0]
        self.even = Even()
        self.leans = [Even(quick=0.9, slow=0.005, most=8.0) for _ in self._bands]
        self._width, self._angle = 0.0, 0.0
        self._came: tuple[tuple[Place, float], ...] = ()
        self._share, self._length = 1.0, TRAVEL

    @property
    def place(self) -> Place:
        """Where it is, and will be at the end of a journey."""
        return Place(self._seed or 0, self._path + self._moved, self._width, self._angle)

    def travel(self, place: Place, seconds: float) -> None:
        """Go to another place, `seconds` long; from there the walk goes on."""
        self._came = (*self._came[-(MOST_CAME - 1) :], (self.place, _soft(self._share)))
        self._share, self._length = 0.0, max(TRAVEL, seconds)
        self._seed, self._path = place.seed, place.path - self._moved

    def arrive(self) -> None:
        """Be there at once."""
        self._came, self._share = (), 1.0

    def advance(self, passed: float, features: Sequence[float], values: Mapping[str, Any], beat: float = 0.0, beat_s: float = 0.5) -> Pose:
        """The pose `passed` seconds after the last. `features` begin with level, low, mid, high, centroid, onset, each 0 to 1;
        `values` hold the parameters of the table by address; `beat` and `beat_s` are the song's, for loops and journeys."""
        passed = min(max(0.0, passed), LONGEST_STEP)
        level, low, mid, high, _, onset = features[:6]
        self._level = _follow(self._level, level, passed, ATTACK, RELEASE)
        self._bands = [_follow(old, new, passed, ATTACK, RELEASE) for old, new in zip(self._bands, (low, mid, high), strict=True)]
        self._flash = max(onset if onset > self._flash else 0.0, _follow(self._flash, 0.0, passed, ATTACK, FLASH))
        react = float(values[PREFIX + "react"])
        pushed = BY_ONSET * self._flash * (SOFTLY + (1.0 - SOFTLY) * self._level)
        pace = BY_ITSELF * float(values[PREFIX + "speed"]) + react * (BY_LEVEL * self._level**POWER + pushed)
        loop = float(values[PREFIX + "loop"])
        step = passed * pace * self.even.factor if values[PREFIX + "walk"] and not loop else 0.0
        self.even.stepped(step)
        self._path += step
        self._journey(passed, values, beat_s)
        self._moved = float(values[PREFIX + "position"])
        self._loop(passed, loop, float(values[PREFIX + "loop_width"]), beat)
        lean = [min(1.0, react * room * band**BAND_POWER * even.factor) for band, room, even in zip(self._bands, ROOMS, self.leans, strict=True)]
        place = self.place
        return Pose(
            place.path, (lean[0], lean[1], lean[2]), min(1.0, react * self._flash), float(values[PREFIX + "mix"]),
            float(values[PREFIX + "truncation"]), place.seed, place.width, place.angle, self._came, _soft(self._share),
        )  # fmt: skip

    def _journey(self, passed: float, values: Mapping[str, Any], beat_s: float) -> None:
        """Another seed in the table is a journey to that path; one that is under way goes on."""
        seed = int(values[PREFIX + "seed"])
        if self._wanted is None:
            self._seed = seed if self._seed is None else self._seed
        elif seed not in (self._wanted, self._seed):
            self.travel(Place(seed, self._path + self._moved), float(values[PREFIX + "glide"]) * beat_s)
        self._wanted = seed
        self._share = min(1.0, self._share + passed / self._length)
        self._came = self._came if self._share < 1.0 else ()

    def _loop(self, passed: float, beats: float, width: float, beat: float) -> None:
        self._width = _follow(self._width, width if beats else 0.0, passed, LOOPING, LOOPING)
        if beats:
            self._angle = 2 * math.pi * (beat / beats % 1.0)


def _soft(share: float) -> float:
    return share * share * (3.0 - 2.0 * share)


def _follow(old: float, new: float, passed: float, attack: float, release: float) -> float:
    """A one-pole envelope: quick up, slow down, and truly at rest where nothing is left."""
    out = new + (old - new) * math.exp(-passed / (attack if new > old else release))
    return 0.0 if new == 0.0 and out < REST else out
