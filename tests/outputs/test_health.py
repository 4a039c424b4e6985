"""What the show says of its own time-keeping."""

import itertools
import json

import pytest

from performer.effects import Play, Say
from performer.outputs.health import Health
from performer.scheduler import Missed, Played


@pytest.fixture
def told():
    said: list[Say] = []
    steps = itertools.count(0.000125, 0.000001)
    return Health(said.append, lambda: {"collections": 3}, lambda: {"lstm": tuple(next(steps) for _ in range(4))}), said


def live(time: float) -> Play:
    return Play(time, 1, 1, 60, 90, None, "key 60")


def planned(time: float) -> Play:
    return Play(time, 1, 1, 60, 90, 0.5, "plan", late="drop")


def test_replies_and_lateness_are_told_in_milliseconds(told):
    health, said = told
    for number in range(100):
        health.heard(float(number))
        health.left(Played(number + 0.002, live(number + 0.0015), number + 0.0015))
        health.left(Played(number + 0.003, live(number + 0.003), number + 0.003))  # a second voice's is no reply any more
    health.left(Played(200.010, planned(200.0), 200.0))
    health.left(Missed(300.0, planned(299.0), 7, None))
    health.look()
    figures = json.loads(said[0].arguments[0])
    assert said[0].address == "/performer/health"
    assert figures["reply_ms"] == {"p50": 2.0, "p95": 2.0, "p99": 2.0, "max": 2.0}
    assert (figures["lateness_ms"]["max"], figures["lateness_ms"]["p95"]) == (10.0, 0.5)
    assert (figures["missed"], figures["collections"]) == (1, 3)
    assert figures["step_ms"] == {"lstm": {"min": 0.125, "p50": 0.127, "p95": 0.128, "p99": 0.128, "max": 0.128}}


def test_nothing_new_is_not_told_again_though_models_go_on_rehearsing_and_an_answer_after_the_phrase_is_no_reply(told):
    health, said = told
    health.heard(1.0)
    health.left(Played(3.0, live(3.0), 3.0))
    health.look()
    health.look()
    assert len(said) == 1 and json.loads(said[0].arguments[0])["reply_ms"] is None


def test_the_rung_of_each_voice_is_told_as_it_is_now(told):
    health, said = told
    health.stands(1, "plan")
    health.stands(2, "small")
    health.stands(1, "pattern")
    health.look()
    assert json.loads(said[0].arguments[0])["rungs"] == {"1": "pattern", "2": "small"}
