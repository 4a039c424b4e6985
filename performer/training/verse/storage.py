"""The matrices of a graph in 8 bits, with one scale a row. ONNX Runtime makes them 32 bits on opening."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WHOLE, SCALE = ".int8", ".scale"


def quantise(path: Path) -> None:
    """Store every matrix of the graph in 8 bits, one scale a row, under its own name."""
    model = onnx.load(path)
    graph, nodes = model.graph, []
    for weight in list(graph.initializer):
        is_matrix = weight.data_type == TensorProto.FLOAT and len(weight.dims) == 2
        if not is_matrix or not weight.name.endswith(".weight"):
            continue
        values = numpy_helper.to_array(weight)
        scale = np.maximum(np.abs(values).max(1, keepdims=True), 1e-12).astype(np.float32) / 127
        whole = weight.name + WHOLE
        graph.initializer.extend([
            numpy_helper.from_array(np.rint(values / scale).astype(np.int8), whole),
            numpy_helper.from_array(scale, weight.name + SCALE),
        ])  # fmt: skip
        # Cast and Mul, not DequantizeLinear: ONNX Runtime folds them once, when it opens the graph.
        nodes += [
            helper.make_node("Cast", [whole], [f"{whole}.float"], to=TensorProto.FLOAT),
            helper.make_node("Mul", [f"{whole}.float", weight.name + SCALE], [weight.name]),
        ]
        graph.initializer.remove(weight)
    for place, node in enumerate(nodes):
        graph.node.insert(place, node)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def read_matrix(arrays: dict[str, np.ndarray], name: str) -> np.ndarray:
    """The matrix `name` of a graph's initializers, in 32 bits."""
    return arrays[name + WHOLE].astype(np.float32) * arrays[name + SCALE]
