"""What `bench timing` hears of a show, over a real socket, and makes of what was said and what came."""

import json
import socket

import pytest

from performer.bench.line import Arrival
from performer.bench.match import Promise
from performer.bench.timing import Promises, Said, punctuality
from performer.errors import PerformerError
from performer.loopback import encode

ORIGIN = 1000.0
FIRST, SECOND = Promise(1.0, 1, 60), Promise(1.125, 1, 60)  # the same note again, a sixteenth later


def told(said: Said, *came: Promise) -> dict[str, object]:
    """The figures of ten seconds in which these notes came."""
    return punctuality(said, [Arrival(ORIGIN + each.time, each.voice, each.pitch) for each in came], ORIGIN, ORIGIN + 10.0)


def test_what_a_show_says_is_kept_until_it_is_over():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as show:
        ear.bind(("127.0.0.1", 0))
        promises = Promises(ear)
        promises.start()
        for address, *arguments in (
            ("/performer/status", json.dumps({"clock_origin": ORIGIN})), ("/performer/plan/committed", 1, 60, 90, 1.0, 0.5),
            ("/performer/plan/committed", 2, 62, 90, 1.5, 0.5), ("/performer/plan/missed", 1, 60, 1.0, 1.125),
            ("/performer/played", 1, 60, 90, 0.5, 0.0), ("/performer/plan/missed", 2, 62, 1.5, -1.0), ("/performer/status", "{}"),
        ):  # fmt: skip
            show.sendto(encode(address, *arguments), ear.getsockname())
        said = promises.end()
    assert said == Said(ORIGIN, (Promise(1.0, 1, 60), Promise(1.5, 2, 62)), frozenset({Promise(1.5, 2, 62)}))


def test_a_note_that_the_show_left_out_is_lost_and_takes_no_other_notes_arrival():
    figures = told(Said(ORIGIN, (FIRST, SECOND), frozenset({FIRST})), SECOND)
    assert (figures["n"], figures["lost"], figures["left_out"], figures["reordered"]) == (2, 1, 1, 0)
    assert figures["lateness_ms"] == {"p50": 0.0, "p95": 0.0, "p99": 0.0, "p999": 0.0, "max": 0.0}


def test_a_note_that_went_astray_is_lost_and_not_left_out():
    figures = told(Said(ORIGIN, (FIRST, Promise(3.0, 2, 64)), frozenset()), FIRST._replace(time=1.002))
    assert (figures["lost"], figures["left_out"]) == (1, 0)
    assert figures["signed_median_ms"] == pytest.approx(2.0)


def test_only_what_was_promised_for_its_time_counts():
    said = Said(ORIGIN, (FIRST, Promise(4.0, 1, 60)), frozenset({FIRST}))
    figures = punctuality(said, [Arrival(ORIGIN + 4.0, 1, 60)], ORIGIN + 2.0, ORIGIN + 5.0)
    assert (figures["n"], figures["lost"], figures["left_out"]) == (1, 0, 0)


def test_a_show_that_does_not_tell_its_clock_is_named():
    with pytest.raises(PerformerError, match="did not tell when its clock began"):
        told(Said(None, (FIRST,), frozenset()))
