"""The key the player plays in: a chain of the 24 keys in which each note is evidence (a hidden Markov model, filtered forwards).

How likely a pitch class is in a key comes from Temperley, "Music and Probability" (2007), chapter 4: the Kostka-Payne corpus. A modulation is heard
after few notes, since a key that cannot say them is given up for one that can. What is in doubt between two keys is played in neither.
"""

import math
from operator import itemgetter

from performer.parameters import SCALES

_MAJOR = (0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400)
_MINOR = (0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330)
STAYS = 0.88  # probability that the key is the same at the next note
TRUST = 0.7  # power of a note's evidence: notes come in chords and runs, which say less together than each alone
SURE = 0.8  # probability from which on a pitch class belongs to the keys that may be meant
FEWEST = 5  # pitch classes that there are to play with, however much is in doubt: the likeliest
FADE = 0.85  # what is left of an earlier note's weight at each new one: half after about four notes
LEANED = 0.2  # share of the weight of the last notes from which on the player leans on a pitch class outside the key
LEADING = 0.08  # the same of the leading tone of a minor key, which is not of its scale


def _evidence(profile: tuple[float, ...], tonic: int) -> tuple[float, ...]:
    """The evidence of each pitch class, C first, for the key on this tonic."""
    total = sum(profile)
    return tuple((profile[(index - tonic) % 12] / total) ** TRUST for index in range(12))


# (tonic, mode), the pitch classes of its scale, and the evidence for it that each pitch class is, C first
_KEYS = tuple(
    ((tonic, mode), frozenset((tonic + step) % 12 for step in SCALES[mode]), _evidence(profile, tonic))
    for mode, profile in (("major", _MAJOR), ("minor", _MINOR))
    for tonic in range(12)
)
_BY_NOTE = tuple(tuple(evidence[index] for _, _, evidence in _KEYS) for index in range(12))  # pitch class -> evidence for each key
# pitch class -> what takes the chances of the keys that have it out of those of all
_OF_KEYS_WITH = tuple(itemgetter(*(place for place, (_, scale, _) in enumerate(_KEYS) if index in scale)) for index in range(12))
_EVEN = (1 / len(_KEYS),) * len(_KEYS)


class Tonality:
    """Listens to pitches; tells tonic, mode and the pitch classes that fit."""

    def __init__(self) -> None:
        self._chances = _EVEN  # of each key
        self._weights = [0.0] * 12  # of the last notes
        self._classes: tuple[int, ...] = ()  # empty: not thought of since the last note. Sixteen voices ask at each.

    def hear(self, pitch: int, velocity: int) -> None:
        """A note is evidence for the keys that have it; the louder, the more the player leans on it."""
        leak = (1.0 - STAYS) / len(_KEYS)
        chances = [(STAYS * chance + leak) * evidence for chance, evidence in zip(self._chances, _BY_NOTE[pitch % 12], strict=True)]
        total = sum(chances)
        self._chances = tuple(chance / total for chance in chances)
        self._weights = [FADE * weight for weight in self._weights]
        self._weights[pitch % 12] += 0.5 + velocity / 254
        self._classes = ()

    @property
    def key(self) -> tuple[int, str] | None:
        """The likeliest tonic (0-11, 0 is C) and 'major' or 'minor'; None before the first note."""
        return None if self._chances is _EVEN else _KEYS[self._likeliest][0]

    def scale(self) -> tuple[int, ...]:
        """The pitch classes of the likeliest key; all twelve before the first note."""
        return tuple(range(12)) if self._chances is _EVEN else tuple(sorted(_KEYS[self._likeliest][1]))

    def classes(self) -> tuple[int, ...]:
        """The pitch classes that surely fit, and those the player leans on just now; all twelve before the first note."""
        if not self._classes:
            self._classes = self._fitting()
        return self._classes

    @property
    def _likeliest(self) -> int:
        return max(range(len(_KEYS)), key=self._chances.__getitem__)

    def _fitting(self) -> tuple[int, ...]:
        if self._chances is _EVEN:
            return tuple(range(12))
        belongs = [math.fsum(keys_with(self._chances)) for keys_with in _OF_KEYS_WITH]
        least = min(SURE, sorted(belongs)[-FEWEST])
        sure = {index for index in range(12) if belongs[index] >= least}
        heard = sum(self._weights)
        sure |= {index for index, weight in enumerate(self._weights) if weight > LEANED * heard}
        tonic, mode = _KEYS[self._likeliest][0]
        if mode == "minor" and self._weights[tonic - 1] > LEADING * heard:
            sure.add((tonic - 1) % 12)
        return tuple(sorted(sure))

    def is_rest(self, pitch: int) -> bool:
        """Whether a phrase may come to rest on this pitch: tonic, third or fifth of the key."""
        key = self.key
        if key is None:
            return True
        tonic, mode = key
        return (pitch - tonic) % 12 in (0, 4 if mode == "major" else 3, 7)
