"""The model's surprise over the tiny model and the shipped one, and where in the thread's turn it is thought of."""

import queue

import numpy as np
import pytest

from performer.assets import models_dir
from performer.clock import SystemClock
from performer.effects import Ask, Feed, Say, Wonder
from performer.encoding import OFFSETS, PITCH, SCALES, UNKNOWN, VOICE, encode_note
from performer.events import ModelNote, NoteOn, Timed
from performer.inference.echo import Echo
from performer.inference.lstm import load_mind
from performer.inference.surprise import EVEN, judge
from performer.inference.thinker import Thinker
from performer.inference.thinking import Thinking
from tests.stagehands import offline

NOTES = tuple(ModelNote(0.25, pitch, 80, 0.2) for pitch in (60, 62, 64, 65))


def verdict(mind, heard):
    *steps, last = judge(mind.fork(), heard)
    assert all(step is None for step in steps)
    return last


def test_the_nats_are_those_of_the_models_own_logits(mind):
    before = verdict(mind, NOTES)
    ahead = mind.fork()
    for note in NOTES[:-1]:
        ahead.feed(note)
    classes, known, nats = encode_note(NOTES[-1]), np.array([UNKNOWN], np.int64), 0.0
    known[0, VOICE] = classes[VOICE]
    for k in (1, PITCH):
        logits = ahead.logits(known)[0, OFFSETS[k] : OFFSETS[k + 1]].astype(float)
        shares = np.exp(logits) / np.exp(logits).sum()
        first = classes[k] // SCALES[k].per_bin * SCALES[k].per_bin
        nats -= np.log(shares[first : first + SCALES[k].per_bin].sum())
        known[0, k] = classes[k]
    assert before.surprise_nats == pytest.approx(nats, rel=1e-5) and before.pitch == 65
    assert before.surprise == pytest.approx(min(1.0, nats / EVEN)) and 0.0 < before.entropy < 1.0
    assert verdict(mind, NOTES) == before  # the mind itself has heard nothing


def test_a_wrong_note_in_a_scale_surprises_the_shipped_model_more():
    mind = load_mind(models_dir() / "lstm-first-int8")
    scale = [ModelNote(0.25, pitch, 80, 0.22) for pitch in (60, 62, 64, 65, 67, 69, 71, 72, 71, 69, 67, 65, 64, 62)]
    right, wrong = (verdict(mind, (*scale, ModelNote(0.25, pitch, 80, None))) for pitch in (60, 30))
    assert right.surprise_nats + 2.0 < wrong.surprise_nats and right.surprise < 0.6 < wrong.surprise


class Sick:
    def feed(self, note):
        pass

    def logits(self, known):
        return np.full((1, OFFSETS[-1]), np.nan)


def test_numbers_that_are_none_are_refused():
    with pytest.raises(ValueError, match="finite"):
        list(judge(Sick(), NOTES[:1]))


def test_the_thread_tells_after_it_has_answered(mind):
    happened: queue.SimpleQueue = queue.SimpleQueue()
    thinking = Thinking(Thinker(mind), SystemClock(), happened.put, happened.put)
    ask = Ask(id=1, voice=1, seed=1, most=3, part=0, low=48, high=72, classes=(), temperature=1.0, top_p=0.9, gap=(0.1, 0.5), first_gap=(0.1, 0.5),
              heard=NOTES[:1], expires=1e12)  # fmt: skip
    for effect in (Feed(NOTES[0]), ask, Wonder(NOTES[1:3])):
        thinking.post(effect)
    thinking.start()
    said = [happened.get(timeout=5) for _ in range(5)]
    thinking.stop()
    assert [isinstance(each, Say) for each in said] == [False] * 3 + [True] * 2
    assert [each.address for each in said[3:]] == ["/performer/surprise", "/performer/entropy"]
    assert said[3].arguments[2] == NOTES[2].pitch


def test_a_mind_that_knows_no_likelihoods_says_nothing():
    told = []
    thinking = Thinking(Thinker(Echo()), SystemClock(), lambda timed: None, told.append)
    thinking.post(Wonder(NOTES))
    thinking.start()
    thinking.stop()
    assert told == []


def test_the_session_wonders_about_each_key_that_goes_down():
    graph = offline()
    graph.play([Timed(1.0, NoteOn(60, 80)), Timed(1.5, NoteOn(64, 90))], 2.0)
    wondered = [effect for effect in graph.said if isinstance(effect, Wonder)]
    assert [each.heard[-1].pitch for each in wondered] == [60, 64]
    assert wondered[1].heard[-1].gap == pytest.approx(0.5)
