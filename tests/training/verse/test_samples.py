"""Poems to be read aloud: the same for the same seed, and no longer than asked."""

import sys
from pathlib import Path

import pytest

from performer.training.verse import samples
from performer.words.verse import VerseModel


def test_a_seed_gives_the_same_poem(folder: Path):
    model = VerseModel(folder)
    poems = [samples.write_poem(model, seed, form="7-jueju", lines=3, temperature=1.0) for seed in (1, 2, 1)]
    assert poems[0] == poems[2] != poems[1] and len(poems[0].split("\n")) <= 3


def test_the_script_prints_each_seed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(sys, "argv", ["samples", "--model", str(folder), "--count", "2", "--seed", "5"])
    samples.main()
    assert "[seed 5]" in (out := capsys.readouterr().out) and "[seed 6]" in out
