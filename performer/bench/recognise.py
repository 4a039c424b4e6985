"""Which style a drummer plays, told from a few bars: softmax regression on histograms of drums, gaps and loudness. It learns in seconds."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from performer.encoding import GAP, SCALES, VELOCITY
from performer.evaluation.corpus import Piece

Floats = npt.NDArray[np.float64]
HEARD = 80  # notes by which a style is told
LOWEST, HIGHEST = 30, 60  # drums
ROUNDS, RATE, DECAY = 600, 30.0, 1e-5


def heard(piece: Piece) -> list[Floats]:
    """(features,) of every HEARD notes of a piece: square roots of the shares of each drum, bin of gaps and bin of velocities, and a one."""
    out = []
    for begin in range(0, len(piece) - HEARD + 1, HEARD):
        part = piece.cut(begin, begin + HEARD)
        counts = [np.bincount(np.clip(part.pitch, LOWEST, HIGHEST) - LOWEST, minlength=HIGHEST - LOWEST + 1)]
        for k, values in ((GAP, part.gap), (VELOCITY, part.velocity)):
            counts.append(np.bincount(SCALES[k].bin_of(SCALES[k].encode(values)), minlength=SCALES[k].bins))
        out.append(np.sqrt(np.concatenate([*counts, [HEARD]]) / HEARD))
    return out


class Recogniser:
    """Learns from pieces of named styles, all styles counting the same."""

    def __init__(self, pieces: dict[str, list[Piece]]) -> None:
        self.styles = tuple(pieces)
        features, labels = self._labelled(pieces)
        share = (1.0 / np.bincount(labels))[labels]
        share /= share.sum()
        self._weights = np.zeros((features.shape[1], len(self.styles)))
        for _ in range(ROUNDS):
            error = self._chances(features)
            error[np.arange(len(labels)), labels] -= 1.0
            self._weights -= RATE * (features.T @ (error * share[:, None]) + DECAY * self._weights)

    def recognised(self, pieces: dict[str, list[Piece]]) -> dict[str, float]:
        """Of each style's pieces the share of parts that are recognised as that style, and the `mean` of these shares."""
        features, labels = self._labelled(pieces)
        right = self._chances(features).argmax(1) == labels
        shares = {style: round(float(right[labels == number].mean()), 3) for number, style in enumerate(self.styles) if (labels == number).any()}
        return shares | {"mean": round(float(np.mean(list(shares.values()))), 3)}

    def _labelled(self, pieces: dict[str, list[Piece]]) -> tuple[Floats, npt.NDArray[np.int64]]:
        """(parts, features) and (parts,) numbers of styles."""
        rows: Sequence[tuple[Any, int]] = [
            (part, number) for number, style in enumerate(self.styles) for piece in pieces.get(style, []) for part in heard(piece)
        ]
        return np.array([part for part, _ in rows]), np.array([number for _, number in rows], np.int64)

    def _chances(self, features: Floats) -> Floats:
        """(parts, styles) that sum to 1."""
        scores = features @ self._weights
        weights = np.exp(scores - scores.max(1, keepdims=True))
        chances: Floats = weights / weights.sum(1, keepdims=True)
        return chances
