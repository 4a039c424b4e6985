"""Training of a verse model: it learns, goes on exactly where it stopped, begins with an exported model, and
runs in two processes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from performer.training.checkpoint import load
from performer.training.verse import export, train
from performer.training.verse.optimizers import WARMUP_STEPS, factor
from performer.training.verse.read_back import read_back
from performer.words.verse import VerseModel

SMALL = ["--language", "zh", "--width", "16", "--layers", "1", "--heads", "2", "--window", "16", "--rows", "4",
         "--no-bfloat16", "--seconds", "6000", "--limit", "3"]  # fmt: skip
HILLS, WATERS = "山峰岭丘崖石", "水江河湖海泉"


@pytest.fixture(scope="module")
def poems(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """300 quatrains in which water always answers a hill."""
    path = tmp_path_factory.mktemp("poems") / "poems.jsonl"
    texts = [
        "".join(
            f"{HILLS[(number // 7 + place) % 6]}{WATERS[(number * place + place) % 6]}" for place in range(8)
        )
        + f"{chr(0x4E00 + number)}"
        for number in range(300)
    ]
    path.write_text(
        "".join(json.dumps({"text": text, "form": "7-jueju", "author": "某"}) + "\n" for text in texts),
        encoding="utf-8",
    )
    return path


def run(poems: Path, out: Path, steps: int, *more: str) -> dict:
    train.main(["--poems", str(poems), "--out", str(out), "--steps", str(steps), *SMALL, *more])
    return load(out / "last.pt")


def test_it_learns_and_keeps_a_log_and_a_copy(poems: Path, tmp_path: Path):
    run(poems, tmp_path / "run", 150, "--copy-to", str(tmp_path / "copy"), "--measure", "0")
    lines = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert lines[-1]["valid_bits"] < 0.9 * lines[0]["valid_bits"] and lines[-1]["tokens"] == 150 * 64
    assert {path.name for path in (tmp_path / "copy").iterdir()} == {"last.pt", "best.pt"}


def test_a_run_that_was_stopped_goes_on_exactly(poems: Path, tmp_path: Path):
    # A plateau without a fall at its end: how long the run will be changes nothing before.
    plateau = ["--cooling", "1e-9", "--dropout", "0.1"]
    whole = run(poems, tmp_path / "whole", 150, *plateau)
    run(poems, tmp_path / "parts", 70, *plateau)
    parts = run(poems, tmp_path / "parts", 150, *plateau)
    assert parts["progress"]["steps"] == whole["progress"]["steps"] == 150 and whole["progress"]["epoch"] > 0
    assert parts["progress"]["place"] == whole["progress"]["place"]
    for name, value in whole["weights"].items():
        assert torch.equal(value, parts["weights"][name]), name


def test_it_begins_with_the_weights_of_an_exported_model(poems: Path, tmp_path: Path):
    run(poems, tmp_path / "run", 20)
    assert (
        export.main(
            ["--checkpoint", str(tmp_path / "run" / "best.pt"), "--out", str(tmp_path / "verse-mine")]
        )
        == 0
    )
    assert VerseModel(tmp_path / "verse-mine").shape["parameters"] > 0
    saved = run(
        poems,
        tmp_path / "next",
        1,
        "--from",
        str(tmp_path / "verse-mine"),
        "--rate",
        "0",
        "--table-rate",
        "0",
        "--decay",
        "0",
    )
    net, tokenizer = read_back(tmp_path / "verse-mine")
    assert saved["vocabulary"] == tokenizer.to_json()
    assert all(torch.equal(saved["weights"][name], value) for name, value in net.state_dict().items())


def test_two_processes_train_one_model(poems: Path, tmp_path: Path):
    command = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc_per_node",
        "2",
        "-m",
        "performer.training.verse.train",
    ]
    arguments = ["--poems", str(poems), "--out", str(tmp_path / "run"), "--steps", "10", *SMALL]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    progress = load(tmp_path / "run" / "last.pt")["progress"]
    assert (progress["steps"], progress["tokens"]) == (10, 10 * 2 * 4 * 16)


def test_the_rate_rises_stays_and_falls():
    assert factor(0, 0.0, 0.3) == pytest.approx(1 / WARMUP_STEPS)
    assert factor(500, 0.3, 0.3) == factor(900, 0.69, 0.3) == 1
    assert factor(900, 0.85, 0.3) == pytest.approx(0.5) and factor(900, 1.0, 0.3) == 0


def test_what_is_no_checkpoint_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert export.main(["--checkpoint", str(tmp_path / "none.pt"), "--out", str(tmp_path / "out")]) == 1
    assert "was not written" in capsys.readouterr().err
