"""Trains a verse model; stopped and started again with the same command, it goes on where it was.

    nice -n 19 python -m performer.training.verse.train --language en --poems poems_en.jsonl.xz --out .work/verse-en
    torchrun --nproc_per_node 2 -m performer.training.verse.train --language en ...

`--out` has `last.pt` (all that is needed to go on), `best.pt` (the weights with the fewest bits on valid
poems) and `log.jsonl`, a line each measurement. A larger `--seconds` than before extends the run. `--from
MODEL_FOLDER` begins with the weights of an exported model.
"""

import argparse
import json
import os
import shutil
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import distributed
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

from performer.training.checkpoint import load, save, weights
from performer.training.verse.batches import IGNORED, Rows
from performer.training.verse.data import TRAIN, VALID, read_split
from performer.training.verse.evaluate import bits_per_character, parameters_of
from performer.training.verse.model import Shape, Verse
from performer.training.verse.optimizers import clip, factor, optimizers_of, set_rates
from performer.training.verse.read_back import read_back
from performer.training.verse.vocabulary import LANGUAGES, make_tokenizer
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


def parser() -> argparse.ArgumentParser:
    out = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    out.add_argument("--language", choices=LANGUAGES, required=True)
    out.add_argument("--poems", type=Path, required=True)
    out.add_argument("--out", type=Path, required=True)
    out.add_argument(
        "--from", dest="from_model", type=Path, help="begin with the weights of this exported model"
    )
    out.add_argument("--copy-to", type=Path, help="a folder that has a copy of each checkpoint")
    out.add_argument(
        "--seconds",
        type=float,
        default=6000,
        help="of the whole run, by the clock, time before a stop included",
    )
    out.add_argument("--steps", type=int, default=0, help="stop after so many steps as well (0: no limit)")
    for name in ("width", "layers", "heads", "window"):
        out.add_argument(
            f"--{name}", type=int, default=Shape.__dataclass_fields__[name].default, help="see model.Shape"
        )
    out.add_argument("--dropout", type=float, default=0.0)
    out.add_argument("--rows", type=int, default=12, help="of `window` tokens, a step and process")
    out.add_argument("--rate", type=float, default=5e-3)
    out.add_argument("--table-rate", type=float, default=3e-3)
    out.add_argument("--decay", type=float, default=0.1)
    out.add_argument("--cooling", type=float, default=0.3, help="share of the time over which the rate falls")
    out.add_argument("--measure", type=float, default=300, help="seconds between measurements on valid poems")
    out.add_argument("--keep", type=float, default=180, help="seconds between checkpoints")
    out.add_argument("--limit", type=int, default=100, help="valid poems that are measured")
    out.add_argument("--seed", type=int, default=1)
    out.add_argument("--threads", type=int, default=1)
    out.add_argument(
        "--compile", action="store_true", help="a sixth faster after a minute; needs a C++ compiler"
    )
    out.add_argument("--no-bfloat16", dest="bfloat16", action="store_false", help="arithmetic in 32 bits")
    return out


def main(arguments: list[str] | None = None) -> None:
    options = parser().parse_args(arguments)
    torch.set_num_threads(options.threads)
    if "LOCAL_RANK" in os.environ:
        distributed.init_process_group("gloo")
    torch.manual_seed(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(options)
    if trainer.rank == 0:
        sizes = f"{parameters_of(trainer.net) / 1e6:.2f} M parameters, {len(trainer.tokenizer)} tokens"
        print(f"{sizes}; {trainer.rows.size} a pass; from step {trainer.progress['steps']}", flush=True)
    trainer.run()
    if distributed.is_initialized():
        distributed.destroy_process_group()


if __name__ == "__main__":
    main()
