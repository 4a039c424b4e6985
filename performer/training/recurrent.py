"""The instant note model's memory: an LSTM over events. It is the trunk of the far-sighted one as well (`attention`)."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from performer.encoding import CLASSES, STYLES

EMBEDDED = (16, 64, 64, 32, 32, 4, 32)  # width of each of encoding.FIELDS
TABLES = (*(classes + 1 for classes in CLASSES), 2, len(STYLES))


class State(NamedTuple):
    """What is carried from event to event: each (layers, batch, hidden)."""

    hidden: Tensor
    cell: Tensor


@dataclass(frozen=True, slots=True)
class Shape:
    """The numbers of the architecture; they go into the card."""

    hidden: int = 512
    layers: int = 2
    head: int = 512
    dropout: float = 0.15


def silence(shape: Shape, batch: int = 1) -> State:
    """The state before anything was heard: zeros."""
    return State(*(torch.zeros(shape.layers, batch, shape.hidden) for _ in range(2)))


class Step(nn.Module):
    """Events into hidden vectors, the state carried."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(size, width) for size, width in zip(TABLES, EMBEDDED, strict=True))
        self.lstm = nn.LSTM(sum(EMBEDDED), shape.hidden, shape.layers, batch_first=True, dropout=shape.dropout if shape.layers > 1 else 0.0)
        self.dropout = nn.Dropout(shape.dropout)

    def forward(self, events: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """events (batch, time, 7) integers -> hidden (batch, time, hidden), new state."""
        parts = [table(events[..., k]) for k, table in enumerate(self.tables)]
        out, new_state = self.lstm(self.dropout(torch.cat(parts, -1)), state)
        return self.dropout(out), State(*new_state)

    @staticmethod
    def detached(state: State, keep: Tensor) -> State:
        """The state without its history, and nothing for the streams where `keep` (batch,) is 0."""
        return State(state.hidden.detach() * keep.unsqueeze(1), state.cell.detach() * keep.unsqueeze(1))
