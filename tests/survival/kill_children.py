"""A program: `python -m tests.survival.kill_children --times 20 [--seed N]` kills and stops each process of a real show.

SIGKILL and SIGSTOP come by turns to every child but the engine, which is stopped only (`kill_engine` kills it). Meanwhile keys are answered
over OSC. Told as JSON, for each process: how long until it was gone and another one was there, and the longest pause of the music.
"""

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from tests.jack import MidiPeer
from tests.show_process import ShowProcess
from tests.survival.kill_engine import children_of
from tests.survival.listener import Listener
from tests.survival.tool import own_jack

LINES = (
    "[audio]\nenabled = true", "[visuals]\nenabled = true", "[desk]\nenabled = true", '[models]\nnotes = "echo"',
    '[[voice]]\nmode = "harmonise"',
)  # fmt: skip
FOUND_S = 2.5
PATIENCE_S = 20.0
EVERY_S = 0.1  # seconds between two keys
PAUSE_S = 1.0  # without an answer that a player would hear
STEADY_S = 5.5


@dataclass(slots=True)
class Figures:
    """Seconds until a process was found to be gone or to stand still, and until another was there, by its name; what failed."""

    found_s: dict[str, list[float]] = field(default_factory=dict)
    restored_s: dict[str, list[float]] = field(default_factory=dict)
    longest_pause_s: float = 0.0
    failures: list[str] = field(default_factory=list)


class Player:
    """Presses a key ten times a second, and notes the longest pause between two answers."""

    def __init__(self, hands: MidiPeer, listener: Listener) -> None:
        self._hands, self._listener = hands, listener
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._play, daemon=True)
        self._thread.start()

    def _play(self) -> None:
        key = 48
        while not self._over.is_set():
            key = 48 + (key - 47) % 24
            self._hands.play([[0x90, key, 80]])
            self._over.wait(EVERY_S / 2)
            self._hands.play([[0x80, key, 0]])
            self._over.wait(EVERY_S / 2)

    def longest_pause(self, since: float) -> float:
        """The longest time without a note since this moment."""
        moments = [since, *(at for at, message in list(self._listener.heard) if message[0] & 0xF0 == 0x90 and at > since), time.monotonic()]
        return max(b - a for a, b in pairwise(moments))

    def stop(self) -> None:
        self._over.set()
        self._thread.join()


@contextmanager
def playing(show_folder: Path, *lines: str) -> Iterator[tuple[ShowProcess, Player]]:
    """A show that is played all the while."""
    with ShowProcess(show_folder, *lines) as show, Listener("Performer Out") as listener, MidiPeer("play", "Performer In") as hands:
        player = Player(hands, listener)
        try:
            time.sleep(2.0)
            yield show, player
        finally:
            player.stop()


def hurt(show: ShowProcess, name: str, number: int, player: Player, figures: Figures) -> None:
    """Send a signal to a process, and note when it is gone and when another is there."""
    process, began = children_of(show.process.pid)[name], time.monotonic()
    os.kill(process, number)
    title = f"{name} {signal.Signals(number).name}"
    gone = there = 0.0
    while not there and time.monotonic() - began < PATIENCE_S:
        now = children_of(show.process.pid).get(name)
        gone = gone or (time.monotonic() - began if now != process else 0.0)
        there = time.monotonic() - began if gone and now is not None and now != process else 0.0
        time.sleep(0.02)
    figures.found_s.setdefault(title, []).append(round(gone, 2))
    figures.restored_s.setdefault(title, []).append(round(there, 2))
    if not 0.0 < gone <= FOUND_S:
        figures.failures.append(f"{title}: found after {gone:.2f} s")
    if not there:
        figures.failures.append(f"{title}: not restored")
    time.sleep(STEADY_S)
    pause = player.longest_pause(began)
    if name not in ("engine", "ports"):
        figures.longest_pause_s = max(figures.longest_pause_s, pause)
        if pause > PAUSE_S:
            figures.failures.append(f"{title}: no note for {pause:.2f} s")
    elif pause > PATIENCE_S / 2:
        figures.failures.append(f"{title}: no note for {pause:.2f} s")


def hurt_all(times: int, seed: int, folder: Path, names: tuple[str, ...], lines: tuple[str, ...] = LINES) -> Figures:
    """Kill and stop each of these processes so often, in any order. A JACK server is to run."""
    figures, chance = Figures(), random.Random(seed)
    rounds = [(name, number) for name in names for number in (signal.SIGKILL, signal.SIGSTOP) if (name, number) != ("engine", signal.SIGKILL)]
    with playing(folder, *lines) as (show, player):
        for turn in range(times):
            chance.shuffle(rounds)
            for name, number in rounds:
                hurt(show, name, number, player, figures)
            sys.stderr.write(f"{turn + 1} of {times}: {len(figures.failures)} failures\n")
        if show.end() != 0:
            figures.failures.append("the show did not end well")
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--names", nargs="+", default=["engine", "ports", "desk", "visuals", "screen", "listening"])
    options = parser.parse_args()
    with own_jack(), tempfile.TemporaryDirectory() as folder:
        figures = hurt_all(options.times, options.seed, Path(folder), tuple(options.names))
    told = {"found_s": figures.found_s, "restored_s": figures.restored_s, "longest_pause_s": figures.longest_pause_s, "failures": figures.failures}
    sys.stdout.write(json.dumps(told, indent=1) + "\n")
    return int(bool(figures.failures))


if __name__ == "__main__":
    sys.exit(main())
