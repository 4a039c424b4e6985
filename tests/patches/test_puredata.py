"""The real Pure Data runs the patches against a real Performer."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import build_msg

from performer.parameters import Table

PATCHES = Path(__file__).parents[2] / "patches" / "puredata"
PHRASE = [60, 63, 67, 70, 67, 72]  # as phrase.pd has it
PATIENCE = 30.0  # seconds
SHOW = """
[midi]
enabled = false
[audio]
enabled = false
[desk]
enabled = false
[visuals]
enabled = false
[takes]
record = false
[models]
notes = "echo"
[osc]
port = {port}
reply_port = {reply_port}
[[voice]]
mode = "mute"
notes = 1
"""

pytestmark = pytest.mark.programs


class Program:
    """A process whose lines are read as they come."""

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        self.lines: list[str] = []
        self._process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def until(self, seen: Callable[[list[str]], bool]) -> list[str]:
        """What it said once `seen` is true of it. Fails, with all of it, when that does not come or the process ends before."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            alive = self._reader.is_alive()
            said = list(self.lines)
            if seen(said):
                return said
            if not alive:
                break
            self._reader.join(0.02)
        pytest.fail("it did not come:\n" + "\n".join(self.lines))

    def end(self) -> list[str]:
        """Stop it; all that it said."""
        self._process.terminate()
        try:
            self._process.wait(8.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(5.0)
        if self._process.stdout is not None:
            self._process.stdout.close()
        return self.lines

    def _read(self) -> None:
        assert self._process.stdout is not None
        self.lines.extend(line.rstrip("\n") for line in self._process.stdout)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Program]]:
    """Starts programs; all of them have ended after the test."""
    running: list[Program] = []

    def run(*command: str) -> Program:
        running.append(Program(command, tmp_path))
        return running[-1]

    try:
        yield run
    finally:
        for program in reversed(running):
            program.end()


@pytest.fixture
def pd(start: Callable[..., Program]) -> Callable[..., Program]:
    """Starts pd with a patch and what `-send` is given. In CI it may not be missing."""
    if shutil.which("pd") is None and not os.environ.get("CI"):
        pytest.skip("pd is not installed")

    def run(patch: str, *sends: str) -> Program:
        flags = ("-nogui", "-noaudio", "-nomidi", "-sleepgrain", "1", "-stderr")
        return start("pd", *flags, *(word for each in sends for word in ("-send", each)), str(PATCHES / patch))

    return run


def free_ports(count: int) -> list[int]:
    """UDP ports that nobody has."""
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
    for sock in sockets:
        sock.bind(("127.0.0.1", 0))
    ports = [sock.getsockname()[1] for sock in sockets]
    for sock in sockets:
        sock.close()
    return ports


@pytest.fixture
def ports(start: Callable[..., Program], tmp_path: Path) -> tuple[str, str]:
    """A running Performer; what tells pd where it listens and where it answers."""
    port, reply_port = free_ports(2)
    show = tmp_path / "show.toml"
    show.write_text(SHOW.format(port=port, reply_port=reply_port), encoding="utf-8")
    performer = start(sys.executable, "-m", "performer", "run", str(show), "--seconds", "60")
    performer.until(lambda lines: any("Ctrl-C" in line for line in lines))
    return f"performer-address 127.0.0.1 {port}", f"performer-replies {reply_port}"


class Stage:
    """A socket where Performer would listen."""

    def __init__(self) -> None:
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.bind(("127.0.0.1", 0))
        self._sock.settimeout(PATIENCE)
        self.tells = f"performer-address 127.0.0.1 {self._sock.getsockname()[1]}", f"performer-replies {free_ports(1)[0]}"

    def next_message(self) -> tuple[str, list[object]]:
        message = OscMessage(self._sock.recv(65536))
        return message.address, list(message.params)

    def close(self) -> None:
        self._sock.close()


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    yield stage
    stage.close()


def told(lines: Sequence[str], name: str) -> list[list[str]]:
    """The words of each line that [print name] wrote."""
    return [line.split()[1:] for line in lines if line.startswith(f"{name}:")]


def test_pd_steers_plays_and_hears_the_answers(pd, ports):
    lines = pd("headless.pd", *ports).until(lambda lines: len(told(lines, "released")) >= len(PHRASE))
    assert ["harmonise"] in told(lines, "mode")
    heard = [words for words in told(lines, "heard") if words[1] != "0"]
    assert [int(words[0]) for words in heard] == PHRASE
    played, released = told(lines, "played"), told(lines, "released")
    assert len(played) == len(PHRASE)
    assert all(words[0] == "1" and 36 <= int(words[1]) <= 96 and 1 <= int(words[2]) <= 127 for words in played)
    assert sorted(words[1] for words in played) == sorted(words[1] for words in released)
    levels = [float(words[0]) for words in told(lines, "features")]
    assert max(levels) > 0.1
    assert [line for line in lines if "rror" in line] == []


def test_pd_prints_what_performer_refuses(pd, ports):
    message = build_msg("/performer/voice/1/temperature", [9.0]).dgram
    lines = pd("headless.pd", *ports, "performer-osc " + " ".join(map(str, message))).until(lambda lines: told(lines, "error") != [])
    assert told(lines, "error")[0][0] == "/performer/voice/1/temperature"


@pytest.mark.parametrize("patch", ["performer.pd", "headless.pd"])
def test_a_patch_opens_without_a_complaint_and_asks_for_the_parameters(pd, stage, patch):
    program = pd(patch, *stage.tells)
    assert stage.next_message() == ("/performer/sync", [])
    assert program.end() == []


@pytest.mark.parametrize(("control", "address", "value"), [
    ("set-mode 1", "/performer/voice/1/mode", "harmonise"),
    ("set-scale 6", "/performer/voice/1/scale", "harmonic minor"),
    ("set-key 3", "/performer/voice/1/key", "Eb"),
    ("set-temperature 0.5", "/performer/voice/1/temperature", 0.5),
    ("set-patience 2", "/performer/voice/1/patience", 2.0),
    ("set-react 1.5", "/performer/visuals/react", 1.5),
    ("set-speed 0.25", "/performer/visuals/speed", 0.25),
])  # fmt: skip
def test_a_control_of_the_front_panel_steers(pd, stage, control, address, value):
    program = pd("performer.pd", *stage.tells, control)
    assert stage.next_message() == ("/performer/sync", [])
    said, arguments = stage.next_message()
    assert (said, Table().check(said, arguments)) == (address, value)
    assert program.end() == []


def test_the_panic_button(pd, stage):
    pd("performer.pd", *stage.tells, "set-panic bang")
    assert [stage.next_message(), stage.next_message()] == [("/performer/sync", []), ("/performer/panic", [])]
