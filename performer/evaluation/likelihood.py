"""Negative log-likelihood a note, in nats, in bins that every model and the baseline share (issue 4). The model runs as it does in a show.

A note's gap, pitch, duration and velocity are predicted in this order, its instrument given; a model's finer classes are summed into the
bins. The style is not told, a duration is known once its note has been predicted, and every piece starts from silence.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from performer.encoding import OFFSETS, SCALES, UNKNOWN, VOICE
from performer.errors import ModelError
from performer.evaluation.corpus import CHAIN, Piece
from performer.events import ModelNote

Floats = npt.NDArray[np.float64]
NAMES = ("time", "pitch", "duration", "velocity")  # of the columns, in the order of CHAIN


class Predictor(Protocol):
    """A mind that also tells its logits: (1, 5) of what is known of the next note, UNKNOWN elsewhere -> (1, 400), cut by OFFSETS."""

    name: str

    def feed(self, note: ModelNote) -> None: ...
    def logits(self, known: npt.NDArray[np.int64]) -> npt.NDArray[Any]: ...
    def reset(self) -> None: ...


def nats_of(mind: Predictor, piece: Piece) -> Floats:
    """(notes, 4) nats of the bin of each gap, pitch, duration and velocity. Raises ModelError where the model gives no finite numbers."""
    mind.reset()
    bins = piece.bins()
    classes = _classes(piece)
    out = np.zeros(bins.shape)
    for place, note in enumerate(piece.notes(own=True)):
        known = np.array([UNKNOWN], np.int64)
        known[0, VOICE] = note.voice
        for column, k in enumerate(CHAIN):
            out[place, column] = -log_bins(mind.logits(known)[0, OFFSETS[k] : OFFSETS[k + 1]], k)[bins[place, column]]
            known[0, k] = classes[place, column]
        mind.feed(note)
    if not np.isfinite(out).all():
        remedy = "It cannot be measured, or played: export it again."
        raise ModelError(f"Model '{mind.name}' gives numbers that are not finite in '{piece.name}'.", remedy)
    return out


def log_bins(logits: npt.NDArray[Any], attribute: int) -> Floats:
    """(classes,) of an attribute -> (bins,) logarithms of the bins' probabilities."""
    scores = logits.astype(np.float64)
    scores = scores - scores.max()
    total = np.log(np.exp(scores).sum())
    weights: Floats = np.exp(scores - total).reshape(-1, SCALES[attribute].per_bin).sum(1)
    with np.errstate(divide="ignore"):
        return np.log(weights)


def means(nats: Sequence[Floats]) -> dict[str, float]:
    """Nats a note, in total and of each attribute, of pieces (notes, 4) each. The first note of a piece has no gap to measure."""
    kept = [piece.copy() for piece in nats]
    for piece in kept:
        piece[0, 0] = 0.0
    columns = np.concatenate(kept).mean(0)
    return {"total": float(columns.sum())} | dict(zip(NAMES, map(float, columns), strict=True))


def _classes(piece: Piece) -> npt.NDArray[np.int64]:
    """(notes, 4) classes of the encoding, in the order of CHAIN."""
    values = (piece.gap, piece.pitch, piece.duration, piece.velocity)
    return np.stack([SCALES[k].encode(value) for k, value in zip(CHAIN, values, strict=True)], axis=1)
