"""A call in a process of its own: its result, its error, its silence, its end."""

import os
import signal
import threading
import time

import pytest

from performer.apart import Apart
from performer.errors import PortError, ShowError


def add(one: int, other: int) -> tuple[int, int]:
    return one + other, os.getpid()


def fail() -> None:
    raise ShowError("There is no stage.", "Build one.")


def hang() -> None:
    threading.Event().wait()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_the_result_comes_from_another_process() -> None:
    with Apart(add, 1, 2) as apart:
        total, process = apart.result(20.0)
    assert total == 3
    assert process != os.getpid()


def test_its_error_keeps_problem_and_remedy() -> None:
    with Apart(fail) as apart, pytest.raises(PortError) as caught:
        apart.result(20.0)
    assert (caught.value.problem, caught.value.remedy) == ("There is no stage.", "Build one.")


class Slow:
    """What takes a while to reach the other process, as a library does there on a busy machine."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __reduce__(self) -> tuple[type["Slow"] | object, tuple[float]]:
        return _slow, (self.seconds,)


def _slow(seconds: float) -> Slow:
    time.sleep(seconds)
    return Slow(seconds)


def seconds_of(slow: Slow, more: float) -> float:
    threading.Event().wait(more)
    return slow.seconds


def test_a_process_that_starts_slowly_is_no_call_that_hangs() -> None:
    with Apart(seconds_of, Slow(1.5), 0.0) as apart:
        assert not apart.begun
        assert apart.result(1.0) == 1.5
        assert apart.begun


def test_it_may_be_asked_again() -> None:
    with Apart(seconds_of, Slow(0.0), 1.0) as apart:
        with pytest.raises(TimeoutError):
            apart.result(0.1)
        assert apart.result(20.0) == 0.0


def test_an_answer_that_nobody_awaits_any_more_is_no_error(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("performer.apart.LEAVING_S", 20.0)
    with Apart(seconds_of, Slow(0.0), 0.5) as apart, pytest.raises(TimeoutError):
        apart.result(0.1)
    assert capfd.readouterr().err == ""


def test_what_never_returns_is_given_up() -> None:
    with Apart(hang) as apart, pytest.raises(TimeoutError):
        apart.result(0.2)


def test_a_process_that_dies_is_a_sentence() -> None:
    with Apart(die) as apart, pytest.raises(PortError, match="ended its process"):
        apart.result(20.0)
