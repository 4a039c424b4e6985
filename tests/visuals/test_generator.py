import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from performer.assets import models_dir
from performer.card import read_card
from performer.errors import ModelError
from performer.show import Models
from performer.training.card_writer import write_card
from performer.visuals.easel import MOST_SPOILT, Easel
from performer.visuals.generator import COLOUR, Generator, painter_for
from performer.visuals.hand import Ask
from performer.visuals.latent import Orbit
from performer.visuals.walk import Pose

POSE = Pose(1.0, (0.0, 0.0, 0.0), 0.0, 0.35, 0.9)
SHIPPED = models_dir() / Models().pictures


@pytest.fixture(scope="module")
def light() -> Generator:
    return Generator(SHIPPED, seed=3)


def apart(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(float) - b.astype(float)).mean())


def test_the_same_pose_is_the_same_frame_and_no_pose_is_black(light: Generator):
    frames = [light.paint(replace(POSE, path=float(path))) for path in range(30)]
    assert np.array_equal(light.paint(POSE), light.paint(POSE))
    px = read_card(SHIPPED).shape["px"]
    assert frames[0].shape == (px, px, 3) and frames[0].dtype == np.uint8
    assert min(frame.mean() for frame in frames) > 8 and min(frame.std() for frame in frames) > 8


def test_a_small_step_is_a_small_change_and_a_long_way_another_picture(light: Generator):
    start = light.paint(POSE)
    near, far = (light.paint(replace(POSE, path=1.0 + step)) for step in (0.01, 6.0))
    assert 0 < apart(start, near) < 0.2 * apart(start, far)


@pytest.mark.parametrize("change", [{"bands": (0.8, 0, 0)}, {"bands": (0, 0.8, 0)}, {"bands": (0, 0, 0.8)}, {"flash": 1.0}, {"mix": 1.0}])
def test_each_part_of_the_music_moves_the_picture(light: Generator, change: dict):
    poses = [replace(POSE, path=float(path)) for path in range(0, 60, 3)]
    assert np.mean([apart(light.paint(pose), light.paint(replace(pose, **change))) for pose in poses]) > 0.5


def test_the_middle_band_turns_the_palette_as_the_hand_does(light: Generator):
    banded, turned = light.styles(replace(POSE, bands=(0.0, 0.5, 0.0))), light.styles(replace(POSE, ask=Ask(hue=0.5 * COLOUR)))
    coarse = banded.shape[1] // 3
    assert np.allclose(banded[:, :coarse], turned[:, :coarse], atol=1e-5)
    assert np.abs(banded - light.styles(POSE))[:, :coarse].max() > 1e-3


def test_truncation_zero_is_the_mean_style_everywhere(light: Generator):
    one, other, far = (light.styles(replace(POSE, truncation=truncation, path=path)) for truncation, path in ((0.0, 0.0), (0.0, 50.0), (1.0, 50.0)))
    assert np.array_equal(one, other) and np.abs(far - one).max() > 0.1


def test_the_orbit_is_smooth_and_of_the_length_of_normal_draws():
    orbit = Orbit(96, np.random.default_rng(1))
    lengths = [np.linalg.norm(orbit.at(path)) for path in np.linspace(0, 100, 50)]
    assert np.allclose(lengths, np.sqrt(96), rtol=1e-4)
    assert np.linalg.norm(orbit.at(5.0) - orbit.at(5.01)) < 0.2


def test_a_spoilt_model_is_named_and_a_pattern_is_painted(tmp_path: Path):
    folder = Path(shutil.copytree(SHIPPED, tmp_path / "spoilt"))
    with (folder / "synthesis.onnx").open("ab") as file:
        file.write(b"more")
    with pytest.raises(ModelError, match=r"synthesis\.onnx"):
        Generator(folder)
    painter, remark = painter_for("spoilt", [tmp_path])
    assert painter.name == "pattern" and "synthesis.onnx" in remark


def test_a_model_that_is_not_there_is_named():
    painter, remark = painter_for("no-such-light", [])
    assert painter.name == "pattern" and "no-such-light" in remark


ASKS = {
    "hue": Ask(hue=0.3), "density": Ask(pushed={"density": 1.0}), "held family": Ask(held={"family rings": (1.0, 1.0), "family flame": (0.0, 1.0)}),
    "pc1": Ask(components=(1.0, 0.0, 0.0, 0.0)), "pc4": Ask(components=(0.0, 0.0, 0.0, 1.0)), "mixed everywhere": Ask(mixed=(0.0, 1.0)),
    "mixed coarse": Ask(mixed=(0.0, 0.3)), "noise": Ask(noise=0.0), "spin": Ask(spin=1.0), "turn": Ask(turn=1.0), "x": Ask(x=0.5),
    "scale": Ask(scale=1.5),
}  # fmt: skip


@pytest.mark.parametrize("name", ASKS)
def test_what_the_hand_asks_is_seen(light: Generator, name: str):
    poses = [replace(POSE, path=float(path)) for path in range(0, 40, 4)]
    assert np.mean([apart(light.paint(pose), light.paint(replace(pose, ask=ASKS[name]))) for pose in poses]) > 0.1


def test_the_principal_directions_are_the_same_whatever_the_seed(light: Generator):
    assert np.allclose(light._components, Generator(SHIPPED, seed=99)._components, atol=1e-5)


SIDE = 16


def graph_of(nodes: list, inputs: dict[str, tuple], outputs: dict[str, tuple]) -> onnx.ModelProto:
    kinds = {"picture": onnx.TensorProto.UINT8}
    given, made = (
        [onnx.helper.make_tensor_value_info(name, kinds.get(name, onnx.TensorProto.FLOAT), shape) for name, shape in ports.items()]
        for ports in (inputs, outputs)
    )
    model = onnx.helper.make_model(onnx.helper.make_graph(nodes, "tiny", given, made), opset_imports=[onnx.helper.make_opsetid("", 18)])
    model.ir_version = 10
    return model


def ill_model(folder: Path, fault: str) -> Path:
    """A whole model whose pictures are bright until w[0] is above 0, and then black, or made of numbers that are none."""
    folder.mkdir()
    node = onnx.helper.make_node
    mapping = graph_of(
        [node("Identity", ["z"], ["w"]), node("Mul", ["labels", "labels"], ["w_mean"])],
        {"z": (1, 4), "labels": (1, 4)}, {"w": (1, 4), "w_mean": (1, 4)},
    )  # fmt: skip
    constant = [onnx.helper.make_tensor(name, kind, dims, values) for name, kind, dims, values in (
        ("ramp", onnx.TensorProto.FLOAT, (SIDE, SIDE, 3), np.linspace(20, 200, SIDE * SIDE * 3)), ("first", onnx.TensorProto.INT64, (1,), [0]),
        ("second", onnx.TensorProto.INT64, (1,), [1]), ("nought", onnx.TensorProto.FLOAT, (1,), [0.0]), ("shape", onnx.TensorProto.INT64, (1,), [1]),
    )]  # fmt: skip
    spoil = {
        "black": [node("Less", ["lead", "nought"], ["well"]), node("Cast", ["well"], ["factor"], to=onnx.TensorProto.FLOAT)],
        "not a number": [node("Neg", ["lead"], ["minus"]), node("Sqrt", ["minus"], ["root"]), node("Div", ["root", "root"], ["factor"])],
    }[fault]
    nodes = [
        node("Slice", ["styles", "first", "second", "second_axis"], ["part"]), node("Slice", ["part", "first", "second", "third_axis"], ["one"]),
        node("Reshape", ["one", "shape"], ["lead"]), *spoil,
        node("Mul", ["ramp", "factor"], ["light"]), node("Cast", ["light"], ["picture"], to=onnx.TensorProto.UINT8),
    ]  # fmt: skip
    synthesis = graph_of(nodes, {"styles": (1, 2, 4)}, {"picture": (SIDE, SIDE, 3)})
    constant += [onnx.helper.make_tensor(name, onnx.TensorProto.INT64, (1,), [axis]) for name, axis in (("second_axis", 1), ("third_axis", 2))]
    synthesis.graph.initializer.extend(constant)
    for name, graph in (("mapping", mapping), ("synthesis", synthesis)):
        onnx.checker.check_model(graph)
        onnx.save_model(graph, folder / f"{name}.onnx")
    write_card(folder, {
        "model": {"name": folder.name, "role": "pictures", "encoding": "style-1", "sentence": "Sometimes shows nothing."},
        "shape": {"z_dim": 4, "label_dim": 4, "w_dim": 4, "layers": 2, "px": SIDE, "labels": [[0.0] * 4, [0.0] * 4]},
        "graphs": {graph: {"file": f"{graph}.onnx"} for graph in ("mapping", "synthesis")},
        "data": [],
    })  # fmt: skip
    return folder


@pytest.mark.parametrize("fault", ["black", "not a number"])
def test_frames_that_show_nothing_are_held_and_counted_and_the_others_painted(tmp_path: Path, fault: str):
    easel = Easel(Generator(ill_model(tmp_path / "ill", fault), seed=1))
    frames = [easel.paint(replace(POSE, path=path, mix=0.0)) for path in np.arange(0.0, 40.0, 0.5)]
    shown = [frame for frame in frames if frame is not None]
    assert easel.held == len(frames) - len(shown) and 10 < len(shown) < 70
    assert min(int(frame.max()) for frame in shown) > 150 and easel.painter.name == "ill"


def test_after_many_in_a_row_the_pattern_takes_over(tmp_path: Path):
    light = Generator(ill_model(tmp_path / "ill", "black"), seed=1)
    path = next(path for path in np.arange(0.0, 40.0, 0.5) if not light.paint(replace(POSE, path=path, mix=0.0)).any())
    easel = Easel(light)
    frames = [easel.paint(replace(POSE, path=path, mix=0.0)) for _ in range(MOST_SPOILT + 1)]
    assert all(frame is None for frame in frames[:-1]) and frames[-1] is not None
    assert easel.painter.name == "pattern" and "'ill'" in easel.remark


def test_a_model_that_is_not_there_leaves_the_one_at_work(light: Generator):
    def none(name: str):
        raise ModelError(f"No model '{name}' was found.")

    easel = Easel(light, "", none)
    easel.swap("no-such-light")
    while "no-such-light" not in easel.remark:
        pass
    assert easel.paint(POSE) is not None and easel.painter is light and easel.wanted == light.name
