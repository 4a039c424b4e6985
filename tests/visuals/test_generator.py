import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from performer.assets import models_dir
from performer.errors import ModelError
from performer.show import Models
from performer.visuals.generator import Generator, Orbit, painter_for
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
    assert frames[0].shape == (64, 64, 3) and frames[0].dtype == np.uint8
    assert min(frame.mean() for frame in frames) > 8 and min(frame.std() for frame in frames) > 8


def test_a_small_step_is_a_small_change_and_a_long_way_another_picture(light: Generator):
    start = light.paint(POSE)
    near, far = (light.paint(replace(POSE, path=1.0 + step)) for step in (0.01, 6.0))
    assert 0 < apart(start, near) < 0.2 * apart(start, far)


@pytest.mark.parametrize("change", [{"bands": (0.8, 0, 0)}, {"bands": (0, 0.8, 0)}, {"bands": (0, 0, 0.8)}, {"flash": 1.0}, {"mix": 1.0}])
def test_each_part_of_the_music_moves_the_picture(light: Generator, change: dict):
    poses = [replace(POSE, path=float(path)) for path in range(0, 60, 3)]
    assert np.mean([apart(light.paint(pose), light.paint(replace(pose, **change))) for pose in poses]) > 0.5


def test_truncation_zero_is_the_mean_picture_everywhere(light: Generator):
    one, other = (light.paint(replace(POSE, truncation=0.0, path=path)) for path in (0.0, 50.0))
    assert np.array_equal(one, other)


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
