"""The LSTM's step as it is played: what the cells remember is multiplied before the event comes, the rest when it is there.

Both halves give what `recurrent.Step` gives for one event. Of the first layer's weights and the tables of the event's attributes a runtime makes
one table when it opens the graph, so that seven rows are added up where a matrix was multiplied.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from performer.training.recall import Past, recall
from performer.training.recurrent import EMBEDDED, TABLES, Step


class Prepare(nn.Module):
    """What the cells' gates get from the event before: hidden (layers, 1, hidden) -> (layers, 1, 4 x hidden)."""

    def __init__(self, step: Step) -> None:
        super().__init__()
        self.step = step

    def forward(self, hidden: Tensor) -> Tensor:
        lstm = self.step.lstm
        return torch.cat([
            F.linear(each, getattr(lstm, f"weight_hh_l{layer}"), getattr(lstm, f"bias_ih_l{layer}") + getattr(lstm, f"bias_hh_l{layer}"))
            for layer, each in enumerate(_each(hidden))
        ])  # fmt: skip


class Rest(nn.Module):
    """The step after that: event (1, 7), `ready` as Prepare gives it, cells (layers, 1, hidden) and, where the network recalls, what was played ->
    what the heads read (1, told), the new state. Not to be trained."""

    def __init__(self, step: Step) -> None:
        super().__init__()
        self.step = step
        starts = torch.tensor([sum(TABLES[:k]) for k in range(len(TABLES))])
        self.register_buffer("starts", starts, persistent=False)  # (7,) where each attribute's rows begin in one table of all

    def forward(self, event: Tensor, ready: Tensor, cells: Tensor, *past: Tensor) -> tuple[Tensor, ...]:
        lstm = self.step.lstm
        ends = [sum(EMBEDDED[:k]) for k in range(len(EMBEDDED) + 1)]
        table = torch.cat([F.linear(rows.weight, lstm.weight_ih_l0[:, ends[k] : ends[k + 1]]) for k, rows in enumerate(self.step.tables)])
        given = F.embedding(event + self.starts, table).sum(1, keepdim=True)  # (1, 1, 4 x hidden)
        hidden, cell = [], []
        for layer, (gates, kept) in enumerate(zip(_each(ready), _each(cells), strict=True)):
            if layer:
                given = F.linear(hidden[-1], getattr(lstm, f"weight_ih_l{layer}"))
            enter, keep, new, out = _each(given + gates, 2, lstm.hidden_size)
            cell.append(keep.sigmoid() * kept + enter.sigmoid() * new.tanh())
            hidden.append(out.sigmoid() * cell[-1].tanh())
        state = (torch.cat(hidden), torch.cat(cell))
        if not past:
            return hidden[-1].squeeze(1), *state
        told, new_past = recall(event.unsqueeze(1), Past(*past))
        return torch.cat([hidden[-1].squeeze(1), told.squeeze(1)], -1), *state, *new_past


def _each(tensor: Tensor, dim: int = 0, size: int = 1) -> list[Tensor]:
    """Its slices of this size: `split` becomes sequences in an ONNX graph, which cost more."""
    return [tensor.narrow(dim, place, size) for place in range(0, tensor.shape[dim], size)]
