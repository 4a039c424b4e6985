"""The verse models that travel with Performer: small, whole, with their sources, and better at verse than at
the same words in another order."""

from pathlib import Path

import pytest

from performer.assets import models_dir
from performer.card import read_card
from performer.cli import main
from performer.evaluation.poems import bits_of
from performer.words.poems import Poem
from performer.words.verse import VerseModel

MODELS = sorted(models_dir().glob("verse-*"))
# Written for this test; no poem of the training data.
TEXTS = {
    "en": "The lamp is low, the road is long,\nAnd I have lost the evening song.",
    "zh": "夜雨敲窗客未眠，灯前白发忆当年。\n明朝又是江南路，柳色青青到水边。",
}


@pytest.mark.parametrize("folder", MODELS, ids=lambda folder: folder.name)
def test_a_shipped_model_is_small_and_tells_its_sources(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 12e6
    card = read_card(folder)
    assert all(each["licence"] and each["credit"] for each in card.data) and card.data
    assert card.metrics["eval"]["bits_per_character"] < card.metrics["eval"]["baseline"]["bits_per_character"]
    assert main(["check", str(folder)]) == 0


@pytest.mark.parametrize("folder", MODELS, ids=lambda folder: folder.name)
def test_a_shipped_model_prefers_verse(folder: Path):
    model = VerseModel(folder)
    text = TEXTS[model.shape["language"]]
    turned = "\n".join(line[::-1] for line in text.split("\n"))
    assert bits_of(model, Poem(text)) < 0.7 * bits_of(model, Poem(turned))


def test_english_is_shipped():
    assert "verse-en" in [folder.name for folder in MODELS]
