import pytest

from performer.bench.line import Arrival
from performer.bench.match import Promise, match


def test_each_promise_gets_the_nearest_of_its_voice_and_pitch():
    found = match(
        [Promise(1.0, 1, 60), Promise(1.1, 1, 60), Promise(1.0, 2, 60)],
        [Arrival(1.102, 1, 60), Arrival(0.999, 1, 60), Arrival(1.005, 2, 60), Arrival(1.0, 3, 60)],
    )
    assert sorted(found.lateness) == pytest.approx([-0.001, 0.002, 0.005])
    assert (found.lost, found.reordered) == (0, 0)


def test_what_never_came_or_came_far_away_is_lost():
    found = match([Promise(1.0, 1, 60), Promise(2.0, 1, 62)], [Arrival(1.5, 1, 60), Arrival(2.0, 1, 63)])
    assert (found.lateness, found.lost) == ((), 2)


def test_one_arrival_is_one_note():
    assert match([Promise(1.0, 1, 60), Promise(1.01, 1, 60)], [Arrival(1.0, 1, 60)]).lost == 1


def test_a_note_that_comes_before_one_promised_earlier_is_reordered():
    found = match([Promise(1.0, 1, 60), Promise(1.05, 1, 62)], [Arrival(1.09, 1, 60), Arrival(1.05, 1, 62)])
    assert (found.lost, found.reordered) == (0, 1)


def test_a_chord_may_come_in_any_order_and_so_may_other_voices():
    chord = match([Promise(1.0, 1, 60), Promise(1.0, 1, 64)], [Arrival(1.002, 1, 60), Arrival(1.001, 1, 64)])
    voices = match([Promise(1.0, 1, 60), Promise(1.05, 2, 64)], [Arrival(1.09, 1, 60), Arrival(1.05, 2, 64)])
    assert chord.reordered == voices.reordered == 0
