"""A picture of somebody's own for the light to start from, read by a real graph, in a process that goes on painting."""

import json
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("onnx")

from performer.assets import find_picture
from performer.check import check
from performer.errors import ModelError
from performer.loopback import Loopback, bind_loopback, encode
from performer.visuals import sitter
from performer.visuals.easel import Easel
from performer.visuals.generator import Generator
from performer.visuals.hearing import Hearing
from performer.visuals.latent import HELD, LEFT, MOST_GIVEN, Paths, Place
from performer.visuals.process import Painting
from performer.visuals.reel import BYTES, Reel
from performer.visuals.sitter import Sitter, looked_at, seed_of
from performer.visuals.walk import PREFIX
from tests.visuals.tiny_light import colour_of, write_light

STILL = {PREFIX + "speed": 0.0, PREFIX + "truncation": 1.0, PREFIX + "mix": 0.0, PREFIX + "glide": 0.0}
WARM, COLD = colour_of((1.6, -1.2, 0.0)), colour_of((-1.2, 0.0, 1.6))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    Image.new("RGB", (40, 20), WARM).save(pictures / "warm.png")
    Image.new("RGB", (20, 40), COLD).save(pictures / "cold one.jpg", quality=95)
    (pictures / "words.png").write_text("no picture")
    Image.new("RGB", (8, 8), WARM).save(tmp_path / "secret.png")
    return pictures


@pytest.fixture
def loopback():
    sock, engine = bind_loopback(), bind_loopback()
    yield Loopback(sock, {"engine": engine.getsockname()[1]})
    sock.close()
    engine.close()


def painting_in(folder: Path, model: Path, loopback: Loopback) -> tuple[Painting, Hearing, Reel]:
    reel, hearing = Reel(bytearray(BYTES)), Hearing(STILL)
    return Painting(loopback, reel, hearing, Easel(Generator(model, seed=1)), Sitter(folder)), hearing, reel


def heard(painting: Painting, hearing: Hearing, *words: object) -> None:
    """A message, and frames until what it started is over."""
    hearing.take(encode(*words), painting._last)
    painting.paint(painting._last + 0.04)
    deadline = time.monotonic() + 20
    while any(thread.name == "reading" for thread in sitter.threading.enumerate()) and time.monotonic() < deadline:
        pass
    for _ in range(40):
        painting.paint(painting._last + 0.04)


def shown(reel: Reel) -> np.ndarray:
    frame = reel.read()
    assert frame is not None
    return frame.pixels.mean((0, 1))


def test_the_light_goes_to_the_picture_and_a_keyframe_is_there_after_a_restart(folder: Path, tmp_path: Path, loopback):
    model = write_light(tmp_path / "tiny")
    painting, hearing, reel = painting_in(folder, model, loopback)
    heard(painting, hearing, "/performer/visuals/picture", "warm.png")
    assert np.abs(shown(reel) - WARM).max() < 2 and painting._walk.place.seed == seed_of("warm.png")
    heard(painting, hearing, "/performer/visuals/keyframe/store", "start")
    heard(painting, hearing, "/performer/visuals/picture", "cold one.jpg")
    assert np.abs(shown(reel) - COLD).max() < 4
    told = painting._facts()
    assert list(told["pictures"]) == ["warm.png", "cold one.jpg"] and told["remark"] == ""
    second, again, reel = painting_in(folder, model, loopback)
    heard(second, again, "/performer/status", json.dumps({"clock_origin": 0.0, "visuals": told}))
    heard(second, again, "/performer/visuals/keyframe/recall", "start")
    assert np.abs(shown(reel) - WARM).max() < 2


def test_another_model_reads_the_pictures_again(folder: Path, tmp_path: Path, loopback):
    painting, hearing, reel = painting_in(folder, write_light(tmp_path / "tiny"), loopback)
    heard(painting, hearing, "/performer/visuals/picture", "warm.png")
    painting._easel.painter = Generator(write_light(tmp_path / "other"), seed=5)
    painting.paint(painting._last + 0.04)
    heard(painting, hearing, "/performer/visuals/fade", 1.0)
    assert np.abs(shown(reel) - WARM).max() < 2


@pytest.mark.parametrize("name", ["none.png", "words.png", "../secret.png", "out.png"])
def test_what_cannot_be_read_is_said_and_the_picture_goes_on(folder: Path, tmp_path: Path, loopback, name: str):
    (folder / "out.png").symlink_to(tmp_path / "secret.png")
    painting, hearing, reel = painting_in(folder, write_light(tmp_path / "tiny"), loopback)
    painting.paint(painting._last + 0.04)
    before = shown(reel)
    heard(painting, hearing, "/performer/visuals/picture", name)
    remark = painting._facts()["remark"]
    assert name in remark and remark.endswith(".") and np.allclose(shown(reel), before) and painting._walk.place.seed == 0


def test_a_model_that_does_not_read_says_so(folder: Path, tmp_path: Path, loopback):
    painting, hearing, _ = painting_in(folder, write_light(tmp_path / "blind", reads=False), loopback)
    heard(painting, hearing, "/performer/visuals/picture", "warm.png")
    assert "'blind' cannot read pictures" in painting._facts()["remark"]


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "../secret.png", "/etc/hostname", "a/b.png", "a\\b.png", "C:x.png", "nul\0.png"])
def test_a_name_never_leads_out_of_the_folder(folder: Path, name: str):
    assert find_picture(name, folder) is None and find_picture("warm.png", folder) == (folder / "warm.png").resolve()


def test_a_picture_is_looked_at_upright_from_the_middle_on_black(folder: Path, tmp_path: Path, monkeypatch):
    pixels = np.zeros((20, 60, 4), np.uint8)
    pixels[:, 20:40] = (200, 100, 50, 255)
    pixels[:10, 20:40, 3] = 0  # the upper half is transparent
    Image.fromarray(pixels).save(folder / "clear.png")
    seen = looked_at(folder / "clear.png", 8)
    assert seen.shape == (8, 8, 3) and not seen[:3].any() and (seen[5:] == (200, 100, 50)).all()
    monkeypatch.setattr(sitter, "MOST_PIXELS", 500)
    with pytest.raises(ModelError, match="60 x 20 pixels"):
        looked_at(folder / "clear.png", 8)


def test_a_path_passes_through_what_was_read_and_goes_on_to_other_kinds():
    kinds = np.eye(3, dtype=np.float32)
    paths, z, label = Paths(8, kinds, 1), np.array([[3, -1, 0.5, 0, 1, 2, -2, 0.1]], np.float32), np.full((1, 3), 0.25, np.float32)
    paths.lead_through(9001, 5.0, z, label)
    at = paths.latent(Place(9001, 5.0))
    assert np.allclose(at / np.linalg.norm(at), z / np.linalg.norm(z), atol=1e-5)
    near, far = (np.linalg.norm(paths.latent(Place(9001, path)) - at) for path in (5.01, 9.0))
    assert near < 0.1 and far > 1.0
    assert np.allclose(paths.label(Place(9001, 5.0 + HELD)), label) and not np.allclose(paths.label(Place(9001, 5.0 + LEFT)), label)
    for seed in range(1, MOST_GIVEN + 1):
        paths.lead_through(seed, 0.0, z, label)
    assert len(paths._given) == MOST_GIVEN and 9001 not in paths._given


def test_an_encoder_is_checked(tmp_path: Path):
    knows, mistakes = (check(write_light(tmp_path / name, wrong=wrong)) for name, wrong in (("tiny", False), ("wrong", True)))
    assert all(remark.fits for remark in knows) and "It reads a picture in" in knows[-1].seen
    assert not mistakes[-1].fits and "does not know them again" in mistakes[-1].seen
