"""The baseline: a variable-order Markov model of the Continuator's kind (Pachet 2003), in the bins that every model is measured in.

Each attribute is predicted from the notes before (orders 0 to 5), in the order gap, pitch, duration, velocity; the orders are
interpolated after Witten and Bell (1991) from the uniform distribution up. No network, no PyTorch. `evaluate` runs it.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from performer.encoding import DURATION, GAP, PITCH, SCALES, VELOCITY

ORDER = 5
CHAIN = (GAP, PITCH, DURATION, VELOCITY)
BINS = tuple(SCALES[k].bins for k in CHAIN)  # 32, 128, 32, 16
PRIME = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio (Knuth 1998, section 6.4); odd, so that nothing is lost


def baseline_nats(learned: Sequence[np.ndarray], heard: Sequence[np.ndarray], order: int = ORDER, joint: bool = False) -> np.ndarray:
    """Negative log-likelihood (notes of `heard`, 4) in nats of pieces, each (notes, 4) bins in the order of CHAIN, as counted in `learned`.

    A context of order n is the attribute's own values in the n notes before, with what is already known of the note itself (`joint` takes
    all attributes of the notes before instead). Order 0 counts single values. A context longer than the piece so far does not count."""
    past, now = _joined(learned), _joined(heard)
    out = np.zeros((len(now[0]), 4))
    for k, bins in enumerate(BINS):
        probability = np.full(len(out), 1 / bins)
        of_past, of_now = _contexts(*past, k, order, joint), _contexts(*now, k, order, joint)
        for (seen, contexts), (there, asked) in zip(of_past, of_now, strict=True):
            count, total, kinds = _count(contexts[seen], past[0][seen, k], asked, now[0][:, k])
            known = there & (total > 0)
            mixed = (count + kinds * probability) / np.maximum(total + kinds, 1)
            probability = np.where(known, mixed, probability)
        out[:, k] = -np.log(probability)
    return out


def _joined(pieces: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """All notes (notes, 4), and the place (notes,) of each in its piece."""
    places = [np.arange(len(piece)) for piece in pieces]
    return np.concatenate(pieces).astype(np.uint64), np.concatenate(places)


def _contexts(notes: np.ndarray, place: np.ndarray, k: int, order: int, joint: bool) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each order: whether (notes,) a note has so long a context, and the context (notes,) as a number of 64 bits."""
    yield place >= 0, np.zeros(len(notes), np.uint64)
    context = np.ones(len(notes), np.uint64)
    for known in range(k):
        context = _joining(context, notes[:, known])
    for n in range(1, order + 1):
        earlier = np.roll(notes, n, axis=0)
        for j in range(4) if joint else (k,):
            context = _joining(context, earlier[:, j])
        yield place >= n, context


def _joining(numbers: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Another value joins each number (64-bit hashing: two of a million contexts meet once in ten million times)."""
    mixed = (numbers ^ (values + np.uint64(1))) * PRIME
    return mixed ^ (mixed >> np.uint64(29))


def _count(contexts: np.ndarray, values: np.ndarray, asked: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How often `wanted` followed the context that is asked for, how often anything did, and how many different things: (asked,) each."""
    pairs, first, counts = np.unique(_joining(contexts, values), return_index=True, return_counts=True)
    keys, totals = np.unique(contexts, return_counts=True)
    kinds = np.unique(contexts[first], return_counts=True)[1]  # of the same keys, in the same order

    def look_up(table: np.ndarray, numbers: np.ndarray, figures: np.ndarray) -> np.ndarray:
        index = np.minimum(np.searchsorted(table, numbers), len(table) - 1)
        return np.where(table[index] == numbers, figures[index], 0)

    return look_up(pairs, _joining(asked, wanted), counts), look_up(keys, asked, totals), look_up(keys, asked, kinds)
