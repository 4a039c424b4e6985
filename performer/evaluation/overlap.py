"""How alike two collections of music are, by what a listener hears first: pitches, intervals, density, rhythm and loudness.

Of each a histogram is counted over all pieces; the overlap is the area that two normalised histograms share, the sum of the smaller of
each pair (Yang and Lerch 2020, section 4.2, on histograms): 1 where they are the same, 0 where nothing is common.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from performer.encoding import GAP, SCALES, VELOCITY
from performer.evaluation.corpus import Piece

Counts = npt.NDArray[np.int64]
WIDEST = 24  # semitones: wider steps count as this wide
DENSEST = 40  # onsets a second


def overlaps(ours: Sequence[Piece], theirs: Sequence[Piece]) -> dict[str, float | None]:
    """The overlap of each distribution, 0 to 1, and their `mean`; None for all where there are no pieces."""
    if not ours or not theirs:
        return dict.fromkeys((*DISTRIBUTIONS, "mean"))
    out: dict[str, float | None] = {name: _overlap(_total(count, ours), _total(count, theirs)) for name, count in DISTRIBUTIONS.items()}
    return out | {"mean": float(np.mean(list(out.values())))}


def _total(count: Callable[[Piece], Counts], pieces: Sequence[Piece]) -> Counts:
    total: Counts = np.sum([count(piece) for piece in pieces], axis=0)
    return total


def _overlap(ours: Counts, theirs: Counts) -> float:
    return float(np.minimum(ours / max(ours.sum(), 1), theirs / max(theirs.sum(), 1)).sum())


def _pitch_classes(piece: Piece) -> Counts:
    """(140,) the twelve pitch classes; of drums, where a pitch is an instrument, the pitches themselves."""
    return np.bincount(12 + piece.pitch if piece.drums else piece.pitch % 12, minlength=140)


def _intervals(piece: Piece) -> Counts:
    """(49,) steps from note to note in semitones, down to up."""
    return np.bincount(np.clip(np.diff(piece.pitch), -WIDEST, WIDEST) + WIDEST, minlength=2 * WIDEST + 1)


def _density(piece: Piece) -> Counts:
    """(41,) onsets in each whole second from the first onset on."""
    seconds = (piece.onset - piece.onset[0]).astype(np.int64)
    return np.bincount(np.minimum(np.bincount(seconds), DENSEST), minlength=DENSEST + 1)


def _inter_onset(piece: Piece) -> Counts:
    """(32,) gaps between onsets, in the bins of the likelihood."""
    gaps = SCALES[GAP].bin_of(SCALES[GAP].encode(piece.gap[1:]))
    return np.bincount(gaps, minlength=SCALES[GAP].bins)


def _velocity(piece: Piece) -> Counts:
    """(16,) velocities, in the bins of the likelihood."""
    return np.bincount(SCALES[VELOCITY].bin_of(SCALES[VELOCITY].encode(piece.velocity)), minlength=SCALES[VELOCITY].bins)


DISTRIBUTIONS: dict[str, Callable[[Piece], Counts]] = {
    "pitch_classes": _pitch_classes,
    "intervals": _intervals,
    "density": _density,
    "inter_onset": _inter_onset,
    "velocity": _velocity,
}
