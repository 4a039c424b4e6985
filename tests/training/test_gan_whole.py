"""A light of 256 px goes on learning from pictures that are made as it learns. The eyes are untrained."""

from dataclasses import asdict
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")
pytest.importorskip("efficientnet_lite_pytorch")

from performer.training import checkpoint, gan, gan_export, gan_whole  # noqa: E402
from performer.training.critic import Projected  # noqa: E402
from performer.training.gan_fine import coarse, piece_of  # noqa: E402
from performer.training.generator import Light, Shape, bends  # noqa: E402
from performer.training.pictures import negatives  # noqa: E402
from performer.training.pictures.labels import FAMILIES, LAYOUT, NAMES  # noqa: E402
from performer.training.pictures.shelf import Shelf  # noqa: E402

SMALL = Shape(channels=(12, 10, 8, 8), fields=4, enlarged=4, bent_px=32)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    torch.set_num_threads(1)


def start(folder: Path) -> Path:
    """A light of 256 px with random weights."""
    folder.mkdir()
    light, labels = Light(SMALL), torch.zeros(7, len(NAMES))
    labels[:, : len(FAMILIES)] = torch.eye(7)
    facts = {"steps": 5, "seen": 40, "seconds": 9.0, "fields": 3, "rejected": 2, "drawn": {"flame": 3, "rejected": 2}, "kept": {"flame": 3}}
    checkpoint.save(folder / gan.EMA, {"shape": asdict(SMALL), "facts": facts, "labels": labels, "weights": checkpoint.weights(light)})
    checkpoint.save(folder / gan.GENERATOR, {"weights": checkpoint.weights(light), "squares": {}})
    checkpoint.save(folder / gan.CRITIC, {"weights": checkpoint.weights(Projected(len(NAMES))), "squares": {}})
    return folder


def test_it_learns_from_what_is_made_goes_on_and_counts(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(gan_whole, "LABELS", 32)
    light, out = start(tmp_path / "light"), tmp_path / "whole"
    run = ["--light", str(light), "--out", str(out), "--blind", "--batch", "4", "--room", "16", "--first-fields", "1", "--at-once", "1"]
    gan_whole.main([*run, "--critics-first", "2", "--steps", "4"])
    once = checkpoint.load(out / gan.EMA)
    before = checkpoint.load(light / gan.EMA)["weights"]
    moved = {name for name, value in before.items() if not torch.equal(value, once["weights"][name])}
    assert any(name.startswith("synthesis.fine.") for name in moved) and any(name.startswith("mapping.z_in") for name in moved)
    assert not any(name.startswith("reader.") for name in moved)
    gan_whole.main([*run, "--steps", "1"])
    facts = checkpoint.load(out / gan.EMA)["facts"]
    assert facts["steps"] == 5 + 5 and facts["seen"] == 40 + 4 * (2 + 1)
    assert facts["fields"] == sum(facts["kept"].values()) > once["facts"]["fields"] > 3
    assert sum(facts["drawn"].values()) - sum(facts["kept"].values()) == facts["rejected"] >= 2
    assert (out / gan.SAMPLES).exists() and len((out / gan_whole.LOG).read_text().splitlines()) >= 2


def test_the_whole_in_one_piece_is_the_picture():
    """At half the size, and without grain: the piece of all cells is what the synthesis paints."""
    torch.manual_seed(1)
    synthesis = Light(Shape(channels=(12, 10, 8, 8), fields=4, enlarged=2, bent_px=32)).synthesis.eval()
    w, z = torch.randn(1, SMALL.w_dim), torch.randn(1, SMALL.z_dim)
    labels = torch.zeros(1, len(NAMES))
    with torch.no_grad():
        x, below = coarse(synthesis, w, bends(z, labels))
        piece = piece_of(synthesis, x, below, w, (0, 0), 128, 32)
        whole = synthesis(w[:, None].expand(-1, SMALL.layers, -1), None, bends(z, labels))
    assert piece.shape == whole.shape and torch.allclose(piece, whole, atol=1e-4)  # new layers have no grain


def test_a_show_walks_between_bright_pictures_of_different_symmetries():
    labels = torch.zeros(40, len(NAMES))
    labels[:, 1] = 1.0  # smoke
    for name, start in LAYOUT.items():
        if name in ("brightness", "saturation"):
            labels[:, start[0]] = torch.linspace(-1, 1, 40)
    labels[torch.arange(40), LAYOUT["symmetry"][0] + torch.arange(40) // 2 % 3] = 1.0
    found = torch.tensor(gan_export.kinds(labels))
    assert len(found) == gan_export.KINDS and float(found[:3, LAYOUT["brightness"][0]].min()) > 0.3
    assert len(set(found[:3, slice(*LAYOUT["symmetry"])].argmax(1).tolist())) == 3


def test_a_shelf_forgets_the_oldest_and_counts_all():
    maker = negatives.batches(64, seed=1, batch=2, shares=(0, 0, 0.5, 0, 0, 0.5, 0))
    shelf, made = Shelf(4, 64), 0
    while made < 9:
        new = next(maker)
        shelf.put(new)
        made += len(new)
    assert len(shelf) == 4 and sum(shelf.made) == made and not shelf.made[0]
    pictures, labels = shelf.draw(3, torch.Generator().manual_seed(2))
    assert pictures.shape == (3, 3, 64, 64) and -1 <= float(pictures.min()) < float(pictures.max()) <= 1
    assert set(labels[:, : len(FAMILIES)].argmax(1).tolist()) <= {2, 5}
