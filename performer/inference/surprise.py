"""How surprised a model is by what the human just played, and how open it is to it what comes next. Pure; in small steps, for the idle thread.

Surprise is the model's own negative logarithm of the likelihood of the note's time and pitch, entropy that of its distribution of the next
pitch (Shannon 1948). Both are told as shares of what they are where everything is equally likely.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from performer.encoding import GAP, OFFSETS, PITCH, SCALES, UNKNOWN, VOICE, encode_note
from performer.events import ModelNote

EVEN = math.log(SCALES[GAP].bins) + math.log(SCALES[PITCH].bins)  # nats of a note of which nothing is known
OPEN = math.log(SCALES[PITCH].bins)
Floats = npt.NDArray[np.float64]


@runtime_checkable
class Judge(Protocol):
    """A mind that tells its logits: (1, 5) of what is known of the next note, UNKNOWN elsewhere -> (1, 400), cut by OFFSETS."""

    def feed(self, note: ModelNote) -> None: ...
    def logits(self, known: npt.NDArray[np.int64]) -> npt.NDArray[Any]: ...


class Verdict(NamedTuple):
    """Surprise at the last note and entropy of the next pitch: shares from 0 to 1, and nats. `pitch` is the note's."""

    surprise: float
    entropy: float
    surprise_nats: float
    entropy_nats: float
    pitch: int


def known_of(voice: int, gap: int = UNKNOWN[GAP]) -> npt.NDArray[np.int64]:
    """(1, 5) What is known of a note of this instrument class, and of this class of gaps."""
    known = np.array([UNKNOWN], np.int64)
    known[0, VOICE], known[0, GAP] = voice, gap
    return known


def judge(mind: Judge, heard: Sequence[ModelNote]) -> Iterator[Verdict | None]:
    """None after each step, then the verdict on the last of these notes, which come after all that the mind has heard. The mind is used up:
    hand over a fork. Raises ValueError where the model gives no numbers."""
    *before, note = heard
    for each in before:
        mind.feed(each)
        yield None
    classes = encode_note(note)
    known = known_of(classes[VOICE])
    nats = 0.0
    for k in (GAP, PITCH):
        nats -= math.log(max(1e-12, float(_shares(mind, known, k)[classes[k] // SCALES[k].per_bin])))
        known[0, k] = classes[k]
        yield None
    mind.feed(note)
    yield None
    shares = _shares(mind, known_of(classes[VOICE]), PITCH)
    entropy = -float((shares * np.log(np.maximum(shares, 1e-12))).sum())
    yield Verdict(min(1.0, nats / EVEN), min(1.0, entropy / OPEN), nats, entropy, note.pitch)


def _shares(mind: Judge, known: npt.NDArray[np.int64], k: int) -> Floats:
    """(bins,) How likely the model holds each bin of attribute k; together 1."""
    logits = mind.logits(known)[0, OFFSETS[k] : OFFSETS[k + 1]].astype(np.float64)
    if not np.isfinite(logits).all():
        raise ValueError("the model gives numbers that are not finite")
    weights = np.exp(logits - logits.max())
    bins: Floats = weights.reshape(-1, SCALES[k].per_bin).sum(1) / weights.sum()
    return bins
