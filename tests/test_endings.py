"""Every way in which a show can be told to end, in processes of its own: it ends in silence, its take is closed, and soon."""

import fcntl
import os
import signal
import sys
import termios
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from performer.endings import ConsoleWindow
from tests.lone_show import PATIENCE, SOON, LoneShow, command_of
from tests.show_process import free_port

pytestmark = [pytest.mark.programs, pytest.mark.skipif(os.name == "nt", reason="signals and terminals of Unix")]

ENDED = (0, 130)
"""Exit statuses: on a busy machine the engine may sound before its parent knows that it is ready, and that is a start which was stopped."""


def one(number: int) -> Callable[[LoneShow], None]:
    return lambda show: show.process.send_signal(number)


def all_of_them(number: int) -> Callable[[LoneShow], None]:
    """As a terminal tells every process of its foreground group."""
    return lambda show: os.killpg(show.process.pid, number)


def twice(number: int) -> Callable[[LoneShow], None]:
    def tell(show: LoneShow) -> None:
        for _ in range(2):
            os.killpg(show.process.pid, number)

    return tell


ENDS = {
    **{f"{each.name} to it": one(each) for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)},
    **{f"{each.name} to all": all_of_them(each) for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)},
    **{f"{each.name} twice": twice(each) for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)},
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
def test_it_ends_in_silence(tmp_path: Path, end: Callable[[LoneShow], None]):
    with LoneShow(tmp_path) as show:
        show.sound()
        end(show)
        assert show.ended() in ENDED
    assert len(list(show.takes.glob("*.jsonl"))) == 1, "a child was started again"


def test_a_whole_show_ends_as_soon(tmp_path: Path):
    everything = f"[midi]\nenabled = false\n[audio]\nenabled = true\n[desk]\nport = {free_port()}\n"
    with LoneShow(tmp_path, text=everything) as show:
        show.sound()
        os.killpg(show.process.pid, signal.SIGHUP)
        assert show.ended() in ENDED


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGQUIT, signal.SIGINT])
def test_no_child_ends_before_the_parent_says_so(tmp_path: Path, number: int):
    with LoneShow(tmp_path) as show:
        show.sound()
        children = show.children()
        for child in children:
            os.kill(child, number)
        show.sound()
        assert show.children() == children
        show.process.terminate()
        assert show.ended() in ENDED


def test_a_terminal_that_closes_ends_it(tmp_path: Path):
    ours, theirs = os.openpty()
    options = {"stdin": theirs, "stdout": theirs, "stderr": theirs, "preexec_fn": lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)}
    with LoneShow(tmp_path, **options) as show:
        os.close(theirs)
        show.sound()
        os.close(ours)  # from now on every write gives EIO, and the kernel sends SIGHUP to all of them
        assert show.ended() in ENDED


def test_nohup_lets_it_play_on(tmp_path: Path):
    with LoneShow(tmp_path, command=["nohup", sys.executable, "-m", "performer"]) as show:
        show.sound()
        os.killpg(show.process.pid, signal.SIGHUP)
        show.sound()
        show.process.send_signal(signal.SIGTERM)
        assert show.ended() in ENDED


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_it_ends_soon_also_while_it_starts(tmp_path: Path, number: int):
    with LoneShow(tmp_path) as show:
        end = time.monotonic() + PATIENCE
        while not [child for child in show.children() if b"spawn_main" in command_of(child)] and time.monotonic() < end:
            threading.Event().wait(0.01)
        os.killpg(show.process.pid, number)
        assert show.process.wait(SOON) in (0, 130)


def test_the_parent_that_is_killed_leaves_nothing_sounding(tmp_path: Path):
    with LoneShow(tmp_path) as show:
        show.sound()
        children = show.children()
        show.process.kill()
        end = time.monotonic() + 10
        while any(b"spawn_main" in command_of(child) for child in children) and time.monotonic() < end:
            threading.Event().wait(0.05)
        assert not any(b"spawn_main" in command_of(child) for child in children)
        show.check_take()


def test_the_console_window_of_windows_closes_and_waits_until_the_show_is_over():
    registered: list[Any] = []
    stopped = threading.Event()
    window = ConsoleWindow(stopped.set, lambda handler, add: registered.append((handler, add)))
    (handler, add) = registered[0]
    assert add and handler(0) == 0 and handler(1) == 0 and not stopped.is_set()  # Ctrl-C and Ctrl-Break are signals in Python
    answers: list[int] = []
    closing = threading.Thread(target=lambda: answers.append(handler(2)))
    closing.start()
    assert stopped.wait(5.0) and closing.is_alive() and not answers
    window.over.set()
    closing.join(5.0)
    assert answers == [1]
