"""The far-sighted note model: a recurrent trunk, and layers of attention over what it said of the last `window` events.

The trunk is the LSTM's `Step`; each layer attends from the newest event to those of the same piece before it, in a band `window` events wide, so
that an event costs the same however long the music has played. Positions are relative only: part of every head is turned (rotary, Su et al.
2021) by how many events lie between, part by how many seconds. A key also sees the event before its own, so that one layer can find what
followed the last time (the induction head of Olsson et al. 2022 needs two). All memory is in explicit tensors of fixed size that roll over.

`Band.forward` is both the training pass over many events and the step of one: the caches it returns are the ones it takes.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from performer.encoding import GAP, SCALES, UNKNOWN, VOICE
from performer.training.recall import WIDTH, Past, nothing, recall
from performer.training.recurrent import EMBEDDED, TABLES

TURNED = 16  # numbers of each head that are turned by events; as many more are turned by seconds
FASTEST, SLOWEST = 0.25, 32.0  # seconds: periods of the turning by time


@dataclass(frozen=True, slots=True)
class Shape:
    """The numbers of the architecture; they go into the card."""

    hidden: int = 448
    layers: int = 2  # of the trunk
    head: int = 448
    dropout: float = 0.15
    attention: int = 2  # layers of attention
    heads: int = 4
    width: int = 64  # of each head
    window: int = 512  # events in sight, the newest among them
    recall: int = 2048  # events in which it looks for what followed the last time

    @property
    def told(self) -> int:
        """Numbers of the vector that the heads read."""
        return self.hidden + WIDTH


class Memory(NamedTuple):
    """What is carried from event to event. float32."""

    hidden: Tensor  # (trunk layers, batch, hidden)
    cell: Tensor  # (trunk layers, batch, hidden)
    keys: Tensor  # (layers, batch, heads, window, width), not turned; the oldest event first
    values: Tensor  # like keys
    before: Tensor  # (layers, batch, hidden) what each layer read at the last event
    age: Tensor  # (batch, window) seconds since each event in the caches
    there: Tensor  # (batch, window) 1 where a place of the caches holds an event of this piece, else 0
    played: Tensor  # as recall.Past
    alike: Tensor


def silence(shape: Shape, batch: int, device: torch.device | str = "cpu") -> Memory:
    """The memory before anything was heard: zeros."""
    trunk, caches = (shape.layers, batch, shape.hidden), (shape.attention, batch, shape.heads, shape.window, shape.width)
    sizes = (trunk, trunk, caches, caches, (shape.attention, batch, shape.hidden), (batch, shape.window), (batch, shape.window))
    return Memory(*(torch.zeros(size, device=device) for size in sizes), *nothing(shape.recall, batch, device))


def gap_seconds() -> Tensor:
    """(classes + 1,) the middle of each class of gaps in seconds; 0 for the gap that is not known."""
    edges = SCALES[GAP].edges
    middle = np.where(edges[:-1] > 0, np.sqrt(edges[:-1] * edges[1:]), edges[1:] / 2)
    return torch.tensor([*middle, 0.0], dtype=torch.float32)


def turned(x: Tensor, events: Tensor, seconds: Tensor, rates: Tensor, paces: Tensor) -> Tensor:
    """x (batch, heads, time, width) turned by places `events` (time,) and `seconds` (batch, time); the angles are of single precision."""
    by_events = (events.unsqueeze(-1) * rates).expand(x.shape[0], -1, -1)
    angles = torch.cat([by_events, seconds.unsqueeze(-1) * paces], -1).unsqueeze(1)  # (batch, 1, time, TURNED)
    cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    a, b, rest = x[..., :TURNED], x[..., TURNED : 2 * TURNED], x[..., 2 * TURNED :]
    return torch.cat([a * cos - b * sin, a * sin + b * cos, rest], -1)


class Layer(nn.Module):
    """One layer: attention in the band, then a network at each event. Begun at nothing: what it adds is 0 until it is trained."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        inner = shape.heads * shape.width
        self.heads = shape.heads
        self.norm, self.norm_after = nn.LayerNorm(shape.hidden), nn.LayerNorm(shape.hidden)
        self.query = nn.Linear(shape.hidden, inner, bias=False)
        self.key = nn.Linear(2 * shape.hidden, inner, bias=False)
        self.value = nn.Linear(shape.hidden, inner, bias=False)
        self.out = nn.Linear(inner, shape.hidden)
        self.wide = nn.Linear(shape.hidden, 2 * shape.hidden)
        self.narrow = nn.Linear(2 * shape.hidden, shape.hidden)
        self.drop = nn.Dropout(shape.dropout)
        for last in (self.out, self.narrow):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)

    def split(self, x: Tensor) -> Tensor:
        """(batch, time, inner) -> (batch, heads, time, width)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def forward(self, x: Tensor, before: Tensor, keys: Tensor, values: Tensor, turn, turn_all, mask: Tensor) -> tuple[Tensor, ...]:
        """x (batch, time, hidden), before (batch, hidden), keys and values (batch, heads, window, width) of the events before x; `mask`
        (batch, 1, time, window + time) is True where an event may be looked at. -> x, the new before, keys and values of all."""
        y = self.norm(x)
        earlier = torch.cat([before.unsqueeze(1).to(y.dtype), y[:, :-1]], 1)
        query = self.split(self.query(y))
        keys = torch.cat([keys.to(query.dtype), self.split(self.key(torch.cat([y, earlier], -1)))], 2)
        values = torch.cat([values.to(query.dtype), self.split(self.value(y))], 2)
        seen = F.scaled_dot_product_attention(turn(query), turn_all(keys), values, mask)
        x = x + self.drop(self.out(seen.transpose(1, 2).flatten(2)))
        x = x + self.drop(self.narrow(F.silu(self.wide(self.norm_after(x)))))
        return x, y[:, -1], keys, values


class Band(nn.Module):
    """Events into what the heads read, like the LSTM's Step, the memory carried."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.tables = nn.ModuleList(nn.Embedding(size, width) for size, width in zip(TABLES, EMBEDDED, strict=True))
        self.lstm = nn.LSTM(sum(EMBEDDED), shape.hidden, shape.layers, batch_first=True, dropout=shape.dropout if shape.layers > 1 else 0.0)
        self.dropout = nn.Dropout(shape.dropout)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.attention))
        self.register_buffer("gaps", gap_seconds(), persistent=False)
        self.register_buffer("rates", torch.logspace(0, -math.log10(shape.window), TURNED // 2), persistent=False)
        self.register_buffer("paces", 2 * math.pi / torch.logspace(math.log10(FASTEST), math.log10(SLOWEST), TURNED // 2), persistent=False)

    def forward(self, events: Tensor, memory: Memory | None = None) -> tuple[Tensor, Memory]:
        """events (batch, time, 7) integers -> what the heads read (batch, time, told), the new memory."""
        batch, time = events.shape[:2]
        window = self.shape.window
        memory = silence(self.shape, batch, events.device) if memory is None else memory
        parts = [table(events[..., k]) for k, table in enumerate(self.tables)]
        x, (hidden, cell) = self.lstm(self.dropout(torch.cat(parts, -1)), (memory.hidden, memory.cell))
        x = self.dropout(x)

        begins = (events[..., VOICE] == UNKNOWN[VOICE]).float()
        piece = begins.cumsum(1)  # 0 for what goes on from the memory
        now = self.gaps[events[..., GAP]].cumsum(1)
        seconds = torch.cat([-memory.age, now], 1)
        places = torch.arange(window + time, device=events.device)
        back = places[window:].unsqueeze(1) - places  # (time, window + time) how many events ago
        same = torch.cat([memory.there.unsqueeze(1) * (piece == 0).float().unsqueeze(2), (piece.unsqueeze(2) == piece.unsqueeze(1)).float()], 2)
        mask = ((same > 0.5) & (back >= 0) & (back < window)).unsqueeze(1)

        def turn(y: Tensor) -> Tensor:
            return turned(y, places[window:].float(), now, self.rates, self.paces)

        def turn_all(y: Tensor) -> Tensor:
            return turned(y, places.float(), seconds, self.rates, self.paces)

        kept = []
        for layer, before, keys, values in zip(self.layers, memory.before, memory.keys, memory.values, strict=True):
            x, *new = layer(x, before, keys, values, turn, turn_all, mask)
            kept.append(new)
        befores, keys, values = ([each.float() for each in column] for column in zip(*kept, strict=True))
        there = torch.cat([memory.there * (piece[:, -1:] == 0).float(), (piece == piece[:, -1:]).float()], 1)
        told, past = recall(events, Past(memory.played, memory.alike))
        return torch.cat([x, told], -1), Memory(
            hidden, cell,
            torch.stack([each[:, :, -window:] for each in keys]), torch.stack([each[:, :, -window:] for each in values]),
            torch.stack(befores), (now[:, -1:] - seconds)[:, -window:], there[:, -window:], *past,
        )  # fmt: skip

    @staticmethod
    def detached(memory: Memory, keep: Tensor) -> Memory:
        """The memory without its history, and nothing for the streams where `keep` (batch,) is 0."""
        along, rows = keep.view(1, -1, 1), keep.view(-1, 1)
        return Memory(
            memory.hidden.detach() * along, memory.cell.detach() * along, memory.keys.detach(), memory.values.detach(),
            memory.before.detach() * along, memory.age.detach(), memory.there.detach() * rows, memory.played * rows.unsqueeze(2), memory.alike * rows,
        )  # fmt: skip
