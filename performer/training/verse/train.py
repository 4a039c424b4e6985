"""Trains a verse model; stopped and started again with the same command, it goes on where it was.

    nice -n 19 python -m performer.training.verse.train --language en --poems en.jsonl.xz --out .work/verse-en
    torchrun --nproc_per_node 2 -m performer.training.verse.train --language en ...

`--out` has `last.pt` (all that is needed to go on), `best.pt` (the weights with the fewest bits on valid
poems) and `log.jsonl`, a line each measurement. A larger `--seconds` than before extends the run. `--from
MODEL_FOLDER` begins with the weights of an exported model.
"""

import argparse
import os
from pathlib import Path

import torch
from torch import distributed

from performer.training.verse.evaluate import parameters_of
from performer.training.verse.model import Shape
from performer.training.verse.trainer import Trainer
from performer.training.verse.vocabulary import LANGUAGES


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
