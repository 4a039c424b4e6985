"""The way back is learned beside a light at rest, and measured; test_gan_whole.py ships it."""

from dataclasses import asdict
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from performer.training import checkpoint, gan, gan_encoder, gan_export  # noqa: E402
from performer.training.encoder import proper  # noqa: E402
from performer.training.generator import Light, Shape  # noqa: E402
from performer.training.pictures.labels import FAMILIES, LAYOUT, NAMES  # noqa: E402


def start(folder: Path) -> Path:
    """A light of 256 px with random weights."""
    shape = Shape(channels=(12, 10, 8, 8, 8), fields=4, hidden=8, enlarged=2, bent_px=32)
    folder.mkdir()
    labels = torch.zeros(7, len(NAMES))
    labels[:, : len(FAMILIES)] = torch.eye(7)
    checkpoint.save(folder / gan.EMA, {"shape": asdict(shape), "facts": {}, "labels": labels, "weights": checkpoint.weights(Light(shape))})
    return folder


def test_it_learns_goes_on_is_measured_and_shipped(tmp_path: Path):
    torch.set_num_threads(1)
    light = start(tmp_path / "light")
    before = checkpoint.load(light / gan.EMA)["weights"]
    run = ["--light", str(light), "--batch", "8", "--fresh", "2", "--painted", "1", "--room", "16", "--at-once", "1", "--first-fields", "2"]
    for _ in range(2):
        gan_encoder.main([*run, "--steps", "1"])
    facts = checkpoint.load(light / gan_export.ENCODER)["facts"]
    assert facts["steps"] == 2 and facts["read"] == 16 and len((light / gan_encoder.LOG).read_text().splitlines()) == 2
    gan_encoder.main([*run, "--measure", "2"])
    after = checkpoint.load(light / gan.EMA)["weights"]
    assert all(torch.equal(value, after[name]) for name, value in before.items())
    metrics = checkpoint.load(light / gan_export.ENCODER)["facts"]["metrics"]
    assert metrics["own"].keys() == {"family", "symmetry", "apart", "apart_labels_alone", "apart_any"}
    assert 0 < metrics["own"]["apart"] < 2 and "--measure 2" in metrics["command"]


def test_whatever_is_answered_is_a_label_that_the_light_knows():
    labels = proper(10 * torch.randn(5, len(NAMES), generator=torch.Generator().manual_seed(1)))
    for name in ("family", "symmetry"):
        assert torch.allclose(labels[:, slice(*LAYOUT[name])].sum(1), torch.ones(5))
    cosine, sine = labels[:, slice(*LAYOUT["palette"])].chunk(2, 1)
    assert torch.allclose(cosine**2 + sine**2, torch.ones(5, 3), atol=1e-3) and float(labels.abs().max()) <= 1.5
