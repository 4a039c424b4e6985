"""A whole light of a few numbers, without PyTorch: it paints one colour with a slope on it, and its encoder reads the colour exactly."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

from performer.training.card_writer import write_card

SIDE, READS = 16, 8
MIDDLE, SCALE = 128.0, 20.0  # of a channel: the level at 0, and levels for a number of the latent
node = helper.make_node


def colour_of(z: tuple[float, float, float]) -> tuple[int, int, int]:
    """What the light paints from a latent (z, 0) of length 2."""
    red, green, blue = (round(MIDDLE + SCALE * each) for each in z)
    return red, green, blue


def graph_of(nodes: list, inputs: dict[str, tuple], outputs: dict[str, tuple], constants: dict[str, np.ndarray]) -> onnx.ModelProto:
    given, made = (
        [helper.make_tensor_value_info(name, TensorProto.UINT8 if name == "picture" else TensorProto.FLOAT, shape) for name, shape in ports.items()]
        for ports in (inputs, outputs)
    )
    graph = helper.make_graph(nodes, "tiny", given, made, [onnx.numpy_helper.from_array(value, name) for name, value in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 10
    onnx.checker.check_model(model)
    return model


def write_light(folder: Path, reads: bool = True, wrong: bool = False) -> Path:
    """The model; without an encoder where it does not read, with one that sees another colour where it is `wrong`."""
    folder.mkdir()
    slope = np.broadcast_to(np.linspace(-10, 10, SIDE, dtype=np.float32)[:, None, None], (SIDE, SIDE, 3)).copy()
    graphs = {
        "mapping": graph_of([node("Identity", ["z"], ["w"]), node("Mul", ["labels", "nought"], ["w_mean"])],
                            {"z": (1, 4), "labels": (1, 4)}, {"w": (1, 4), "w_mean": (1, 4)}, {"nought": np.zeros(1, np.float32)}),
        "synthesis": graph_of(
            [node("Slice", ["styles", "first", "last", "axes"], ["part"]), node("Reshape", ["part", "shape"], ["colour"]),
             node("Mul", ["colour", "scale"], ["bright"]), node("Add", ["bright", "slope"], ["light"]), node("Add", ["light", "middle"], ["whole"]),
             node("Cast", ["whole"], ["picture"], to=TensorProto.UINT8)],
            {"styles": (1, 2, 4)}, {"picture": (SIDE, SIDE, 3)},
            {"first": np.array([0, 0]), "last": np.array([1, 3]), "axes": np.array([1, 2]), "shape": np.array([1, 1, 3]),
             "scale": np.array([SCALE], np.float32), "middle": np.array([MIDDLE], np.float32), "slope": slope}),
    }  # fmt: skip
    if reads:
        graphs["encoder"] = graph_of(
            [node("Cast", ["picture"], ["light"], to=TensorProto.FLOAT), node("ReduceMean", ["light", "axes"], ["mean"], keepdims=0),
             node("Sub", ["mean", "middle"], ["off"]), node("Mul", ["off", "scale"], ["three"]),
             node("Concat", ["three", "nought"], ["four"], axis=0), node("Reshape", ["four", "row"], ["z"]),
             node("Mul", ["z", "nought"], ["labels"])],
            {"picture": (READS, READS, 3)}, {"z": (1, 4), "labels": (1, 4)},
            {"axes": np.array([0, 1]), "middle": np.array([MIDDLE], np.float32), "scale": np.array([(-1 if wrong else 1) / SCALE], np.float32),
             "nought": np.zeros(1, np.float32), "row": np.array([1, 4])})  # fmt: skip
    for name, graph in graphs.items():
        onnx.save_model(graph, folder / f"{name}.onnx")
    shape = {"z_dim": 4, "label_dim": 4, "w_dim": 4, "layers": 2, "px": SIDE, "labels": [[0.0] * 4] * 2}
    write_card(folder, {
        "model": {"name": folder.name, "role": "pictures", "encoding": "style-1", "sentence": "One colour."},
        "shape": shape | ({"encoder_px": READS} if reads else {}),
        "graphs": {graph: {"file": f"{graph}.onnx"} for graph in graphs},
        "data": [{"name": "none", "licence": "CC0-1.0"}],
    })  # fmt: skip
    return folder
