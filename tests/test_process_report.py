"""What is told of every process, and what follows from it; and the same of a real show, over HTTP and OSC."""

import contextlib
import http.client
import json
import os
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from performer.loopback import PLACES, Loopback, bind_loopback, decode
from performer.process_report import ADDRESS, LATELY, STALE, Reporter, disk_left_gb, judge, memory_mb, read_report
from tests.show_process import ShowProcess


@dataclass
class Process:
    """A process as the supervisor knows it."""

    name: str = "screen"
    restarts: int = 0
    last_reason: str = ""
    state: str = "running"
    pid: int | None = os.getpid()


def described(**changes: Any) -> list[dict[str, Any]]:
    return [{"name": "engine", "state": "running", "restarts": 0}, {"name": "screen", "state": "running", "restarts": 0} | changes]


@pytest.mark.parametrize(("processes", "figures", "silent", "status", "words"), [
    (described(), {}, {}, "ok", ""),
    ([], {}, {}, "ok", ""),
    (described(state="down", reason="it ended with -9"), {}, {}, "degraded", "screen is down (it ended with -9)"),
    (described(name="engine", state="down", reason="it hangs"), {}, {}, "failed", "engine is down (it hangs)"),
    (described(lately=True, restarts=3, reason="it ended with 1"), {}, {}, "degraded", "screen was started again, 3 times in all (it ended with 1)"),
    (described(), {"take": {"problem": "The take cannot be written."}}, {}, "degraded", "The take cannot be written."),
    (described(), {"take": None, "disk_left_gb": 0.1}, {}, "degraded", "0.10 GB are left"),
    (described(), {"disk_left_gb": 100.0, "failures": {"session": 0}}, {}, "ok", ""),
    (described(), {"failures": {"session": 2}}, {}, "degraded", "the thread session met 2 errors"),
    (described(), {}, {"engine": STALE + 1}, "failed", "the engine has said nothing for 6 s"),
    (described(), {}, {"engine": STALE - 1}, "ok", ""),
])  # fmt: skip
def test_what_follows(processes: list[dict[str, Any]], figures: dict[str, Any], silent: dict[str, float], status: str, words: str) -> None:
    found, reasons = judge(processes, figures, silent)
    assert found == status and (words in reasons[0] if words else reasons == [])


def test_the_engine_and_the_desk_are_told_once_a_second_with_restarts_and_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("performer.process_report.time.monotonic", lambda: now[0])
    sockets = {place: bind_loopback() for place in PLACES}
    with contextlib.ExitStack() as stack:
        for sock in sockets.values():
            stack.callback(sock.close)
            sock.settimeout(2.0)
        reporter, child = Reporter(Loopback(sockets["engine"], {place: sock.getsockname()[1] for place, sock in sockets.items()})), Process()

        def told() -> dict[str, Any]:
            reporter.look([child])
            reporter.look([child])
            heard = [next(decode(sockets[place].recv(65507))) for place in ("engine", "desk")]
            assert [each.address for each in heard] == [ADDRESS] * 2 and heard[0] == heard[1]
            return read_report(heard[0].arguments[0])[0]

        first = told()
        assert (first["state"], first["restarts"], first["lately"], first["pid"]) == ("running", 0, False, os.getpid())
        child.restarts, child.last_reason = 1, "it ended with -9"
        for seconds, lately in ((1.0, True), (LATELY - 1, True), (2.0, False)):
            now[0] += seconds
            assert told()["lately"] is lately
        child.state, child.pid = "down", None
        now[0] += 1.0
        assert told() == {"name": "screen", "pid": None, "state": "down", "restarts": 1, "reason": "it ended with -9", "lately": False,
                          "memory_mb": None, "beat_age_s": None}  # fmt: skip


def test_memory_and_disk(tmp_path: Path) -> None:
    own = memory_mb(os.getpid())
    assert own is None if not Path("/proc/self/statm").exists() else 10 < (own or 0) < 4000
    assert memory_mb(None) is None
    left = disk_left_gb(tmp_path / "not" / "there")
    assert left is not None and left >= 0.0


@pytest.mark.parametrize("words", ["", "x", "3", "[3]", "null", '{"a": 1}', None])
def test_a_report_that_makes_no_sense_tells_of_nothing(words: Any) -> None:
    assert read_report(words) == []


def health_of(show: ShowProcess) -> tuple[int, dict[str, Any]]:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", show.page, timeout=5)) as connection:
        connection.request("GET", "/health")
        response = connection.getresponse()
        return response.status, json.loads(response.read())


def wait_for(show: ShowProcess, seen: Callable[[int, dict[str, Any]], bool], patience: float = 20.0) -> dict[str, Any]:
    end = time.monotonic() + patience
    while time.monotonic() < end:
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
            status, health = health_of(show)
            if seen(status, health):
                return health
        time.sleep(0.1)
    raise AssertionError(f"not seen; the last was {health_of(show)}")


@pytest.mark.programs
def test_a_real_show_tells_the_truth_about_its_processes(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(10.0)
        lines = ('[audio]\nenabled = false', '[midi]\nenabled = false', '[models]\nnotes = "echo"\npictures = "pattern"',
                 f'[osc]\nclients = ["127.0.0.1:{ear.getsockname()[1]}"]')  # fmt: skip
        with ShowProcess(tmp_path, *lines) as show:
            health = wait_for(show, lambda status, health: status == 200 and health["status"] == "ok" and "disk_left_gb" in health)
            assert {each["name"] for each in health["processes"]} == {"engine", "desk", "visuals", "screen"}
            assert all(each["state"] == "running" and each["pid"] and each["memory_mb"] for each in health["processes"])
            assert {"reply_ms", "lateness_ms", "missed", "take", "failures"} <= set(health)
            victim = next(each["pid"] for each in health["processes"] if each["name"] == "screen")
            os.kill(victim, signal.SIGKILL)
            health = wait_for(show, lambda status, health: health["status"] == "degraded")
            assert any("screen" in reason and "-9" in reason for reason in health["reasons"])
            wait_for(show, lambda status, health: any(each["name"] == "screen" and each["restarts"] == 1 and each["state"] == "running"
                                                      for each in health["processes"]))  # fmt: skip
            engine = next(each["pid"] for each in health["processes"] if each["name"] == "engine")
            told = [json.loads(message.arguments[0]) for message in _hear(ear) if message.address == "/performer/health"]
            assert any(each["status"] == "degraded" and any("screen" in reason for reason in each["reasons"]) for each in told)
            os.kill(engine, signal.SIGSTOP)
            wait_for(show, lambda status, health: any("engine" in reason and "did not answer" in reason for reason in health["reasons"]))
            assert show.end() == 0


def _hear(ear: socket.socket) -> list[Any]:
    """All that waits in the socket."""
    ear.setblocking(False)
    heard = []
    with contextlib.suppress(BlockingIOError):
        while True:
            heard += decode(ear.recv(65507))
    return heard
