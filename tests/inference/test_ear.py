"""What is expected is thought of once; what is heard is what counts, whether it was expected or not."""

from dataclasses import replace

import numpy as np
import pytest

from performer.assets import models_dir
from performer.clock import SystemClock, VirtualClock
from performer.effects import Ask, Expect, Feed
from performer.encoding import OFFSETS, PITCH
from performer.events import ModelNote
from performer.inference.ear import Ear
from performer.inference.lstm import LstmMind, load_mind
from performer.inference.surprise import known_of
from performer.inference.thinker import MOST_TRIED, REHEARSED, Thinker
from performer.inference.thinking import TRYING_S, Thinking
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
    assert list(thinker.expect(Expect(NOTES[:2]))) == [None, None]
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


KEY = Expect((), "", ModelNote(0.25, 60, 80, None), (0,))


def ran(mind: LstmMind) -> list[int]:
    """Counts the runs of the mind's two graphs from now on."""
    runs = [0, 0]
    for place, name in enumerate(("_step", "_heads")):

        class Counted:
            def __init__(self, graph, place=place):
                self.graph, self.place = graph, place

            def __getattr__(self, name):
                return getattr(self.graph, name)

            def __call__(self, *arrays):
                runs[self.place] += 1
                return self.graph(*arrays)

            def after(self, *given):
                runs[self.place] += 1
                return self.graph.after(*given)

        setattr(mind, name, Counted(getattr(mind, name)))
    return runs


def harmonising(key: ModelNote) -> Ask:
    return REHEARSED._replace(seed=11, part=0, heard=(key,))


def test_a_key_that_was_tried_is_answered_without_a_run_and_as_if_it_was_not():
    mind = load_mind(TINY)
    runs = ran(mind)
    thinker, other = Thinker(mind), Thinker(load_mind(TINY))
    for note in NOTES:
        thinker.hear(note)
        other.hear(note)
    list(thinker.expect(KEY))
    tried = dict(thinker._ear._tried)
    assert len(tried) == MOST_TRIED and {replace(note, pitch=60) for note in tried} == {KEY.key}
    runs[:] = 0, 0
    for note in tried:
        thinker._ear._clear()
        thinker._ear._tried = dict(tried)
        assert next(thinker.answer(harmonising(note))) == next(other.answer(harmonising(note)))
        assert runs == [0, 0]


def test_what_is_tried_is_not_tried_again():
    mind = load_mind(TINY)
    runs, thinker = ran(mind), Thinker(mind)
    list(thinker.expect(KEY))
    runs[:] = 0, 0
    list(thinker.expect(KEY))
    assert runs == [0, 0]


def test_the_likeliest_keys_are_tried_first_and_others_cost_what_they_cost():
    mind = load_mind(TINY)
    runs, thinker = ran(mind), Thinker(mind)
    logits = mind.logits(known_of(0))[0, OFFSETS[PITCH] : OFFSETS[PITCH + 1]]
    list(thinker.expect(KEY, 4))
    assert [note.pitch for note in thinker._ear._tried] == np.argsort(-logits)[:4].tolist()
    runs[:] = 0, 0
    next(thinker.answer(harmonising(replace(KEY.key, pitch=int(np.argmin(logits))))))
    assert runs == [1, 1]


@pytest.mark.parametrize("between", ["heard", "asked", "heard as expected", "forgotten"])
@pytest.mark.parametrize("steps", [1, 6, 99])
def test_what_is_tried_is_what_would_be_whatever_came_between(between, steps):
    """Each key that is remembered leaves the mind as hearing it now would."""
    thinker, other = Thinker(load_mind(TINY)), Thinker(load_mind(TINY))
    expecting = thinker.expect(replace(KEY, heard=NOTES[:2]))
    for _ in range(2 + steps):
        next(expecting, None)
    heard: list[ModelNote] = list(NOTES[:2])
    if between == "heard":
        thinker.hear(OTHER)
        heard = [OTHER]
    elif between == "heard as expected":
        for note in heard:
            thinker.hear(note)
    elif between == "asked":
        next(thinker.answer(harmonising(OTHER)._replace(heard=(*NOTES[:2], OTHER))))
        heard.append(OTHER)
    else:
        thinker.forget()
        heard = []
    list(expecting)
    for note in heard:
        other.hear(note)
    tried = thinker._ear._tried
    assert len(tried) == (MOST_TRIED if between == "heard as expected" else 0) or between != "heard as expected"
    for note, mind in tried.items():
        fresh = other.mind.fork()
        fresh.feed(note)
        assert (fresh.logits(known_of(0, 0)) == mind.logits(known_of(0, 0))).all()


def test_a_key_that_comes_before_what_was_expected_is_not_the_one_that_was_tried_after_it():
    thinker = Thinker(load_mind(TINY))
    list(thinker.expect(replace(KEY, heard=NOTES[:2])))
    key, mind = next(iter(thinker._ear._tried.items()))
    fresh = load_mind(TINY)
    for note in (NOTES[0], key):
        fresh.feed(note)
    known = known_of(0, 0)
    assert (thinker._ear.after((NOTES[0], key)).logits(known) == fresh.logits(known)).all() and (mind.logits(known) != fresh.logits(known)).any()


def test_only_the_styles_that_are_asked_for_are_tried():
    thinker = Thinker(load_mind(TINY))
    for _ in thinker._listen_in(3):
        pass
    list(thinker.expect(replace(KEY, styles=(3,))))
    assert not thinker._ear._tried and len(thinker._styles[3][0]._tried) == MOST_TRIED
    list(thinker.expect(replace(KEY, styles=(0, 3))))
    assert len(thinker._ear._tried) == MOST_TRIED // 2


def test_a_slow_model_tries_fewer_keys():
    clock = VirtualClock()

    class Slow(Counting):
        def feed(self, note):
            super().feed(note)
            clock.advance_to(clock.now() + 0.4 * TRYING_S)

        def fork(self):
            return Slow(list(self.fed), self.count)

        def logits(self, known):
            return np.zeros((1, OFFSETS[-1]))

    mind = Slow()
    thinking = Thinking(Thinker(mind), clock, lambda timed: None, rehearses=False)
    thinking._handle(replace(KEY, heard=NOTES[:3]))
    while thinking._go_on() == 0.0:
        pass
    assert mind.count == [3 + 3]


def test_what_is_fed_as_expected_leaves_the_key_to_be_tried():
    thinking = Thinking(Thinker(load_mind(TINY)), SystemClock(), lambda timed: None, rehearses=False)
    thinking._handle(replace(KEY, heard=NOTES[:2]))
    thinking._handle(Feed(NOTES[0]))
    while thinking._go_on() == 0.0:
        pass
    assert thinking.thinker._ear._tried
    thinking._handle(Feed(NOTES[1]))
    assert thinking.thinker._ear._tried
    thinking._handle(Feed(OTHER))
    assert not thinking.thinker._ear._tried
