"""A graph that loops for ever is stopped, and not asked again at once."""

import time
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from performer.card import Graph
from performer.errors import ModelError
from performer.inference import onnx as graphs
from performer.inference.onnx import Port, open_graph

PORT = Port("x", "float", (1, 4)), Port("y", "float", (1, 4))


def endless_above_one(path: Path) -> Graph:
    """y = x, after a loop that never ends where the first number is above one."""
    tensor = helper.make_tensor_value_info
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Identity", ["a"], ["b"])], "body",
        [tensor("turn", TensorProto.INT64, []), tensor("go", TensorProto.BOOL, []), tensor("a", TensorProto.FLOAT, [1, 4])],
        [tensor("on", TensorProto.BOOL, []), tensor("b", TensorProto.FLOAT, [1, 4])],
    )  # fmt: skip
    nodes = [
        helper.make_node("ReduceMax", ["x"], ["most"], keepdims=0),
        helper.make_node("Greater", ["most", "one"], ["again"]),
        helper.make_node("Loop", ["turns", "again", "x"], ["y"], body=body),
    ]
    graph = helper.make_graph(
        nodes, "endless", [tensor("x", TensorProto.FLOAT, [1, 4])], [tensor("y", TensorProto.FLOAT, [1, 4])],
        [helper.make_tensor("one", TensorProto.FLOAT, [], [1.0]), helper.make_tensor("turns", TensorProto.INT64, [], [2**62])],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, path)
    return Graph("endless", path, "")


@pytest.mark.parametrize("bound", [False, True])
def test_a_run_that_never_ends_is_stopped_and_the_graph_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: bool):
    monkeypatch.setattr(graphs, "RUN_S", 0.2)
    opened = open_graph(endless_above_one(tmp_path / "endless.onnx"), PORT[:1], PORT[1:])
    run = opened.bound() if bound else opened
    fine, endless = np.full((1, 4), 0.5, np.float32), np.full((1, 4), 2.0, np.float32)
    began = time.monotonic()
    with pytest.raises(ModelError, match="did not end within"):
        run(endless)
    assert time.monotonic() - began < 5.0
    assert np.array_equal(run(fine)[0], fine)
    for _ in range(2):
        with pytest.raises(ModelError, match="did not end within"):
            run(endless)
    with pytest.raises(ModelError, match="rests"):
        run(fine)
