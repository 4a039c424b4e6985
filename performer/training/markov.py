"""The baseline: a variable-order Markov model of the Continuator's kind (Pachet 2003), in the bins that every model is measured in.

Each attribute is predicted from the notes before (orders 0 to 5), in the order gap, pitch, duration, velocity; the orders are
interpolated after Witten and Bell (1991) from the uniform distribution up. No network, no PyTorch.

    python -m performer.training.markov --data .work/notes.npz
"""

from collections.abc import Iterable

import numpy as np

from performer.encoding import DURATION, GAP, PITCH, SCALES, VELOCITY

ORDER = 5
CHAIN = (GAP, PITCH, DURATION, VELOCITY)
NAMES = ("time", "pitch", "duration", "velocity")
BINS = tuple(SCALES[k].bins for k in CHAIN)  # 32, 128, 32, 16


class Markov:
    """Counts of each attribute after contexts of up to `order` notes. A context of order n is the attribute's own values in the n notes
    before, together with what is already known of the note itself (`joint` takes all attributes of the notes before instead)."""

    def __init__(self, order: int = ORDER, joint: bool = False) -> None:
        self.order, self.joint = order, joint
        self.counts: tuple[dict[tuple[int, ...], dict[int, int]], ...] = tuple({} for _ in CHAIN)

    def _contexts(self, notes: np.ndarray, index: int, k: int) -> Iterable[tuple[int, ...]]:
        """From order 0 up to what the piece's beginning allows; a context's length tells its order."""
        known = tuple(notes[index, :k].tolist())
        yield ()
        for n in range(1, min(self.order, index) + 1):
            past = notes[index - n : index]
            yield known + tuple((past.ravel() if self.joint else past[:, k]).tolist())

    def learn(self, notes: np.ndarray) -> None:
        """Count one piece: notes (notes, 4) bins in the order of CHAIN."""
        for k, table in enumerate(self.counts):
            for index in range(len(notes)):
                value = int(notes[index, k])
                for context in self._contexts(notes, index, k):
                    after = table.setdefault(context, {})
                    after[value] = after.get(value, 0) + 1

    def nats(self, notes: np.ndarray) -> np.ndarray:
        """Negative log-likelihood (notes, 4) of one piece that is not learned on the way."""
        out = np.zeros(notes.shape)
        for k, table in enumerate(self.counts):
            for index in range(len(notes)):
                probability, value = 1 / BINS[k], int(notes[index, k])
                for context in self._contexts(notes, index, k):
                    after = table.get(context)
                    if after is None:
                        break
                    total, kinds = sum(after.values()), len(after)
                    probability = (after.get(value, 0) + kinds * probability) / (total + kinds)
                out[index, k] = -np.log(probability)
        return out
