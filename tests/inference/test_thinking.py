"""A model at work: who brings a question has its first note at once, the rest comes from the model's own thread, and rehearsing leaves no trace."""

import queue
import threading

import numpy as np

from performer.clock import SystemClock, VirtualClock
from performer.effects import Ask, Feed
from performer.events import Answer, ModelNote, Timed
from performer.inference.lstm import LstmMind, load_mind
from performer.inference.thinker import Thinker
from performer.inference.thinking import LENT, MOST_ASIDE, QUIET_REHEARSAL_S, QUIET_S, REHEARSAL_S, Thinking
from tests.inference.conftest import TINY

PATIENCE = 10.0
KEY = ModelNote(0.2, 64, 80, None)


def ask(number: int, count: int = 1) -> Ask:
    return Ask(number, number, 7 + number, count, 1e9, 0, 40, 80, (), 1.0, 1.0, (0.0, 1.0), (0.0, 1.0), (KEY,))


def thinking(rehearses: bool = True) -> tuple[Thinking, "queue.SimpleQueue[tuple[Answer, threading.Thread]]"]:
    said: queue.SimpleQueue[tuple[Answer, threading.Thread]] = queue.SimpleQueue()

    def post(timed: Timed) -> None:
        assert isinstance(timed.event, Answer)
        said.put((timed.event, threading.current_thread()))

    return Thinking(Thinker(load_mind(TINY)), SystemClock(), post, rehearses=rehearses), said


def test_the_first_note_comes_from_who_brings_the_question():
    found, said = thinking(rehearses=False)
    found.start()
    answered_here = False
    for number in range(1, 1000):  # the model's own thread may just have the turn: then it answers
        found.bring(ask(number))
        found.go_on()
        first, thread = said.get(timeout=PATIENCE)
        assert first.index == 0 and first.last
        if thread is threading.current_thread():
            answered_here = True
            break
    assert answered_here
    found.stop()


def test_the_others_follow():
    found, said = thinking()
    found.start()
    found.post(Feed(KEY), ring=False)
    found.bring(ask(1, 3))
    found.go_on()
    answers = [said.get(timeout=PATIENCE)[0] for _ in range(3)]
    found.stop()
    assert [(answer.index, answer.last) for answer in answers] == [(0, False), (1, False), (2, True)] and said.empty()
    expected = Thinker(load_mind(TINY))
    expected.hear(KEY)
    assert [answer.note for answer in answers] == list(expected.answer(ask(1, 3)))


def test_what_is_brought_and_what_is_posted_are_thought_of_in_their_order():
    """Sixteen voices ask about one key: the first is answered at once, and what is fed after that changes none of the others."""
    found, said = thinking()
    found.start()
    found.bring(ask(1))
    for number in range(2, 17):
        found.post(ask(number), ring=False)
    found.post(Feed(ModelNote(1.0, 50, 90, 0.5)), ring=False)
    found.go_on()
    answers = [said.get(timeout=PATIENCE)[0] for _ in range(16)]
    found.stop()
    first = {answer.ask: answer.note for answer in answers if answer.index == 0}
    thinker = Thinker(load_mind(TINY))
    assert first == {number: next(thinker.answer(ask(number))) for number in range(1, 17)}


def test_rehearsing_leaves_no_trace():
    found, said = thinking()
    found.start()
    found.post(Feed(KEY))
    found.stop()
    mind = found.thinker.mind
    before = [array.copy() for array in (mind._memory.hidden, *mind._memory.state)]
    for _ in range(6):
        found.thinker.rehearse()
    assert found.thinker.mind is mind and said.empty()
    for kept, now in zip(before, (mind._memory.hidden, *mind._memory.state), strict=True):
        np.testing.assert_array_equal(kept, now)


def test_who_plays_may_rehearse_in_the_models_stead():
    found, said = thinking()
    found.start()
    threads: list[threading.Thread] = []
    found.thinker.rehearse = lambda: threads.append(threading.current_thread())
    found.rehearse()
    assert threading.current_thread() in threads or threads == []  # nothing where the model was at work
    found.bring(ask(1))
    assert said.get(timeout=PATIENCE)[0].index == 0
    found.stop()


def test_a_model_that_nobody_waits_for_does_not_rehearse():
    found, said = thinking(rehearses=False)
    rehearsed = []
    found.thinker.rehearse = lambda: rehearsed.append(1)
    found.start()
    found.post(ask(1))
    assert said.get(timeout=PATIENCE)[0].index == 0
    found.stop()
    assert rehearsed == []


def test_it_is_busy_while_somebody_waits_or_something_is_to_be_heard():
    found, said = thinking(rehearses=False)
    assert not found.busy
    found.post(Feed(KEY))
    assert found.busy
    found.start()
    found.post(ask(1, 40))
    assert said.get(timeout=PATIENCE)[0].index == 0 and found.busy
    while not said.get(timeout=PATIENCE)[0].last:
        pass
    found.stop()
    assert not found.busy


def test_who_cannot_wait_comes_before_the_end_of_a_planned_note(monkeypatch):
    found, said = thinking(rehearses=False)
    looks, look = [], LstmMind.logits

    def watched(mind: LstmMind, known: np.ndarray) -> np.ndarray:
        looks.append(known)
        if len(looks) == 2:  # the planned note is half drawn
            found.post(ask(2))
        return look(mind, known)

    monkeypatch.setattr(LstmMind, "logits", watched)
    found.start()
    found.post(ask(1)._replace(ahead=True))
    answers = [said.get(timeout=PATIENCE)[0] for _ in range(2)]
    found.stop()
    assert [answer.ask for answer in answers] == [2, 1]
    monkeypatch.undo()
    assert [answer.note for answer in answers] == [next(Thinker(load_mind(TINY)).answer(ask(number))) for number in (2, 1)]


def test_what_can_wait_stays_out_of_the_way_but_not_for_ever(monkeypatch):
    found, said = thinking(rehearses=False)
    aside, looks, look = [], [], LstmMind.logits
    monkeypatch.setattr(LstmMind, "logits", lambda mind, known: looks.append(known) or look(mind, known))
    found._clear_in = lambda: aside.append(1) or 0.0005
    found.start()
    found.post(ask(1)._replace(ahead=True))
    assert said.get(timeout=PATIENCE)[0].note is not None
    assert len(looks) > 2 and len(aside) >= MOST_ASIDE * len(looks)
    del aside[:]
    found.post(ask(2))
    assert said.get(timeout=PATIENCE)[0].ask == 2
    found.stop()


def test_rehearsing_rests_where_nobody_plays_and_goes_on_with_the_first_note() -> None:
    clock = VirtualClock(0.0)
    found = Thinking(Thinker(load_mind(TINY)), clock, lambda timed: None)
    assert found._go_on() == REHEARSAL_S
    clock.advance_to(QUIET_S + 0.1)
    assert found._go_on() == QUIET_REHEARSAL_S, "twice a second keeps it warm"
    found.rehearse()
    assert found._go_on() == QUIET_REHEARSAL_S, "nor does its thread look up while the port's reader rehearses"
    found.post(Feed(KEY))
    found._worker.drain()
    clock.advance_to(clock.now() + 2 * LENT)
    assert found._go_on() == REHEARSAL_S


def test_a_model_that_does_not_rehearse_sleeps_until_it_is_rung_for() -> None:
    found, _ = thinking(rehearses=False)
    assert found._go_on() >= QUIET_REHEARSAL_S
