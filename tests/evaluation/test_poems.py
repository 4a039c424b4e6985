"""Bits per character of poems: the model's own, the baseline's, and the command."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from performer.cli import FAILED, main
from performer.evaluation.poems import ALPHABET, baseline_bits, bits_of, evaluate_poems
from performer.words.poems import Poem
from performer.words.verse import VerseModel
from tests.training.verse.conftest import QUATRAINS, folder, net, tokenizer

__all__ = ["folder", "net", "tokenizer"]


def write(path: Path, *poems: dict) -> Path:
    path.write_text("".join(json.dumps(poem) + "\n" for poem in poems), encoding="utf-8")
    return path


def test_the_baseline_is_witten_bell():
    # Learned: a, b, end, once each. A context that was seen once has one count and one kind.
    alone = (1 + 3 / ALPHABET) / (3 + 3)
    after_one = (1 + alone) / 2
    after_two = (1 + after_one) / 2
    expected = -sum(map(math.log2, (alone, after_one, after_two)))
    assert baseline_bits([Poem("ab")], [Poem("ab")]) == pytest.approx(expected)


def test_a_character_that_nobody_saw_costs_the_same_in_both(folder: Path):
    model = VerseModel(folder)
    known, unknown = (bits_of(model, Poem(text, "", "7-jueju")) for text in ("山", "犬"))
    model.reset()
    logits = model.feed(model.tokenizer.encode_header("", "7-jueju"))[-1].astype(float)
    tokens = [model.tokenizer.encode("山")[0], model.tokenizer.control("unknown")]
    alone = [(np.logaddexp.reduce(logits) - logits[token]) / math.log(2) for token in tokens]
    ends = [known - alone[0], unknown - alone[1] - math.log2(ALPHABET - len(model.tokenizer.pieces))]
    assert all(0 < end < 60 for end in ends)


def test_a_form_that_is_derived_is_paid_for(folder: Path):
    model = VerseModel(folder)
    assert bits_of(model, Poem("山")) > 0
    model.reset()
    logits = model.feed(model.tokenizer.encode_header())[0].astype(float)
    form = (np.logaddexp.reduce(logits) - logits[model.tokenizer.control("form:ci")]) / math.log(2)
    given = Poem("山", "", "ci")
    assert bits_of(model, Poem("山")) == pytest.approx(bits_of(model, given) + form, rel=1e-5)


def test_the_command_prints_the_figures(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    poems = write(
        tmp_path / "poems.jsonl",
        *({"text": each.text, "form": each.form, "author": each.author} for each in QUATRAINS),
    )
    arguments = ["eval", str(poems), "--model", str(folder), "--baseline-from", str(poems), "--limit", "2"]
    assert main([*arguments, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report.keys() == {"model", "characters", "bits_per_character", "baseline"}
    assert report["model"] == "verse-tiny" and report["characters"] == 2 * len(QUATRAINS[0].text)
    assert report["baseline"]["bits_per_character"] < 1 and "Witten-Bell" in report["baseline"]["kind"]
    assert main(arguments) == 0
    assert "bits a character" in capsys.readouterr().out


def test_hostile_poems_are_measured(folder: Path, tmp_path: Path):
    texts = ["\ud800", "\x00\x1b[2J", "\U0001f319" * 300, "مرحبا", "a", "山" * 5000]
    poems = write(tmp_path / "poems.jsonl", *({"text": text} for text in texts))
    assert math.isfinite(evaluate_poems(poems, str(folder), poems).bits_per_character)


@pytest.mark.parametrize(
    ("model", "text", "words"),
    [("none-such", "x", "There is no model"), ("lstm-first", "x", "has the role"), (None, "", "no poem")],
)
def test_what_cannot_be_measured_is_said(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], model, text, words
):
    poems = write(tmp_path / "poems.jsonl", {"text": text})
    assert (
        main(["eval", str(poems), "--model", model or str(folder), "--baseline-from", str(poems)]) == FAILED
    )
    assert words in capsys.readouterr().err
