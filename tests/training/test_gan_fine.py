"""A shipped light is read back and grown: the same pictures first, then larger ones, folded, that Performer can paint. The eyes are untrained."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")
pytest.importorskip("efficientnet_lite_pytorch")

from performer.assets import models_dir  # noqa: E402
from performer.card import read_card  # noqa: E402
from performer.show import Models  # noqa: E402
from performer.training import checkpoint, gan, gan_export, gan_fine, gan_read_back  # noqa: E402
from performer.training.critic import Projected  # noqa: E402
from performer.training.encoder import Encoder  # noqa: E402
from performer.training.generator import Light, Shape, bends  # noqa: E402
from performer.training.pictures import negatives  # noqa: E402
from performer.training.pictures.labels import FAMILIES, LAYOUT, NAMES  # noqa: E402
from performer.visuals.generator import Generator  # noqa: E402
from performer.visuals.hand import Ask  # noqa: E402
from performer.visuals.walk import Pose  # noqa: E402

POSE = Pose(1.0, (0.0, 0.0, 0.0), 0.0, 0.35, 0.9)
SMALL = Shape(channels=(12, 10, 8))


@pytest.fixture(scope="module")
def fields():
    torch.set_num_threads(1)
    return negatives.make_negatives(8, 256, seed=3, batch=1)


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """A light of 64 px with random weights, as gan_read_back leaves it."""
    folder = tmp_path_factory.mktemp("light")
    torch.manual_seed(1)
    light, labels = Light(SMALL), torch.zeros(14, len(NAMES))
    labels[torch.arange(14), torch.arange(14) % len(FAMILIES)] = 1.0
    shape = {name: getattr(SMALL, name) for name in Shape.__dataclass_fields__}
    facts = {"steps": 5, "seen": 40, "seconds": 9.0, "drawn": {"flame": 4}, "kept": {"flame": 3}, "galleries": []}
    checkpoint.save(folder / gan.EMA, {"shape": shape, "facts": facts, "labels": labels, "weights": checkpoint.weights(light)})
    checkpoint.save(folder / gan.GENERATOR, {"weights": checkpoint.weights(light), "squares": {}})
    checkpoint.save(folder / gan.CRITIC, {"weights": checkpoint.weights(Projected(len(NAMES))), "squares": {}})
    return folder


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
    assert light.synthesis.shape.px == card.shape["px"] and saved["facts"]["seen"] > 300_000 and sum(saved["facts"]["kept"].values()) > 1000


def test_a_model_that_is_no_light_is_not_read(tmp_path: Path, capsys):
    assert gan_read_back.main(["--model", str(models_dir() / "lstm-first"), "--out", str(tmp_path)]) == 1
    assert "lstm-first" in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_a_grown_light_learns_goes_on_and_paints(start, fields, tmp_path: Path):
    """Both kinds of step, twice; then what was learned, as a model that the hand moves."""
    out = tmp_path / "grown"
    negatives.save(fields, tmp_path / "fields.pt")
    run = ["--light", str(start), "--out", str(out), "--negatives", str(tmp_path / "fields.pt"), "--channels", "8", "--fields", "4", "--batch", "4"]
    for _ in range(2):
        gan_fine.main([*run, "--blind", "--steps", "4"])
    saved = checkpoint.load(out / gan.EMA)
    light, _ = gan_export.restore(out)
    assert saved["facts"]["steps"] == 5 + 8 and light.synthesis.shape.px == 256 and (out / gan.SAMPLES).exists()
    before = checkpoint.load(start / gan.EMA)["weights"]
    moved = [name for name, value in before.items() if not torch.equal(value, saved["weights"][name]) and "w_mean" not in name]
    assert moved and all(name.startswith(("mapping.", "synthesis.levels.")) for name in moved)
    encoder = Encoder(light.synthesis.shape).eval()
    facts = {"steps": 0, "seconds": 0.0, "read": 0, "metrics": {"own": {"family": 0.5}}}
    checkpoint.save(out / gan_export.ENCODER, {"weights": checkpoint.weights(encoder), "facts": facts})
    gan_export.export(out, tmp_path / "light-256", {"kid": 0.5})
    card = read_card(tmp_path / "light-256")
    painter = Generator(card.graphs["synthesis"].path.parent, seed=1)
    picture = np.random.default_rng(1).integers(0, 256, (painter.reads_px, painter.reads_px, 3), np.uint8)
    theirs = encoder(torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 127.5 - 1)
    assert all(np.allclose(a, b.detach().numpy(), atol=1e-4) for a, b in zip(painter.read(picture), theirs, strict=True))
    assert card.metrics == {"kid": 0.5, "encoder": {"own": {"family": 0.5}}}
    frame = painter.paint(POSE)
    assert frame.shape == (256, 256, 3)
    for ask in (Ask(spin=1.0), Ask(x=0.4), Ask(held={f"symmetry {order}": (float(order == 5), 1.0) for order in (1, 2, 3, 4, 5, 6, 8)})):
        pose = Pose(1.0, (0.0, 0.0, 0.0), 0.0, 0.35, 0.9, ask=ask)
        assert np.abs(painter.paint(pose).astype(int) - frame).mean() > 0.5


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
