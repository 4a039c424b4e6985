"""A model plays on from how a piece begins: as many notes, from a seed, in a key that the session's ear hears."""

import numpy as np
import pytest

from performer.constraints import Constraints
from performer.errors import ModelError
from performer.evaluation.continuation import FEWEST, PRIME, SHARE, continuations, in_key
from performer.evaluation.corpus import DRUMS, read_corpus
from performer.inference.lstm import load_mind
from tests.evaluation.music import folder_of, melody, write
from tests.inference.conftest import TINY
from tests.stagehands import StepMind


@pytest.fixture
def pieces(tmp_path):
    folder_of(tmp_path, [1, 2])
    write(tmp_path / "long.mid", ("PIANO", 1, melody(9, 200)))
    write(tmp_path / "short.mid", ("PIANO", 1, melody(9, FEWEST - 1)))
    return read_corpus(tmp_path).pieces


def test_it_hears_the_beginning_and_plays_as_many_notes_as_were_left(pieces):
    said = continuations(load_mind(TINY), pieces, 0, Constraints())
    assert [each.prime.name for each in said] == ["001.mid", "002.mid", "long.mid"]
    assert [len(each.prime) for each in said] == [60 // SHARE, 60 // SHARE, PRIME]
    for each in said:
        assert len(each.generated) == len(each.played) > 0
        assert set(each.generated.voice.tolist()) == set(each.played.voice.tolist())
        assert np.array_equal(each.played.pitch[0], pieces[[p.name for p in pieces].index(each.prime.name)].pitch[len(each.prime)])


def test_a_seed_gives_the_same_notes_whatever_else_is_played(pieces):
    mind = load_mind(TINY)
    all_of_them, alone, other = (continuations(mind, chosen, seed, Constraints()) for chosen, seed in ((pieces, 4), (pieces[2:3], 4), (pieces, 5)))
    assert np.array_equal(all_of_them[2].generated.pitch, alone[0].generated.pitch)
    assert not np.array_equal(all_of_them[0].generated.pitch, other[0].generated.pitch)


def test_drums_stay_drums(tmp_path):
    said = continuations(load_mind(TINY), read_corpus(folder_of(tmp_path, [1], drums=True)).pieces, 0, Constraints())
    assert set(said[0].generated.voice.tolist()) == {DRUMS} and said[0].generated.drums
    assert in_key(said[0].prime, [said[0].generated]) == [(0, 0)]


def test_notes_are_counted_in_the_key_of_the_beginning(tmp_path):
    write(tmp_path / "c.mid", ("PIANO", 1, [(k * 0.25, (60, 64, 67, 65, 69, 72, 67, 71, 74)[k % 9], 0.2, 80) for k in range(36)]))
    piece = read_corpus(tmp_path).pieces[0]
    (inside, of), (outside, _) = in_key(piece, [piece, piece.cut(0, 1)])
    assert inside == of == 36 and outside == 1
    sharp = [piece.cut(0, 36)]
    sharp[0].pitch[:] += 1
    prime = read_corpus(tmp_path).pieces[0]
    assert in_key(prime, sharp)[0][0] < 18


class Failing(StepMind):
    """Gives out after twenty notes."""

    def query(self, constraints, rng):
        if len(self.fed) > 40:
            raise ValueError("the model gives numbers that are not finite")
        return super().query(Constraints(pitches=(60, 62), gap=(0.0, 1.0), voice=0), rng)


def test_a_model_that_fails_on_the_way_is_one_sentence(pieces):
    with pytest.raises(ModelError, match=r"'steps' cannot go on with '001\.mid': the model gives numbers that are not finite"):
        continuations(Failing(), pieces, 0, Constraints())
