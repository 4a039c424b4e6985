"""The verse model as a show reads it: lines, seeds, going back, and folders that hold something else."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from performer.assets import models_dir
from performer.cli import FAILED, main
from performer.errors import ModelError
from performer.words.tokenizer import END, LINE
from performer.words.verse import VerseModel, sample
from tests.training.verse.conftest import folder, net, tokenizer

__all__ = ["folder", "net", "tokenizer"]


@pytest.fixture
def model(folder: Path) -> VerseModel:
    return VerseModel(folder)


def lines(model: VerseModel, seed: int, **how) -> list[tuple[str, str]]:
    rng = np.random.default_rng(seed)
    model.begin(rng)
    return [model.write_line(rng, **how) for _ in range(3)]


def test_the_same_seed_writes_the_same_lines(model: VerseModel):
    assert (
        lines(model, 1, temperature=1.0)
        == lines(model, 1, temperature=1.0)
        != lines(model, 2, temperature=1.0)
    )


def test_a_line_ends_with_its_stop_or_its_length(model: VerseModel):
    for text, stop in lines(model, 3, temperature=2.0, top_p=1.0, longest=6, stops=(LINE, END)):
        assert stop in ("", LINE, END) and "\n" not in text and len(text) <= 6
        assert stop or len(text) == 6


def test_a_poem_begins_with_a_form_that_the_model_knows(model: VerseModel):
    assert model.begin(np.random.default_rng(0), form="ci") == "ci"
    drawn = {model.begin(np.random.default_rng(seed), form="epic") for seed in range(40)}
    assert drawn <= set(model.tokenizer.forms) and len(drawn) > 1


def test_going_back_gives_the_same_logits(model: VerseModel):
    model.feed([6, 7, 8])
    saved = model.save()
    after = model.feed([9, 10])
    model.restore(saved)
    assert np.array_equal(model.feed([9, 10]), after)


def test_a_temperature_of_zero_takes_the_likeliest(model: VerseModel):
    logits = np.array([0.0, 3.0, 2.9, -1.0])
    rng = np.random.default_rng(0)
    assert sample(logits, rng, 0.0, 1.0) == 1 and sample(logits, rng, 0.0, 1.0, banned=[1]) == 2


def test_a_nucleus_holds_no_more_than_it_needs():
    logits, rng = np.log([0.5, 0.3, 0.15, 0.05]), np.random.default_rng(0)
    drawn = {sample(logits, rng, 1.0, 0.7) for _ in range(200)}
    assert drawn == {0, 1}
    assert {sample(logits, rng, 1.0, 1.0) for _ in range(400)} == {0, 1, 2, 3}


def test_nothing_read_gives_no_rows(model: VerseModel):
    assert model.feed([]).shape == (0, len(model.tokenizer))


def test_another_role_is_refused():
    with pytest.raises(ModelError, match="has the role 'notes'"):
        VerseModel(models_dir() / "lstm-first")


def test_check_writes_with_it(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["check", str(folder)]) == 0
    assert "It writes 64 tokens" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("sizes", "words"), [("float 1 x 9", "where float [1, 9] is expected"), ("float 1 x x", "The card tells")]
)
def test_a_card_that_tells_of_another_graph_is_found(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], sizes: str, words: str
):
    spoilt = tmp_path / "verse-tiny"
    spoilt.mkdir()
    card = (folder / "card.toml").read_text(encoding="utf-8")
    told = tomllib.loads(card)["graphs"]["step"]["outputs"]["logits"]
    (spoilt / "card.toml").write_text(
        card.replace(f'logits = "{told}"', f'logits = "{sizes}"'), encoding="utf-8"
    )
    (spoilt / "step.onnx").write_bytes((folder / "step.onnx").read_bytes())
    assert main(["check", str(spoilt)]) == FAILED
    assert words in capsys.readouterr().out
