"""A note model in a quarter of its memory: weights of 8 bits, one scale to each output, arithmetic in 8 bits with the scale of the moment.

    python -m performer.training.export --model models/onnx/lstm-first --out .work/lstm-first
    python -m performer.training.quantise --model .work/lstm-first --out models/onnx/lstm-first-int8

The first note after a pause finds the weights in no cache; to fetch them is what it waits for, and a quarter of them comes in a third of the
time. Weights keep within 7 bits, since processors without VNNI add two products in 16; large tables that rows are taken from have 16, and are
computed with in 32. Both models must agree over 64 events.
"""

import argparse
import itertools
import logging
import sys
import tomllib
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from performer.card import CARD, Card, read_card
from performer.encoding import ATTRIBUTES, CLASSES, FIELDS, OFFSETS
from performer.errors import ModelError, PerformerError
from performer.inference.lstm import open_graphs, state_ports
from performer.inference.onnx import KINDS
from performer.training.card_writer import replacing, write_card
from performer.training.recurrent import TABLES

STEPS, TOLERANCE = 64, 0.02  # events, and nats: mean Kullback-Leibler divergence of an attribute's chances from the original's
OPERATORS = ("LSTM", "MatMul", "Gemm")
TABLE = 1 << 16  # numbers of a table that is kept in 16 bits


def quantise(model: Path, out: Path) -> float:
    """Put the model at `out` and return how far it is from `model` in nats. Raises ModelError, `out` untouched, where that is too far."""
    card = read_card(model)
    card.require("notes", card.encoding, "step", "heads")
    content = tomllib.loads((model / CARD).read_text(encoding="utf-8"))
    with replacing(out) as new:
        for graph in card.graphs.values():
            _write(graph.path, new / graph.path.name)
        content["model"] |= {"name": out.name, "sentence": f"{content['model']['sentence']} Its weights have 8 bits."}
        content["training"] = content.get("training", {}) | {"quantised_from": card.name}
        apart = divergence(card, write_card(new, content))
        if not apart <= TOLERANCE:
            raise ModelError(f"The model of 8 bits is {apart:.3f} nats from the original.", "It was not written.")
    return apart


def _write(graph: Path, out: Path) -> None:
    folded = out.with_suffix(".folded")
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC  # weights that are cut together become one
    options.optimized_model_filepath = str(folded)
    onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    model = onnx.load(folded)
    del model.graph.value_info[:]  # it contradicts what is put in place of a Gemm
    onnx.save(model, folded)
    logging.disable(logging.WARNING)  # it recommends what was just done
    try:
        quantize_dynamic(folded, out, list(OPERATORS), per_channel=True, reduce_range=True, weight_type=QuantType.QInt8)
    finally:
        logging.disable(logging.NOTSET)
        folded.unlink()
    small = onnx.load(out)
    _halve_tables(small.graph)
    onnx.save(small, out)


def _halve_tables(graph: onnx.GraphProto) -> None:
    """Large tables that rows are gathered from in 16 bits; the rows are made 32 again."""
    for node in list(graph.node):
        table = next((each for each in graph.initializer if node.op_type == "Gather" and each.name == node.input[0]), None)
        if table is not None and table.data_type == TensorProto.FLOAT and np.prod(table.dims) >= TABLE:
            table.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(table).astype(np.float16), table.name))
            rows = node.output[0]
            node.output[0] = f"{rows}_half"
            cast = helper.make_node("Cast", [node.output[0]], [rows], to=TensorProto.FLOAT)
            graph.node.insert(list(graph.node).index(node) + 1, cast)


def divergence(one: Card, other: Card, seed: int = 0) -> float:
    """Mean divergence in nats of the chances that `other` gives an attribute from those of `one`, each with its own state, over any events."""
    graphs = [open_graphs(card) for card in (one, other)]
    state: list[list] = [[np.zeros(port.shape, KINDS[port.kind]) for port in state_ports(card)] for card in (one, other)]
    rng, total = np.random.default_rng(seed), 0.0
    for _ in range(STEPS):
        event, known = rng.integers(0, TABLES, (1, len(FIELDS))), rng.integers(0, np.array(CLASSES) + 1, (1, len(ATTRIBUTES)))
        logs = []
        for index, (step, heads) in enumerate(graphs):
            summary, *state[index] = step(event, *state[index])
            (logits,) = heads(summary, known)
            pieces = [logits[0, low:high].astype(np.float64) for low, high in itertools.pairwise(OFFSETS)]
            logs.append([piece - np.logaddexp.reduce(piece) for piece in pieces])
        total += sum(float((np.exp(p) * (p - q)).sum()) for p, q in zip(*logs, strict=True)) / len(ATTRIBUTES)
    return total / STEPS


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path, required=True, help="the folder of an exported note model")
    parser.add_argument("--out", type=Path, required=True, help="the new model's folder; its last part is the model's name")
    options = parser.parse_args(arguments)
    try:
        apart = quantise(options.model, options.out)
    except (PerformerError, OSError) as error:
        print(f"{options.out} was not written: {error}", file=sys.stderr)
        return 1
    size = sum(path.stat().st_size for path in options.out.glob("*.onnx"))
    print(f"{options.out}: {size / 1e6:.1f} MB, {apart:.5f} nats from {options.model}.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
