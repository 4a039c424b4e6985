"""A program: `python -m tests.survival.kill_engine --times 100 [--seed N]` kills the engine of a real show at random moments.

The show has its default (virtual) ports on a JACK server; a listener and a player are connected before each kill, and at least four notes
sound. Told as JSON: how long the last note-off took to reach the listener, whether the connections came back, and when the next answer came.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.jack import MidiPeer
from tests.show_process import ShowProcess
from tests.survival.listener import Listener
from tests.survival.tool import own_jack, percentiles

LINES = (
    "[audio]\nenabled = false", "[visuals]\nenabled = false", "[desk]\nenabled = false", '[models]\nnotes = "lstm-first-int8"',
    '[[voice]]\nmode = "harmonise"',
)  # fmt: skip
SOUNDING = 4
SILENT_MS, ANSWERED_S = 100.0, 3.0
PATIENCE_S = 15.0
BETWEEN_S = (5.5, 7.5)  # seconds from an answer to the next kill: after five a death counts as the first again


@dataclass(slots=True)
class Figures:
    """What was seen: milliseconds until silence, seconds until an answer, and what failed."""

    silent_ms: list[float] = field(default_factory=list)
    answered_s: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def told(self) -> dict[str, object]:
        """The figures as JSON may hold them."""
        return {
            "kills": len(self.silent_ms), "silent_ms": percentiles(self.silent_ms), "answered_s": percentiles(self.answered_s),
            "failures": self.failures,
        }  # fmt: skip


def children_of(show: int) -> dict[str, int]:
    """The processes that a show started, by their names."""
    found: dict[str, int] = {}
    for child in Path(f"/proc/{show}/task/{show}/children").read_text().split():
        with contextlib.suppress(OSError):
            found[Path(f"/proc/{child}/comm").read_text().strip().removeprefix("perf.")] = int(child)
    return found


def connections() -> set[tuple[str, str]]:
    """Which ports of Performer's are connected with which, without the client's number that JACK may add."""
    listed = subprocess.run(["jack_lsp", "-c"], check=True, capture_output=True, text=True, timeout=10).stdout
    found, port = set(), ""
    for line in listed.splitlines():
        if not line.startswith(" "):
            port = line
        elif port.startswith(("Performer In", "Performer Out")) and "guard" not in line:
            found.add((port.rpartition(":")[2], line.strip()))
    return found


def strike(hands: MidiPeer, listener: Listener, chance: random.Random) -> list[int]:
    """Press keys until enough notes sound; return the keys."""
    keys = chance.sample(range(50, 80), 5)
    hands.play([[0x90, key, 90] for key in keys])
    if not listener.wait_for(lambda: len(listener.sounding()) >= SOUNDING, PATIENCE_S):
        raise AssertionError(f"only {len(listener.sounding())} notes sound")
    return keys


def kill_once(show: ShowProcess, hands: MidiPeer, listener: Listener, chance: random.Random, figures: Figures) -> None:
    """Kill the engine while notes sound, and note what came of it."""
    before = connections()
    keys = strike(hands, listener, chance)
    time.sleep(chance.uniform(0.0, 1.0))
    before_children, sounding = children_of(show.process.pid), listener.sounding()
    if len(sounding) < SOUNDING:
        figures.failures.append(f"only {len(sounding)} notes sounded")
    begun = time.monotonic()
    os.kill(before_children["engine"], signal.SIGKILL)
    if listener.wait_for(lambda: not listener.sounding(), PATIENCE_S):
        figures.silent_ms.append((listener.heard[-1][0] - begun) * 1000.0)
        if figures.silent_ms[-1] > SILENT_MS:
            figures.failures.append(f"silent after {figures.silent_ms[-1]:.0f} ms")
    else:
        figures.failures.append(f"{len(listener.sounding())} of {len(sounding)} notes hang")
        listener.heard.clear()
    hands.play([[0x80, key, 0] for key in keys])
    _await_answer(hands, listener, begun, figures)
    time.sleep(1.0)
    if (after := connections()) != before:
        figures.failures.append(f"connections {sorted(before ^ after)}")
    after_children = children_of(show.process.pid)
    if changed := [name for name, child in before_children.items() if after_children.get(name) != child and name != "engine"]:
        figures.failures.append(f"ended too: {', '.join(changed)}")


def _await_answer(hands: MidiPeer, listener: Listener, begun: float, figures: Figures) -> None:
    count = len(listener.heard)
    for _ in range(int(PATIENCE_S / 0.05)):
        hands.play([[0x90, 64, 80]])
        if listener.wait_for(lambda: len(listener.heard) > count, 0.05):
            figures.answered_s.append(listener.heard[count][0] - begun)
            hands.play([[0x80, 64, 0]])
            if not listener.wait_for(lambda: not listener.sounding(), PATIENCE_S):
                figures.failures.append("a note of the next answer hangs")
            return
        hands.play([[0x80, 64, 0]])
    figures.failures.append("no answer came")


def kill(times: int, seed: int, folder: Path, between: tuple[float, float] = BETWEEN_S) -> Figures:
    """Kill the engine of one show so often. A JACK server is to run."""
    chance, figures = random.Random(seed), Figures()
    with ShowProcess(folder, *LINES) as show, Listener("Performer Out") as listener, MidiPeer("play", "Performer In") as hands:
        time.sleep(1.0)
        for number in range(times):
            kill_once(show, hands, listener, chance, figures)
            sys.stderr.write(f"{number + 1} of {times}: {json.dumps(figures.told()['silent_ms'])}, {len(figures.failures)} failures\n")
            if number + 1 < times:
                time.sleep(chance.uniform(*between))
        if show.end() != 0:
            figures.failures.append("the show did not end well")
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with own_jack(), tempfile.TemporaryDirectory() as folder:
        figures = kill(options.times, options.seed, Path(folder))
    sys.stdout.write(json.dumps(figures.told(), indent=1) + "\n")
    return int(bool(figures.failures) or percentiles(figures.answered_s)["p95"] > ANSWERED_S)


if __name__ == "__main__":
    sys.exit(main())
