"""Whatever can move the picture really does carry a value: a real show that hears a sound, a player's keys, a pedal, and plays along."""

import itertools
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from performer.loopback import LARGEST, decode, encode
from performer.movers import MOVERS
from performer.visuals.sources import Sources
from tests.jack import JackServer
from tests.show_process import ShowProcess, free_port

pytestmark = pytest.mark.programs
PEER = Path(__file__).parent / "listening" / "audio_peer.py"
SCALE = (60, 62, 64, 65, 67, 69, 71, 72, 61, 66)


def test_every_source_moves_in_a_show(jack_server: JackServer, tmp_path: Path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", free_port()))
        ear.settimeout(0.02)
        client = f'[osc]\nclients = ["127.0.0.1:{ear.getsockname()[1]}"]'
        lines = (client, "[midi]\nenabled = false", "[visuals]\nenabled = false", '[[voice]]\nmode = "autonomous"', '[[voice]]\nmode = "mute"')
        with ShowProcess(tmp_path, *lines) as show:
            sound = subprocess.Popen([sys.executable, str(PEER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            assert sound.stdin is not None and sound.stdout is not None
            try:
                assert sound.stdout.readline() == "plays\n"
                _connect(jack_server)
                most = _watch(show, ear, sound)
            finally:
                sound.stdin.close()
                sound.wait(10)
                sound.stdout.close()
    print("the most of each:", {name: round(value, 2) for name, value in most.items()})
    assert not [name for name, value in most.items() if value < 0.02]


def _connect(server: JackServer) -> None:
    deadline = time.monotonic() + 15
    while "Performer Audio:in_0" not in server.ports():
        assert time.monotonic() < deadline, server.ports()
    server.connect("PortAudio:out_0", "Performer Audio:in_0")


def _watch(show: ShowProcess, ear: socket.socket, sound: "subprocess.Popen[str]") -> dict[str, float]:
    """The most that each source was, in some seconds of keys and of a tone that comes and goes twice a second."""
    assert sound.stdin is not None
    sources, most = Sources(), dict.fromkeys((name for name in MOVERS if name != "none"), 0.0)
    begun = time.monotonic()
    steps = itertools.count()
    due = begun
    while (now := time.monotonic()) < begun + 9.0 and min(most.values()) < 0.02:
        if now >= due:
            due += 0.25
            _step(next(steps), show, ear, sound)
        try:
            for message in decode(ear.recv(LARGEST)):
                sources.take(message.address, message.arguments, time.monotonic())
        except TimeoutError:
            pass
        for name in most:
            number = {"controller": 74, "number": 2, "chroma": 11}.get(name, 1)  # 1000 Hz is a B
            most[name] = max(most[name], sources.value(name, number, 4.0, time.monotonic()))
    return most


def _step(number: int, show: ShowProcess, ear: socket.socket, sound: "subprocess.Popen[str]") -> None:
    """A quarter of a second: a key goes down and the one before comes up, a controller and a number move, the tone is switched."""
    assert sound.stdin is not None
    sound.stdin.write(f"{0.5 * (number % 2)}\n")
    sound.stdin.flush()
    said = [("/performer/note/on", SCALE[number % len(SCALE)], 90), ("/performer/control", 74, 100), ("/performer/source/2", 0.5)]
    if number:
        said.append(("/performer/note/off", SCALE[(number - 1) % len(SCALE)]))
    for address, *arguments in said:
        ear.sendto(encode(address, *arguments), ("127.0.0.1", show.osc))

