"""A verse model as a folder: it says what PyTorch says, rolls its cache, and is not written where it
disagrees."""

from pathlib import Path

import numpy as np
import pytest
import torch

from performer.card import read_card
from performer.errors import ModelError
from performer.training.verse import export as exporting
from performer.training.verse.export import export
from performer.training.verse.read_back import read_back
from performer.words.verse import VerseModel


def test_the_graph_says_what_a_training_pass_says_within_the_window(folder: Path, net, tokenizer):
    whole, _ = read_back(folder)
    tokens = list(range(6, 14))
    with torch.no_grad():
        theirs = whole.eval()(torch.tensor([tokens]))[0].numpy()
    assert np.abs(VerseModel(folder).feed(tokens) - theirs).max() < 1e-4


def test_tokens_one_by_one_and_in_one_call_give_the_same_logits_past_the_window(folder: Path):
    model, tokens = VerseModel(folder), [7, 9, 8, 10, 6, 12, 11, 7, 7, 13, 9, 6, 8, 12, 10, 9, 11]
    at_once = model.feed(tokens)
    model.reset()
    one_by_one = np.concatenate([model.feed([token]) for token in tokens])
    assert np.abs(at_once - one_by_one).max() < 1e-4
    assert np.array_equal(model.next_logits, one_by_one[-1])


def test_a_rolling_cache_forgets_what_left_the_window(folder: Path):
    # Two layers of 8 tokens see at most 15 tokens back.
    model, end = VerseModel(folder), [7, 9, 8, 10, 6, 12, 11, 7, 13, 9, 6, 8, 12, 10, 9]
    last = []
    for start in ([6, 6, 6], [13, 12, 10]):
        model.reset()
        last.append(model.feed([*start, *end])[-1])
    assert np.abs(last[0] - last[1]).max() < 1e-5


def test_reading_back_gives_the_weights_and_the_vocabulary(folder: Path, net, tokenizer):
    again, vocabulary = read_back(folder, dropout=0.1)
    assert vocabulary.to_json() == tokenizer.to_json() and again.shape.dropout == 0.1
    for name, value in net.state_dict().items():
        assert (again.state_dict()[name] - value).abs().max() <= value.abs().max() / 250


def test_a_model_that_disagrees_is_not_written(
    tmp_path: Path, net, tokenizer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(exporting, "TOLERANCE_BITS", -1.0)
    with pytest.raises(ModelError, match="bits a token from the original"):
        export(net, tokenizer, "zh", tmp_path / "far", {})
    assert not (tmp_path / "far").exists()


def test_the_card_tells_role_data_and_state(folder: Path):
    card = read_card(folder)
    assert (card.role, card.encoding) == ("words", "verse-1") and card.data[0]["licence"]
    assert card.graphs["step"].inputs["state_keys"] == "float 2 x 1 x 2 x 8 x 8"
    assert card.graphs["step"].inputs["tokens"] == "int64 1 x 1"
