"""A shipped light is read back and paints the same; a folded picture is the same after a turn; fields are developed anew."""

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")
pytest.importorskip("efficientnet_lite_pytorch")

from performer.assets import models_dir  # noqa: E402
from performer.card import read_card  # noqa: E402
from performer.show import Models  # noqa: E402
from performer.training import checkpoint, gan, gan_export, gan_read_back  # noqa: E402
from performer.training.generator import Light, Shape, bends  # noqa: E402
from performer.training.pictures import negatives  # noqa: E402
from performer.training.pictures.labels import FAMILIES, LAYOUT, NAMES  # noqa: E402


@pytest.fixture(scope="module")
def fields():
    torch.set_num_threads(1)
    return negatives.make_negatives(8, 256, seed=3, batch=1)


def test_negatives_are_developed_anew_with_labels_that_say_what_was_drawn(fields):
    assert len(fields) == 8 and sorted(set(fields.family.tolist())) == list(range(7))
    places = torch.arange(8)
    (one, labels), (other, others) = (fields.developed(places, torch.Generator().manual_seed(seed)) for seed in (1, 2))
    assert one.shape == (8, 3, 256, 256) and float(one.min()) >= 0 and float(one.max()) <= 1
    assert float((one - other).abs().mean()) > 0.02
    kept = [*range(*LAYOUT["family"]), *range(*LAYOUT["symmetry"]), *(LAYOUT[name][0] for name in ("density", "warp", "zoom"))]
    assert torch.equal(labels[:, kept], others[:, kept]) and not torch.equal(labels, others)
    assert torch.equal(labels[:, : len(FAMILIES)].argmax(1), fields.family[places])


@pytest.mark.parametrize("name", sorted({"light-64", Models().pictures}))  # exported optimised, and as it is
def test_a_shipped_light_is_read_back_and_paints_the_same(name: str, tmp_path: Path):
    folder = models_dir() / name
    assert gan_read_back.main(["--model", str(folder), "--out", str(tmp_path)]) == 0
    saved, card = checkpoint.load(tmp_path / gan.EMA), read_card(folder)
    light, _ = gan_export.restore(tmp_path)
    assert gan_read_back.disagreement(folder, light) < 1e-3
    assert light.synthesis.shape.px == card.shape["px"] and saved["facts"]["seen"] > 100_000 and sum(saved["facts"]["kept"].values()) > 1000


def test_a_model_that_is_no_light_is_not_read(tmp_path: Path, capsys):
    assert gan_read_back.main(["--model", str(models_dir() / "lstm-first"), "--out", str(tmp_path)]) == 1
    assert "lstm-first" in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_a_folded_picture_is_the_same_after_a_turn_of_its_sector():
    """At twofold symmetry a half turn; the finest level, which knows its place, is left out."""
    shape = Shape(channels=(12, 10, 8), bent_px=32)
    torch.manual_seed(2)
    synthesis = Light(shape).synthesis.eval()
    labels = torch.zeros(1, len(NAMES))
    labels[0, NAMES.index("symmetry 2")] = 1.0
    with torch.no_grad():
        picture = synthesis(torch.randn(1, shape.layers, shape.w_dim), None, bends(torch.randn(1, shape.z_dim), labels))
    assert float((picture - picture.rot90(2, (2, 3))).abs().mean()) < 0.02 < float((picture - picture.flip(3)).abs().mean())
