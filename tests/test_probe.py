"""What is told of a sound system or a desktop that does not answer: a busy machine, a server that is stopped, one that hangs. Real processes."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from performer import probe
from performer.apart import Apart
from performer.errors import PortError
from performer.probe import Server, ask, is_busy, servers, silence

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel does not tell")


def answers(after: float) -> str:
    threading.Event().wait(after)
    return "here"


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """The times of asking, a tenth of what they are."""
    monkeypatch.setattr(probe, "FIRST_S", 0.5)
    monkeypatch.setattr(probe, "LONGEST_S", 2.0)


@pytest.fixture
def jackd(monkeypatch: pytest.MonkeyPatch) -> Iterator["subprocess.Popen[bytes]"]:
    """A process called as the JACK server is, of a name that no other server has: it answers nobody."""
    name = f"performer-probe-{os.getpid()}"
    monkeypatch.setenv("JACK_DEFAULT_SERVER", name)
    code = "import time; open('/proc/self/comm', 'w').write('jackd'); print(flush=True); time.sleep(600)"
    process = subprocess.Popen([sys.executable, "-c", code, "-n", name], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.communicate()


def test_an_answer_that_comes_late_is_an_answer(short: None) -> None:
    said: list[str] = []
    with Apart(answers, 1.0) as apart:
        assert ask(apart, "sound", said.append) == "here"
    assert said == ["The sound system did not answer within 0.5 s. It is asked for 1.5 s more."]


def test_an_answer_in_time_says_nothing() -> None:
    said: list[str] = []
    with Apart(answers, 0.0) as apart:
        assert ask(apart, "sound", said.append) == "here"
    assert said == []


@linux
def test_a_server_that_is_stopped_is_named_with_what_lets_it_go_on(short: None, jackd: "subprocess.Popen[bytes]") -> None:
    jackd.send_signal(signal.SIGSTOP)
    with Apart(answers, 60.0) as apart, pytest.raises(PortError) as caught:
        ask(apart, "sound")
    assert caught.value.problem == f"It did not answer within 0.5 s: jackd (process {jackd.pid}) is stopped."
    assert caught.value.remedy == f"Let it go on: kill -CONT {jackd.pid}"


@linux
def test_a_server_of_another_name_is_not_blamed(jackd: "subprocess.Popen[bytes]", monkeypatch: pytest.MonkeyPatch) -> None:
    assert [server.process for server in servers("sound") if server.name == "jackd"] == [jackd.pid]
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "another")
    assert [server for server in servers("sound") if server.name == "jackd"] == []


@linux
def test_what_never_answers_is_given_up(short: None, jackd: "subprocess.Popen[bytes]") -> None:
    with Apart(answers, 60.0) as apart, pytest.raises(PortError, match=r"did not answer within 2 s") as caught:
        ask(apart, "sound")
    told = str(caught.value)
    assert "the machine is busy" in told or f"jackd (process {jackd.pid}) hangs" in told


HUNG = Server("jackd", 7, "S", 3.0)
SPINNING = Server("jackd", 7, "R", 17.5)


@pytest.mark.parametrize(("after", "busy", "told"), [
    ([HUNG], True, "It did not answer within 20 s; the machine is busy."),
    ([HUNG], False, "It did not answer within 20 s: jackd (process 7) hangs. End it and start it again: kill 7"),
    ([SPINNING], True, "It did not answer within 20 s: jackd (process 7) uses a core and answers nobody. End it and start it again: kill 7"),
    ([Server("jackd", 8, "S", 0.1)], False, "It did not answer within 20 s. Start the sound system of this machine again."),
    ([], False, "It did not answer within 20 s. Start the sound system of this machine again."),
    ([], True, "It did not answer within 20 s; the machine is busy."),
])  # fmt: skip
def test_a_busy_machine_blames_nobody_and_an_idle_one_the_server(after: list[Server], busy: bool, told: str) -> None:
    error = silence("sound", [HUNG], after, 15.0, busy)
    assert str(error).startswith(told)
    assert ("kill" in error.remedy or "Start the" in error.remedy) != (busy and after != [SPINNING])
    assert error.remedy


def test_the_desktop_is_not_to_be_ended_on_a_busy_machine() -> None:
    assert "Log out" in silence("displays", [], [], 15.0, False).remedy
    assert "Log out" not in str(silence("displays", [], [], 15.0, True))


def test_a_machine_is_busy_where_its_cores_have_no_rest() -> None:
    assert is_busy((100.0, 500.0), (100.5, 530.0))
    assert not is_busy((100.0, 500.0), (120.0, 530.0))


@linux
def test_the_use_of_this_machine_is_seen() -> None:
    unused, total = probe.idle()
    assert 0.0 < unused < total
