"""A model's card is data from somebody else: every way in which it can be wrong is refused with a sentence."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from performer.assets import find_model, models_dir
from performer.card import Card, read_card, sha256_of
from performer.encoding import ENCODING
from performer.errors import ModelError

GRAPH = b"not a graph, but a file" * 1000


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model folder whose card is right."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "step.onnx").write_bytes(GRAPH)
    (folder / "card.toml").write_text(
        f'[model]\nname = "mine"\nrole = "notes"\nencoding = "notes-1"\nsentence = "A test."\n'
        f'[graphs.step]\nfile = "step.onnx"\nsha256 = "{hashlib.sha256(GRAPH).hexdigest()}"\n[shape]\nunits = 8\n'
        '[metrics]\nloss = 1.5\n[[data]]\nname = "songs"\nlicence = "CC0"\n'
    )
    return folder


def rewrite(model: Path, before: str, after: str) -> None:
    card = model / "card.toml"
    assert before in card.read_text()
    card.write_text(card.read_text().replace(before, after))


def test_a_right_card_is_read_whole(model: Path):
    card = read_card(model)
    assert (card.name, card.role, card.encoding, card.sentence) == ("mine", "notes", "notes-1", "A test.")
    assert card.graphs["step"].path == (model / "step.onnx").resolve()
    assert card.graphs["step"].sha256 == sha256_of(model / "step.onnx") == hashlib.sha256(GRAPH).hexdigest()
    assert (card.shape, card.metrics) == ({"units": 8}, {"loss": 1.5})
    assert card.data == ({"name": "songs", "licence": "CC0"},)
    card.require("notes", "notes-1", "step")


@pytest.mark.parametrize(("before", "after", "words"), [
    ('file = "step.onnx"', 'file = "../step.onnx"', "outside its folder"),
    ('file = "step.onnx"', 'file = "/etc/passwd"', "outside its folder"),
    ('file = "step.onnx"', 'file = "other.onnx"', "other.onnx' is missing"),
    ('file = "step.onnx"', "", "lacks 'file'"),
    ("sha256 =", "hash =", "lacks 'sha256'"),
    ('name = "mine"', "", "lacks 'name'"),
    ('role = "notes"', 'role = "spy"', "role 'spy'.*notes, pictures"),
    ("[graphs.step]", "[graph.step]", "lacks 'graphs'"),
    ("[model]", "model = 3\n[other]", "another form"),
    ('file = "step.onnx"', 'file = "a\\u0000b"', "another form"),
    ("[shape]", "[shape", "not TOML.*export the model again"),
])  # fmt: skip
def test_a_wrong_card_is_refused(model: Path, before: str, after: str, words: str):
    (model.parent / "step.onnx").write_bytes(GRAPH)
    rewrite(model, before, after)
    with pytest.raises(ModelError, match=words):
        read_card(model)


def test_a_link_that_leads_out_of_the_folder_is_refused(model: Path):
    (model.parent / "away.onnx").write_bytes(GRAPH)
    (model / "step.onnx").unlink()
    (model / "step.onnx").symlink_to(model.parent / "away.onnx")
    with pytest.raises(ModelError, match="outside its folder"):
        read_card(model)


@pytest.mark.parametrize("alter", [lambda data: data[:-1], lambda data: data + b" ", lambda data: b"X" + data[1:]])
def test_an_altered_graph_is_refused_by_name(model: Path, alter: Callable[[bytes], bytes]):
    (model / "step.onnx").write_bytes(alter(GRAPH))
    with pytest.raises(ModelError, match=r"step\.onnx' is not the one its card describes"):
        read_card(model)


def test_a_folder_without_a_card_and_a_card_that_is_not_text(tmp_path: Path):
    with pytest.raises(ModelError, match=r"no card\.toml"):
        read_card(tmp_path)
    (tmp_path / "card.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ModelError, match="not TOML"):
        read_card(tmp_path)


@pytest.mark.parametrize(("wanted", "words"), [
    (("pictures", "notes-1"), "role 'notes', not 'pictures'"),
    (("notes", "notes-2"), "speaks encoding 'notes-1'.*'notes-2'"),
    (("notes", "notes-1", "step", "heads"), r"no graph 'heads'.*\[graphs\.heads\]"),
])  # fmt: skip
def test_a_place_takes_only_its_kind_of_model(wanted: tuple[str, ...], words: str):
    card = Card("mine", "notes", "notes-1", "", {"step": None})
    with pytest.raises(ModelError, match=words):
        card.require(*wanted)


@pytest.mark.parametrize("folder", sorted(models_dir().glob("*/")), ids=lambda folder: folder.name)
def test_the_shipped_models_are_the_ones_their_cards_describe(folder: Path):
    card = read_card(folder)
    assert card.name == folder.name and card.sentence and card.data
    assert all(set(each) >= {"name", "licence"} for each in card.data)
    if card.role == "notes":
        assert card.encoding == ENCODING


def test_a_model_is_found_by_one_word_only(model: Path):
    assert find_model("mine", (model.parent,)) == model
    for name in ("", "../mine", "mine/", "mine/../mine", str(model)):
        assert find_model(name, (model.parent,)) is None
