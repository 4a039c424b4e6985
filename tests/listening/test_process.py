"""The process: what it says over loopback, on a real JACK server without hardware, and how it ends when there is nothing to hear."""

import multiprocessing
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing.context import SpawnProcess
from pathlib import Path

import numpy as np
import pytest

from performer.listening.audio import AudioInput, Ring
from performer.listening.process import NO_DEVICE, STALLED, Listener, ListeningOptions, run
from performer.loopback import LARGEST, PLACES, Loopback, bind_loopback, decode
from tests.jack import JackServer

pytestmark = pytest.mark.programs
PEER = Path(__file__).with_name("audio_peer.py")
CONTEXT = multiprocessing.get_context("spawn")


class Ears:
    """The listening process and the engine's end of the loopback."""

    def __init__(self, device: str | None = None) -> None:
        self._sockets = {place: bind_loopback() for place in PLACES}
        ports = {place: sock.getsockname()[1] for place, sock in self._sockets.items()}
        self._engine = self._sockets["engine"]
        self.lifeline, there = CONTEXT.Pipe()
        arguments = (Loopback(self._sockets["listening"], ports), ListeningOptions(device), there)
        self.process: SpawnProcess = CONTEXT.Process(target=run, args=arguments, daemon=True)
        self.process.start()
        there.close()

    def until(self, matches: Callable[[str, tuple], bool], seconds: float = 10.0) -> tuple:
        """The arguments of the first message that matches."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0.0:
            self._engine.settimeout(left)
            try:
                datagram = self._engine.recv(LARGEST)
            except TimeoutError:
                break
            for message in decode(datagram):
                if matches(message.address, message.arguments):
                    return message.arguments
        raise AssertionError("no such message came")

    def status(self, seconds: float = 10.0) -> str:
        return str(self.until(lambda address, _: address == "/performer/listening/status", seconds)[0])

    def features(self, matches: Callable[[tuple], bool]) -> tuple:
        return self.until(lambda address, values: address == "/performer/listening/features" and matches(values))

    def exit_code(self, seconds: float = 10.0) -> int | None:
        self.process.join(seconds)
        return self.process.exitcode

    def close(self) -> None:
        self.lifeline.close()
        self.process.join(5.0)
        self.process.kill()
        self.process.join(5.0)
        for sock in self._sockets.values():
            sock.close()


@pytest.fixture
def listen() -> Iterator[Callable[..., Ears]]:
    opened: list[Ears] = []

    def open_ears(device: str | None = None) -> Ears:
        opened.append(Ears(device))
        return opened[-1]

    yield open_ears
    for ears in opened:
        ears.close()


@pytest.fixture
def sine(jack_server: JackServer) -> Iterator[Callable[[float], None]]:
    """A sine of 1 kHz from another process, to be connected by the test; called with its amplitude."""
    command = [sys.executable, str(PEER)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "plays\n"

    def play(amplitude: float) -> None:
        assert process.stdin is not None
        process.stdin.write(f"{amplitude}\n")
        process.stdin.flush()

    yield play
    process.kill()
    process.wait(10)
    process.stdin.close()
    process.stdout.close()


def test_a_sine_through_jack_is_heard_and_its_end_is_silence(
    jack_server: JackServer, sine: Callable[[float], None], listen: Callable[..., Ears]
) -> None:
    ears = listen()
    assert ears.status() == "Listening to 'system' (JACK Audio Connection Kit, 2 channels, 48000 Hz)."
    assert ears.features(lambda values: True) == (0.0,) * 6
    for channel in (0, 1):
        jack_server.connect("PortAudio:out_0", f"Performer Audio:in_{channel}")
    for _ in range(2):
        sine(0.5)
        level, low, middle, high, centroid, _ = ears.features(lambda values: values[0] > 0.85 and values[5] == 0.0)
        assert level == pytest.approx(1.0 - 6.02 / 60.0, abs=0.01)
        assert (low, high) == (0.0, 0.0)
        assert middle == pytest.approx(1.0, abs=0.05)
        assert centroid == pytest.approx((69.0 + 12.0 * np.log2(1000.0 / 440.0)) / 127.0, abs=0.01)
        sine(0.0)
        ears.features(lambda values: values == (0.0,) * 6)
    assert ears.process.is_alive()


def test_a_killed_server_ends_the_process_within_seconds_and_the_next_one_finds_the_new_server(
    jack_server: JackServer, listen: Callable[..., Ears]
) -> None:
    ears = listen()
    ears.features(lambda values: True)
    jack_server.kill()
    assert ears.exit_code(5.0) == STALLED
    assert ears.status() == (
        "There is no more sound from the audio input 'system' (JACK Audio Connection Kit, 2 channels, 48000 Hz); it is opened again."
    )
    assert listen().exit_code() == NO_DEVICE
    jack_server.start()
    assert listen().status().startswith("Listening to 'system'")


def test_an_input_that_is_not_there_is_named_with_those_that_are(jack_server: JackServer, listen: Callable[..., Ears]) -> None:
    ears = listen("Scarlett")
    assert ears.exit_code() == NO_DEVICE
    assert ears.status() == "No audio input is called 'Scarlett'. There are: 'system'. `performer devices` lists them."


def test_it_ends_with_its_lifeline(jack_server: JackServer, listen: Callable[..., Ears]) -> None:
    ears = listen()
    ears.features(lambda values: True)
    ears.lifeline.close()
    assert ears.exit_code() == 0


def test_in_silence_the_engine_hears_four_times_a_second_and_a_slow_machine_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    with bind_loopback() as engine, bind_loopback() as own:
        ring = Ring(48000.0)
        listener = Listener(Loopback(own, {"engine": engine.getsockname()[1]}), AudioInput(0, "card", "ALSA", 2, 48000.0), ring)
        for _ in range(2):
            for _ in range(200):
                ring.put(np.zeros((256, 2), np.float32))
            while not ring.empty():
                listener.turn()
        messages = [message.address for datagram in received(engine) for message in decode(datagram)]
    dropped = "/performer/listening/dropped"
    assert dropped in messages
    assert [each for each in messages if each != dropped] == ["/performer/listening/status", "/performer/listening/features"]
    assert [record.message for record in caplog.records] == ["This machine is too slow for its audio input: the oldest sound is dropped."]


def received(sock: socket.socket) -> Iterator[bytes]:
    sock.settimeout(0.1)
    while True:
        try:
            yield sock.recv(LARGEST)
        except TimeoutError:
            return
