"""Poems as rows of tokens. Every pass through them has its own order, which the seed and the pass's number
alone decide."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from performer.words.poems import Poem
from performer.words.tokenizer import AUTHOR, FORM, HEADER, Tokenizer

IGNORED = -100  # a target that has no loss, as torch's cross-entropy names it
UNTOLD = 0.15  # share of poems whose author or form is not told, so that the model also writes without


class Rows:
    """Rows of `length` tokens and their targets, cut from the poems written one after another."""

    def __init__(self, poems: Sequence[Poem], tokenizer: Tokenizer, length: int, seed: int) -> None:
        self.tokens = [np.array(tokenizer.encode_poem(poem), np.int32) for poem in poems]
        self.untold = [tokenizer.control(name) for name in (AUTHOR, FORM)]
        self.authors = [index for index, name in enumerate(tokenizer.controls) if name.startswith(AUTHOR)]
        self.length, self.seed = length, seed

    @property
    def size(self) -> int:
        """Tokens of one pass."""
        return sum(map(len, self.tokens))

    def batches(self, number: int, rows: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Tokens and targets (rows, length) of pass `number`; what fills no whole batch at its end is left
        out."""
        rng = np.random.default_rng((self.seed, number))
        order = rng.permutation(len(self.tokens))
        flat = np.concatenate([self.tokens[index] for index in order])
        starts = np.cumsum([0, *(len(self.tokens[index]) for index in order[:-1])])
        for place, untold in enumerate(self.untold):
            flat[starts[rng.random(len(starts)) < UNTOLD] + place] = untold
        targets = np.where(np.isin(flat, [*self.authors, *self.untold]), IGNORED, flat)
        for start in range(0, len(flat) - 1 - rows * self.length, rows * self.length):
            pieces = (
                flat[start : start + rows * self.length],
                targets[start + 1 : start + 1 + rows * self.length],
            )
            tokens, wanted = (
                torch.from_numpy(piece.reshape(rows, self.length).astype(np.int64)) for piece in pieces
            )
            yield tokens, wanted


def padded(poems: Sequence[Poem], tokenizer: Tokenizer, length: int) -> tuple[Tensor, Tensor]:
    """The first `length` tokens of each poem and their targets (poems, length); the header and what lies
    behind the end have no loss."""
    tokens = torch.zeros(len(poems), length, dtype=torch.long)
    targets = torch.full((len(poems), length), IGNORED)
    for row, poem in enumerate(poems):
        ids = torch.tensor(tokenizer.encode_poem(poem)[: length + 1])
        tokens[row, : len(ids) - 1] = ids[:-1]
        targets[row, HEADER - 1 : len(ids) - 1] = ids[HEADER:]
    return tokens, targets
