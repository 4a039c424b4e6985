"""`performer check` on folders that keep the contract and on spoilt ones; and the example of bringing a model, built, checked and played."""

import re
import runpy
import shutil
import sys
from pathlib import Path

import onnx as graphs
import pytest

from performer.assets import models_dir
from performer.card import sha256_of
from performer.cli import FAILED, main
from performer.inference.lstm import load_mind
from performer.minds import open_mind
from tests.inference.conftest import TINY
from tests.inference.test_lstm import SPOILT
from tests.stagehands import melody, offline

EXAMPLE = models_dir().parent / "example" / "bring_your_own.py"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TINY, tmp_path / "tiny-lstm"))


def checked(folder: Path, capsys: pytest.CaptureFixture[str], status: int) -> str:
    assert main(["check", str(folder)]) == status
    out, err = capsys.readouterr()
    assert err == "" and "Traceback" not in out
    return out


def test_a_model_that_keeps_the_contract(folder, capsys):
    out = checked(folder, capsys, 0)
    assert "it carries state_hidden, state_cell" in out and "64 notes from silence" in out
    assert re.search(r"A note takes \d+\.\d\d ms, \d+\.\d\d ms at the slowest of a hundred", out)
    assert out.endswith("Performer can play with this model.\n")


def test_the_shipped_picture_model_is_checked_too(capsys):
    (painter,) = sorted(models_dir().glob("light-*"))[-1:]
    assert "A picture of" in checked(painter, capsys, 0)


@pytest.mark.parametrize("how", SPOILT)
def test_a_spoilt_folder_says_what_does_not_fit_and_the_remedy(folder, capsys, how):
    spoil, words = SPOILT[how]
    (folder.parent / "x.onnx").write_bytes(b"")
    spoil(folder)
    out = checked(folder, capsys, FAILED)
    faults = [line for line in out.splitlines() if line.startswith("does not")]
    assert any(words in line for line in faults) or how == "another role"
    assert "models/onnx/README.md" in out


def test_a_name_that_differs_and_files_that_nobody_vouches_for(folder, capsys):
    renamed = folder.rename(folder.with_name("other"))
    (renamed / "weights.bin").write_bytes(b"\x00")
    (renamed / "LICENSE").write_text("MIT")
    out = checked(renamed, capsys, FAILED)
    assert "is called 'other' and the card says 'tiny-lstm'" in out and "says nothing of weights.bin:" in out and "2 things do not fit" in out


def test_no_such_folder(tmp_path, capsys):
    assert "has no card.toml" in checked(tmp_path / "none", capsys, FAILED)


@pytest.fixture
def onnx(tmp_path, monkeypatch):
    pytest.importorskip("tomli_w")
    return pytest.importorskip("onnx")


@pytest.fixture
def brought(onnx, tmp_path, monkeypatch, capsys) -> Path:
    """The model of the example, built as its docstring says."""
    out = tmp_path / "models" / "my-model"
    monkeypatch.setattr(sys, "argv", [str(EXAMPLE), str(out)])
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    assert f"performer check {out}" in capsys.readouterr().out
    return out


def test_the_example_is_checked_and_plays_in_a_show(brought, capsys):
    assert "it carries state_lately" in checked(brought, capsys, 0)
    assert open_mind("my-model", [str(brought.parent)]).name == "my-model"
    one, again = (offline(mind=load_mind(brought)).play(melody(60, 62, 64, 65), 20.0) for _ in range(2))
    assert one == again and len(one) > 3
    assert {note.pitch for note in one} != {60, 62, 64, 65}


def spoil_weight(onnx, folder: Path, graph: str, name: str, value: float) -> None:
    """One number of a graph's weights becomes `value`; the card's hash is right again."""
    path = folder / f"{graph}.onnx"
    model = onnx.load(path)
    weight = next(each for each in model.graph.initializer if each.name == name)
    array = onnx.numpy_helper.to_array(weight).copy()
    array.reshape(-1)[:] = value
    weight.CopyFrom(onnx.numpy_helper.from_array(array, name))
    before = sha256_of(path)
    onnx.save_model(model, path)
    card = folder / "card.toml"
    card.write_text(card.read_text(encoding="utf-8").replace(before, sha256_of(path)), encoding="utf-8")


@pytest.mark.parametrize(("graph", "name", "value", "words"), [
    ("step", "fade", float("inf"), "gives numbers that are not finite"),
    ("step", "fade", 1e6, "gives numbers that are not finite"),
    ("heads", "with_gap", float("nan"), "gives numbers that are not finite"),
])  # fmt: skip
def test_numbers_that_are_none_are_found(onnx, brought, capsys, graph, name, value, words):
    """A fade of 1e6 overflows after some notes only: it is found because 64 are played."""
    spoil_weight(onnx, brought, graph, name, value)
    assert words in checked(brought, capsys, FAILED)


def test_chance_in_a_graph_is_found(onnx, brought, capsys):
    path = brought / "heads.onnx"
    model = onnx.load(path)
    model.graph.node[-1].output[0] = "plain"
    model.graph.node.append(onnx.helper.make_node("RandomNormal", [], ["chance"], shape=[1, 400], scale=3.0))
    model.graph.node.append(onnx.helper.make_node("Add", ["plain", "chance"], ["logits"]))
    before = sha256_of(path)
    onnx.save_model(model, path)
    card = brought / "card.toml"
    card.write_text(card.read_text(encoding="utf-8").replace(before, sha256_of(path)), encoding="utf-8")
    assert "The same seed gives other notes" in checked(brought, capsys, FAILED)


def test_a_graph_that_takes_all_memory_is_told(folder: Path, capsys: pytest.CaptureFixture[str]):
    """Before, it took what there was: a hundred gigabytes, and the machine with it."""
    path = folder / "heads.onnx"
    model = graphs.load(path)
    helper, graph = graphs.helper, model.graph
    before = sha256_of(path)
    output = graph.output[0].name
    for node in graph.node:
        node.output[:] = [f"{name} before" if name == output else name for name in node.output]
    huge = helper.make_tensor("huge", graphs.TensorProto.INT64, [1], [25_000_000_000])
    graph.initializer.append(huge)
    graph.node.extend([
        helper.make_node("Size", ["hidden"], ["size"]),
        helper.make_node("Mul", ["size", "huge"], ["count"]),
        helper.make_node("ConstantOfShape", ["count"], ["zeros"]),
        helper.make_node("ReduceMax", ["zeros"], ["zero"], keepdims=0),
        helper.make_node("Add", [f"{output} before", "zero"], [output]),
    ])  # fmt: skip
    graphs.save(model, path)
    card = folder / "card.toml"
    card.write_text(card.read_text().replace(before, sha256_of(path)))
    out = checked(folder, capsys, FAILED)
    assert "does not run" in out or "it needs more than" in out
