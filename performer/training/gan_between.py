"""A light between two states of one training: the share of the second in every weight (deep network interpolation, Wang et al. 2019).

    python -m performer.training.gan_between --first .work/light-early --second .work/light --share 0.7 --out .work/light-between

What a training learned last, fine grain above all, is there by as much as one likes, and nothing else is lost. For gan_evaluate and gan_export;
an encoder has to learn anew.
"""

import argparse
from pathlib import Path

import torch

from performer.training import checkpoint
from performer.training.gan import EMA


def between(first: Path, second: Path, share: float, out: Path) -> None:
    """The moving average of `out`, `share` of the way from that of `first` to that of `second`, whose facts it has. Raises ValueError where they are
    of different shapes."""
    ours, theirs = checkpoint.load(first / EMA), checkpoint.load(second / EMA)
    if ours["shape"] != theirs["shape"]:
        raise ValueError(f"{first} and {second} are lights of different shapes.")
    weights = {name: torch.lerp(value, theirs["weights"][name], share) for name, value in ours["weights"].items()}
    out.mkdir(parents=True, exist_ok=True)
    checkpoint.save(out / EMA, {**theirs, "facts": {**theirs["facts"], "between": share}, "weights": weights})


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--first", type=Path, required=True, help="the checkpoint's folder that is taken at share 0")
    parser.add_argument("--second", type=Path, required=True, help="the one that is taken at share 1")
    parser.add_argument("--share", type=float, default=0.5)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    between(options.first, options.second, options.share, options.out)


if __name__ == "__main__":
    main()
