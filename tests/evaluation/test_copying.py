"""The longest run that is shared with the training set, against a search that tries every place."""

import numpy as np
import pytest

from performer.evaluation.copying import longest_shared_run
from performer.evaluation.corpus import DRUMS, KEYS, Piece


def piece(pitches, voice=KEYS) -> Piece:
    count = len(pitches)
    return Piece("a", np.arange(count) * 0.2, np.array(pitches), np.full(count, 0.1), np.full(count, 64), np.full(count, voice))


def slowly(ours, theirs) -> int:
    """Notes of the longest common run of steps between any two pieces."""
    best = 0
    for a in ours:
        for b in theirs:
            x, y = np.diff(a.pitch).tolist(), np.diff(b.pitch).tolist()
            run = np.zeros((len(x) + 1, len(y) + 1), int)
            for i, one in enumerate(x):
                for j, other in enumerate(y):
                    run[i + 1, j + 1] = run[i, j] + 1 if one == other else 0
            best = max(best, int(run.max()))
    return best + 1 if best else 0


@pytest.mark.parametrize("seed", range(6))
def test_it_agrees_with_a_search_of_every_place(seed):
    rng = np.random.default_rng(seed)
    ours = [piece(rng.integers(60, 64, n)) for n in (30, 1, 45)]
    theirs = [piece(rng.integers(60, 64, n)) for n in (80, 2, 60)]
    assert longest_shared_run(ours, theirs) == slowly(ours, theirs) >= 4


def test_a_transposed_copy_is_a_copy_wherever_it_stands():
    rng = np.random.default_rng(1)
    learned = [piece(rng.integers(30, 90, 400)) for _ in range(5)]
    stolen = learned[3].pitch[100:123] + 5
    ours = piece([*rng.integers(30, 90, 50), *stolen, *rng.integers(30, 90, 50)])
    assert longest_shared_run([ours], learned) == 23


def test_the_end_of_a_piece_does_not_join_the_beginning_of_the_next():
    learned = [piece([60, 62, 64]), piece([65, 67, 69, 71])]
    assert longest_shared_run([piece([60, 62, 64, 65, 67, 69, 71])], learned) == 4


def test_drums_are_not_transposed():
    learned = [piece([36, 42, 38, 42, 36, 36, 38], DRUMS)]
    assert longest_shared_run([piece([37, 43, 39, 43, 37], DRUMS)], learned) == 0
    assert longest_shared_run([piece([42, 38, 42, 36, 40], DRUMS)], learned) == 4
    assert longest_shared_run([piece([36, 42, 38, 42])], learned) == 0, "a melody is no drum beat"


def test_nothing_is_shared_with_nothing():
    assert longest_shared_run([], [piece([60, 62])]) == longest_shared_run([piece([60])], [piece([60])]) == 0


def test_all_of_a_corpus_takes_no_longer_than_a_few_passes():
    """A copy of 700 notes in 400,000: found, and by halving, not by trying every length."""
    rng = np.random.default_rng(2)
    learned = [piece(rng.integers(30, 90, 4000)) for _ in range(100)]
    assert longest_shared_run([piece(learned[50].pitch[1000:1700] - 7)], learned) == 700
