"""The baseline: a variable-order Markov model of the Continuator's kind (Pachet 2003), in the bins that every model is measured in.

Each attribute is predicted from its own values in up to five notes before, in the order gap, pitch, duration, velocity; the orders are
interpolated after Witten and Bell (1991) from the uniform distribution up. How many notes it looks back is found on part of what it learns
from, since long contexts that were seen once make it too sure of itself. No network, no PyTorch.

Issue 4 gives 7.37 nats a note for groove's drums and 8.30 for POP909's PIANO tracks. On the held-out split of performer.training.data this model
has 7.28 and 8.08 (looking back three notes; two: 7.39 and 8.21; all five: 8.08 and 9.09). Contexts that also hold what is known of the note
itself have 7.84 and 9.61 at five notes, those of all attributes of the notes before 7.58 and 9.74.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from performer.encoding import SCALES
from performer.evaluation.corpus import CHAIN

Array = npt.NDArray[Any]
ORDER = 5  # notes that it may look back
HELD_BACK = 10  # one in so many of the pieces that it learns from tells how far it looks back
BINS = tuple(SCALES[k].bins for k in CHAIN)  # 32, 128, 32, 16
PRIME = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio (Knuth 1998, section 6.4); odd, so that nothing is lost


def baseline_nats(learned: Sequence[Array], heard: Sequence[Array], order: int | None = None, sizes: Sequence[int] = BINS) -> Array:
    """Negative log-likelihood (notes of `heard`, 4) in nats of pieces, each (notes, 4) bins in the order of CHAIN, as counted in `learned`.

    It looks `order` notes back; None: `best_order` of what it learned. A context longer than the piece so far does not count. What has other
    attributes than a note has other `sizes`, the number of bins of each."""
    order = best_order(learned, sizes) if order is None else order
    nats: Array = _nats(learned, heard, order, sizes)[order]
    return nats


def best_order(learned: Sequence[Array], sizes: Sequence[int] = BINS) -> int:
    """The number of notes, at most ORDER, that predicts every tenth piece best from the others; ORDER where there is a single piece."""
    if len(learned) < 2:
        return ORDER
    tests = set(range(0, len(learned), HELD_BACK))
    kept, held = ([piece for place, piece in enumerate(learned) if (place in tests) == wanted] for wanted in (False, True))
    return int(_nats(kept, held, ORDER, sizes).sum(axis=(1, 2)).argmin())


def _nats(learned: Sequence[Array], heard: Sequence[Array], order: int, sizes: Sequence[int]) -> Array:
    """(order + 1, notes of `heard`, attributes): what looking back 0, 1, ... `order` notes gives."""
    past, now = _joined(learned), _joined(heard)
    out = np.zeros((order + 1, len(now[0]), len(sizes)))
    for k, bins in enumerate(sizes):
        probability = np.full(len(now[0]), 1 / bins)
        pairs = zip(_contexts(*past, k, order), _contexts(*now, k, order), strict=True)
        for n, ((seen, contexts), (there, asked)) in enumerate(pairs):
            count, total, kinds = _count(contexts[seen], past[0][seen, k], asked, now[0][:, k])
            known = there & (total > 0)
            mixed = (count + kinds * probability) / np.maximum(total + kinds, 1)
            probability = np.where(known, mixed, probability)
            out[n, :, k] = -np.log(probability)
    return out


def _joined(pieces: Sequence[Array]) -> tuple[Array, Array]:
    """All notes (notes, 4), and the place (notes,) of each in its piece."""
    places = [np.arange(len(piece)) for piece in pieces]
    return np.concatenate(pieces).astype(np.uint64), np.concatenate(places)


def _contexts(notes: Array, place: Array, k: int, order: int) -> Iterator[tuple[Array, Array]]:
    """For each order: whether (notes,) a note has so long a context, and the context (notes,) as a number of 64 bits."""
    context = np.zeros(len(notes), np.uint64)
    yield place >= 0, context
    for n in range(1, order + 1):
        context = joining(context, np.roll(notes, n, axis=0)[:, k])
        yield place >= n, context


def joining(numbers: Array, values: Array) -> Array:
    """Another value joins each number (64-bit hashing: two of a million contexts meet once in ten million times)."""
    mixed = (numbers ^ (values + np.uint64(1))) * PRIME
    return mixed ^ (mixed >> np.uint64(29))


def _count(contexts: Array, values: Array, asked: Array, wanted: Array) -> tuple[Array, Array, Array]:
    """How often `wanted` followed the context that is asked for, how often anything did, and how many different things: (asked,) each."""
    pairs, first, counts = np.unique(joining(contexts, values), return_index=True, return_counts=True)
    keys, totals = np.unique(contexts, return_counts=True)
    kinds = np.unique(contexts[first], return_counts=True)[1]  # of the same keys, in the same order

    def look_up(table: Array, numbers: Array, figures: Array) -> Array:
        # No piece may be long enough for a context of this order.
        if not len(table):
            return np.zeros(len(numbers))
        index = np.minimum(np.searchsorted(table, numbers), len(table) - 1)
        return np.where(table[index] == numbers, figures[index], 0)

    return look_up(pairs, joining(asked, wanted), counts), look_up(keys, asked, totals), look_up(keys, asked, kinds)
