"""An instant note model of a given size with random weights, exported as a trained one would be: a yardstick for speed, it plays no music.

    python -m performer.training.yardstick --parameters 17700000 --out .work

Two folders are written: `yardstick`, and `yardstick-int8` with weights of 8 bits.
"""

import argparse
import json
from pathlib import Path

import torch

from performer.training.card_writer import replacing, write_card
from performer.training.export import card_of, write_graphs
from performer.training.network import NoteNet
from performer.training.quantise import quantise
from performer.training.recurrent import Shape


def size_of(net: NoteNet) -> int:
    return sum(parameter.numel() for parameter in net.parameters())


def network(parameters: int) -> NoteNet:
    """The narrowest one, its width a multiple of 16, that has at least so many parameters."""
    torch.manual_seed(0)
    width = next(each for each in range(64, 8192, 16) if size_of(_shaped(each, "meta")) >= parameters)
    return _shaped(width, "cpu")


def _shaped(width: int, device: str) -> NoteNet:
    with torch.device(device):
        return NoteNet(Shape(width, Shape().layers, width))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--parameters", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    net = network(options.parameters)
    full = options.out / "yardstick"
    with replacing(full) as new:
        write_graphs(net, new)
        write_card(new, card_of(new, full.name, net, {"corpora": ()}))
    quantise(full, options.out / "yardstick-int8")
    print(json.dumps({"parameters": size_of(net)}))


if __name__ == "__main__":
    main()
