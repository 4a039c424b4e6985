"""Performer's own notes that a DAW sends back are known; a player who strikes the same key is not taken for them."""

import pytest

from performer.session.echoes import KNOWN, SHARE, WINDOW, Echoes


def play_alone(echoes: Echoes, count: int, start: float = 0.0) -> float:
    """Notes that leave, a second apart, and do not come back. Returns the time after them."""
    for number in range(count):
        echoes.leaves(start + number, 100 + number % 20, 90)
    return start + count


def test_a_note_that_comes_back_is_an_echo_once():
    echoes = Echoes()
    echoes.leaves(1.0, 60, 90)
    assert echoes.is_echo(1.01, 60, 90)
    assert not echoes.is_echo(1.02, 60, 90)


@pytest.mark.parametrize(("time", "pitch", "velocity"), [
    (1.01, 61, 90), (1.01, 60, 91), (0.9, 60, 90), (1.0 + WINDOW + 0.01, 60, 90),
])  # fmt: skip
def test_another_key_another_force_too_early_or_too_late_is_the_player(time: float, pitch: int, velocity: int):
    echoes = Echoes()
    echoes.leaves(1.0, 60, 90)
    assert not echoes.is_echo(time, pitch, velocity)


def test_the_edges_of_the_window():
    for time in (1.0 - 0.0005, 1.0 + WINDOW - 0.001):
        echoes = Echoes()
        echoes.leaves(1.0, 60, 90)
        assert echoes.is_echo(time, 60, 90), time


def test_a_chord_comes_back_in_any_order():
    echoes = Echoes()
    for pitch in (60, 64, 67):
        echoes.leaves(1.0, pitch, 80)
    assert all(echoes.is_echo(1.005, pitch, 80) for pitch in (67, 60, 64))


def test_an_echo_ends_once_and_only_itself():
    echoes = Echoes()
    echoes.leaves(1.0, 60, 90)
    assert echoes.is_echo(1.01, 60, 90)
    assert not echoes.ends(62)
    assert echoes.ends(60)
    assert not echoes.ends(60)


def test_where_no_note_comes_back_the_same_key_is_the_player():
    echoes = Echoes()
    now = play_alone(echoes, KNOWN)
    echoes.leaves(now + WINDOW, 60, 90)
    assert not echoes.is_echo(now + WINDOW + 0.01, 60, 90)
    assert not echoes.ends(60)


def test_too_few_notes_to_know_count_as_a_loop():
    echoes = Echoes()
    now = play_alone(echoes, KNOWN - 1)
    echoes.leaves(now + WINDOW, 60, 90)
    assert echoes.is_echo(now + WINDOW + 0.01, 60, 90)


def test_a_loop_that_loses_some_notes_is_still_a_loop():
    echoes = Echoes()
    caught = 0
    for number in range(40):
        echoes.leaves(number, 60 + number % 12, 90)
        if number % 2 == 0:
            caught += echoes.is_echo(number + 0.01, 60 + number % 12, 90)
    assert SHARE < 0.5
    assert caught == 20


def test_a_loop_that_is_closed_in_the_middle_of_a_show_is_found():
    echoes = Echoes()
    now = play_alone(echoes, 50) + 1
    taken = []
    for number in range(20):
        echoes.leaves(now + number, 60, 90)
        taken.append(echoes.is_echo(now + number + 0.01, 60, 90))
    assert not taken[0]
    assert all(taken[5:])
