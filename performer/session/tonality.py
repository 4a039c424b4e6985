"""The key the player plays in: a fading count of pitch classes held against the profiles of Krumhansl and Kessler (1982)."""

import math
from operator import mul

from performer.parameters import SCALES

_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
FADE = 0.93  # what is left of an earlier note's weight at each new one: half after about ten notes


def _centred(profile: tuple[float, ...]) -> tuple[float, ...]:
    mean = sum(profile) / 12
    size = math.sqrt(sum((value - mean) ** 2 for value in profile))
    return tuple((value - mean) / size for value in profile)


def _turned(profile: tuple[float, ...], tonic: int) -> tuple[float, ...]:
    return tuple(profile[(index - tonic) % 12] for index in range(12))


# (tonic, mode) and the profile by pitch class, C first
_KEYS = tuple(
    ((tonic, mode), _turned(profile, tonic))
    for mode, profile in (("major", _centred(_MAJOR)), ("minor", _centred(_MINOR)))
    for tonic in range(12)
)


class Tonality:
    """Listens to pitches; tells tonic, mode and the pitch classes that fit."""

    def __init__(self) -> None:
        self._weights = [0.0] * 12
        self._key: tuple[int, str] | None = None
        self._classes: tuple[int, ...] = ()  # empty: not thought of since the last note. Sixteen voices ask at each.

    def hear(self, pitch: int, velocity: int) -> None:
        """Count a note, the louder the more."""
        for index in range(12):
            self._weights[index] *= FADE
        self._weights[pitch % 12] += 0.5 + velocity / 254
        self._key, self._classes = None, ()

    @property
    def key(self) -> tuple[int, str] | None:
        """The likeliest tonic (0-11, 0 is C) and 'major' or 'minor'; None before the first note."""
        if not any(self._weights):
            return None
        if self._key is None:
            self._key = max(_KEYS, key=lambda row: sum(map(mul, self._weights, row[1])))[0]
        return self._key

    def classes(self) -> tuple[int, ...]:
        """The pitch classes of the key, and those the player leans on outside it; all twelve before the first note."""
        if not self._classes:
            self._classes = self._fitting()
        return self._classes

    def _fitting(self) -> tuple[int, ...]:
        key = self.key
        if key is None:
            return tuple(range(12))
        tonic, mode = key
        scale = {(tonic + step) % 12 for step in SCALES[mode]}
        total = sum(self._weights)
        return tuple(sorted(scale | {index for index, weight in enumerate(self._weights) if weight > total / 14}))

    def is_rest(self, pitch: int) -> bool:
        """Whether a phrase may come to rest on this pitch: tonic, third or fifth of the key."""
        key = self.key
        if key is None:
            return True
        tonic, mode = key
        return (pitch - tonic) % 12 in (0, 4 if mode == "major" else 3, 7)
