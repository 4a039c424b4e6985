"""Whatever can move the picture really does carry a value: a real show that hears a sound, a player's keys, a pedal, and plays along."""

import contextlib
import itertools
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from performer.loopback import LARGEST, decode, encode
from performer.movers import MOVERS
from performer.visuals.sources import Sources
from tests.jack import JackServer
from tests.show_process import ShowProcess

pytestmark = pytest.mark.programs
PEER = Path(__file__).parent / "listening" / "audio_peer.py"
SCALE = (60, 62, 64, 65, 67, 69, 71, 72, 61, 66)


def test_every_source_moves_in_a_show(jack_server: JackServer, tmp_path: Path):
    with _ear() as ear, ShowProcess(tmp_path, *_lines(ear), '[[voice]]\nmode = "autonomous"') as show, _sound(jack_server) as sound:
        most = _watch(show, ear, sound)
    print("the most of each:", {name: round(value, 2) for name, value in most.items()})
    assert not [name for name, value in most.items() if value < 0.02]


def test_a_sound_card_that_is_gone_leaves_the_picture_to_the_notes_and_comes_back_with_another_rate(jack_server: JackServer, tmp_path: Path):
    with _ear() as ear, ShowProcess(tmp_path, *_lines(ear)) as show:
        with _sound(jack_server) as sound:
            _say(sound, 0.5)
            _await_features(ear, lambda level, source: level > 0.5 and source == 1.0)
            jack_server.kill()
            sound.kill()
            _await_features(ear, lambda level, source: level == 0.0 and source == 0.0)
        ear.sendto(encode("/performer/note/on", 60, 100), ("127.0.0.1", show.osc))
        _await_features(ear, lambda level, source: level > 0.3 and source == 0.0)
        jack_server.rate = 44100
        jack_server.start()
        with _sound(jack_server, 40.0) as sound:
            _say(sound, 0.5)
            _await_features(ear, lambda level, source: level > 0.5 and source == 1.0)


def _ear() -> socket.socket:
    ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ear.bind(("127.0.0.1", 0))
    ear.settimeout(0.02)
    return ear


def _lines(ear: socket.socket) -> tuple[str, ...]:
    """A show that hears and tells, and shows nothing."""
    client = f'[osc]\nclients = ["127.0.0.1:{ear.getsockname()[1]}"]'
    return client, *(f"[{part}]\nenabled = false" for part in ("midi", "visuals", "desk"))


@contextlib.contextmanager
def _sound(server: JackServer, patience: float = 15.0) -> Iterator["subprocess.Popen[str]"]:
    """A program that plays into the show's audio input."""
    command = [sys.executable, str(PEER)]
    sound = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert sound.stdin is not None and sound.stdout is not None
    try:
        assert sound.stdout.readline() == "plays\n"
        _connect(server, patience)
        yield sound
    finally:
        with contextlib.suppress(BrokenPipeError):
            sound.stdin.close()
        sound.wait(10)
        sound.stdout.close()


def _say(sound: "subprocess.Popen[str]", amplitude: float) -> None:
    assert sound.stdin is not None
    sound.stdin.write(f"{amplitude}\n")
    sound.stdin.flush()


def _await_features(ear: socket.socket, right: Callable[[float, float], bool], seconds: float = 15.0) -> None:
    """Wait for features with such a level from such a source."""
    deadline, last = time.monotonic() + seconds, None
    while time.monotonic() < deadline:
        with contextlib.suppress(TimeoutError):
            for message in decode(ear.recv(LARGEST)):
                if message.address == "/performer/features":
                    last = (message.arguments[0], message.arguments[6])
                    if right(*last):
                        return
    raise AssertionError(f"level and source were last {last}")


def _connect(server: JackServer, patience: float) -> None:
    deadline = time.monotonic() + patience
    while "Performer Audio:in_0" not in server.ports():
        assert time.monotonic() < deadline, server.ports()
    server.connect("PortAudio:out_0", "Performer Audio:in_0")


def _watch(show: ShowProcess, ear: socket.socket, sound: "subprocess.Popen[str]") -> dict[str, float]:
    """The most that each source was, in some seconds of keys and of a tone that comes and goes twice a second."""
    sources, most = Sources(), dict.fromkeys((name for name in MOVERS if name != "none"), 0.0)
    begun = time.monotonic()
    steps = itertools.count()
    due = begun
    while (now := time.monotonic()) < begun + 9.0 and min(most.values()) < 0.02:
        if now >= due:
            due += 0.25
            _step(next(steps), show, sound)
        try:
            for message in decode(ear.recv(LARGEST)):
                sources.take(message.address, message.arguments, time.monotonic())
        except TimeoutError:
            pass
        for name in most:
            number = {"controller": 74, "number": 2, "chroma": 11}.get(name, 1)  # 1000 Hz is a B
            most[name] = max(most[name], sources.value(name, number, 4.0, time.monotonic()))
    return most


def _step(number: int, show: ShowProcess, sound: "subprocess.Popen[str]") -> None:
    """A quarter of a second: a key goes down and the one before comes up, a controller and a number move, the tone is switched."""
    _say(sound, 0.5 * (number % 2))
    said = [("/performer/note/on", SCALE[number % len(SCALE)], 90), ("/performer/control", 74, 100), ("/performer/source/2", 0.5)]
    if number:
        said.append(("/performer/note/off", SCALE[(number - 1) % len(SCALE)]))
    # From another port than the ear's: who sets a value from where it listens is not told it again.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
        for address, *arguments in said:
            mouth.sendto(encode(address, *arguments), ("127.0.0.1", show.osc))

