"""The mind without a model: the phrase comes back, inside the constraints."""

import numpy as np
import pytest

from performer.constraints import Constraints
from performer.effects import Ask
from performer.events import ModelNote
from performer.inference.echo import Echo
from performer.inference.thinker import Thinker
from tests.stagehands import melody, offline

PHRASE = (ModelNote(3.0, 60, 80, 0.2), ModelNote(0.25, 64, 90, 0.3), ModelNote(0.5, 67, 70, None))


@pytest.fixture
def echo() -> Echo:
    out = Echo()
    for note in PHRASE:
        out.feed(note)
    return out


def answers(mind: Echo, count: int, constraints: Constraints | None = None, seed: int = 1) -> list[ModelNote]:
    rng, mind = np.random.default_rng(seed), mind.fork()
    return [mind.query(constraints or Constraints(), rng) for _ in range(count)]


def test_the_phrase_comes_back_with_its_rhythm_again_and_again(echo):
    notes = answers(echo, 6)
    assert [note.pitch for note in notes] == [60, 64, 67, 60, 64, 67]
    assert [note.gap for note in notes[1:3]] == [0.25, 0.5]
    assert [note.duration for note in notes[:2]] == [0.2, 0.3]
    assert all(abs(note.velocity - each.velocity) <= 5 and note.own for note, each in zip(notes, PHRASE * 2, strict=True))


def test_its_own_notes_are_no_part_of_the_phrase_but_take_their_time(echo):
    echo.feed(ModelNote(0.25, 40, 80, 0.1, own=True))
    echo.feed(ModelNote(0.25, 72, 80, 0.1))
    assert [(note.pitch, note.gap) for note in answers(echo, 4)][1:] == [(64, 0.25), (67, 0.5), (72, 0.5)]


def test_after_a_rest_a_new_phrase_begins(echo):
    echo.feed(ModelNote(1.5, 50, 80, 0.2))
    assert {note.pitch for note in answers(echo, 3)} == {50}


def test_a_note_that_is_not_allowed_goes_to_its_octave_then_to_its_neighbour(echo):
    notes = answers(echo, 3, Constraints(pitches=(48, 62, 65, 66, 79)))
    assert [note.pitch for note in notes] == [48, 65, 79]


@pytest.mark.parametrize("played", [True, False])
def test_constraints_hold(echo, played):
    if not played:
        echo.reset()
    wanted = Constraints(voice=5, gap=(0.1, 0.12), pitches=(61, 63), duration=(0.05, 0.06), velocity=(1, 9))
    for note in answers(echo, 20, wanted):
        assert note.voice == 5
        assert 0.1 <= note.gap <= 0.12
        assert note.pitch in (61, 63)
        assert 0.05 <= note.duration <= 0.06
        assert 1 <= note.velocity <= 9


def test_together_with_a_note_come_notes_of_its_chord(echo):
    ask = Ask(
        1, 1, 1, 3, 9.0, 0, 36, 96, (0, 2, 4, 5, 7, 9, 11), 1.0, 1.0, (0.0, 0.009), (0.0, 0.009), (ModelNote(1.0, 60, 80, None),), True
    )
    assert [note.pitch for note in Thinker(echo).answer(ask)] == [64, 67, 69]


def test_a_fork_leaves_the_original_where_it_was(echo):
    before = answers(echo, 4)
    fork = echo.fork()
    fork.feed(ModelNote(0.1, 90, 80, 0.1))
    fork.query(Constraints(), np.random.default_rng(0))
    assert answers(echo, 4) == before


def test_a_show_without_a_model_answers_a_phrase():
    show = offline(mind=Echo(), mode="call")
    notes = show.play(melody(60, 64, 67, 72), until=12.0)
    assert notes
    assert {note.pitch % 12 for note in notes} == {0, 4, 7}
