"""What is expected is thought of once; what is heard is what counts, whether it was expected or not."""

import pytest

from performer.assets import models_dir
from performer.clock import SystemClock
from performer.effects import Expect, Feed
from performer.events import ModelNote
from performer.inference.ear import Ear
from performer.inference.lstm import load_mind
from performer.inference.thinker import Thinker
from performer.inference.thinking import Thinking
from tests.inference.conftest import TINY
from tests.stagehands import StepMind

NOTES = tuple(ModelNote(0.1 * place, 60 + place, 80, None) for place in range(5))
OTHER = ModelNote(0.3, 40, 80, 0.2)


class Counting(StepMind):
    """Counts the notes that it and its forks were fed."""

    def __init__(self, fed: list[ModelNote] | None = None, count: list[int] | None = None) -> None:
        super().__init__(fed)
        self.count = count if count is not None else [0]

    def feed(self, note: ModelNote) -> None:
        super().feed(note)
        self.count[0] += 1

    def fork(self) -> "Counting":
        return Counting(list(self.fed), self.count)


def test_what_came_as_expected_was_thought_of_before():
    mind = Counting()
    ear = Ear(mind)
    for place in range(1, 5):
        ear.after(NOTES[:place])
    assert mind.count == [4]
    for note in NOTES[:3]:
        ear.hear(note)
    assert mind.count == [4] and ear.mind.fed == list(NOTES[:3])
    assert ear.after(NOTES[3:]).fed == list(NOTES) and mind.count == [5]


@pytest.mark.parametrize("before", range(4))
def test_what_came_otherwise_is_heard_as_it_came(before):
    """Whatever was expected, and however much of it was right: the mind has heard what was fed, and only that."""
    ear = Ear(Counting())
    ear.after(NOTES)
    fed = [*NOTES[:before], OTHER, NOTES[before]]
    for note in fed:
        ear.hear(note)
    assert ear.mind.fed == fed and ear.after((OTHER,)).fed == [*fed, OTHER]
    ear.forget()
    assert ear.mind.fed == [] and ear.after(NOTES[:1]).fed == [NOTES[0]]


def test_a_question_about_less_than_is_expected_takes_nothing_of_it_away():
    mind = Counting()
    ear = Ear(mind)
    ear.after(NOTES[:3])
    assert ear.after(NOTES[:1]).fed == [NOTES[0]] and ear.after(NOTES[:2]).fed == list(NOTES[:2])
    assert ear.after((NOTES[0], OTHER)).fed == [NOTES[0], OTHER] and mind.count == [4]


def test_a_model_thinks_of_it_a_note_at_a_time_when_nobody_waits():
    mind = Counting()
    thinking = Thinking(Thinker(mind), SystemClock(), lambda timed: None, rehearses=False)
    thinking._handle(Expect(NOTES[:3]))
    for counted in (1, 2, 3):
        assert thinking._go_on() == 0.0 and mind.count == [counted]
    while thinking._go_on() == 0.0:
        pass
    for note in (*NOTES[:2], OTHER):
        thinking._handle(Feed(note))
    assert thinking.thinker.mind.fed == [*NOTES[:2], OTHER] and mind.count == [4]


@pytest.mark.parametrize(("fed", "counted"), [(NOTES[0], 5), (OTHER, 2)])
def test_what_is_fed_as_expected_leaves_the_rest_and_what_is_not_ends_it(fed, counted):
    mind = Counting()
    thinking = Thinking(Thinker(mind), SystemClock(), lambda timed: None, rehearses=False)
    thinking._handle(Expect(NOTES))
    thinking._go_on()
    thinking._handle(Feed(fed))
    while thinking._go_on() == 0.0:
        pass
    assert mind.count == [counted] and thinking.thinker.mind.fed == [fed]


def test_styles_expect_it_too():
    thinker = Thinker(load_mind(TINY))
    for _ in thinker._listen_in(3):
        pass
    assert list(thinker.expect(NOTES[:2])) == [None, None]
    for note in NOTES[:2]:
        thinker.hear(note)
    fresh = load_mind(TINY).in_style(3)
    for note in NOTES[:2]:
        fresh.feed(note)
    assert (thinker._styles[3][0].mind._memory.hidden == fresh._memory.hidden).all()


def test_a_model_of_drums_is_rehearsed_too():
    mind = load_mind(models_dir() / "lstm-drums")
    ran, graph = [], mind._heads

    def heads(*arrays):
        ran.append(1)
        return graph(*arrays)

    mind._heads = heads
    thinker = Thinker(mind)
    for _ in range(2 * 3):
        thinker.rehearse()
    assert len(ran) >= 3  # at least once for each answer
