"""A process beats as long as its loops go round."""

import threading
import time

from performer.heartbeat import EVERY_S, LATE_S, Heartbeat, Loops, start_beating


def test_a_loop_that_stands_still_is_late_until_it_goes_round():
    loops = Loops()
    went_round = loops.watch("sender", 1.0)
    now = time.monotonic()
    assert loops.late(now) == [] and loops.late(now + 1.5) == ["sender"]
    went_round()
    assert loops.late(now + 0.9) == []
    loops.forget("sender")
    assert loops.late(now + 99.0) == []


def test_a_process_beats_and_stops_when_a_loop_stands_still():
    heartbeat, loops, nudged = Heartbeat([0.0, 0.0]), Loops(), threading.Event()
    assert heartbeat.age(time.monotonic()) is None
    loops.watch("quick", 0.3, nudged.set)
    start_beating(heartbeat, loops)
    assert nudged.wait(2.0) and not heartbeat.has_begun
    loops.has_begun = True
    time.sleep(2 * EVERY_S + 0.4)  # the loop never goes round
    age = heartbeat.age(time.monotonic())
    assert age is not None and 2 * EVERY_S < age < LATE_S + 1.0
    loops.forget("quick")
    time.sleep(EVERY_S + 0.2)
    assert (heartbeat.age(time.monotonic()) or 9.0) < EVERY_S + 0.2 and heartbeat.has_begun
