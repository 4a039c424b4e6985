"""One run of training, whatever the network's memory: batches from passes through the corpora, a cosine over the time allowed, measurements.

Training stops cleanly after `--seconds` (of the processor on a CPU, so that a run that was stopped for a while loses nothing; of the clock on
a GPU), keeps the best weights on held-out pieces in `best.pt` and the last in `last.pt` (half precision, without the optimiser), and logs
`log.csv`; `--resume` goes on from `best.pt` with a new cosine, `--from-model` from an exported model.
"""

import argparse
import copy
import csv
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from performer.errors import PerformerError
from performer.training.data import CORPORA, TRAIN, Store, load
from performer.training.data_epoch import Flat, Notes, Variation, streams
from performer.training.device import device_of
from performer.training.evaluate import held_out
from performer.training.network import NoteNet, from_model, ranks, recalling, restore, save

VARIED = ("tempo", "loudness", "style_told", "plain", "rings", "alone", "told_all")  # options that replace a part of data_epoch.Variation


class Average:
    """An exponential average of the weights (decay 0.999, shorter at first): what is measured and kept."""

    def __init__(self, net: NoteNet) -> None:
        self.net = copy.deepcopy(net).eval()
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
        self.optimizer = torch.optim.AdamW(_groups(net, options.trunk_rate), lr=options.rate, weight_decay=options.decay, betas=(0.9, 0.98))
        self.corpora = tuple(options.corpora)
        self.pieces = store.pieces(TRAIN, self.corpora)
        self.variation = replace(Variation.full(), **{key: getattr(options, key) for key in VARIED if getattr(options, key) is not None})
        self.share = np.array([CORPORA[c].share if c in CORPORA else 1.0 for c in store.corpora])[store.corpus[self.pieces]]
        self.rng = np.random.default_rng(options.seed)
        self.best, self.events, self.steps = np.inf, 0, 0

    def _windows(self):
        """Windows (inputs, targets, weight, begins a stream) of one pass after another."""
        rows, steps = self.options.streams, self.options.steps
        while True:
            times = np.floor(self.share + self.rng.random(len(self.share))).astype(int)
            chosen = self.rng.permutation(np.repeat(self.pieces, times))
            flat = self.notes.flat(torch.from_numpy(chosen).to(self.device), self.variation, self.generator)
            if rows * (steps + 1) > len(flat.weight):
                rows = max(1, len(flat.weight) // (steps + 1))
            cut: Flat = streams(flat, rows, steps)
            for start in range(0, cut.weight.shape[1] - 1, steps):
                now, then = slice(start, start + steps), slice(start + 1, start + steps + 1)
                yield cut.inputs[:, now].long(), cut.targets[:, then].long(), cut.weight[:, then], start == 0

    def run(self) -> None:
        """Train until the time is over, then measure, save and return."""
        options, state = self.options, None
        clock = time.monotonic if self.device.type == "cuda" else time.process_time
        started, walled = clock(), time.monotonic()
        next_measure, passed = options.measure, 0.0
        windows = self._windows()
        recent = torch.zeros((), device=self.device)
        self.net.train()
        while True:
            limits = ((passed, options.seconds), (time.monotonic() - walled, options.wall), (self.steps, options.batches))
            share = max(so_far / limit for so_far, limit in limits if limit)
            if share >= 1:
                break
            for group in self.optimizer.param_groups:
                rate = options.rate * min(1.0, (self.steps + 1) / options.warmup) * (0.01 + 0.495 * (1 + np.cos(np.pi * share)))
                group["lr"] = rate * group["share"]
            events, targets, weight, fresh = next(windows)
            state = None if fresh else self._loosened(state)
            with torch.autocast("cpu", torch.bfloat16, enabled=options.bfloat16 and self.device.type == "cpu"):
                loss, state = self.net.loss(events, targets, weight, ranks(weight.shape, self.device, self.generator, options.usual), state)
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
            passed = clock() - started
            if passed > next_measure:
                self._measure(passed, float(recent))
                passed = clock() - started
                next_measure = passed + options.measure
        self._measure(passed, float(recent))

    def _loosened(self, state: Any) -> Any:
        """The carried state without its history, and for one stream in ten nothing at all: a live voice often begins in the middle."""
        rows = state[0].shape[1]
        return self.net.step.detached(state, (torch.rand(rows, device=self.device, generator=self.generator) > 0.1).float())

    def _measure(self, passed: float, loss: float) -> None:
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


def _groups(net: NoteNet, trunk_rate: float) -> list[dict[str, Any]]:
    """The weights with the share of the rate that each learns at: layers of attention are new, what they stand on may know something already."""
    fresh = list(net.step.layers.parameters()) if hasattr(net.step, "layers") else []
    known = {id(weight) for weight in fresh}
    groups = [{"params": fresh, "share": 1.0}, {"params": [w for w in net.parameters() if id(w) not in known], "share": trunk_rate if fresh else 1.0}]
    return [group for group in groups if group["params"]]


def parser(doc: str) -> argparse.ArgumentParser:
    """The options that every network's training has."""
    out = argparse.ArgumentParser(description=doc.split("\n", maxsplit=1)[0])
    out.add_argument("--data", type=Path, default=Path(".work/notes.npz"))
    out.add_argument("--out", type=Path, default=Path(".work/lstm"))
    out.add_argument("--seconds", type=float, default=540)
    out.add_argument("--wall", type=float, default=0, help="stop after so many seconds by the clock as well (0: no limit)")
    out.add_argument("--batches", type=int, default=0, help="stop after so many batches as well (0: no limit)")
    out.add_argument("--device", default="auto")
    out.add_argument("--bfloat16", action="store_true", help="on a CPU: half the width, twice the speed")
    out.add_argument("--threads", type=int, default=0, help="of the CPU (0: as many as there are)")
    out.add_argument("--corpora", nargs="*", default=[], help="only these (default: all in the file)")
    out.add_argument("--dropout", type=float, default=0.15)
    out.add_argument("--streams", type=int, default=256)
    out.add_argument("--steps", type=int, default=192, help="events that the gradient reaches back over")
    out.add_argument("--rate", type=float, default=2e-3)
    out.add_argument("--trunk-rate", type=float, default=1.0, help="share of the rate at which all but the layers of attention learns")
    out.add_argument("--warmup", type=int, default=200)
    out.add_argument("--decay", type=float, default=0.02)
    out.add_argument("--measure", type=float, default=45, help="seconds between measurements on held-out pieces")
    out.add_argument("--limit", type=int, default=40, help="held-out pieces a corpus that are measured on the way")
    out.add_argument("--usual", type=float, default=0.5, help="share of events whose attributes are predicted in the order of the evaluation")
    out.add_argument("--seed", type=int, default=1)
    out.add_argument("--recall", type=int, help="events in which to look for what followed the last time (see recall)")
    for name in VARIED:
        out.add_argument(f"--{name.replace('_', '-')}", type=float, help="see data_epoch.Variation")
    out.add_argument("--from-model", type=Path, help="begin with the weights of this exported model folder")
    out.add_argument("--resume", action="store_true", help="go on from best.pt in --out, with a new cosine")
    return out


def start(options_of: argparse.ArgumentParser, fresh: Callable[[argparse.Namespace], NoteNet]) -> None:
    """Train what the command line says. `fresh` makes the network where it does not go on from another."""
    options = options_of.parse_args()
    device = device_of(options.device)
    torch.manual_seed(options.seed)
    if options.bfloat16 and not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        print("This processor has no bfloat16: it trains with 32 bits.", flush=True)
        options.bfloat16 = False
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.set_float32_matmul_precision("high")
    store = load(options.data)
    unknown = set(options.corpora) - set(store.corpora)
    if unknown:
        raise SystemExit(f"{options.data} has no corpus {', '.join(sorted(unknown))}; it has {', '.join(store.corpora)}.")
    options.out.mkdir(parents=True, exist_ok=True)
    facts: dict[str, Any] = {}
    try:
        if options.resume:
            net, facts = restore(options.out / "best.pt")
        elif options.from_model:
            net, _ = from_model(options.from_model, options.dropout)
            net = net if options.recall is None else recalling(net, options.recall)
        else:
            net = fresh(options)
    except (PerformerError, OSError) as error:
        raise SystemExit(str(error)) from None
    print(f"{sum(p.numel() for p in net.parameters()) / 1e6:.2f} M parameters on {device}", flush=True)
    trainer = Trainer(store, net.to(device), options, device)
    trainer.best = facts.get("log", {}).get("held_out", np.inf)
    trainer.run()
