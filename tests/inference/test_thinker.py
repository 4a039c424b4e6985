"""The thinker over the tiny model, and its thread: answers are pure, broken off without a trace, and refused when nobody waits."""

import pytest

from performer.clock import SystemClock, VirtualClock
from performer.effects import Ask, Drop, Feed, Forget
from performer.events import Answer, ModelFailed, ModelNote, Timed
from performer.inference.direction import Direction
from performer.inference.echo import Echo
from performer.inference.thinker import Thinker
from performer.inference.thinking import Thinking

HEARD = ModelNote(0.4, 62, 90, 0.3)
SCALE = (0, 2, 4, 5, 7, 9, 11)


def ask(number: int = 1, count: int = 6, **fields) -> Ask:
    wishes = {"classes": SCALE, "gap": (0.0, 0.5), "first_gap": (0.2, 0.25), "heard": (HEARD,), "expires": 10.0}
    return Ask(id=number, voice=1, seed=11, most=count, part=0, temperature=1.0, top_p=0.95, **({"low": 48, "high": 72} | wishes | fields))


def test_an_answer_keeps_to_what_was_asked(mind):
    notes = list(Thinker(mind).answer(ask(count=40)))
    assert len(notes) == 40
    assert all(48 <= note.pitch <= 72 and note.pitch % 12 in SCALE and note.voice == 0 for note in notes)
    assert 0.2 <= notes[0].gap <= 0.25
    assert all(0.0 <= note.gap <= 0.5 for note in notes[1:])


def test_distinct_notes_double_no_pitch_class(mind):
    notes = list(Thinker(mind).answer(ask(count=4, distinct=True)))
    assert len({HEARD.pitch % 12, *(note.pitch % 12 for note in notes)}) == 5


def test_an_answer_leaves_no_trace_even_when_it_is_broken_off(mind):
    thinker = Thinker(mind)
    thinker.hear(HEARD)
    whole = list(thinker.answer(ask()))
    broken = thinker.answer(ask())
    next(broken)
    broken.close()
    assert list(thinker.answer(ask())) == whole


def test_what_is_heard_while_an_answer_comes_does_not_change_it(mind):
    thinker = Thinker(mind)
    whole = list(thinker.answer(ask()))
    composing = thinker.answer(ask())
    notes = [next(composing)]
    thinker.hear(HEARD)
    assert notes + list(composing) == whole
    thinker.forget()
    assert list(thinker.answer(ask())) == whole


def test_classes_without_a_pitch_in_the_range_leave_the_range():
    assert Direction(ask(low=61, high=61, classes=(0,))).constraints(0).pitches == (61,)


class Said(list):
    """Collects what a Thinking says."""

    def __call__(self, timed: Timed) -> None:
        self.append(timed.event)

    @property
    def notes(self) -> list[ModelNote]:
        return [event.note for event in self if isinstance(event, Answer) and event.note is not None]


def played(thinking: Thinking, *effects) -> None:
    for effect in effects:
        thinking.post(effect)
    thinking.start()
    thinking.stop()


@pytest.fixture
def said() -> Said:
    return Said()


def test_the_thread_answers_note_by_note_in_turn_and_says_when_each_is_done(mind, said):
    played(Thinking(Thinker(mind), VirtualClock(), said), Feed(HEARD), ask(), Forget(), ask(2))
    for number in (1, 2):
        own = [event for event in said if event.ask == number]
        assert [event.index for event in own] == list(range(6)) and all(event.note is not None for event in own)
        assert [event.last for event in own] == [False] * 5 + [True]
    assert [event.ask for event in said].index(2) < 6, "the second had to wait for the end of the first"
    assert {event.model for event in said} == {"tiny-lstm"}


def test_an_ask_whose_time_is_over_is_skipped_with_an_end(said):
    clock = VirtualClock()
    clock.advance_to(20.0)
    thinking = Thinking(Thinker(Echo()), clock, said)
    played(thinking, ask())
    assert thinking.skipped == 1
    assert said == [Answer(1, 0, None, "echo")]


def test_what_was_dropped_is_not_answered(said):
    thinking = Thinking(Thinker(Echo()), SystemClock(), said)
    played(thinking, ask(1, expires=1e12), Drop(1, 1), ask(2, expires=1e12))
    assert {event.ask for event in said} == {2}


def test_a_mind_that_fails_says_so_and_the_next_ask_is_answered(said):
    class Broken(Echo):
        name = "broken"

        def fork(self) -> Echo:
            self.forks = getattr(self, "forks", 0) + 1
            if self.forks == 1:
                raise ValueError("the model gives numbers that are not finite")
            return super().fork()

    played(Thinking(Thinker(Broken()), VirtualClock(), said), ask(1), ask(2))
    assert said[0] == ModelFailed(1, "broken: the model gives numbers that are not finite")
    assert len(said.notes) == 6
