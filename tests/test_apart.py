"""A call in a process of its own: its result, its error, its silence, its end."""

import os
import signal
import threading

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


def test_what_never_returns_is_given_up() -> None:
    with Apart(hang) as apart, pytest.raises(TimeoutError):
        apart.result(0.2)


def test_a_process_that_dies_is_a_sentence() -> None:
    with Apart(die) as apart, pytest.raises(PortError, match="ended its process"):
        apart.result(20.0)
