"""Trains the instant note model.

    python -m performer.training.lstm --data .work/notes.npz --out .work/lstm --seconds 540
    python -m performer.training.lstm --from-model models/onnx/lstm-first --recall 512 --corpora groove --out .work/lstm-drums --seconds 1500
"""

import argparse

from performer.training.network import NoteNet
from performer.training.recurrent import Shape
from performer.training.trainer import parser, start


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--hidden", type=int, default=Shape().hidden)
    options.add_argument("--layers", type=int, default=Shape().layers)
    options.add_argument("--head", type=int, default=Shape().head)

    def fresh(chosen: argparse.Namespace) -> NoteNet:
        return NoteNet(Shape(chosen.hidden, chosen.layers, chosen.head, chosen.dropout, chosen.recall or 0))

    start(options, fresh)


if __name__ == "__main__":
    main()
