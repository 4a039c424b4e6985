"""Fixtures that more than one folder of tests needs."""

import os
import shutil
from collections.abc import Iterator

import pytest

from tests.jack import JackServer, sweep


def pytest_sessionstart(session: pytest.Session) -> None:
    """Begin with a clean JACK."""
    if shutil.which("jackd") and shutil.which("pgrep"):
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
