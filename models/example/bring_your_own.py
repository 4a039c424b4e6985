"""A note model of one's own, in a page: counted from MIDI files, built with `onnx` alone, and ready for `performer check`.

    pip install onnx tomli-w
    python models/example/bring_your_own.py my-model --midi my-recordings
    performer check my-model

It knows which note follows which, how time goes on after each gap, and likes the notes that it heard lately: a state tensor that fades.
Change what it counts, or put your own network in its place: models/onnx/README.md tells what the graphs are given and must give.
"""

import argparse
import hashlib
from pathlib import Path

import numpy as np
import onnx
import tomli_w
from onnx import TensorProto, helper, numpy_helper

from performer.assets import demo_performance
from performer.encoding import CLASSES, DURATION, GAP, OFFSETS, PITCH, SCALES, UNKNOWN
from performer.evaluation.corpus import read_corpus

LOGITS = OFFSETS[-1]  # 400: voice, gap, pitch, duration and velocity, one after another
FADE, LIKES = 0.9, 0.6  # what is left of a note's memory after each other note, and how much it lifts the note's logit


def count(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """What follows each pitch, (129, 400), and which durations go with each gap, (129, 400): logarithms of counts, ready as logits."""
    after_pitch, with_gap = np.zeros((UNKNOWN[PITCH] + 1, LOGITS)), np.ones((UNKNOWN[GAP] + 1, LOGITS))
    for piece in read_corpus(folder).pieces:
        values = (piece.voice, piece.gap, piece.pitch, piece.duration, piece.velocity)
        classes = [scale.encode(value) for scale, value in zip(SCALES, values, strict=True)]
        before = np.concatenate([[UNKNOWN[PITCH]], classes[PITCH][:-1]])  # the first note follows the event BEGIN
        for k in range(len(SCALES)):
            np.add.at(after_pitch, (before, OFFSETS[k] + classes[k]), 1.0)
        np.add.at(with_gap, (classes[GAP], OFFSETS[DURATION] + classes[DURATION]), 1.0)
    overall = after_pitch.mean(0)  # what is likely after any pitch, for those that were seldom heard
    return np.log(after_pitch + overall + 1e-6).astype(np.float32), np.log(with_gap).astype(np.float32)


def step_graph(after_pitch: np.ndarray) -> onnx.ModelProto:
    """event, state_lately -> hidden, new_state_lately. The hidden vector holds the logits themselves."""
    heard = np.vstack([np.eye(128, dtype=np.float32), np.zeros((1, 128), np.float32)])  # a pitch as a row of 128; BEGIN as none
    into = np.zeros((128, LOGITS), np.float32)  # from pitches to the pitches' logits
    into[:, OFFSETS[PITCH] : OFFSETS[PITCH] + CLASSES[PITCH]] = LIKES * np.eye(128)
    nodes = [
        helper.make_node("Gather", ["event", "pitch_column"], ["pitch"], axis=1),  # (1, 7) -> (1,)
        helper.make_node("Gather", ["heard", "pitch"], ["this"]),  # (1, 128)
        helper.make_node("Mul", ["state_lately", "fade"], ["earlier"]),
        helper.make_node("Add", ["earlier", "this"], ["new_state_lately"]),
        helper.make_node("Gather", ["after_pitch", "pitch"], ["follows"]),  # (1, 400)
        helper.make_node("MatMul", ["new_state_lately", "into"], ["liked"]),
        helper.make_node("Add", ["follows", "liked"], ["hidden"]),
    ]
    constants = {"pitch_column": np.array(PITCH), "heard": heard, "fade": np.float32(FADE), "after_pitch": after_pitch, "into": into}
    inputs = [("event", TensorProto.INT64, [1, 7]), ("state_lately", TensorProto.FLOAT, [1, 128])]
    return model("step", nodes, inputs, [("hidden", TensorProto.FLOAT, [1, LOGITS]), ("new_state_lately", TensorProto.FLOAT, [1, 128])], constants)


def heads_graph(with_gap: np.ndarray) -> onnx.ModelProto:
    """hidden, known -> logits. Once the gap is known, so is more of the duration: the notes of a chord are held together."""
    nodes = [
        helper.make_node("Gather", ["known", "gap_column"], ["gap"], axis=1),
        helper.make_node("Gather", ["with_gap", "gap"], ["told"]),  # (1, 400)
        helper.make_node("Add", ["hidden", "told"], ["logits"]),
    ]
    inputs = [("hidden", TensorProto.FLOAT, [1, LOGITS]), ("known", TensorProto.INT64, [1, 5])]
    return model("heads", nodes, inputs, [("logits", TensorProto.FLOAT, [1, LOGITS])], {"gap_column": np.array(GAP), "with_gap": with_gap})


def model(name: str, nodes: list, inputs: list, outputs: list, constants: dict) -> onnx.ModelProto:
    """A checked graph that ONNX Runtime 1.20 and later read."""
    weights = [numpy_helper.from_array(np.asarray(value), key) for key, value in constants.items()]
    sides = ([helper.make_tensor_value_info(*port) for port in ports] for ports in (inputs, outputs))
    built = helper.make_model(helper.make_graph(nodes, name, *sides, weights), opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.checker.check_model(built, full_check=True)
    return built


def told(ports) -> dict[str, str]:
    """Inputs or outputs as a card tells them: event = "int64 1 x 7"."""
    kinds = {TensorProto.FLOAT: "float", TensorProto.INT64: "int64"}
    tensors = {port.name: port.type.tensor_type for port in ports}
    return {name: f"{kinds[tensor.elem_type]} {' x '.join(str(size.dim_value) for size in tensor.shape.dim)}" for name, tensor in tensors.items()}


def build(folder: Path, music: Path) -> None:
    """Write the model's folder, counted from the MIDI files in `music`."""
    after_pitch, with_gap = count(music)
    folder.mkdir(parents=True, exist_ok=True)
    graphs = {}
    for name, built in (("step", step_graph(after_pitch)), ("heads", heads_graph(with_gap))):
        content = built.SerializeToString()
        (folder / f"{name}.onnx").write_bytes(content)
        ports = {"inputs": told(built.graph.input), "outputs": told(built.graph.output)}
        graphs[name] = {"file": f"{name}.onnx", "sha256": hashlib.sha256(content).hexdigest(), **ports}
    sentence = "Counted from one player's notes: what follows what, and a liking for what was heard lately."
    card = {
        "model": {"name": folder.name, "role": "notes", "encoding": "notes-1", "sentence": sentence},
        "graphs": graphs,
        "data": [{"name": music.name, "licence": "your own", "credit": "the player"}],
    }
    (folder / "card.toml").write_text(tomli_w.dumps(card), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="where the model goes; its last part is the model's name")
    parser.add_argument("--midi", type=Path, default=demo_performance().parent, help="a folder of MIDI files (default: the demo's)")
    options = parser.parse_args()
    build(options.folder, options.midi)
    print(f"{options.folder} is built; now: performer check {options.folder}")


if __name__ == "__main__":
    main()
