"""A light learns from pictures that are made as it learns, goes on, and becomes a model that the hand moves. The eyes are untrained."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")
pytest.importorskip("efficientnet_lite_pytorch")

from performer.card import read_card  # noqa: E402
from performer.training import checkpoint, gan, gan_export, gan_whole  # noqa: E402
from performer.training.encoder import Encoder  # noqa: E402
from performer.training.generator import Light, Shape, bends, gathered  # noqa: E402
from performer.training.pictures import negatives  # noqa: E402
from performer.training.pictures.labels import FAMILIES, LAYOUT, NAMES, ORDERS  # noqa: E402
from performer.training.pictures.shelf import Shelf  # noqa: E402
from performer.visuals.bend import bend, fold_of  # noqa: E402
from performer.visuals.generator import Generator  # noqa: E402
from performer.visuals.hand import Ask  # noqa: E402
from performer.visuals.walk import Pose  # noqa: E402

SMALL = Shape(channels=(12, 10, 8, 8, 8), fields=4, hidden=8, enlarged=2, bent_px=32)
RUN = ["--blind", "--no-bfloat16", "--device", "cpu", "--quickly", "--batch", "4", "--room", "16", "--first-fields", "1", "--at-once", "4"]
SIZES = ["--channels", "12", "10", "8", "8", "8", "--fields", "4", "--hidden", "8"]


@pytest.fixture(scope="module", autouse=True)
def quickly():
    torch.set_num_threads(1)
    labels, gan_whole.LABELS = gan_whole.LABELS, 32
    yield
    gan_whole.LABELS = labels


@pytest.fixture(scope="module")
def learned(tmp_path_factory) -> Path:
    """A light after each kind of turn."""
    folder = tmp_path_factory.mktemp("light") / "whole"
    gan_whole.main(["--out", str(folder), *RUN, *SIZES, "--critics-first", "1", "--steps", "4", "--turns", "128/128", "256/128", "256x128"])
    return folder


def test_it_learns_from_what_is_made_and_counts(learned):
    saved = checkpoint.load(learned / gan.EMA)
    facts = saved["facts"]
    assert checkpoint.shape_of(saved) == SMALL and facts["steps"] == 4 and facts["seen"] == 4 * 3
    assert facts["fields"] == sum(facts["kept"].values()) > 3
    assert sum(facts["drawn"].values()) - sum(facts["kept"].values()) == facts["rejected"]
    assert set(checkpoint.load(learned / gan.CRITIC)) == {"128/128", "256/128", "256x128"}
    assert (learned / gan.SAMPLES).exists() and (learned / gan_whole.LOG).read_text().count("256x128") >= 3


def test_it_goes_on_and_what_is_held_stays(learned, tmp_path: Path):
    out = tmp_path / "whole"
    out.mkdir()
    for name in (gan.EMA, gan.GENERATOR, gan.CRITIC):
        (out / name).write_bytes((learned / name).read_bytes())
    before = checkpoint.load(learned / gan.GENERATOR)["weights"]
    gan_whole.main(["--out", str(out), *RUN, "--steps", "2", "--turns", "256x128", "--held-px", "32"])
    saved = checkpoint.load(out / gan.EMA)
    assert saved["facts"]["steps"] == 4 + 2 and saved["facts"]["fields"] > checkpoint.load(learned / gan.EMA)["facts"]["fields"]
    now = checkpoint.load(out / gan.GENERATOR)["weights"]
    moved = {name for name, value in before.items() if not torch.equal(value, now[name]) and "w_mean" not in name}
    assert moved and all(name.startswith(("synthesis.levels.3.", "synthesis.levels.4.", "synthesis.fine.")) for name in moved)


def test_another_light_is_begun_with_where_it_fits(learned, tmp_path: Path):
    gan_whole.main([
        "--out", str(tmp_path), "--light", str(learned), *RUN, "--channels", "12", "10", "8", "6", "6", "--fields", "4", "--hidden", "8",
        "--steps", "1", "--critics-first", "1", "--turns", "128/128",
    ])  # fmt: skip
    ours, theirs = checkpoint.load(tmp_path / gan.GENERATOR)["weights"], checkpoint.load(learned / gan.EMA)["weights"]
    assert torch.equal(ours["synthesis.levels.2.first.weight"], theirs["synthesis.levels.2.first.weight"])
    assert ours["synthesis.levels.3.first.weight"].shape == (6, 6) and not ours["synthesis.levels.3.picture.weight"].any()


def test_what_was_learned_is_a_model_that_the_hand_moves(learned, tmp_path: Path):
    light, _ = gan_export.restore(learned)
    encoder = Encoder(light.synthesis.shape).eval()
    facts = {"steps": 0, "seconds": 0.0, "read": 0, "metrics": {"own": {"family": 0.5}}}
    checkpoint.save(learned / gan_export.ENCODER, {"weights": checkpoint.weights(encoder), "facts": facts})
    gan_export.export(learned, tmp_path / "light-256", {"kid": 0.5})
    card = read_card(tmp_path / "light-256")
    assert card.metrics == {"kid": 0.5, "encoder": {"own": {"family": 0.5}}}
    painter = Generator(card.graphs["synthesis"].path.parent, seed=1)
    picture = np.random.default_rng(1).integers(0, 256, (painter.reads_px, painter.reads_px, 3), np.uint8)
    theirs = encoder(torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 127.5 - 1)
    assert all(np.allclose(a, b.detach().numpy(), atol=1e-4) for a, b in zip(painter.read(picture), theirs, strict=True))
    pose = Pose(1.0, (0.0, 0.0, 0.0), 0.0, 0.35, 0.9)
    frame = painter.paint(pose)
    assert frame.shape == (256, 256, 3)
    for ask in (Ask(spin=1.0), Ask(x=0.4), Ask(held={f"symmetry {order}": (float(order == 5), 1.0) for order in ORDERS})):
        moved = painter.paint(Pose(1.0, (0.0, 0.0, 0.0), 0.0, 0.35, 0.9, ask=ask))
        assert np.abs(moved.astype(int) - frame).mean() > 0.5


def test_the_same_weights_are_shipped_at_another_size(learned, tmp_path: Path, capsys):
    run = ["--checkpoint", str(learned), "--out", str(tmp_path / "light-128")]
    assert gan_export.main([*run, "--px", "100"]) == 1 and "100 px" in capsys.readouterr().err and not list(tmp_path.iterdir())
    assert gan_export.main([*run, "--px", "128"]) == 0
    assert Generator(tmp_path / "light-128", seed=1).paint(Pose(1.0, (0.0, 0.0, 0.0), 0.0, 0.35, 0.9)).shape == (128, 128, 3)


def test_a_piece_is_that_of_the_whole_picture_and_any_size_is_painted():
    torch.manual_seed(1)
    synthesis = Light(SMALL).synthesis.eval()
    torch.nn.init.normal_(synthesis.fine.wave_out)
    ws, noises, z, labels = torch.randn(2, SMALL.layers, SMALL.w_dim), synthesis.noises(2), torch.randn(2, SMALL.z_dim), torch.zeros(2, len(NAMES))
    with torch.no_grad():
        whole = synthesis(ws, noises, bends(z, labels))
        piece = synthesis(ws, noises, bends(z, labels), window=(4, 6, 20))  # 160 px, of which the outer 16 know no neighbours
        assert synthesis(ws, noises, bends(z, labels), 4).shape[-1] == 2 * whole.shape[-1] == 512
    assert torch.allclose(piece[:, :, 16:144, 16:144], whole[:, :, 48:176, 64:192], atol=2e-3)


def test_the_map_of_a_batch_is_the_one_of_the_show():
    torch.manual_seed(3)
    z, labels = torch.randn(6, SMALL.z_dim), torch.zeros(6, len(NAMES))
    symmetry = slice(*LAYOUT["symmetry"])
    labels[:, symmetry] = torch.eye(len(ORDERS))[torch.tensor([0, 1, 2, 4, 6, 0])]
    labels[4, symmetry] = torch.lerp(labels[4, symmetry], labels[5, symmetry], 0.3)
    weights = labels[:, symmetry].tolist()
    theirs = [bend(fold_of(each.numpy(), dict(zip(map(float, ORDERS), row, strict=True)))) for each, row in zip(z, weights, strict=True)]
    assert np.allclose(bends(z, labels).numpy(), np.stack(theirs), atol=1e-5)


def test_gathering_is_sampling():
    torch.manual_seed(4)
    plane, at = torch.randn(1, 5, 32, 32), 2.5 * torch.randn(1, 16, 16, 2)
    sampled = torch.nn.functional.grid_sample(plane, at, padding_mode="reflection", align_corners=False)
    assert torch.allclose(gathered(plane, at), sampled, atol=1e-4)


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


def test_fields_drawn_slowly_are_those_of_a_gallery():
    """With four times the pixels: smoother than quick ones of the same recipe."""
    drawn = [next(negatives.batches(32, seed=5, batch=2, shares=(0, 0, 1, 0, 0, 0, 0), quickly=quickly)) for quickly in (False, True)]
    rough = [float(each.light.float().diff(dim=1).abs().mean()) for each in drawn]
    assert all(len(each) for each in drawn) and rough[0] < 0.9 * rough[1]
