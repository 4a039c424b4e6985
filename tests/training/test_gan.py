"""The light from its first steps to a model that Performer can read. The eyes are untrained here and the pictures 32 px."""

import json
import time

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")
pytest.importorskip("efficientnet_lite_pytorch")
onnxruntime = pytest.importorskip("onnxruntime")

from performer.card import read_card  # noqa: E402
from performer.training import checkpoint, gan, gan_evaluate, gan_export, likeness  # noqa: E402
from performer.training.generator import Light, Shape  # noqa: E402
from performer.training.pictures.labels import LABEL_DIM  # noqa: E402

SMALL = ["--channels", "24", "16", "--pictures", "12", "--batch", "4", "--blind", "--threads", "1", "--device", "cpu", "--no-bfloat16"]


def train(folder, *further):
    gan.train(gan.parser().parse_args(["--out", str(folder), *SMALL, *further]), time.monotonic())
    return checkpoint.load(folder / gan.EMA)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("light")
    train(folder, "--steps", "2", "--cache", str(folder / "pictures.pt"))
    return folder


@pytest.fixture(scope="module")
def model(trained, tmp_path_factory):
    out = tmp_path_factory.mktemp("models") / "light-32"
    metrics = trained / "metrics.json"
    metrics.write_text(json.dumps({"kid": 0.1}))
    assert gan_export.main(["--checkpoint", str(trained), "--out", str(out), "--metrics", str(metrics)]) == 0
    return out


def synthesis(folder):
    return onnxruntime.InferenceSession(str(folder / "synthesis.onnx"), options(), providers=["CPUExecutionProvider"])


def options():
    out = onnxruntime.SessionOptions()
    out.intra_op_num_threads, out.log_severity_level = 1, 4
    return out


def test_two_steps_leave_a_checkpoint_a_log_and_a_sheet(trained):
    saved = checkpoint.load(trained / gan.EMA)
    assert saved["facts"]["steps"] == 2 and saved["facts"]["seen"] == 8
    assert sum(saved["facts"]["kept"].values()) == 12 <= sum(saved["facts"]["drawn"].values())
    assert {gan.GENERATOR, gan.CRITIC, gan.LOG, gan.SAMPLES} <= {path.name for path in trained.iterdir()}
    assert all(path.suffix != ".part" for path in trained.iterdir())


def test_it_goes_on_where_it_stopped(trained, tmp_path):
    before = checkpoint.load(trained / gan.EMA)
    after = train(tmp_path, "--resume", str(trained), "--steps", "1", "--cache", str(trained / "pictures.pt"))
    assert after["facts"]["steps"] == before["facts"]["steps"] + 1
    assert after["facts"]["kept"] == before["facts"]["kept"]  # the same pictures count once
    assert after["facts"]["seconds"] > before["facts"]["seconds"]


def test_it_grows_and_begins_with_the_picture_it_had(trained):
    saved = checkpoint.load(trained / gan.EMA)
    small, large = Light(checkpoint.shape_of(saved)), Light(Shape(channels=(24, 16, 8)))
    checkpoint.restore(small, None, saved)
    checkpoint.restore(large, None, saved)
    ws = torch.randn(2, 6, small.synthesis.shape.w_dim)
    with torch.no_grad():
        a, b = small.synthesis(ws[:, :4], None), large.synthesis(ws, None)
    assert a.shape[-1] == 32 and b.shape[-1] == 64
    assert float((torch.nn.functional.avg_pool2d(b, 2) - a).abs().mean()) < 0.05


def test_a_checkpoint_of_another_network_is_refused(trained):
    with pytest.raises((ValueError, RuntimeError)):
        checkpoint.restore(Light(Shape(channels=(24,))), None, checkpoint.load(trained / gan.EMA))


def test_it_ends_by_the_clock(tmp_path, trained):
    begun = time.monotonic()
    train(tmp_path, "--cache", str(trained / "pictures.pt"), "--seconds", "9")
    assert time.monotonic() - begun < 9.5


def test_the_exported_model_is_read_and_run(model):
    card = read_card(model)
    card.require("pictures", gan_export.ENCODING, "mapping", "synthesis")
    assert card.metrics["kid"] == 0.1 and card.data[0]["kept"] == 12
    labels = np.asarray(card.shape["labels"], np.float32)
    assert labels.ndim == 2 and labels.shape[1] == LABEL_DIM == len(card.shape["label_names"])
    mapping = onnxruntime.InferenceSession(str(card.graphs["mapping"].path), options(), providers=["CPUExecutionProvider"])
    w, mean = mapping.run(["w", "w_mean"], {"z": np.ones((1, card.shape["z_dim"]), np.float32), "labels": labels[:1]})
    session = synthesis(model)
    assert [each.name for each in session.get_inputs()] == ["styles"]  # the noise may be left out
    (picture,) = session.run(None, {"styles": np.repeat(w[:, None], card.shape["layers"], 1)})
    assert mean.shape == w.shape == (1, card.shape["w_dim"])
    assert picture.shape == (32, 32, 3) and picture.dtype == np.uint8


def test_each_layers_style_and_the_noise_change_the_picture(tmp_path):
    light = Light(Shape(channels=(24, 16)))
    for level in light.synthesis.levels:
        torch.nn.init.ones_(level.first.noise)
    gan_export.write_graphs(light.eval().requires_grad_(False), tmp_path)
    session = synthesis(tmp_path)
    shape = light.synthesis.shape
    styles = np.random.default_rng(1).standard_normal((1, shape.layers, shape.w_dim), np.float32)
    (before,) = session.run(None, {"styles": styles})
    for layer in range(shape.layers):
        moved = styles.copy()
        moved[0, layer] *= -1
        assert not np.array_equal(before, session.run(None, {"styles": moved})[0]), layer
    still = np.zeros((1, len(shape.channels)), np.float32)
    assert not np.array_equal(before, session.run(None, {"styles": styles, "noise": still})[0])


def test_an_export_that_disagrees_leaves_what_was_there(model, trained, monkeypatch, capsys):
    monkeypatch.setattr(gan_export, "disagreement", lambda *_: float("nan"))
    before = (model / "card.toml").read_bytes()
    assert gan_export.main(["--checkpoint", str(trained), "--out", str(model)]) == 1
    assert "apart" in capsys.readouterr().err
    assert (model / "card.toml").read_bytes() == before
    assert [path.name for path in model.parent.iterdir()] == [model.name]


def test_the_figures_of_quality(trained, monkeypatch):
    monkeypatch.setattr(gan_evaluate, "FRAMES", 20)
    monkeypatch.setattr(gan_evaluate, "WALKS", 2)
    monkeypatch.setattr(gan_evaluate, "STEPS", 4)
    looked, features = [], gan_evaluate.features

    def looking(eyes, pictures, px, *more):
        looked.append(px)
        return features(eyes, pictures, px, *more)

    monkeypatch.setattr(gan_evaluate, "features", looking)
    figures = gan_evaluate.evaluate(trained, 8, torch.device("cpu"), trained_eyes=False, eyes_px=(32, 64))
    names = ("kid", "kid_floor", "kid_blurred", "kid_untrained", "coverage")
    assert np.isfinite([figures[name] for name in names]).all() and np.isfinite([figures["at_64"][name] for name in names]).all()
    assert set(looked) == {32, 64} and looked.count(32) == looked.count(64)
    assert "--eyes-px 32 64" in figures["command"] and figures["eyes_px"] == 32
    assert figures["walk"]["largest_over_mean"] >= 1 and 0 < figures["frame_ms"]["p50"] <= figures["frame_ms"]["p95"]
    json.dumps(figures)


def test_a_grid_of_pixels_is_rough_and_other_places_are_not():
    generator = torch.Generator().manual_seed(1)
    real = torch.nn.functional.avg_pool2d(torch.rand(2, 3, 64, 64, generator=generator), 5, 1, 2)
    grid = real + 0.2 * (torch.arange(64) % 2)
    assert float(likeness.grain_apart(real.flip(3), real)) < 0.01
    assert float(likeness.grain_apart(grid, real)) > 1


def test_kid_and_coverage_tell_like_from_unlike():
    generator = torch.Generator().manual_seed(1)
    a, b = torch.randn(2, 200, 16, generator=generator)
    assert abs(gan_evaluate.kid(a, b)) < 0.1 * gan_evaluate.kid(a, b + 2)
    assert gan_evaluate.coverage(a, b) > 0.9 and gan_evaluate.coverage(a, b + 20) == 0
