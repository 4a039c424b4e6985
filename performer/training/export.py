"""A trained note model as a folder that Performer plays from: its ONNX graphs and a card.

    python -m performer.training.export --checkpoint .work/lstm/best.pt --out models/onnx/lstm-first --metrics .work/lstm/metrics.json
    python -m performer.training.export --model models/onnx/lstm-first --out .work/lstm-first

The folder takes its place only when ONNX Runtime and PyTorch agree over 64 steps with each its own carried state; otherwise nothing is left
behind, a model that was there before stays, and the exit status is 1.
"""

import argparse
import copy
import json
import logging
import pickle
import sys
import tomllib
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from performer.card import CARD, read_card
from performer.encoding import ATTRIBUTES, CLASSES, ENCODING, FIELDS
from performer.errors import ModelError, PerformerError
from performer.inference.lstm import open_graphs
from performer.training.card_writer import replacing, write_card
from performer.training.data import CORPORA
from performer.training.halves import Prepare, Rest
from performer.training.network import NoteNet, from_model, kind_of, restore, silence_of
from performer.training.recurrent import TABLES

OPSET, IR_VERSION = 18, 10  # what ONNX Runtime 1.20 reads
STEPS, TOLERANCE = 64, 1e-4
GRAPHS = ("prepare", "step", "heads")
HEADS_INPUTS, HEADS_OUTPUTS = ("hidden", "known"), ("logits",)
SENTENCES = {
    "lstm": "An LSTM of {layers} x {hidden} cells over notes with performed timing and loudness; it answers at once.",
    "transformer": "A recurrent trunk of {layers} x {hidden} cells under {attention} layers of attention over the last {window} notes, with "
    "performed timing and loudness.",
}
RECALLS = "It knows what followed the last time, among {recall} notes, and may play it again."


class Whole(nn.Module):
    """The memory as it is played, in one graph: one event (1, 7) and the state as tensors -> hidden (1, hidden), the new state."""

    def __init__(self, net: NoteNet) -> None:
        super().__init__()
        self.step, self.kind = net.step, type(silence_of(net.shape))

    def forward(self, event: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        hidden, new_state = self.step(event.unsqueeze(1), self.kind(*state))
        return hidden.squeeze(1), *new_state


def write_graphs(net: NoteNet, folder: Path) -> None:
    """heads.onnx of the network, and its memory: step.onnx, of an LSTM by itself prepare.onnx too."""
    net = copy.deepcopy(net).eval()  # tracing leaves its marks on the weights of an LSTM
    hidden, known = torch.zeros(1, net.shape.told), torch.zeros(1, len(ATTRIBUTES), dtype=torch.long)
    write_graph(net.heads, (hidden, known), HEADS_INPUTS, HEADS_OUTPUTS, folder / "heads.onnx")
    event, state = torch.zeros(1, len(FIELDS), dtype=torch.long), silence_of(net.shape)
    names, given = [f"state_{name}" for name in state._fields], [torch.zeros_like(each) for each in state]  # each its own: one would be one input
    outputs = ("hidden", *(f"new_{name}" for name in names))
    if kind_of(net.shape) != "lstm":
        write_graph(Whole(net).eval(), (event, *given), ("event", *names), outputs, folder / "step.onnx")
        return
    ready = torch.zeros(*given[0].shape[:2], 4 * net.shape.hidden)
    write_graph(Prepare(net.step).eval(), (given[0],), (names[0],), ("ready_gates",), folder / "prepare.onnx")
    write_graph(Rest(net.step).eval(), (event, ready, *given[1:]), ("event", "ready_gates", *names[1:]), outputs, folder / "step.onnx")


def write_graph(
    module: nn.Module, example: tuple[Tensor, ...], inputs: tuple[str, ...], outputs: tuple[str, ...], path: Path, open_sizes: Any = None
) -> None:
    """Write a module as a graph; `open_sizes` are the sizes that may differ from the example's, as torch.export's `dynamic_shapes`."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it misses torchvision
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module, example, input_names=inputs, output_names=outputs, opset_version=OPSET, dynamo=True, verbose=False, optimize=False,
            dynamic_shapes=open_sizes,
        )  # fmt: skip
    model = program.model_proto
    model.ir_version = IR_VERSION
    for node in model.graph.node:
        del node.metadata_props[:]  # where in this machine's files each line came from
    onnx.checker.check_model(model)
    onnx.save_model(model, path)


def disagreement(net: NoteNet, folder: Path, steps: int = STEPS, seed: int = 0) -> float:
    """The largest difference between PyTorch and ONNX Runtime over `steps` events: hidden vector, state and logits, whatever is known."""
    net = net.eval()
    step, heads = open_graphs(read_card(folder))
    rng = np.random.default_rng(seed)
    theirs: Sequence[Tensor] = silence_of(net.shape)
    mine, worst = [each.numpy() for each in theirs], [0.0]
    for _ in range(steps):
        event = rng.integers(0, TABLES, (1, len(FIELDS)))
        known = rng.integers(0, np.array(CLASSES) + 1, (1, len(ATTRIBUTES)))
        hidden, *mine = step(event, *mine)
        (logits,) = heads(hidden, known)
        with torch.no_grad():
            their_hidden, *theirs = Whole(net)(torch.from_numpy(event), *theirs)
            their_logits = net.heads(their_hidden, torch.from_numpy(known))
        pairs = zip((hidden, *mine, logits), (their_hidden, *theirs, their_logits), strict=True)
        worst += [float(np.abs(a - b.numpy()).max()) for a, b in pairs]
    return float(np.max(worst))  # a number that is none stays none


def card_of(folder: Path, name: str, net: NoteNet, facts: dict[str, Any]) -> dict[str, Any]:
    """The card's tables, the graphs as they lie in `folder`. `facts` may hold a further `sentence`, `data` as the card names it where it is more
    than `corpora`, and the instrument classes that it `hears` where those are not all. Raises ModelError for training data whose licence nobody
    wrote down."""
    shape, log = net.shape, facts.get("log", {})
    kind = kind_of(shape)
    sentence = " ".join((SENTENCES[kind], RECALLS) if shape.recall else (SENTENCES[kind],)).format(**asdict(shape))
    if "sentence" in facts:
        sentence = f"{sentence} {facts['sentence']}"
    hears = facts.get("hears", ["drums"] if set(facts.get("corpora", ())) == {"groove"} else None)
    numbers = {"kind": kind, **asdict(shape), "parameters": sum(parameter.numel() for parameter in net.parameters())}
    return {
        "model": {"name": name, "role": "notes", "encoding": ENCODING, "sentence": sentence},
        "shape": numbers | ({"hears": list(hears)} if hears else {}),
        "graphs": entries(folder),
        "training": {key: log[key] for key in ("seconds", "steps", "events") if key in log} | {"seed": facts.get("seed", 0)},
        "data": facts["data"] if "data" in facts else licences(facts["corpora"]),
    }


def licences(corpora: Sequence[str]) -> list[dict[str, str]]:
    """The training data as the card names it. Raises ModelError for data whose licence nobody wrote down."""
    unknown = [corpus for corpus in corpora if corpus not in CORPORA]
    if unknown:
        raise ModelError(
            f"The licence of the training data '{', '.join(unknown)}' is not known.", "Enter it in CORPORA of training/data.py."
        )
    return [{"name": corpus, "licence": CORPORA[corpus].licence, "credit": CORPORA[corpus].credit} for corpus in corpora]


def entries(folder: Path) -> dict[str, dict[str, Any]]:
    """The card's table of the graphs that lie in `folder`."""
    return {graph: entry(folder, f"{graph}.onnx") for graph in GRAPHS if (folder / f"{graph}.onnx").is_file()}


def entry(folder: Path, file: str) -> dict[str, Any]:
    """The file's name, and its inputs and outputs in words: event = "int64 1 x 7". A size that is open is told as 1."""
    graph = onnx.load(folder / file).graph

    def told(values: Iterable[onnx.ValueInfoProto]) -> dict[str, str]:
        types = {value.name: value.type.tensor_type for value in values}
        kinds = {name: onnx.TensorProto.DataType.Name(kind.elem_type).lower() for name, kind in types.items()}
        return {name: f"{kinds[name]} {' x '.join(str(d.dim_value or 1) for d in kind.shape.dim)}" for name, kind in types.items()}

    return {"file": file, "inputs": told(graph.input), "outputs": told(graph.output)}


def export(net: NoteNet, facts: dict[str, Any], out: Path, metrics: dict[str, Any]) -> float:
    """Put the model at `out` and return how far the two runtimes were apart. Raises ModelError, `out` untouched, where they disagree."""
    licences(facts.get("corpora", ()))
    with replacing(out) as new:
        write_graphs(net, new)
        write_card(new, {**card_of(new, out.name, net, facts), "metrics": metrics})
        return _agreeing(net, new)


def export_again(model: Path, out: Path) -> float:
    """Put a model that was exported before at `out`, in the graphs of this version; its card keeps what it says. Raises ModelError like `export`."""
    net = from_model(model)[0]
    content = tomllib.loads((model / CARD).read_text(encoding="utf-8"))
    with replacing(out) as new:
        write_graphs(net, new)
        write_card(new, {**content, "model": content["model"] | {"name": out.name}, "graphs": entries(new)})
        return _agreeing(net, new)


def _agreeing(net: NoteNet, folder: Path) -> float:
    apart = disagreement(net, folder)
    if not apart <= TOLERANCE:
        raise ModelError(f"ONNX Runtime and PyTorch are {apart:.1e} apart, more than {TOLERANCE:.0e}.", "The model was not exported.")
    return apart


def _trained(path: Path) -> tuple[NoteNet, dict[str, Any]]:
    """What `lstm.save` wrote. Raises ModelError for anything else."""
    try:
        return restore(path)
    except (pickle.UnpicklingError, EOFError, KeyError, TypeError, RuntimeError):
        raise ModelError(
            f"'{path}' is no checkpoint of this version's performer.training.", "Name the best.pt of its --out."
        ) from None


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--checkpoint", type=Path, help="a best.pt of performer.training.lstm or .transformer")
    source.add_argument("--model", type=Path, help="the folder of a model that was exported by an earlier version")
    parser.add_argument("--out", type=Path, required=True, help="the model's folder; its last part is the model's name")
    parser.add_argument("--metrics", type=Path, help="what performer.training.evaluate wrote with --out")
    options = parser.parse_args(arguments)
    try:
        if options.model:
            apart = export_again(options.model, options.out)
        else:
            net, facts = _trained(options.checkpoint)
            metrics = json.loads(options.metrics.read_text(encoding="utf-8")) if options.metrics else {}
            apart = export(net, facts, options.out, metrics)
    except (PerformerError, OSError, ValueError) as error:
        print(f"{options.out} was not written: {error}", file=sys.stderr)
        return 1
    size = sum(path.stat().st_size for path in options.out.glob("*.onnx"))
    print(f"{options.out}: {size / 1e6:.1f} MB; ONNX Runtime and PyTorch agree to {apart:.1e} over {STEPS} steps.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
