"""A note model as it is trained: a memory of events (`recurrent` or `attention`), and heads that predict any attribute of the next one.

`Heads` maps the hidden vector and the attributes already known of the next event to logits of all five; apart from the memory, so that one step
serves several questions. A checkpoint is the weights in half precision with the kind, the shape and the facts of the run.
"""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from performer.card import Card
from performer.encoding import CLASSES, OFFSETS, UNKNOWN
from performer.errors import ModelError
from performer.training import attention, recurrent
from performer.training.read_back import read_weights
from performer.training.recall import EACH, PLACES, STARTS, columns

Shape = recurrent.Shape | attention.Shape


class Heads(nn.Module):
    """Logits of every attribute of the next event, given what the memory tells and the attributes already known (UNKNOWN where not).

    Where the memory tells what followed the last time, the heads know it, know whether what is known agrees with it, and can add to the
    logit of each recalled class: a copy. All of this adds nothing at first, so that a network without recall can go on with it."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.width = shape.hidden
        self.hidden = nn.Linear(shape.hidden, shape.head)
        self.known = nn.ModuleList(nn.Embedding(classes + 1, shape.head, padding_idx=classes) for classes in CLASSES)
        self.norm = nn.LayerNorm(shape.head)
        self.middle = nn.Linear(shape.head, shape.head)
        self.dropout = nn.Dropout(shape.dropout)
        self.out = nn.Linear(shape.head, sum(CLASSES))
        for table in self.known:
            nn.init.normal_(table.weight, std=0.3)
            with torch.no_grad():
                table.weight[-1] = 0
        self.recalls = bool(shape.recall)
        if self.recalls:
            self.recalled = nn.Embedding(PLACES * EACH, shape.head)  # a table of all classes for each place, one after another
            self.agrees = nn.Linear(PLACES * len(CLASSES) * 2, shape.head, bias=False)
            self.copies = nn.Linear(shape.head, PLACES * len(CLASSES))
            for weight in (self.recalled.weight, self.agrees.weight, self.copies.weight, self.copies.bias):
                nn.init.zeros_(weight)
            first = torch.arange(PLACES).unsqueeze(1) * EACH + torch.tensor(STARTS)
            self.register_buffer("first", first, persistent=False)  # (places, 6) where each column's classes begin in `recalled`
            self.register_buffer("none", torch.tensor((*UNKNOWN, 0)), persistent=False)  # what is not there is as what is not known
            self.register_buffer("unknown", torch.tensor(UNKNOWN), persistent=False)
            self.register_buffer("offsets", torch.tensor(OFFSETS[:-1]), persistent=False)

    def mix(self, summed: Tensor, kept: Tensor | None = None) -> Tensor:
        """(..., head) hidden and known, added up -> what the output layer reads. `kept` is a mask that dropout drew."""
        y = F.silu(self.norm(summed))
        middle = F.silu(self.middle(y))
        return y + (middle if kept is None else middle * kept)

    def base(self, told: Tensor) -> tuple[Tensor, Tensor]:
        """told (batch, hidden and recall.WIDTH) -> what does not hang on what is known (batch, head), recalled classes (batch, places, 5)."""
        summed = self.hidden(told[:, : self.width])
        if not self.recalls:
            return summed, told[:, :0].long()
        recalled = columns(told[:, self.width :])
        recalled = torch.where(recalled < 0, self.none, recalled)
        rows = (recalled + self.first).flatten(1)
        bag = F.embedding_bag(rows, self.recalled.weight, mode="sum") if self.training else self.recalled(rows).sum(1)
        return summed + bag, recalled[..., : len(CLASSES)]

    def agreement(self, recalled: Tensor, known: Tensor) -> Tensor:
        """(batch, places, 5) and (batch, 5) -> (batch, head) of which of the known attributes are as recalled, and which are not."""
        both = (recalled != self.unknown) & (known != self.unknown).unsqueeze(1)
        same = recalled == known.unsqueeze(1)
        return self.agrees(torch.cat([both & same, both & ~same], 1).flatten(1).to(self.agrees.weight.dtype))

    def forward(self, told: Tensor, known: Tensor) -> Tensor:
        """told (batch, shape.told), known (batch, 5) integers -> logits (batch, 400): attribute k between OFFSETS[k] and OFFSETS[k + 1]."""
        summed, recalled = self.base(told)
        table = torch.cat([each.weight for each in self.known])  # one row to find for all five, where each would be a node of its own
        summed = summed + F.embedding(known + known.new_tensor(STARTS[: len(CLASSES)]), table).sum(-2)
        if not self.recalls:
            return self.out(self.mix(summed))
        y = self.mix(summed + self.agreement(recalled, known))
        there = (recalled != self.unknown).flatten(1)  # (batch, places x 5)
        where = ((recalled + self.offsets).flatten(1) * there).long()  # among all classes, 0 where nothing is added
        return self.out(y).scatter_add(1, where, self.copies(y) * there)

    def nats(self, told: Tensor, targets: Tensor, rank: Tensor) -> Tensor:
        """Negative log-likelihoods (events, 5) of `targets` (events, 5) where attribute k is predicted from those of lower `rank` (events, 5)."""
        base, recalled = self.base(told)
        kept = self.dropout(torch.ones_like(base)) if self.training else None  # one for all attributes: drawing it is what costs
        table, unknown = torch.cat([each.weight for each in self.known]), targets.new_tensor(UNKNOWN)
        starts, nothing = targets.new_tensor(STARTS[: len(CLASSES)]), UNKNOWN[0]  # rows of the table; the one that stands for all unknown
        out = []
        for k, classes in enumerate(CLASSES):
            earlier = rank < rank[:, k : k + 1]
            rows = torch.where(earlier, targets + starts, nothing)
            summed = base + F.embedding_bag(rows, table, mode="sum", padding_idx=nothing)
            if self.recalls:
                summed = summed + self.agreement(recalled, torch.where(earlier, targets, unknown))
            piece = slice(OFFSETS[k], OFFSETS[k] + classes)
            y = self.mix(summed, kept)
            logits = F.linear(y, self.out.weight[piece], self.out.bias[piece])
            if self.recalls:
                there = (recalled[..., k] < classes).to(y.dtype)  # (events, places)
                gates = F.linear(y, self.copies.weight[k :: len(CLASSES)], self.copies.bias[k :: len(CLASSES)])
                logits = logits.scatter_add(1, recalled[..., k].clamp(max=classes - 1), gates * there)
            out.append(F.cross_entropy(logits.float(), targets[:, k], reduction="none"))
        return torch.stack(out, 1)


class NoteNet(nn.Module):
    """Memory and heads together: what is trained, saved and exported. `step` maps events (batch, time, 7) and a state, None for silence,
    to what the heads read (batch, time, shape.told) and the new state."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.step = attention.Band(shape) if isinstance(shape, attention.Shape) else recurrent.Step(shape)
        self.heads = Heads(shape)

    def loss(self, events: Tensor, targets: Tensor, weight: Tensor, rank: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Mean nats an event over those with weight; events (batch, time, 7), targets (batch, time, 5) are the events after them.

        On a GPU the heads run in bfloat16; the LSTM does not: autocast would run it in float16, whose small gradients vanish. On a CPU both
        do where the caller turned autocast on (it doubles the speed where the processor has bfloat16)."""
        hidden, state = self.step(events, state)
        kind = events.device.type
        with torch.autocast(kind, torch.bfloat16, enabled=kind == "cuda" or torch.is_autocast_enabled(kind)):
            nats = self.heads.nats(hidden.flatten(0, 1), targets.flatten(0, 1), rank.flatten(0, 1)).sum(1)
        return (nats * weight.flatten()).sum() / weight.sum().clamp(min=1), state


def kind_of(shape: Shape) -> str:
    """The word for the architecture in a card and a checkpoint."""
    return "transformer" if isinstance(shape, attention.Shape) else "lstm"


def silence_of(shape: Shape) -> recurrent.State | attention.Memory:
    """The state of one stream before anything was heard."""
    return attention.silence(shape, 1) if isinstance(shape, attention.Shape) else recurrent.silence(shape)


def shape_from(kind: str, numbers: dict[str, Any]) -> Shape:
    """The shape that a card or a checkpoint gives. Raises KeyError or TypeError where it is none."""
    shapes = {"lstm": recurrent.Shape, "transformer": attention.Shape}
    fields = shapes[kind].__dataclass_fields__
    return shapes[kind](**{key: value for key, value in numbers.items() if key in fields})


def save(net: NoteNet, path: Path, facts: dict[str, Any]) -> None:
    """Weights in half precision with the shape and `facts`; written beside and moved, so that a killed process leaves a whole file."""
    weights = {k: v.detach().half().cpu() for k, v in net.state_dict().items()}
    torch.save({"kind": kind_of(net.shape), "shape": asdict(net.shape), "weights": weights, "facts": facts}, path.with_suffix(".tmp"))
    path.with_suffix(".tmp").replace(path)


def restore(path: Path, device: torch.device | str = "cpu") -> tuple[NoteNet, dict[str, Any]]:
    """A network and its facts from what `save` wrote."""
    content = torch.load(path, map_location="cpu", weights_only=True)
    net = NoteNet(shape_from(content.get("kind", "lstm"), content["shape"]))
    net.load_state_dict({k: v.float() for k, v in content["weights"].items()})
    return net.to(device), content["facts"]


def from_model(folder: Path, dropout: float | None = None) -> tuple[NoteNet, Card]:
    """The network of an exported model and its card. Raises ModelError for a folder that is no note model of this version."""
    card, weights = read_weights(folder)
    try:
        numbers = card.shape if dropout is None else {**card.shape, "dropout": dropout}
        net = NoteNet(shape_from(str(card.shape.get("kind", "lstm")), dict(numbers)))
        net.load_state_dict({key: value for key, value in weights.items() if key not in dict(net.named_buffers())})
    except (KeyError, TypeError, RuntimeError) as error:
        raise ModelError(f"The graphs of '{card.name}' are not the network that its card describes: {error}.", "Train from nothing.") from None
    return net, card


def recalling(net: NoteNet, window: int) -> NoteNet:
    """The network with a recall of `window` events. Until it learns what to make of it, it says what it said."""
    out = NoteNet(replace(net.shape, recall=window))
    out.load_state_dict(net.state_dict(), strict=False)
    return out


def ranks(events: tuple[int, ...], device: torch.device, generator: torch.Generator, usual: float = 0.5) -> Tensor:
    """(*events, 5) the place of each attribute in the order of prediction: with probability `usual` as in ATTRIBUTES, else any."""
    shuffled = torch.rand(*events, 5, device=device, generator=generator).argsort(-1)
    as_listed = torch.rand(*events, 1, device=device, generator=generator) < usual
    return torch.where(as_listed, torch.arange(5, device=device), shuffled)
