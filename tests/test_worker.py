"""The one kind of thread: in order, never blocking, never ended by what it handles."""

import logging
import queue
import threading

import pytest

from performer.worker import LONGEST, Worker

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


def test_who_brings_something_handles_it_and_what_it_brings_about():
    seen: list[tuple[int, str]] = []

    def handle(item: int) -> None:
        seen.append((item, threading.current_thread().name))
        if item in (1, 3):
            worker.post(item + 1)
        if item == 2:
            worker.bring(item + 1)

    worker = Worker("hands", handle)
    worker.start()
    worker.bring(1)
    assert seen == [(number, threading.current_thread().name) for number in (1, 2, 3, 4)]
    worker.stop()
    assert len(seen) == 4


def test_what_came_before_is_handled_before():
    seen: list[int] = []
    worker = Worker("hands", seen.append)
    worker.start()
    worker.post(1, ring=False)
    worker.post(2, ring=False)
    assert seen == []
    worker.bring(3)
    assert seen == [1, 2, 3]
    worker.stop()


def test_where_another_thread_has_the_turn_it_is_posted():
    seen: list[tuple[int, str]] = []
    go, begun = threading.Event(), threading.Event()

    def handle(item: int) -> None:
        if item == 1:
            begun.set()
            assert go.wait(PATIENCE)
        seen.append((item, threading.current_thread().name))

    worker = Worker("hands", handle)
    worker.start()
    worker.post(1)
    assert begun.wait(PATIENCE)
    worker.bring(2)
    assert seen == []
    go.set()
    worker.stop()
    assert seen == [(1, "hands"), (2, "hands")]


def test_what_is_brought_before_the_start_waits():
    seen: list[int] = []
    worker = Worker("hands", seen.append)
    worker.bring(1)
    assert seen == []
    worker.start()
    worker.stop()
    assert seen == [1]


def test_one_at_a_time_handles_and_everybody_in_his_own_order():
    seen: list[tuple[int, int]] = []
    inside = 0
    most = 0

    def handle(item: tuple[int, int]) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        seen.append(item)
        inside -= 1

    def bring(who: int) -> None:
        for number in range(2000):
            (worker.bring if number % 3 else worker.post)((who, number))

    worker = Worker("hands", handle)
    worker.start()
    threads = [threading.Thread(target=bring, args=(who,)) for who in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(PATIENCE)
    worker.stop()
    assert most == 1
    for who in range(4):
        assert [number for whose, number in seen if whose == who] == list(range(2000))


def test_what_may_wait_is_done_at_the_end_of_a_turn():
    seen: list[str] = []
    later: list[str] = []

    def handle(item: int) -> None:
        seen.append(f"{item}")
        later.append(f"later {item}")
        if item < 2:
            worker.post(item + 1)

    def rest() -> None:
        seen.extend(later)
        later.clear()

    worker = Worker("hands", handle, rest=rest)
    worker.start()
    worker.bring(1)
    assert seen == ["1", "2", "later 1", "later 2"]
    worker.stop()


def test_a_thread_that_is_not_rung_for_sleeps_until_it_is():
    seen: list[int] = []
    handled = threading.Event()

    def handle(item: int) -> None:
        seen.append(item)
        handled.set()

    worker = Worker("hands", handle)
    worker.start()
    worker.post(1, ring=False)
    worker.ring()
    assert handled.wait(PATIENCE)
    worker.stop()
    assert seen == [1]


def test_what_is_offered_is_handled_now_or_never():
    seen: list[int] = []
    worker = Worker("hands", seen.append)
    worker.offer(1)
    worker.start()
    worker.offer(2)
    worker.post(3, ring=False)
    worker.offer(4)
    worker.stop()
    assert seen == [2, 3]


def test_who_brings_something_is_spared_what_fails(caplog: pytest.LogCaptureFixture):
    seen: list[int] = []

    def rest() -> None:
        raise ValueError("no rest")

    def handle(item: int) -> None:
        seen.append(item)
        raise KeyError(item)

    worker = Worker("hands", handle, rest=rest)
    worker.start()
    with caplog.at_level(logging.CRITICAL, "performer"):
        worker.bring(1)
        worker.bring(2)
    assert (seen, worker.counters.failed) == ([1, 2], 4) and not worker.is_mine
    worker.stop()


def test_who_only_informs_lingers_while_somebody_is_busy_but_not_for_ever():
    handled: queue.SimpleQueue[str] = queue.SimpleQueue()
    counts: list[int] = []
    remaining = 2  # looks at which somebody still is

    def busy() -> bool:
        nonlocal remaining
        counts.append(handled.qsize())
        remaining -= 1
        return remaining >= 0

    worker = Worker("tells", handled.put, linger=0.001, busy=busy)
    worker.start()
    worker.post("a")
    assert handled.get(timeout=PATIENCE) == "a" and counts == [0, 0, 0]
    remaining = 1000
    counts.clear()
    worker.post("b")
    assert handled.get(timeout=PATIENCE) == "b" and counts == [0] * LONGEST
    worker.stop()


def test_it_is_at_work_while_somebody_handles_an_item_or_one_waits():
    seen: list[bool] = []
    worker = Worker("hands", lambda item: seen.append(worker.is_at_work))
    assert not worker.is_at_work
    worker.post(1)
    assert worker.is_at_work
    worker.start()
    worker.bring(2)
    worker.stop()
    assert seen == [True, True] and not worker.is_at_work
