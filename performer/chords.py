"""Chords: a root and a quality, their names, their notes, and progressions written as text. Pure; what session, inference and training share.

A chord model sees them relative to a key: `number` counts semitones above the key note, then the quality. A change here that changes what a
number means is a new `ENCODING`, and models of another are refused.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

ENCODING = "chords-1"
NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
QUALITIES: Mapping[str, tuple[int, ...]] = MappingProxyType({  # by how a chord sheet writes them
    "": (0, 4, 7), "m": (0, 3, 7), "7": (0, 4, 7, 10), "maj7": (0, 4, 7, 11), "m7": (0, 3, 7, 10), "6": (0, 4, 7, 9), "m6": (0, 3, 7, 9),
    "sus4": (0, 5, 7), "sus2": (0, 2, 7), "dim": (0, 3, 6), "dim7": (0, 3, 6, 9), "m7b5": (0, 3, 6, 10), "aug": (0, 4, 8),
})  # fmt: skip
SUFFIXES = tuple(QUALITIES)
CHORDS = 12 * len(SUFFIXES)
BEATS = (1, 2, 3, 4, 6, 8, 12, 16)  # how long a chord may last; longer ones are said again
BEGIN = (CHORDS, len(BEATS))  # the event before the first: no chord, no length
MODES = ("major", "minor")
_WRITTEN = re.compile(r"([A-Ga-g])([#b♯♭]?)([^:/\s]*)(?:/[A-Ga-g][#b]?)?(?::(\d+(?:\.\d+)?))?")
_SAID = {"maj": "", "M": "", "min": "m", "-": "m", "M7": "maj7", "min7": "m7", "-7": "m7", "min6": "m6", "sus": "sus4", "o": "dim", "o7": "dim7",
         "ø": "m7b5", "hdim7": "m7b5", "+": "aug", "5": "", "9": "7", "13": "7", "m9": "m7", "maj9": "maj7", "add9": "", "7sus4": "sus4"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chord:
    """`root` 0 (C) to 11, `quality` a key of QUALITIES."""

    root: int
    quality: str = ""

    @property
    def classes(self) -> tuple[int, ...]:
        """Its pitch classes, the root first."""
        return tuple((self.root + step) % 12 for step in QUALITIES[self.quality])

    @property
    def name(self) -> str:
        return NAMES[self.root] + self.quality

    def number(self, tonic: int) -> int:
        """The chord as a model of keys knows it, 0 to CHORDS - 1."""
        return (self.root - tonic) % 12 * len(SUFFIXES) + SUFFIXES.index(self.quality)

    @classmethod
    def numbered(cls, number: int, tonic: int) -> "Chord":
        """The inverse of `number`."""
        return cls((number // len(SUFFIXES) + tonic) % 12, SUFFIXES[number % len(SUFFIXES)])


@dataclass(frozen=True, slots=True)
class Timed:
    """A chord and how many beats (quarter notes) it lasts."""

    chord: Chord
    beats: float


def length_class(beats: float) -> int:
    """The class of a length: the nearest of BEATS in ratio."""
    return min(range(len(BEATS)), key=lambda k: max(beats, 0.5) / BEATS[k] if beats > BEATS[k] else BEATS[k] / max(beats, 0.5))


def progression(text: str, bar: float) -> tuple[Timed, ...]:
    """A progression as a musician types it: "Am F C G", a bar each; "Dm7:2 G7:2 Cmaj7" with beats. Raises ValueError, a sentence."""
    words = text.replace("|", " ").replace(",", " ").split()
    if not words:
        raise ValueError("A progression has at least one chord, for example Am F C G.")
    return tuple(_read(word, bar) for word in words)


def _read(word: str, bar: float) -> Timed:
    found = _WRITTEN.fullmatch(word)
    quality = _SAID.get(found[3], found[3]) if found else ""
    if found is None or quality not in QUALITIES:
        raise ValueError(f"'{word}' is no chord; write for example C, F#m, Bb7, Gsus4, Am7:2 (two beats).")
    root = (0, 2, 4, 5, 7, 9, 11)["CDEFGAB".index(found[1].upper())] + {"#": 1, "♯": 1, "b": -1, "♭": -1}.get(found[2], 0)
    beats = float(found[4]) if found[4] else bar
    if not 0.25 <= beats <= 64:
        raise ValueError(f"'{word}' lasts {beats:g} beats; a quarter of one to 64 can be played.")
    return Timed(Chord(root % 12, quality), beats)


def written(chords: Iterable[Timed]) -> str:
    """The text of a progression, lengths in beats."""
    return " ".join(f"{each.chord.name}:{each.beats:g}" for each in chords)


def heard(weights: Sequence[float], bass: int | None = None, scale: Sequence[int] = ()) -> Chord | None:
    """The chord that these weights of the twelve pitch classes make; None where there are fewer than two of them.

    Each template is credited with what it explains and charged for what it leaves and for its own notes that are missing; simpler ones, those
    inside the `scale` and one whose root is the `bass` are preferred."""
    total = sum(weights)
    if total <= 0 or sum(weight > 0.05 * total for weight in weights) < 2:
        return None

    def fit(chord: Chord) -> float:
        inside = [weights[each] / total for each in chord.classes]
        missing = sum(share < 0.05 for share in inside)
        outside = sum(each not in scale for each in chord.classes) if scale else 0
        return 2 * sum(inside) - 0.35 * missing - 0.06 * len(inside) - 0.12 * outside + (0.15 if chord.root == bass else 0.0)

    return max((Chord(root, quality) for quality in QUALITIES for root in range(12)), key=fit)
