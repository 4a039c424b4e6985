"""Training on a handful of made-up pieces: it starts, logs, keeps its best, goes on from there and from an exported model."""

import csv
import json
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from performer.errors import ModelError  # noqa: E402
from performer.evaluation.midi_file import COLUMNS  # noqa: E402
from performer.training import data, export, lstm, transformer  # noqa: E402
from performer.training.network import NoteNet, from_model, restore  # noqa: E402
from performer.training.recurrent import Shape  # noqa: E402

SMALL = ["--threads", "1", "--device", "cpu", "--streams", "2", "--steps", "8", "--batches", "3", "--seconds", "600", "--measure", "600",
         "--warmup", "1", "--hidden", "12", "--layers", "1", "--head", "16"]  # fmt: skip
ATTENTION = ["--attention", "1", "--heads", "2", "--width", "36", "--window", "8"]


@pytest.fixture(scope="module")
def notes(tmp_path_factory):
    """Six pieces of forty drum beats each, two of them held out."""
    rng, pieces = np.random.default_rng(4), []
    for number in range(6):
        beats = np.zeros(40, COLUMNS)
        beats["onset"], beats["hold"], beats["sound"] = np.arange(40) * 0.25 + rng.random(40) * 0.02, 0.1, 0.1
        beats["pitch"], beats["velocity"] = rng.choice([36, 38, 42], 40), rng.integers(30, 120, 40)
        pieces.append(("groove", data.Piece(f"piece-{number}", "rock", data.HELD_OUT if number > 3 else data.TRAIN, ((data.DRUMS, beats),))))
    path = tmp_path_factory.mktemp("data") / "notes.npz"
    data.save(data.pack(pieces), path)
    return path


def train(monkeypatch, command, notes, out, *more: str) -> dict[str, str]:
    """Run a training command and return the last row of its log."""
    monkeypatch.setattr(sys, "argv", ["train", "--data", str(notes), "--out", str(out), *SMALL, *more])
    command.main()
    with (out / "log.csv").open(newline="") as file:
        return list(csv.DictReader(file))[-1]


def test_a_run_logs_and_keeps_its_best_and_the_next_goes_on_from_it(monkeypatch, notes, tmp_path):
    first = train(monkeypatch, lstm, notes, tmp_path / "run")
    assert (int(first["steps"]), int(first["events"])) == (3, 48)
    assert float(first["held_out"]) == pytest.approx(float(first["groove.total"]), abs=1e-4)
    net, facts = restore(tmp_path / "run" / "best.pt")
    assert facts["corpora"] == ["groove"]
    again = train(monkeypatch, lstm, notes, tmp_path / "run", "--resume", "--rate", "0.01", "--batches", "20")
    assert float(again["held_out"]) < float(first["held_out"])
    assert any(not torch.equal(a, b) for a, b in zip(net.parameters(), restore(tmp_path / "run" / "best.pt")[0].parameters(), strict=True))


def test_the_transformer_trains_on_the_trunk_of_an_lstm_and_plays(monkeypatch, notes, tmp_path):
    train(monkeypatch, lstm, notes, tmp_path / "trunk")
    train(monkeypatch, transformer, notes, tmp_path / "run", "--trunk", str(tmp_path / "trunk" / "best.pt"), *ATTENTION)
    net, facts = restore(tmp_path / "run" / "best.pt")
    assert net.shape.window == 8
    assert net.step.layers[0].out.weight.abs().max() > 0
    assert export.export(net, facts, tmp_path / "transformer-test", {}) <= 1e-4
    card = (tmp_path / "transformer-test" / "card.toml").read_text(encoding="utf-8")
    assert 'kind = "transformer"' in card
    assert 'state_keys = "float 1 x 1 x 2 x 8 x 36"' in card


@pytest.mark.parametrize("bfloat16", [[], ["--bfloat16"]])
def test_an_exported_model_is_read_back_and_trained_on(monkeypatch, notes, tmp_path, bfloat16):
    torch.manual_seed(2)
    net = NoteNet(Shape(12, 2, 16, 0.1))
    export.export(net, {"corpora": ["groove"]}, tmp_path / "base", {})
    back, card = from_model(tmp_path / "base", dropout=0.3)
    assert (back.shape, card.name) == (Shape(12, 2, 16, 0.3), "base")
    assert export.disagreement(back, tmp_path / "base") <= 1e-4
    row = train(monkeypatch, lstm, notes, tmp_path / "run", "--from-model", str(tmp_path / "base"), *bfloat16)
    assert np.isfinite(float(row["train"]))
    assert restore(tmp_path / "run" / "best.pt")[0].shape.layers == 2


def test_a_transformer_is_read_back_as_well(tmp_path):
    torch.manual_seed(2)
    net = NoteNet(transformer.Shape(12, 1, 16, 0.1, 2, 2, 36, 8))
    for layer in net.step.layers:
        torch.nn.init.normal_(layer.out.weight, std=0.3)
    export.export(net, {"corpora": ["groove"]}, tmp_path / "base", {})
    back, _ = from_model(tmp_path / "base")
    assert export.disagreement(back, tmp_path / "base") <= 1e-4


def test_a_folder_whose_card_tells_of_another_network_is_refused(tmp_path):
    export.export(NoteNet(Shape(12, 2, 16)), {"corpora": ["groove"]}, tmp_path / "base", {})
    card = tmp_path / "base" / "card.toml"
    card.write_text(card.read_text(encoding="utf-8").replace("head = 16", "head = 24"), encoding="utf-8")
    with pytest.raises(ModelError, match="not the network that its card describes"):
        from_model(tmp_path / "base")


def test_data_without_the_corpus_is_one_sentence(monkeypatch, notes, tmp_path):
    with pytest.raises(SystemExit, match="has no corpus lieder; it has groove"):
        train(monkeypatch, lstm, notes, tmp_path / "run", "--corpora", "lieder")


def test_the_clock_on_the_wall_ends_a_run_too(monkeypatch, notes, tmp_path):
    row = train(monkeypatch, lstm, notes, tmp_path / "run", "--batches", "0", "--wall", "0.2")
    assert json.loads(row["steps"]) >= 1
