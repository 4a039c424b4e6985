"""One run of training: batches of poems, the rate of the moment, measurements, checkpoints.

Every process of `torchrun` has a trainer; process 0 keeps the clock, measures and saves.
"""

import argparse
import json
import shutil
import time
from dataclasses import asdict
from typing import Any

import torch
from torch import distributed
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

from performer.training.checkpoint import load, save, weights
from performer.training.verse.batches import IGNORED, Rows
from performer.training.verse.data import TRAIN, VALID, read_split
from performer.training.verse.evaluate import bits_per_character
from performer.training.verse.model import Shape, Verse
from performer.training.verse.optimizers import clip, factor, optimizers_of, set_rates
from performer.training.verse.read_back import read_back
from performer.training.verse.vocabulary import make_tokenizer
from performer.words.poems import Poem
from performer.words.tokenizer import Tokenizer

LAST, BEST = "last.pt", "best.pt"


class Trainer:
    """One run of training, of which every process of `torchrun` has one."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.rank, self.world = (
            (distributed.get_rank(), distributed.get_world_size()) if distributed.is_initialized() else (0, 1)
        )
        self.progress: dict[str, Any] = {
            "seconds": 0.0,
            "tokens": 0,
            "steps": 0,
            "epoch": 0,
            "place": 0,
            "best": None,
        }
        parts = read_split(options.poems)
        saved = load(options.out / LAST) if (options.out / LAST).is_file() else None
        self.net, self.tokenizer = self._begin(saved, parts[TRAIN])
        self.optimizers = optimizers_of(self.net, options.rate, options.table_rate, options.decay)
        if saved is not None:
            self._restore(saved)
        self.valid = parts[VALID][: options.limit]
        self.rows = Rows(parts[TRAIN], self.tokenizer, self.net.shape.window, options.seed)
        self.forward = DistributedDataParallel(self.net) if self.world > 1 else self.net
        if options.compile:
            self.forward = torch.compile(self.forward)

    def _begin(self, saved: dict[str, Any] | None, poems: list[Poem]) -> tuple[Verse, Tokenizer]:
        options = self.options
        if saved is not None:
            shape = Shape(**saved["shape"] | {"dropout": options.dropout})
            return Verse(shape), Tokenizer(json.loads(saved["vocabulary"]))
        if options.from_model:
            return read_back(options.from_model, options.dropout)
        tokenizer = make_tokenizer(options.language, poems)
        sizes = {name: getattr(options, name) for name in ("width", "layers", "heads", "window", "dropout")}
        return Verse(Shape(len(tokenizer), **sizes)), tokenizer

    def _restore(self, saved: dict[str, Any]) -> None:
        self.net.load_state_dict(saved["weights"])
        for optimizer, state in zip(self.optimizers, saved["optimizers"], strict=True):
            optimizer.load_state_dict(state)
        torch.set_rng_state(saved["random"])
        self.progress = saved["progress"]

    def run(self) -> None:
        """Train until the time or the steps are over."""
        self.started = time.monotonic() - self.progress["seconds"]
        measured = kept = self.progress["seconds"]
        recent: list[float] = []
        self.net.train()
        while (share := self._share()) < 1:
            for tokens, targets in self._batches():
                recent.append(self._step(tokens, targets, share))
                share, seconds = self._share(), self.progress["seconds"]
                if share >= 1:
                    break
                if self.rank == 0 and seconds - measured > self.options.measure:
                    self._measure(recent)
                    recent, measured = [], seconds
                if self.rank == 0 and seconds - kept > self.options.keep:
                    self._keep()
                    kept = seconds
            else:
                self.progress |= {"epoch": self.progress["epoch"] + 1, "place": 0}
        if self.rank == 0:
            self._measure(recent)
            self._keep()

    def _share(self) -> float:
        """How much of the run is over; process 0 decides, by the clock."""
        self.progress["seconds"] = time.monotonic() - self.started
        share = torch.tensor(self.progress["seconds"] / self.options.seconds)
        if self.options.steps:
            share = torch.maximum(share, torch.tensor(self.progress["steps"] / self.options.steps))
        if self.world > 1:
            distributed.broadcast(share, 0)
        return float(share)

    def _batches(self):
        """What is left of this pass for this process."""
        batches = self.rows.batches(self.progress["epoch"], self.options.rows * self.world)
        for place, batch in enumerate(batches):
            if place >= self.progress["place"]:
                yield tuple(part[self.rank :: self.world] for part in batch)

    def _step(self, tokens: torch.Tensor, targets: torch.Tensor, share: float) -> float:
        set_rates(self.optimizers, factor(self.progress["steps"], share, self.options.cooling))
        with torch.autocast("cpu", torch.bfloat16, enabled=self.options.bfloat16):
            logits = self.forward(tokens)
        loss = F.cross_entropy(logits.float().flatten(0, 1), targets.flatten(), ignore_index=IGNORED)
        loss.backward()
        clip(self.net)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        if not torch.isfinite(loss):
            raise SystemExit(
                f"The loss is no number after {self.progress['steps']} steps. Start again with a lower --rate."
            )
        self.progress["steps"] += 1
        self.progress["place"] += 1
        self.progress["tokens"] += tokens.numel() * self.world
        return float(loss.detach())

    def _measure(self, recent: list[float]) -> None:
        bits = bits_per_character(self.net, self.valid, self.tokenizer, self.options.bfloat16)
        line = {key: self.progress[key] for key in ("seconds", "steps", "tokens", "epoch")}
        line |= {"train": sum(recent) / max(1, len(recent)), "valid_bits": bits}
        line = {key: round(value, 4) if isinstance(value, float) else value for key, value in line.items()}
        with (self.options.out / "log.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")
        print(json.dumps(line), flush=True)
        if self.progress["best"] is None or bits < self.progress["best"]:
            self.progress["best"] = bits
            save(self.options.out / BEST, self._model())
            self._copy(BEST)

    def _keep(self) -> None:
        optimizers = [optimizer.state_dict() for optimizer in self.optimizers]
        save(
            self.options.out / LAST,
            self._model() | {"optimizers": optimizers, "random": torch.get_rng_state()},
        )
        self._copy(LAST)

    def _model(self) -> dict[str, Any]:
        return {
            "shape": asdict(self.net.shape),
            "language": self.options.language,
            "vocabulary": self.tokenizer.to_json(),
            "weights": weights(self.net),
            "progress": dict(self.progress),
        }

    def _copy(self, name: str) -> None:
        if self.options.copy_to:
            self.options.copy_to.mkdir(parents=True, exist_ok=True)
            part = self.options.copy_to / f"{name}.part"
            shutil.copyfile(self.options.out / name, part)
            part.replace(self.options.copy_to / name)
