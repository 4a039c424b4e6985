"""Does a model play its training set from memory? The longest run of notes that some music shares with it, whatever the key.

Notes are taken in the order of their onsets, then pitches. A run of n notes counts as shared where its n - 1 steps in semitones are the
same, so a transposed copy is a copy and one in another rhythm too; drums are not transposed: there the n pitches must be the same.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from performer.evaluation.corpus import Piece
from performer.evaluation.markov import PRIME, joining

Words = npt.NDArray[np.uint64]
LONGEST = 4096  # notes: nobody needs to know how much longer a copy is
END = 512  # a symbol that no step and no pitch has


def longest_shared_run(pieces: Sequence[Piece], learned: Sequence[Piece]) -> int:
    """The number of notes of the longest run in `pieces` that is in `learned` too; 0 where not even a single step is.

    Runs of a length are compared as numbers of 64 bits, and the length is found by halving: a run that is shared holds shorter ones."""
    melodic = _shared([_steps(piece) for piece in pieces if not piece.drums], [_steps(piece) for piece in learned if not piece.drums])
    struck = _shared([piece.pitch for piece in pieces if piece.drums], [piece.pitch for piece in learned if piece.drums])
    return max(melodic + 1 if melodic else 0, struck)


def _steps(piece: Piece) -> npt.NDArray[np.int64]:
    """(notes - 1,) from each note to the next, in semitones, lifted above 0."""
    return np.diff(piece.pitch) + 256


def _shared(ours: Sequence[npt.NDArray[np.int64]], theirs: Sequence[npt.NDArray[np.int64]]) -> int:
    """The length of the longest common run of symbols."""
    if not ours or not theirs:
        return 0
    mine, known = _Runs(ours, 0), _Runs(theirs, 1)
    low, high = 0, min(LONGEST, max(map(len, ours)), max(map(len, theirs)))
    while low < high:
        middle = (low + high + 1) // 2
        if np.isin(mine.of(middle), known.of(middle)).any():
            low = middle
        else:
            high = middle - 1
    return low


class _Runs:
    """All runs of some symbols, as numbers that are equal where the runs are. An end between pieces, `side` apart, joins no shared run."""

    def __init__(self, pieces: Sequence[npt.NDArray[np.int64]], side: int) -> None:
        ends = [np.array([END + side + 2 * place]) for place in range(len(pieces))]
        symbols = np.concatenate([part for pair in zip(pieces, ends, strict=True) for part in pair]).astype(np.uint64)
        self._doubled = [joining(np.ones(len(symbols), np.uint64), symbols)]  # runs of 1, 2, 4, ... symbols

    def of(self, length: int) -> Words:
        """Every run of `length` symbols, made of runs whose lengths are powers of two; empty where there are fewer."""
        out: Words | None = None
        begin = 0
        for power in range(length.bit_length()):
            if length >> power & 1:
                part = self._power(power)[begin:]
                out = part if out is None else _then(out[: len(part)], part[: len(out)])
                begin += 1 << power
        return np.zeros(0, np.uint64) if out is None else out

    def _power(self, power: int) -> Words:
        while len(self._doubled) <= power:
            half = 1 << (len(self._doubled) - 1)
            last = self._doubled[-1]
            self._doubled.append(_then(last[:-half], last[half:]))
        return self._doubled[power]


def _then(earlier: Words, later: Words) -> Words:
    """A run after another as one number. The first multiplication tells which came first."""
    return joining(earlier * PRIME, later)
