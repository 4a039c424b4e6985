"""Nats in the shared bins: sums over finer classes, agrees with the graphs called by hand, and refuses numbers that are none."""

import numpy as np
import pytest

from performer.encoding import ATTRIBUTES, CLASSES, DURATION, GAP, OFFSETS, PITCH, SCALES, UNKNOWN, VELOCITY, begin, encode_note
from performer.errors import ModelError
from performer.evaluation.corpus import read_corpus
from performer.evaluation.likelihood import log_bins, means, nats_of
from performer.inference.lstm import load_mind
from tests.evaluation.music import folder_of
from tests.inference.conftest import TINY


class Flat:
    """Knows nothing: every class is as likely as the others; after `broken` notes its logits are no numbers."""

    name = "flat"

    def __init__(self, broken: int = 10**9) -> None:
        self.left = broken

    def feed(self, note) -> None:
        self.left -= 1

    def logits(self, known):
        return np.full((1, OFFSETS[-1]), 3.0 if self.left > 0 else np.nan, np.float32)

    def reset(self) -> None:
        pass


@pytest.fixture
def piece(tmp_path):
    return read_corpus(folder_of(tmp_path, [3])).pieces[0]


def test_a_model_that_knows_nothing_costs_the_logarithm_of_the_bins(piece):
    nats = nats_of(Flat(), piece)
    assert nats == pytest.approx(np.tile(np.log([32, 128, 32, 16]), (len(piece), 1)), abs=1e-5)
    figures = means([nats, nats])
    assert figures["time"] == pytest.approx(np.log(32) * (1 - 1 / len(piece))), "the first note of a piece has no gap"
    assert figures["total"] == pytest.approx(sum(figures[name] for name in ("time", "pitch", "duration", "velocity")))


@pytest.mark.parametrize("attribute", [GAP, DURATION, VELOCITY, PITCH])
def test_finer_classes_are_summed_into_bins(attribute):
    logits = np.random.default_rng(attribute).normal(0, 4, CLASSES[attribute])
    bins = np.exp(log_bins(logits, attribute))
    assert bins.shape == (SCALES[attribute].bins,) and bins.sum() == pytest.approx(1.0)
    chances = np.exp(logits) / np.exp(logits).sum()
    per_bin = SCALES[attribute].per_bin
    assert bins[5] == pytest.approx(chances[5 * per_bin : 6 * per_bin].sum())


def test_it_is_what_the_graphs_say_when_they_are_called_by_hand(piece):
    """The third note: two events after BEGIN, then each attribute given those before it, the instrument known."""
    mind = load_mind(TINY)
    state = [np.zeros((2, 1, 8), np.float32)] * 2
    notes = piece.notes(own=True)
    for event in (begin(), encode_note(notes[0]), encode_note(notes[1])):
        hidden, *state = mind._step(np.array([event], np.int64), *state)
    known, wanted = np.array([UNKNOWN], np.int64), encode_note(notes[2])
    known[0, 0] = wanted[0]
    nats = []
    for k in (GAP, PITCH, DURATION, VELOCITY):
        logits = mind._heads(hidden, known)[0][0, OFFSETS[k] : OFFSETS[k + 1]].astype(float)
        chances = np.exp(logits) / np.exp(logits).sum()
        chosen = SCALES[k].bin_of(np.arange(CLASSES[k])) == SCALES[k].bin_of(wanted[k])
        nats.append(-np.log(chances[chosen].sum()))
        known[0, k] = wanted[k]
    assert len(ATTRIBUTES) == known.shape[1]
    assert nats_of(mind, piece)[2] == pytest.approx(nats, abs=1e-4)


def test_each_piece_begins_from_silence(piece):
    mind = load_mind(TINY)
    assert np.array_equal(nats_of(mind, piece), nats_of(mind, piece))


def test_numbers_that_are_none_are_refused_with_the_name_of_the_piece(piece):
    with pytest.raises(ModelError, match=r"'flat' gives numbers that are not finite in '003.mid'"):
        nats_of(Flat(broken=5), piece)
