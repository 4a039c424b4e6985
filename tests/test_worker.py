"""The one kind of thread: in order, never blocking, never ended by what it handles."""

import logging
import threading

import pytest

from performer.worker import Worker

PATIENCE = 5.0


def test_items_are_handled_in_order_on_the_workers_own_thread():
    seen: list[tuple[int, str]] = []
    worker = Worker("hands", lambda item: seen.append((item, threading.current_thread().name)))
    worker.start()
    for number in range(100):
        assert worker.post(number)
    worker.stop()
    assert seen == [(number, "hands") for number in range(100)]
    assert (worker.counters.handled, worker.counters.failed, worker.counters.dropped) == (100, 0, 0)


def test_what_was_posted_before_the_start_waits():
    seen: list[int] = []
    worker = Worker("hands", seen.append)
    worker.post(1)
    assert seen == []
    worker.start()
    worker.stop()
    assert seen == [1]


def test_stop_handles_what_waits_and_nothing_after_it():
    seen: list[int] = []
    go, begun = threading.Event(), threading.Event()

    def handle(item: int) -> None:
        begun.set()
        assert go.wait(PATIENCE)
        seen.append(item)

    worker = Worker("hands", handle)
    worker.start()
    worker.post(1)
    assert begun.wait(PATIENCE)
    worker.post(2)
    stopping = threading.Thread(target=worker.stop)
    stopping.start()
    go.set()
    stopping.join(PATIENCE)
    worker.post(3)
    assert seen == [1, 2]


def test_stop_does_not_wait_for_ever():
    go = threading.Event()
    worker = Worker("hands", lambda item: go.wait(PATIENCE))
    worker.start()
    worker.post(1)
    worker.stop(timeout=0.01)
    assert worker.counters.handled == 0
    go.set()
    worker.stop()
    assert worker.counters.handled == 1


def test_one_that_never_started_stops():
    Worker("hands", print).stop()


def test_a_full_inbox_refuses_and_counts():
    worker = Worker("hands", lambda item: None, limit=3)
    assert [worker.post(number) for number in range(5)] == [True, True, True, False, False]
    assert worker.counters.dropped == 2
    assert worker.drain() == 3
    assert worker.post(5)


def test_without_a_limit_nothing_is_lost():
    worker = Worker("hands", lambda item: None)
    posts = [threading.Thread(target=lambda: [worker.post(number) for number in range(1000)]) for _ in range(4)]
    for each in posts:
        each.start()
    for each in posts:
        each.join(PATIENCE)
    assert worker.drain() == worker.counters.handled == 4000


def test_a_failing_handler_is_logged_once_a_kind_and_the_worker_goes_on(caplog: pytest.LogCaptureFixture):
    seen: list[int] = []

    def handle(item: int) -> None:
        if item % 3 == 0:
            raise ValueError("no threes")
        if item % 3 == 1:
            raise KeyError("no ones")
        seen.append(item)

    worker = Worker("hands", handle)
    for number in range(9):
        worker.post(number)
    with caplog.at_level(logging.ERROR, "performer"):
        assert worker.drain() == 9
    assert seen == [2, 5, 8]
    assert (worker.counters.handled, worker.counters.failed) == (9, 6)
    assert [record.getMessage() for record in caplog.records] == ["hands could not handle 0; it goes on", "hands could not handle 1; it goes on"]
    assert all(record.exc_info for record in caplog.records)


def test_what_the_log_remembers_is_bounded(caplog: pytest.LogCaptureFixture):
    def handle(item: int) -> None:
        raise ValueError(item)

    worker = Worker("hands", handle)
    for number in range(200):
        worker.post(number)
    with caplog.at_level(logging.ERROR, "performer"):
        worker.drain()
    assert len(caplog.records) == 64
    assert worker.counters.failed == 200


def test_drain_handles_here_and_what_is_posted_meanwhile():
    seen: list[tuple[int, str]] = []

    def handle(item: int) -> None:
        seen.append((item, threading.current_thread().name))
        if item < 3:
            worker.post(item + 1)

    worker = Worker("hands", handle)
    worker.post(0)
    assert worker.drain() == 4
    assert seen == [(number, threading.current_thread().name) for number in range(4)]
