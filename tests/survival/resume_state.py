"""A program: `python -m tests.survival.resume_state --times 20 [--seed N]` kills the engine and looks whether the next one goes on with its state.

Values, tempo, metre, a scene, chords, the panic trigger and a model are set over OSC, and the song is started. After each kill all is asked for again
and the song's position is compared with where it would be. Told as JSON.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_packet import OscPacket

from tests.show_process import SILENT, ShowProcess
from tests.survival.kill_engine import children_of

SAVED_S = 4.5  # seconds after which a change is saved, on a loaded machine too
STEADY_S = 10.5  # seconds of life after which a death is no early one
IN_TIME_S = 0.02
PATIENCE_S = 20.0
SCENE, MODEL = "by hand", "echo"
CHORDS = "Dm7 G7 C A7"


@dataclass(slots=True)
class Figures:
    """What was seen: seconds that the position is off, seconds until the next engine answers, and what was lost."""

    off_ms: list[float] = field(default_factory=list)
    answered_s: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


class Hand:
    """Somebody who speaks OSC from the port where it listens."""

    def __init__(self, show: ShowProcess) -> None:
        self._to = ("127.0.0.1", show.osc)
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.bind(("127.0.0.1", show.reply))
        self._sock.settimeout(0.2)

    def send(self, address: str, *arguments: Any) -> None:
        """Send one message."""
        builder = OscMessageBuilder(address)
        for argument in arguments:
            builder.add_arg(argument)
        self._sock.sendto(builder.build().dgram, self._to)

    def ask(self, address: str, fits: Callable[[list[Any]], bool] = bool, *, asking: str = "") -> list[Any]:
        """What is told at this address, asked for until it fits; the last that was told where it never does."""
        end, told = time.monotonic() + PATIENCE_S, list[Any]()
        while time.monotonic() < end:
            self.send(asking or address)
            turn = time.monotonic() + 0.3
            while time.monotonic() < turn:
                try:
                    packet = OscPacket(self._sock.recv(65535))
                except TimeoutError:
                    break
                for message in (each.message for each in packet.messages):
                    told = list(message.params) if message.address == address else told
                if told and fits(told):
                    return told
        return told

    def forget(self) -> None:
        """Drop what was told until now: a dead engine's words may wait."""
        self._sock.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                self._sock.recv(65535)
        self._sock.settimeout(0.2)

    def close(self) -> None:
        """Free the port."""
        self._sock.close()


def set_all(hand: Hand, chance: random.Random) -> dict[str, Any]:
    """Change everything; return the values by address."""
    values: dict[str, Any] = {
        "/performer/tempo/bpm": round(chance.uniform(70.0, 160.0), 1), "/performer/tempo/numerator": chance.choice([3, 5, 7]),
        "/performer/midi/panic_control": chance.randrange(20, 110), "/performer/voice/1/transpose": chance.choice([-12, -5, 5, 12]),
        "/performer/song/chords": "text",
    }  # fmt: skip
    hand.send("/performer/chords", CHORDS)
    for address, value in values.items():
        hand.send(address, value)
    hand.send("/performer/scene/store", SCENE)
    hand.send("/performer/model", MODEL)
    hand.send("/performer/tempo/start")
    return values


def engine_of(show: ShowProcess) -> int:
    """The number of the engine's process; 0 while there is none."""
    return children_of(show.process.pid).get("engine", 0)


def position(hand: Hand) -> tuple[float, float, int]:
    """A beat's moment on the machine's clock in beats: tempo, the beat at the clock's zero, and whether the song runs."""
    status = hand.ask("/performer/status", lambda told: "clock_origin" in json.loads(told[0]), asking="/performer/sync")
    bpm, beat, seconds, rest, playing, *_ = hand.ask("/performer/timeline", asking="/performer/sync")
    return bpm, beat - (json.loads(status[0])["clock_origin"] + seconds + rest) * bpm / 60.0, playing


def kill_once(show: ShowProcess, hand: Hand, chance: random.Random, figures: Figures) -> None:
    """Set everything, kill the engine, and note what the next one does not know."""
    values = set_all(hand, chance)
    time.sleep(SAVED_S)
    hand.forget()
    bpm, zero, playing = position(hand)
    begun, dead = time.monotonic(), engine_of(show)
    os.kill(dead, signal.SIGKILL)
    while engine_of(show) in (0, dead) and time.monotonic() < begun + PATIENCE_S:
        time.sleep(0.02)
    hand.forget()
    bpm_after, zero_after, playing_after = position(hand)
    figures.answered_s.append(time.monotonic() - begun)
    for address, value in values.items():
        told = hand.ask(address)
        if not told or (abs(told[0] - value) > 1e-3 if isinstance(value, float) else told[0] != value):
            figures.failures.append(f"{address} was {value}, is {told}")
    if SCENE not in str(hand.ask("/performer/scenes", asking="/performer/sync")):
        figures.failures.append("the scene is gone")
    model = json.loads(hand.ask("/performer/status", lambda told: "model" in json.loads(told[0]), asking="/performer/sync")[0])["model"]
    if model != MODEL:
        figures.failures.append(f"the model is {model}")
    if (round(bpm_after, 2), playing_after) != (round(bpm, 2), playing) or not playing:
        figures.failures.append(f"tempo and transport were {bpm, playing}, are {bpm_after, playing_after}")
    now = time.perf_counter()
    off = (zero_after + now * bpm_after / 60.0 - zero - now * bpm / 60.0) * 60.0 / bpm
    figures.off_ms.append(off * 1000.0)
    if abs(off) > IN_TIME_S:
        figures.failures.append(f"the song is off by {off * 1000.0:.1f} ms")


def kill(times: int, seed: int, folder: Path) -> Figures:
    """Kill the engine of one show so often."""
    chance, figures = random.Random(seed), Figures()
    with ShowProcess(folder, *SILENT) as show:
        hand = Hand(show)
        try:
            for number in range(times):
                kill_once(show, hand, chance, figures)
                sys.stderr.write(f"{number + 1} of {times}: off by {figures.off_ms[-1]:.2f} ms, {len(figures.failures)} failures\n")
                if number + 1 < times:
                    time.sleep(STEADY_S - SAVED_S)
        finally:
            hand.close()
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = kill(options.times, options.seed, Path(folder))
    off, answered = max(map(abs, figures.off_ms)), max(figures.answered_s)
    told = {"kills": len(figures.off_ms), "off_ms": off, "answered_s": answered, "failures": figures.failures}
    sys.stdout.write(json.dumps(told, indent=1) + "\n")
    return int(bool(figures.failures))


if __name__ == "__main__":
    sys.exit(main())
