"""The instant note model's memory: an LSTM over events, and where the shape says so what followed the last time (`recall`).

It is the trunk of the far-sighted one as well (`attention`)."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from performer.encoding import CLASSES, STYLES
from performer.training.recall import WIDTH, Past, nothing, recall

EMBEDDED = (16, 64, 64, 32, 32, 4, 32)  # width of each of encoding.FIELDS
TABLES = (*(classes + 1 for classes in CLASSES), 2, len(STYLES))


class State(NamedTuple):
    """What is carried from event to event: each (layers, batch, hidden)."""

    hidden: Tensor
    cell: Tensor


class Recalling(NamedTuple):
    """The same with what was played, as recall.Past."""

    hidden: Tensor
    cell: Tensor
    played: Tensor
    alike: Tensor


@dataclass(frozen=True, slots=True)
class Shape:
    """The numbers of the architecture; they go into the card."""

    hidden: int = 512
    layers: int = 2
    head: int = 512
    dropout: float = 0.15
    recall: int = 0  # events in which it looks for what followed the last time; 0: it does not look

    @property
    def told(self) -> int:
        """Numbers of the vector that the heads read."""
        return self.hidden + WIDTH * bool(self.recall)


def silence(shape: Shape, batch: int = 1, device: torch.device | str = "cpu") -> State | Recalling:
    """The state before anything was heard: zeros."""
    trunk = (torch.zeros(shape.layers, batch, shape.hidden, device=device) for _ in range(2))
    return Recalling(*trunk, *nothing(shape.recall, batch, device)) if shape.recall else State(*trunk)


class Step(nn.Module):
    """Events into hidden vectors, the state carried."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.tables = nn.ModuleList(nn.Embedding(size, width) for size, width in zip(TABLES, EMBEDDED, strict=True))
        self.lstm = nn.LSTM(sum(EMBEDDED), shape.hidden, shape.layers, batch_first=True, dropout=shape.dropout if shape.layers > 1 else 0.0)
        self.dropout = nn.Dropout(shape.dropout)

    def forward(self, events: Tensor, state: State | Recalling | None = None) -> tuple[Tensor, State | Recalling]:
        """events (batch, time, 7) integers -> what the heads read (batch, time, told), new state."""
        state = silence(self.shape, len(events), events.device) if state is None else state
        parts = [table(events[..., k]) for k, table in enumerate(self.tables)]
        out, (hidden, cell) = self.lstm(self.dropout(torch.cat(parts, -1)), (state.hidden, state.cell))
        out = self.dropout(out)
        if not isinstance(state, Recalling):
            return out, State(hidden, cell)
        told, past = recall(events, Past(state.played, state.alike))
        return torch.cat([out, told], -1), Recalling(hidden, cell, *past)

    @staticmethod
    def detached(state: State | Recalling, keep: Tensor) -> State | Recalling:
        """The state without its history, and nothing for the streams where `keep` (batch,) is 0."""
        along = keep.unsqueeze(1)
        trunk = (state.hidden.detach() * along, state.cell.detach() * along)
        return Recalling(*trunk, state.played * along.unsqueeze(2), state.alike * along) if isinstance(state, Recalling) else State(*trunk)
