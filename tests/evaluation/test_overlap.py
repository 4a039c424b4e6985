"""Overlaps of distributions: 1 for the same music, little for what has nothing in common, and each one hears what it is for."""

import dataclasses

import numpy as np
import pytest

from performer.evaluation.corpus import read_corpus
from performer.evaluation.overlap import DISTRIBUTIONS, overlaps
from tests.evaluation.music import folder_of


@pytest.fixture
def pieces(tmp_path):
    return read_corpus(folder_of(tmp_path, [1, 2, 3])).pieces


CHANGES = {
    "pitch_classes": lambda piece: {"pitch": piece.pitch + 6},
    "intervals": lambda piece: {"pitch": piece.pitch + 12 * (np.arange(len(piece)) % 2)},
    "density": lambda piece: {"onset": piece.onset + np.arange(len(piece)) // 8 * 2.0},
    "inter_onset": lambda piece: {"onset": piece.onset * 1.3},
    "velocity": lambda piece: {"velocity": piece.velocity // 2},
}


def test_the_same_music_overlaps_wholly(pieces):
    assert overlaps(pieces, pieces[::-1]) == pytest.approx(dict.fromkeys((*DISTRIBUTIONS, "mean"), 1.0))


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_each_distribution_hears_what_it_is_for(pieces, name):
    changed = [dataclasses.replace(piece, **CHANGES[name](piece)) for piece in pieces]
    found = overlaps(changed, pieces)
    assert found[name] < 0.7
    assert found["velocity"] == pytest.approx(1.0) or name == "velocity"
    assert found["mean"] == pytest.approx(np.mean([found[each] for each in DISTRIBUTIONS]))


def test_the_share_is_that_of_two_histograms(pieces):
    low, high = (dataclasses.replace(pieces[0].cut(0, 4), velocity=np.array(values)) for values in ([8, 8, 16, 120], [8, 16, 16, 60]))
    assert overlaps([low], [high])["velocity"] == pytest.approx(0.25 + 0.25)


def test_drums_are_told_apart_by_instrument(tmp_path):
    beats = read_corpus(folder_of(tmp_path, [1], drums=True)).pieces
    octave = [dataclasses.replace(piece, pitch=piece.pitch + 12) for piece in beats]
    assert overlaps(octave, beats)["pitch_classes"] == 0.0


def test_without_music_there_is_no_overlap_to_tell(pieces):
    assert set(overlaps([], pieces).values()) == {None}
