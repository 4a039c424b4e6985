"""What `bench timing` makes of what a show says, over a real socket, and of what came."""

import json
import socket

import pytest

from performer.bench.line import Arrival
from performer.bench.timing import Promises, figures
from performer.errors import PerformerError
from performer.loopback import encode

ORIGIN = 1000.0
STATUS = ("/performer/status", json.dumps({"clock_origin": ORIGIN}))


def heard(*said: tuple) -> Promises:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as show:
        ear.bind(("127.0.0.1", 0))
        for address, *arguments in said:
            show.sendto(encode(address, *arguments), ear.getsockname())
        promises = Promises(ear)
        promises.start()
        while len(promises._kept) < len(said):
            promises.join(0.01)
        promises.end()
    return promises


def committed(pitch: int, moment: float) -> tuple:
    return ("/performer/plan/committed", 1, pitch, 90, moment, 0.5)


def test_what_the_show_left_out_itself_is_told_beside_what_was_lost():
    promises = heard(STATUS, committed(60, 1.0), committed(62, 2.1), committed(64, 3.0), ("/performer/plan/missed", 1, 62, 2.1, -1.0))
    told = figures(promises, [Arrival(ORIGIN + 1.001, 1, 60)], ORIGIN, ORIGIN + 10.0)
    assert (told["n"], told["lost"], told["left_out"], told["reordered"]) == (3, 2, 1, 0)
    assert told["signed_median_ms"] == pytest.approx(1.0, abs=0.01)


def test_a_note_that_came_though_it_was_moved_is_not_left_out():
    promises = heard(STATUS, committed(60, 1.0), ("/performer/plan/missed", 1, 60, 1.0, 1.125))
    told = figures(promises, [Arrival(ORIGIN + 1.125, 1, 60)], ORIGIN, ORIGIN + 10.0)
    assert (told["lost"], told["left_out"]) == (0, 0)


def test_only_what_was_promised_for_its_time_counts():
    told = figures(heard(STATUS, committed(60, 1.0), committed(60, 4.0)), [Arrival(ORIGIN + 4.0, 1, 60)], ORIGIN + 2.0, ORIGIN + 5.0)
    assert (told["n"], told["lost"]) == (1, 0)


def test_a_show_that_does_not_tell_its_clock_is_named():
    with pytest.raises(PerformerError, match="did not tell when its clock began"):
        figures(heard(committed(60, 1.0)), [], 0.0, 1.0)
