"""Events as a note model sees them: five attributes, each a class. Shared by inference and training; numpy only.

An event is one note: which instrument class plays it (`voice`), seconds since the onset before it (`gap`), `pitch`, seconds that it
sounds (`duration`) and `velocity`. The classes nest inside the bins that every model and the baseline are measured in
(`GAP_BINS`, `DURATION_BINS`, `VELOCITY_BINS`), several to a bin, so that a drummer's microtiming survives; a value is drawn inside its class.
A change here that changes what a number means is a new `ENCODING`, and models of another are refused.
"""

import itertools
import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from performer.constraints import Chance
from performer.events import STYLES, ModelNote

ENCODING = "notes-1"

ATTRIBUTES = ("voice", "gap", "pitch", "duration", "velocity")
VOICE, GAP, PITCH, DURATION, VELOCITY = range(5)

VOICES = ("keys", "melody", "drums", "bass", "guitar", "strings", "brass", "winds",
          "lead", "pad", "bells", "choir", "organ", "plucked", "percussion", "other")  # fmt: skip
HUMAN, OWN = 0, 1  # who played the event

# Bins of the evaluation (issue 4): a value belongs to the bin whose number is the count of edges not above it.
GAP_EDGES = np.concatenate([[0.01], np.geomspace(0.02, 4.0, 30)])  # seconds, 31 edges, 32 bins
DURATION_EDGES = np.geomspace(0.03, 6.0, 31)  # seconds, 31 edges, 32 bins
VELOCITY_STEP = 8  # 16 bins
GAP_LIMIT, DURATION_LIMIT = 16.0, 12.0  # seconds: the upper end of the open last bins


@dataclass(frozen=True, slots=True)
class Scale:
    """Classes of one attribute. Class k holds the values from `edges[k]` up to but not including `edges[k + 1]`; `per_bin` classes make a bin."""

    name: str
    edges: npt.NDArray[np.float64]  # (classes + 1,)
    per_bin: int

    @property
    def classes(self) -> int:
        return len(self.edges) - 1

    @property
    def bins(self) -> int:
        return self.classes // self.per_bin

    @property
    def unknown(self) -> int:
        """The class that stands for 'not known' among a model's inputs; it is never drawn."""
        return self.classes

    def encode(self, values: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Classes of values of any shape; what lies outside goes to the first or last class."""
        return np.searchsorted(self.edges[1:-1], np.asarray(values, np.float64), side="right")

    def bin_of(self, classes: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """The evaluation's bins of these classes."""
        return np.asarray(classes) // self.per_bin

    def within(self, low: float, high: float) -> npt.NDArray[np.bool_]:
        """(classes,) True for the classes that share a value with the closed range `low` to `high`."""
        return (self.edges[:-1] <= high) & (self.edges[1:] > low)

    def draw(self, index: int, rng: Chance, low: float = -math.inf, high: float = math.inf) -> float:
        """A value inside class `index` and inside the closed range `low` to `high`: evenly spread in logarithm where the class starts above 0."""
        start, stop = max(float(self.edges[index]), low), min(math.nextafter(self.edges[index + 1], 0.0), high)
        if stop <= start:
            return min(max(start, low), high)
        share = rng.random()
        value = start * (stop / start) ** share if start > 0 else start + (stop - start) * share
        return min(max(value, start), stop)


def _nested(edges: npt.NDArray[np.float64], limit: float, per_bin: int) -> npt.NDArray[np.float64]:
    """Edges with every bin cut into `per_bin`: evenly in the first (from 0), in equal ratios elsewhere."""
    first = np.linspace(0.0, edges[0], per_bin + 1)
    ends = np.concatenate([edges, [limit]])
    pieces = [np.geomspace(low, high, per_bin + 1)[1:] for low, high in itertools.pairwise(ends)]
    out = np.concatenate([first, *pieces])
    out[per_bin::per_bin] = ends  # exactly the evaluation's edges, whatever the rounding of geomspace
    return out


SCALES: tuple[Scale, ...] = (
    Scale("voice", np.arange(len(VOICES) + 1.0), 1),
    Scale("gap", _nested(GAP_EDGES, GAP_LIMIT, 4), 4),
    Scale("pitch", np.arange(129.0), 1),
    Scale("duration", _nested(DURATION_EDGES, DURATION_LIMIT, 3), 3),
    Scale("velocity", np.arange(0.0, 129.0, 4.0), 2),
)
CLASSES = tuple(scale.classes for scale in SCALES)  # 16, 128, 128, 96, 32
_INNER = tuple(tuple(scale.edges[1:-1].tolist()) for scale in SCALES)  # the edges between the classes
UNKNOWN = CLASSES  # the class 'not known' of each attribute is the one after its last
OFFSETS = tuple(int(offset) for offset in np.concatenate([[0], np.cumsum(CLASSES)]))  # where each attribute's logits start and end

FIELDS = (*ATTRIBUTES, "own", "style")  # the columns of a model's input
BEGIN = (*UNKNOWN, OWN, 0)  # the event before the first: nothing is known; `own` and `style` are set by whoever begins


def class_of(k: int, value: float) -> int:
    """The class of one value of attribute k, as its scale's `encode` gives it; in plain Python, since it is wanted at once."""
    return bisect_right(_INNER[k], value)


def encode_note(note: ModelNote, style: int = 0) -> tuple[int, ...]:
    """One note as the seven integers of FIELDS. A duration that is None becomes 'not known', a negative gap (simultaneous, late) 0."""
    duration = UNKNOWN[DURATION] if note.duration is None else class_of(DURATION, note.duration)
    voice = min(max(note.voice, 0), len(VOICES) - 1)
    velocity = class_of(VELOCITY, note.velocity)
    return voice, class_of(GAP, note.gap), min(max(note.pitch, 0), 127), duration, velocity, OWN if note.own else HUMAN, style


def begin(style: int = 0, own: bool = True) -> tuple[int, ...]:
    """The event that opens every piece, as the seven integers of FIELDS."""
    return (*UNKNOWN, OWN if own else HUMAN, style)


def style_number(name: str) -> int:
    """The number of a style's name, 0 ('any') for one that is not in the table."""
    return STYLES.index(name) if name in STYLES else 0


# The electronic kit of the Groove set sends a few notes that a General MIDI kit does not have (Gillick et al. 2019, table 1).
GENERAL_DRUMS: Mapping[int, int] = {22: 42, 26: 46, 58: 43}
