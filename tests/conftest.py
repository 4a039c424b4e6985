"""Fixtures that more than one folder of tests needs, and the order of the tests: with pytest-xdist, those in real time run on one worker,
one after the other, and what computes runs behind them on the rest."""

import contextlib
import functools
import logging
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from performer.log_limit import LogLimit
from tests.jack import JackServer, sweep

REALTIME = re.compile(r"mark\.(programs|realtime)|jack_server")
BEHIND = 15  # how nice a worker is while it runs a test that is not in real time


@functools.cache
def is_realtime(file: Path) -> bool:
    """Whether tests of this file wait for the clock: they start a program, a JACK server or a whole show."""
    return file.is_file() and REALTIME.search(file.read_text(encoding="utf-8")) is not None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Real time first: the worker that gets it plays on while the others compute."""
    items.sort(key=lambda item: not is_realtime(item.path))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With pytest-xdist, all that is in real time goes to one worker, one test after the other, and each other test to whoever is free."""
    from xdist.scheduler import LoadScopeScheduling

    class RealTimeApart(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "real time" if is_realtime(config.rootpath / nodeid.split("::", maxsplit=1)[0]) else nodeid

    return RealTimeApart(config, log)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """What computes on one worker gives way to what waits on another."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        with contextlib.suppress(PermissionError):  # only root comes back to the front
            os.setpriority(os.PRIO_PROCESS, 0, 0 if is_realtime(item.path) else BEHIND)


def pytest_runtest_teardown() -> None:
    """A show that a test ran in this process has limited what the log tells; the next test hears all."""
    for handler in logging.getLogger().handlers:
        handler.filters = [each for each in handler.filters if not isinstance(each, LogLimit)]


def pytest_sessionstart(session: pytest.Session) -> None:
    """Begin with a clean JACK; a worker begins when others may have servers already."""
    if not hasattr(session.config, "workerinput") and shutil.which("jackd") and shutil.which("pgrep"):
        sweep()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Leave none behind."""
    JackServer.ended()


@pytest.fixture
def jack_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[JackServer]:
    """A JACK server of this test's own, on a dummy device; rtmidi, PortAudio and JACK's tools use it. In CI it may not be missing."""
    yield from served(JackServer(), monkeypatch)


@pytest.fixture
def slow_jack_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[JackServer]:
    """The same with a period of 21 ms."""
    yield from served(JackServer(1024), monkeypatch)


def served(server: JackServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[JackServer]:
    """The server, running and the one that is found by whoever looks for one."""
    if shutil.which("jackd") is None and not os.environ.get("CI"):
        pytest.skip("jackd is not installed")
    monkeypatch.setenv("JACK_DEFAULT_SERVER", server.name)
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    try:
        server.start()
        yield server
    finally:
        server.end()
