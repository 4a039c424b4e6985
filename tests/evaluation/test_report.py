"""`performer eval` as it is called from a shell: the object of the issue, the same in words, and bad input in one sentence."""

import json
import math
import shutil
import subprocess
import sys

import pytest

from performer.cli import FAILED, main
from tests.evaluation.music import folder_of, write
from tests.inference.conftest import TINY

PARTS = ("total", "time", "pitch", "duration", "velocity")


@pytest.fixture
def music(tmp_path):
    """Folders of held-out and of training pieces."""
    return str(folder_of(tmp_path / "held", [1, 2])), str(folder_of(tmp_path / "train", range(10, 22)))


def told(capsys, *arguments: str) -> str:
    assert main(["eval", *arguments]) == 0
    return capsys.readouterr().out


def test_the_object_of_the_issue(music, capsys):
    held, train = music
    found = json.loads(told(capsys, held, "--model", str(TINY), "--baseline-from", train, "--json"))
    assert list(found) == ["model", "notes", "nll", "baseline", "overlap", "in_key", "copy"]
    assert found["model"] == "tiny-lstm" and found["notes"] == 120
    for name in ("nll", "baseline"):
        assert found[name]["total"] == pytest.approx(sum(found[name][part] for part in PARTS[1:]), abs=1e-3)
        assert all(math.isfinite(found[name][part]) for part in PARTS)
    assert found["baseline"]["total"] < 7 < found["nll"]["total"], "untrained weights know less than counts of the same music"
    assert set(found["overlap"]) == {"pitch_classes", "intervals", "density", "inter_onset", "velocity", "mean"}
    assert all(0 <= share <= 1 for share in found["overlap"].values())
    assert 0 <= found["in_key"]["generated"] < 0.9 < found["in_key"]["held_out"] <= 1
    assert 0 < found["copy"]["generated"] <= found["copy"]["held_out"] <= 40


def test_the_same_again_and_in_words(music, capsys):
    held, train = music
    call = (held, "--model", str(TINY), "--baseline-from", train, "--seed", "3")
    first, again, words = told(capsys, *call, "--json"), told(capsys, *call, "--json"), told(capsys, *call)
    assert first == again
    found = json.loads(first)
    assert f"{found['nll']['total']:6.3f}   the Markov baseline {found['baseline']['total']:6.3f}" in words
    assert f"{found['copy']['generated']} of its own, {found['copy']['held_out']} of those played" in words


def test_training_music_that_is_measured_against_itself_is_a_copy_of_itself(music, capsys):
    _, train = music
    found = json.loads(told(capsys, train, "--model", str(TINY), "--baseline-from", train, "--limit", "2", "--json"))
    assert found["notes"] == 120 and found["copy"]["held_out"] == 40


def test_drums_have_no_key(tmp_path, capsys):
    held, train = (str(folder_of(tmp_path / name, seeds, drums=True)) for name, seeds in (("held", [1]), ("train", [2, 3])))
    found = json.loads(told(capsys, held, "--model", str(TINY), "--baseline-from", train, "--json"))
    assert found["in_key"] == {"generated": None, "held_out": None}
    assert "In the key" not in told(capsys, held, "--model", str(TINY), "--baseline-from", train)


def test_progress_and_what_is_left_out_go_to_standard_error(music, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("performer.progress.SAID_S", 0.0)
    monkeypatch.setattr("performer.progress.SETTLED_S", 0.0)
    held, train = music
    (tmp_path / "held" / "torn.mid").write_bytes(b"MThd")
    assert main(["eval", held, "--model", str(TINY), "--baseline-from", train, "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["notes"] == 120 and out.count("\n") == 1
    assert "torn.mid: it cannot be read as a MIDI file" in err and "1 of 3 files" in err and "eval: listening to pieces, 50 %" in err


def without_music(tmp_path, held):
    shutil.rmtree(held)
    (tmp_path / "held").mkdir()


def without_notes(tmp_path, held):
    without_music(tmp_path, held)
    write(tmp_path / "held" / "silent.mid", ("PIANO", 1, []))


@pytest.mark.parametrize(("spoil", "model", "words"), [
    (without_music, str(TINY), "has no MIDI files"),
    (without_notes, str(TINY), "None of the 1 MIDI files"),
    (lambda *_: None, "no-such-model", "There is no model 'no-such-model'"),
    (lambda *_: None, "echo", "'echo' answers with what it heard"),
])  # fmt: skip
def test_what_cannot_be_measured_is_one_sentence(music, tmp_path, capsys, spoil, model, words):
    spoil(tmp_path, music[0])
    assert main(["eval", music[0], "--model", model, "--baseline-from", music[1]]) == FAILED
    out, err = capsys.readouterr()
    last = err.splitlines()[-1]
    assert out == "" and words in last and last.startswith("performer: ") and "Traceback" not in err


def test_an_altered_model_is_not_measured(music, tmp_path, capsys):
    folder = shutil.copytree(TINY, tmp_path / "tiny-lstm")
    with (folder / "step.onnx").open("ab") as file:
        file.write(b"\x00")
    assert main(["eval", music[0], "--model", str(folder), "--baseline-from", music[1]]) == FAILED
    assert "is not the one its card describes" in capsys.readouterr().err


def test_it_needs_no_torch(music):
    code = f"import sys; from performer.cli import main; main(['eval', {music[0]!r}, '--model', {str(TINY)!r}, '--baseline-from', {music[1]!r}]); "
    done = subprocess.run([sys.executable, "-c", code + "print('torch' in sys.modules)"], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.splitlines()[-1] == "False"
