"""The verse model: a causal Transformer of the GPT-2 kind (Radford et al. 2019), small enough to be trained
and played on one core.

Each block reads a root-mean-square norm of what came before (pre-norm) and adds to it; queries and keys are
normalised and turned by their positions (rotary, Su et al. 2021), so that positions are relative; the
feed-forward part squares its rectified values (Primer, So et al. 2021); tokens and logits share one table. No
biases.

`Verse.forward` reads whole rows in training. `Verse.step` reads some tokens after a rolling cache of the last
`window` ones and is what is exported; both use the same `Block.attend`.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

BASE = 10_000.0


@dataclass(frozen=True, slots=True)
class Shape:
    """The numbers of the architecture; they go into the card."""

    vocabulary: int
    width: int = 256
    layers: int = 6
    heads: int = 4
    window: int = 256
    """Tokens in sight, the newest among them."""
    dropout: float = 0.0


def rotations(positions: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Cosines and sines (time, size / 2) for heads of `size` numbers."""
    rates = BASE ** (-torch.arange(0, size, 2, device=positions.device) / size)
    angles = positions.float().unsqueeze(1) * rates
    return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """x (batch, heads, time, size) turned."""
    first, second = x.chunk(2, -1)
    cos, sin = cos.to(x.dtype), sin.to(x.dtype)
    return torch.cat([first * cos - second * sin, first * sin + second * cos], -1)


def norm(x: Tensor) -> Tensor:
    """Root-mean-square norm of the last axis, without weights."""
    return F.rms_norm(x, x.shape[-1:], eps=1e-6)


class Block(nn.Module):
    """Attention, then the feed-forward part."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads, self.dropout = shape.heads, shape.dropout
        self.query, self.key, self.value, self.out = (
            nn.Linear(shape.width, shape.width, bias=False) for _ in range(4)
        )
        self.wide = nn.Linear(shape.width, 4 * shape.width, bias=False)
        self.narrow = nn.Linear(4 * shape.width, shape.width, bias=False)
        for last in (self.out, self.narrow):
            nn.init.zeros_(last.weight)

    def split(self, x: Tensor) -> Tensor:
        """(batch, time, width) -> (batch, heads, time, size)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def drop(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.dropout, self.training) if self.dropout else x

    def forward(self, x: Tensor, turns: tuple[Tensor, Tensor]) -> Tensor:
        """A whole row (batch, time, width), each token in sight of those before it."""
        y = norm(x)
        query, key = (rotate(norm(self.split(part(y))), *turns) for part in (self.query, self.key))
        seen = F.scaled_dot_product_attention(query, key, self.split(self.value(y)), is_causal=True)
        return self.finish(x, seen)

    def step(
        self, x: Tensor, keys: Tensor, values: Tensor, turns: tuple[Tensor, Tensor], mask: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """x (1, time, width) after the cached keys, turned by their own positions, and values (1, heads,
        window, size) -> x, the new cache. `turns` are of x's positions; `mask` (time, window + time) is True
        where a token may be looked at."""
        y, window = norm(x), keys.shape[2]
        query, key = (rotate(norm(self.split(part(y))), *turns) for part in (self.query, self.key))
        keys, values = torch.cat([keys, key], 2), torch.cat([values, self.split(self.value(y))], 2)
        seen = F.scaled_dot_product_attention(query, keys, values, mask)
        return self.finish(x, seen), keys[:, :, -window:], values[:, :, -window:]

    def finish(self, x: Tensor, seen: Tensor) -> Tensor:
        x = x + self.drop(self.out(seen.transpose(1, 2).flatten(2)))
        return x + self.drop(self.narrow(F.relu(self.wide(norm(x))).square()))


class Verse(nn.Module):
    """Tokens to the logits of the next ones."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.table = nn.Embedding(shape.vocabulary, shape.width)
        nn.init.normal_(self.table.weight, std=0.02)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))

    def logits(self, x: Tensor) -> Tensor:
        return F.linear(norm(x), self.table.weight)

    def forward(self, tokens: Tensor) -> Tensor:
        """tokens (batch, time) -> logits (batch, time, vocabulary)."""
        x = norm(self.table(tokens))
        turns = rotations(
            torch.arange(tokens.shape[1], device=tokens.device), self.shape.width // self.shape.heads
        )
        for block in self.blocks:
            x = block(x, turns)
        return self.logits(x)

    def step(
        self, tokens: Tensor, keys: Tensor, values: Tensor, position: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """tokens (1, time) after a cache: keys and values (layers, 1, heads, window, size), the newest on the
        right, of the `position` (1,) tokens that were read so far -> logits (time, vocabulary), the new keys,
        values and position."""
        window, time = self.shape.window, tokens.shape[1]
        places = torch.arange(window + time, device=tokens.device)
        own = places[window:].unsqueeze(1)
        mask = (places <= own) & (places > own - window) & (places >= window - position)
        turns = rotations(position + places[:time], self.shape.width // self.shape.heads)
        x, new_keys, new_values = norm(self.table(tokens)), [], []
        for block, old_keys, old_values in zip(self.blocks, keys, values, strict=True):
            x, kept_keys, kept_values = block.step(x, old_keys, old_values, turns, mask)
            new_keys.append(kept_keys)
            new_values.append(kept_values)
        return self.logits(x)[0], torch.stack(new_keys), torch.stack(new_values), position + time


def empty_cache(shape: Shape) -> tuple[Tensor, Tensor, Tensor]:
    """Keys, values and position before anything was read."""
    sizes = (shape.layers, 1, shape.heads, shape.window, shape.width // shape.heads)
    return torch.zeros(sizes), torch.zeros(sizes), torch.zeros(1, dtype=torch.long)
