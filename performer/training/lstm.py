"""The instant note model: an LSTM over events, and heads that predict any attribute from whichever others are already known.

    python -m performer.training.lstm --data .work/notes.npz --out .work/lstm --seconds 540

`Step` advances the state by one event; `Heads` maps the hidden vector and the known attributes of the next event to logits of all five. They are two
graphs in ONNX, so that one step serves several questions. Training stops cleanly after `--seconds`, keeps the best
weights on held-out pieces in `best.pt` and the last in `last.pt` (half precision, without the optimiser), and logs `log.csv`; `--resume` goes on.
"""

import argparse
import csv
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from performer.encoding import CLASSES, OFFSETS, STYLES
from performer.training.data import CORPORA, TRAIN, Store, load
from performer.training.data_epoch import Flat, Notes, Variation, streams

EMBEDDED = (16, 64, 64, 32, 32, 4, 32)  # width of each of encoding.FIELDS
TABLES = (*(classes + 1 for classes in CLASSES), 2, len(STYLES))

State = tuple[Tensor, Tensor]  # hidden and cell, each (layers, batch, hidden)


@dataclass(frozen=True, slots=True)
class Shape:
    """The numbers of the architecture; they go into the card."""

    hidden: int = 512
    layers: int = 2
    head: int = 512
    dropout: float = 0.15


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
        return self.dropout(out), new_state


class Heads(nn.Module):
    """Logits of every attribute of the next event, given the hidden vector and the attributes already known (UNKNOWN where not)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
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

    def mix(self, summed: Tensor) -> Tensor:
        """(..., head) hidden and known, added up -> what the output layer reads."""
        y = F.silu(self.norm(summed))
        return y + self.dropout(F.silu(self.middle(y)))

    def forward(self, hidden: Tensor, known: Tensor) -> Tensor:
        """hidden (batch, hidden), known (batch, 5) integers -> logits (batch, 400): attribute k between OFFSETS[k] and OFFSETS[k + 1]."""
        summed = self.hidden(hidden)
        for k, table in enumerate(self.known):
            summed = summed + table(known[..., k])
        return self.out(self.mix(summed))

    def nats(self, hidden: Tensor, targets: Tensor, rank: Tensor) -> Tensor:
        """Negative log-likelihoods (events, 5) of `targets` (events, 5) where attribute k is predicted from those of lower `rank` (events, 5)."""
        base = self.hidden(hidden)
        values = [table(targets[:, k]) for k, table in enumerate(self.known)]
        out = []
        for k, classes in enumerate(CLASSES):
            summed = base
            for j, value in enumerate(values):
                if j != k:
                    summed = summed + value * (rank[:, j] < rank[:, k]).unsqueeze(1).to(value.dtype)
            piece = slice(OFFSETS[k], OFFSETS[k] + classes)
            logits = F.linear(self.mix(summed), self.out.weight[piece], self.out.bias[piece])
            out.append(F.cross_entropy(logits.float(), targets[:, k], reduction="none"))
        return torch.stack(out, 1)


class NoteNet(nn.Module):
    """Step and Heads together: what is trained, saved and exported."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.step, self.heads = Step(shape), Heads(shape)

    def loss(self, events: Tensor, targets: Tensor, weight: Tensor, rank: Tensor, state: State | None) -> tuple[Tensor, State]:
        """Mean nats an event over those with weight; events (batch, time, 7), targets (batch, time, 5) are the events after them.

        On a GPU the heads run in bfloat16; the LSTM does not: autocast would run it in float16, whose small gradients vanish. On a CPU both
        do where the caller turned autocast on (it doubles the speed where the processor has bfloat16)."""
        hidden, state = self.step(events, state)
        kind = events.device.type
        with torch.autocast(kind, torch.bfloat16, enabled=kind == "cuda" or torch.is_autocast_enabled(kind)):
            nats = self.heads.nats(hidden.flatten(0, 1), targets.flatten(0, 1), rank.flatten(0, 1)).sum(1)
        return (nats * weight.flatten()).sum() / weight.sum().clamp(min=1), state


def save(net: NoteNet, path: Path, facts: dict) -> None:
    """Weights in half precision with the shape and `facts`; written beside and moved, so that a killed process leaves a whole file."""
    content = {"shape": asdict(net.shape), "weights": {k: v.detach().half().cpu() for k, v in net.state_dict().items()}, "facts": facts}
    torch.save(content, path.with_suffix(".tmp"))
    path.with_suffix(".tmp").replace(path)


def restore(path: Path, device: torch.device | str = "cpu") -> tuple[NoteNet, dict]:
    """A network and its facts from what `save` wrote."""
    content = torch.load(path, map_location="cpu", weights_only=True)
    net = NoteNet(Shape(**content["shape"]))
    net.load_state_dict({k: v.float() for k, v in content["weights"].items()})
    return net.to(device), content["facts"]


def ranks(events: tuple[int, ...], device: torch.device, generator: torch.Generator) -> Tensor:
    """(*events, 5) the place of each attribute in the order of prediction: half the time as in ATTRIBUTES, else any."""
    shuffled = torch.rand(*events, 5, device=device, generator=generator).argsort(-1)
    usual = torch.rand(*events, 1, device=device, generator=generator) < 0.5
    return torch.where(usual, torch.arange(5, device=device), shuffled)


class Average:
    """An exponential average of the weights (decay 0.999, shorter at first): what is measured and kept."""

    def __init__(self, net: NoteNet) -> None:
        self.net = NoteNet(net.shape).to(next(net.parameters()).device).eval()
        self.net.load_state_dict(net.state_dict())
        self.steps = 0

    @torch.no_grad()
    def update(self, net: NoteNet) -> None:
        self.steps += 1
        decay = min(0.999, (1 + self.steps) / (10 + self.steps))
        torch._foreach_lerp_(list(self.net.parameters()), [p.detach() for p in net.parameters()], 1 - decay)


class Trainer:
    """One run: batches from passes through the corpora, a cosine over the time allowed, a measurement now and then."""

    def __init__(self, store: Store, net: NoteNet, options: argparse.Namespace, device: torch.device) -> None:
        self.store, self.net, self.options, self.device = store, net, options, device
        self.notes = Notes(store, device)
        self.generator = torch.Generator(device).manual_seed(options.seed)
        self.average = Average(net)
        self.optimizer = torch.optim.AdamW(net.parameters(), lr=options.rate, weight_decay=options.decay, betas=(0.9, 0.98))
        self.corpora = tuple(options.corpora)
        self.pieces = store.pieces(TRAIN, self.corpora)
        self.share = np.array([CORPORA[c].share if c in CORPORA else 1.0 for c in store.corpora])[store.corpus[self.pieces]]
        self.rng = np.random.default_rng(options.seed)
        self.best, self.events, self.steps = np.inf, 0, 0

    def _windows(self):
        """Windows (inputs, targets, weight, begins a stream) of one pass after another."""
        rows, steps = self.options.streams, self.options.steps
        while True:
            times = np.floor(self.share + self.rng.random(len(self.share))).astype(int)
            chosen = self.rng.permutation(np.repeat(self.pieces, times))
            flat = self.notes.flat(torch.from_numpy(chosen).to(self.device), Variation.full(), self.generator)
            if rows * (steps + 1) > len(flat.weight):
                rows = max(1, len(flat.weight) // (steps + 1))
            cut: Flat = streams(flat, rows, steps)
            for start in range(0, cut.weight.shape[1] - 1, steps):
                now, then = slice(start, start + steps), slice(start + 1, start + steps + 1)
                yield cut.inputs[:, now].long(), cut.targets[:, then].long(), cut.weight[:, then], start == 0

    def run(self) -> None:
        """Train until the time is over, then measure, save and return."""
        options, started, state = self.options, time.monotonic(), None
        next_measure, passed = options.measure, 0.0
        windows = self._windows()
        recent = torch.zeros((), device=self.device)
        self.net.train()
        while passed < options.seconds and (not options.batches or self.steps < options.batches):
            share = max(passed / options.seconds, self.steps / options.batches if options.batches else 0.0)
            for group in self.optimizer.param_groups:
                group["lr"] = options.rate * min(1.0, (self.steps + 1) / options.warmup) * (0.01 + 0.495 * (1 + np.cos(np.pi * min(1.0, share))))
            events, targets, weight, fresh = next(windows)
            state = None if fresh else self._loosened(state)
            with torch.autocast("cpu", torch.bfloat16, enabled=options.bfloat16 and self.device.type == "cpu"):
                loss, state = self.net.loss(events, targets, weight, ranks(weight.shape, self.device, self.generator), state)
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
            self.optimizer.step()
            self.average.update(self.net)
            recent = loss.detach() if self.steps == 0 else torch.lerp(recent, loss.detach(), 0.02)
            self.events += weight.numel()
            self.steps += 1
            if self.steps % 50 == 0 and not torch.isfinite(recent):
                raise RuntimeError(f"The loss is no longer a number after {self.steps} batches; start again with a lower --rate.")
            if self.steps % 10 == 0 and self.device.type == "cuda":
                torch.cuda.synchronize()  # so that the clock is the device's, and the end comes in time
            passed = time.monotonic() - started
            if passed > next_measure:
                self._measure(passed, float(recent))
                passed = time.monotonic() - started
                next_measure = passed + options.measure
        self._measure(passed, float(recent))

    def _loosened(self, state: State) -> State:
        """The carried state without its history, and for one stream in ten nothing at all: a live voice often begins in the middle."""
        keep = (torch.rand(state[0].shape[1], 1, device=self.device, generator=self.generator) > 0.1).to(state[0].dtype)
        return state[0].detach() * keep, state[1].detach() * keep

    def _measure(self, passed: float, loss: float) -> None:
        from performer.training.evaluate import held_out  # evaluate reads this module

        figures = held_out(self.average.net, self.store, self.notes, self.corpora, limit=self.options.limit)
        total = float(np.mean([figure["total"] for figure in figures.values()]))
        row = {"seconds": round(passed, 1), "steps": self.steps, "events": self.events, "train": round(loss, 4), "held_out": round(total, 4)}
        row |= {f"{corpus}.{key}": round(value, 4) for corpus, figure in figures.items() for key, value in figure.items()}
        path = self.options.out / "log.csv"
        new = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.DictWriter(file, list(row))
            if new:
                writer.writeheader()
            writer.writerow(row)
        print(json.dumps(row), flush=True)
        facts = {"log": row, "corpora": list(self.corpora or self.store.corpora), "seconds": passed, "seed": self.options.seed}
        save(self.net, self.options.out / "last.pt", facts)
        if total < self.best:
            self.best = total
            save(self.average.net, self.options.out / "best.pt", facts)


def parser() -> argparse.ArgumentParser:
    out = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    out.add_argument("--data", type=Path, default=Path(".work/notes.npz"))
    out.add_argument("--out", type=Path, default=Path(".work/lstm"))
    out.add_argument("--seconds", type=float, default=540)
    out.add_argument("--batches", type=int, default=0, help="stop after so many batches as well (0: no limit)")
    out.add_argument("--device", default="auto")
    out.add_argument("--bfloat16", action="store_true", help="on a CPU: half the width, twice the speed")
    out.add_argument("--threads", type=int, default=0, help="of the CPU (0: as many as there are)")
    out.add_argument("--corpora", nargs="*", default=[], help="only these (default: all in the file)")
    out.add_argument("--hidden", type=int, default=Shape().hidden)
    out.add_argument("--layers", type=int, default=Shape().layers)
    out.add_argument("--head", type=int, default=Shape().head)
    out.add_argument("--dropout", type=float, default=Shape().dropout)
    out.add_argument("--streams", type=int, default=256)
    out.add_argument("--steps", type=int, default=192, help="events that the gradient reaches back over")
    out.add_argument("--rate", type=float, default=2e-3)
    out.add_argument("--warmup", type=int, default=200)
    out.add_argument("--decay", type=float, default=0.02)
    out.add_argument("--measure", type=float, default=45, help="seconds between measurements on held-out pieces")
    out.add_argument("--limit", type=int, default=40, help="held-out pieces a corpus that are measured on the way")
    out.add_argument("--seed", type=int, default=1)
    out.add_argument("--resume", action="store_true", help="go on from best.pt in --out, with a new cosine")
    return out


def main() -> None:
    options = parser().parse_args()
    device = torch.device(("cuda" if torch.cuda.is_available() else "cpu") if options.device == "auto" else options.device)
    torch.manual_seed(options.seed)
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.set_float32_matmul_precision("high")
    store = load(options.data)
    unknown = set(options.corpora) - set(store.corpora)
    if unknown:
        raise SystemExit(f"{options.data} has no corpus {', '.join(sorted(unknown))}; it has {', '.join(store.corpora)}.")
    options.out.mkdir(parents=True, exist_ok=True)
    shape = Shape(options.hidden, options.layers, options.head, options.dropout)
    net, facts = restore(options.out / "best.pt", device) if options.resume else (NoteNet(shape).to(device), {})
    print(f"{sum(p.numel() for p in net.parameters()) / 1e6:.2f} M parameters on {device}", flush=True)
    trainer = Trainer(store, net, options, device)
    trainer.best = facts.get("log", {}).get("held_out", np.inf)
    trainer.run()


if __name__ == "__main__":
    main()
