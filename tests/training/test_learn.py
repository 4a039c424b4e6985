"""`performer learn`, as a person calls it: music becomes likelier, the new model is whole, and what cannot be learned from is said."""

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from performer.assets import demo_performance  # noqa: E402
from performer.card import read_card  # noqa: E402
from performer.check import check  # noqa: E402
from performer.cli import FAILED  # noqa: E402
from performer.cli import main as performer  # noqa: E402
from performer.errors import PerformerError  # noqa: E402
from performer.events import NoteOff, NoteOn, Timed  # noqa: E402
from performer.inputs.replay import read_performance  # noqa: E402
from performer.outputs.take import Opening  # noqa: E402
from performer.outputs.take_writer import TakeWriter  # noqa: E402
from performer.training import learn  # noqa: E402
from performer.training.data import DRUMS, HELD_OUT, KEYS, TRAIN  # noqa: E402
from performer.training.finetune import dream, mixture, nats_of  # noqa: E402
from performer.training.network import from_model  # noqa: E402
from performer.training.player import CHOSEN_BY, read_material  # noqa: E402
from tests.evaluation.music import beat, folder_of, melody, write  # noqa: E402

TINY = Path(__file__).parent.parent / "inference" / "tiny-lstm"
QUICK = ["--minutes", "0.1"]


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder of models, empty."""
    monkeypatch.setattr(learn, "own_models_dir", lambda: tmp_path / "shelf")
    monkeypatch.setattr("performer.assets.own_models_dir", lambda: tmp_path / "shelf")
    return tmp_path / "shelf"


def write_take(path: Path, seed: int, source: str = "midi") -> Path:
    """A take in which a person plays a melody on channel 1, and drums on channel 10 beside it; the voices' own notes are not in it."""
    writer = TakeWriter(path, Opening(7, 1, ("keys",)))
    writer.start()
    events = []
    for channel, notes in ((1, melody(seed)), (10, beat(seed))):
        for onset, pitch, held, velocity in notes:
            events += [(100 + onset, NoteOn(pitch, velocity, channel, source)), (100 + onset + held, NoteOff(pitch, channel, source))]
    for time, event in sorted(events, key=lambda pair: pair[0]):
        writer.heard(Timed(time, event))
    writer.stop(200.0, 0)
    return path


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Eight pieces that a player varies, as MIDI files."""
    return folder_of(tmp_path / "music", range(8))


def run(*arguments: object) -> int:
    try:
        return learn.main([*map(str, arguments)])
    except SystemExit as wrong:  # an option that the parser refuses
        assert isinstance(wrong.code, int)
        return wrong.code


def test_the_players_other_music_becomes_likelier_and_the_new_model_plays(music: Path, shelf: Path, capsys: pytest.CaptureFixture[str]):
    general = folder_of(music.parent / "general", [20, 21], drums=True)
    assert run(music, "--base", TINY, "--out", "mine", *QUICK, "--general", general) == 0
    said = capsys.readouterr().out
    assert "/performer/model mine" in said and 'notes = "mine"' in said
    card = read_card(shelf / "mine")
    figures = card.metrics["player"]
    assert figures["after"]["total"] < 0.95 * figures["before"]["total"]
    assert card.metrics["general"].keys() == {"before", "after"}
    assert card.metrics["dreams"] <= 1.07
    assert [entry["name"] for entry in card.data] == ["the player's own takes"]
    assert f"{8 * 60} notes, not shared" in card.data[0]["credit"]
    assert str(music.parent) not in (shelf / "mine" / "card.toml").read_text(encoding="utf-8")
    assert all(remark.fits for remark in check(shelf / "mine"))


def test_a_name_that_is_taken_is_never_written_over(music: Path, shelf: Path, capsys: pytest.CaptureFixture[str]):
    (shelf / "mine").mkdir(parents=True)
    (shelf / "mine" / "hours").write_text("of work")
    for taken in ("mine", "lstm-first", "echo"):
        assert run(music, "--base", TINY, "--out", taken) == FAILED
        assert f"'{taken}'" in capsys.readouterr().err
    assert [path.name for path in shelf.rglob("*")] == ["mine", "hours"]


def test_without_a_name_the_next_free_one_is_taken(shelf: Path):
    assert learn._place("", "lstm-first").name == "lstm-first-mine"
    (shelf / "lstm-first-mine").mkdir(parents=True)
    assert learn._place("", "lstm-first").name == "lstm-first-mine-2"


@pytest.mark.parametrize("name", ["a/b", "..", ".hidden"])
def test_a_name_that_leaves_the_folder_is_refused(music: Path, shelf: Path, capsys: pytest.CaptureFixture[str], name: str):
    assert run(music, "--base", TINY, "--out", name) == FAILED
    assert "cannot be the name" in capsys.readouterr().err
    assert not shelf.exists()


def test_too_little_music_is_a_sentence_and_nothing_is_written(tmp_path: Path, shelf: Path, capsys: pytest.CaptureFixture[str]):
    folder_of(tmp_path / "little", range(2))
    assert run(tmp_path / "little", "--base", TINY) == FAILED
    assert "120 notes" in capsys.readouterr().err
    assert not shelf.exists()


@pytest.mark.parametrize(("arguments", "words"), [
    (["none", "--base", str(TINY)], "There is no 'none'"),
    (["{music}", "--base", "nobody"], "no model 'nobody'"),
    (["{music}", "--base", "lstm-first-int8"], "8 bits cannot learn"),
    (["{music}", "--base", str(TINY), "--minutes", "0"], "above 0"),
    (["{music}", "--base", str(TINY), "--general", "none"], "neither a folder"),
])  # fmt: skip
def test_what_cannot_be_used_is_a_sentence(music: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str):
    assert run(*(each.format(music=music) for each in arguments)) == FAILED
    assert words in capsys.readouterr().err


def test_broken_and_empty_files_are_named_and_left_out(music: Path):
    (music / "broken.mid").write_bytes(b"MThd")
    (music / "broken.jsonl").write_text("{}\n")
    write(music / "below" / "empty.mid", ("PIANO", 1, []))
    said: list[str] = []
    assert read_material(music, "x", said.append).notes == 8 * 60
    assert {remark.split(":")[0] for remark in said[:-1]} == {"broken.mid", "broken.jsonl", "empty.mid"}
    assert said[-1].startswith("3 of 11 files") and said[-1].endswith("are left out.")


def test_a_take_gives_what_the_human_played(tmp_path: Path):
    for seed in range(2):
        write_take(tmp_path / "takes" / f"{seed}.jsonl", seed)
    material = read_material(tmp_path / "takes", "x", pytest.fail)
    assert (material.notes, material.files, material.by) == (240, 2, "time")
    voices, counts = np.unique(material.store.voice, return_counts=True)
    assert dict(zip(voices.tolist(), counts.tolist(), strict=True)) == {KEYS: 120, DRUMS: 120}
    expected = sorted(note[3] for seed in range(2) for note in (*melody(seed), *beat(seed)))
    assert sorted(material.store.velocity.tolist()) == expected


def test_what_the_demo_played_is_nobodys(tmp_path: Path):
    writer = TakeWriter(tmp_path / "takes" / "demo.jsonl", Opening(7, 1, ("keys",)))
    writer.start()
    for timed in read_performance(demo_performance())[:600]:
        writer.heard(timed)
    writer.stop(900.0, 0)
    said: list[str] = []
    with pytest.raises(PerformerError, match="0 notes"):
        read_material(tmp_path / "takes", "x", said.append)
    assert "the demo" in said[0]


def test_whole_takes_are_held_out_where_there_are_enough(music: Path):
    material = read_material(music, "x", pytest.fail)
    assert material.by == "take"
    store = material.store
    assert len(store.names) == 8
    assert [len(store.pieces(split)) for split in (TRAIN, CHOSEN_BY, HELD_OUT)] == [6, 1, 1]


def test_of_one_long_piece_the_end_is_held_out(tmp_path: Path):
    path = write(tmp_path / "one.mid", ("PIANO", 1, melody(0, 400)))
    store = read_material(path, "x", pytest.fail).store
    sizes = dict(zip(store.split.tolist(), np.diff(store.offsets).tolist(), strict=True))
    assert sizes == {TRAIN: 300, CHOSEN_BY: 50, HELD_OUT: 50}


def test_dreams_are_what_the_network_itself_finds_likely():
    net, _ = from_model(TINY)
    generator = torch.Generator().manual_seed(3)
    flat = dream(net, generator, rows=16, notes=64)
    shuffled = flat.targets[torch.randperm(len(flat.targets), generator=generator)]
    other = type(flat)(torch.cat([shuffled, flat.inputs[:, 5:]], 1), shuffled, flat.weight, flat.first, flat.piece)
    assert nats_of(net, flat) < nats_of(net, other)
    assert int(flat.weight.sum()) == 16 * 64


def test_a_mixture_lies_between_the_two():
    base, _ = from_model(TINY)
    other, _ = from_model(TINY)
    with torch.no_grad():
        other.heads.out.bias += 1
    assert torch.equal(mixture(base, other, 0.0).heads.out.bias, base.heads.out.bias)
    assert torch.allclose(mixture(base, other, 0.25).heads.out.bias, base.heads.out.bias + 0.25)


def test_ctrl_c_keeps_the_best_so_far(music: Path, tmp_path: Path):
    home = {"XDG_DATA_HOME": str(tmp_path / "data"), "HOME": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-c", "import signal, sys; from performer.training import finetune, learn; finetune.EVERY = 0.2\n"
               "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
               "sys.exit(learn.main(sys.argv[1:]))", str(music), "--base", str(TINY), "--out", "mine", "--minutes", "5"]  # fmt: skip
    process = subprocess.Popen(command, env=os.environ | home, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        assert "held out by take" in process.stdout.readline()
        assert process.stdout.readline().startswith("Better")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0
    assert "It was broken off." in out
    found = list((tmp_path / "data").rglob("card.toml"))
    assert [path.parent.name for path in found] == ["mine"]


def test_without_pytorch_the_command_says_how_to_get_it(music: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name == "torch" else find(name, *rest))
    assert performer(["learn", str(music), "--base", str(TINY)]) == FAILED
    error = capsys.readouterr().err
    assert "torch" in error and "pip install" in error and "[train]" in error and error.count("\n") == 1


def test_the_command_line_hands_over_to_a_process_and_returns_its_status(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    assert performer(["learn", str(tmp_path / "none"), "--base", str(TINY)]) == FAILED
    assert "There is no" in capfd.readouterr().err
