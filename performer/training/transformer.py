"""Trains the far-sighted note model. Its trunk can begin as a trained LSTM: its layers of attention add nothing at first, and learn on.

    python -m performer.training.transformer --trunk models/onnx/lstm-piano --corpora pop909 --out .work/transformer-piano --seconds 900
"""

import argparse
from pathlib import Path

from performer.training.attention import Shape
from performer.training.network import NoteNet, from_model, restore
from performer.training.trainer import parser, start


def on_trunk(trunk: NoteNet, shape: Shape) -> NoteNet:
    """A network whose trunk and heads are those of a trained LSTM; until it learns, it says what the LSTM says."""
    net = NoteNet(Shape(**{**{key: getattr(shape, key) for key in Shape.__dataclass_fields__}, **_sizes(trunk)}))
    net.step.load_state_dict(trunk.step.state_dict(), strict=False)
    net.heads.load_state_dict(trunk.heads.state_dict(), strict=False)
    return net


def _sizes(trunk: NoteNet) -> dict[str, int]:
    return {key: getattr(trunk.shape, key) for key in ("hidden", "layers", "head")}


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--trunk", type=Path, help="a checkpoint or an exported folder of the LSTM to begin with")
    for name in ("hidden", "layers", "head", "attention", "heads", "width", "window"):
        options.add_argument(f"--{name}", type=int, default=getattr(Shape(), name), help="see attention.Shape")
    options.set_defaults(out=Path(".work/transformer"), streams=16, steps=512, rate=1e-3, recall=Shape().recall)

    def fresh(chosen: argparse.Namespace) -> NoteNet:
        shape = Shape(**{key: getattr(chosen, key) for key in Shape.__dataclass_fields__})
        if not chosen.trunk:
            return NoteNet(shape)
        return on_trunk(from_model(chosen.trunk)[0] if chosen.trunk.is_dir() else restore(chosen.trunk)[0], shape)

    start(options, fresh)


if __name__ == "__main__":
    main()
