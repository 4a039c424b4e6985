"""`bench trouble`: what the audience sees and hears while the generator is killed again and again, while the screen's process is stopped, and
while ten thousand parameter messages a second come in. A voice plays by itself all the time."""

import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from performer.bench.eye import Eye, eye
from performer.bench.figures import percentiles, surroundings
from performer.bench.frames import PLAYS
from performer.bench.stage import Play, Stage, show
from performer.errors import PerformerError
from performer.loopback import LARGEST, decode
from performer.progress import Watch, unwatched, wait, watched

BAR_S = 2.0  # of the show's 120 beats a minute
RATE = 10_000.0  # messages a second
SETTLED = 2.0  # seconds after a phase that still count for it: what came late is heard


@dataclass(slots=True)
class Word:
    """What the show said of a process of its picture, and when."""

    time: float
    facts: dict[str, Any]


@dataclass(slots=True)
class Reporter:
    """Writes down what the show says, in a thread: notes with their lateness, words of the generator and of the screen."""

    ear: socket.socket
    notes: list[tuple[float, float]] = field(default_factory=list)  # time, lateness in seconds
    words: dict[str, list[Word]] = field(default_factory=lambda: {"visuals": [], "screen": []})
    over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        self.ear.settimeout(0.2)
        while not self.over.is_set():
            try:
                messages = list(decode(self.ear.recv(LARGEST)))
            except TimeoutError:
                continue
            now = time.perf_counter()
            for message in messages:
                if message.address == "/performer/played":
                    self.notes.append((now, message.arguments[4] / 1000.0))
                elif message.address == "/performer/status":
                    self._note(json.loads(message.arguments[0]), now)

    def _note(self, facts: dict[str, Any], now: float) -> None:
        for who, words in self.words.items():
            if who in facts and (not words or facts[who] != words[-1].facts):
                words.append(Word(now, facts[who]))

    def pid(self, who: str, patience: float, other_than: int = 0) -> int:
        """The process that speaks now. Raises PerformerError where none does, or only the one that is not meant."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if self.words[who] and self.words[who][-1].facts["pid"] != other_than:
                return int(self.words[who][-1].facts["pid"])
            time.sleep(0.02)
        raise PerformerError(f"The process '{who}' does not speak.", "Its own words stand above.")

    def figures(self, since: float, page: Eye) -> dict[str, Any]:
        """What was heard and seen from this moment on."""
        notes = [late for moment, late in self.notes if moment >= since]
        screen = [word.facts for word in self.words["screen"] if word.time >= since + 1.0]
        seen = [each.moment for each in page.since(since)]
        return {
            "notes": len(notes), "lateness_ms": percentiles(notes) if notes else None, "later_than_a_bar": sum(late > BAR_S for late in notes),
            "presenter_fps": min((word["fps"] for word in screen), default=None),
            "presenter_longest_ms": max((word["longest_ms"] for word in screen), default=None),
            "page_longest_ms": round(1000 * max((b - a for a, b in itertools.pairwise(seen)), default=0.0), 1), "pictures": len(seen),
        }  # fmt: skip


def bench_trouble(kills: int, seconds: float, watch: Watch = unwatched) -> dict[str, Any]:
    """The JSON object: the same figures for each kind of trouble, and for as long without any. `seconds` are those of the killing."""
    with show(Play(PLAYS, False, True, desk=True)) as stage, eye(stage.page) as page:
        reporter = Reporter(stage.ear)
        thread = threading.Thread(target=reporter.run, name="reporter", daemon=True)
        thread.start()
        try:
            result = _phases(stage, reporter, page, kills, seconds, watch)
        finally:
            reporter.over.set()
            thread.join(2.0)
    return surroundings("trouble", "none", True) | {"kills": kills, "seconds": seconds} | result


def _phases(stage: Stage, reporter: Reporter, page: Eye, kills: int, seconds: float, watch: Watch) -> dict[str, Any]:
    short = max(4.0, seconds / 12)
    reporter.pid("visuals", 20.0)
    since = time.perf_counter()
    wait(short, watch, "without trouble")
    result = {"without": reporter.figures(since, page)}
    since = time.perf_counter()
    result["killed"] = {"times": _kill(reporter, kills, seconds / kills, watch)} | reporter.figures(since, page)
    since = time.perf_counter()
    _stop_screen(reporter.pid("screen", 5.0), short / 2)
    time.sleep(SETTLED)
    stalled = reporter.figures(since, page)
    result["screen_stopped"] = {"seconds": short / 2} | {key: stalled[key] for key in ("notes", "lateness_ms", "later_than_a_bar", "pictures")}
    since = time.perf_counter()
    sent = _flood(stage, short)
    result["flooded"] = {"rate": RATE, "sent": sent} | reporter.figures(since, page)
    return result


def _kill(reporter: Reporter, kills: int, every: float, watch: Watch) -> int:
    """Kill the generator so often, each time another process of it; returns how often it was."""
    killed = 0
    due = time.monotonic()
    for _ in watched(range(kills), watch, "killing the generator"):
        process = reporter.pid("visuals", 20.0, other_than=killed)
        os.kill(process, signal.SIGKILL)
        killed = process
        due += every
        time.sleep(max(0.0, due - time.monotonic()))
    reporter.pid("visuals", 20.0, other_than=killed)
    return kills


def _stop_screen(process: int, seconds: float) -> None:
    os.kill(process, signal.SIGSTOP)
    try:
        time.sleep(seconds)
    finally:
        with contextlib.suppress(ProcessLookupError):  # after two seconds the show has ended it, and started another
            os.kill(process, signal.SIGCONT)


def _flood(stage: Stage, seconds: float) -> int:
    """Ten thousand parameter messages a second for so long; how many went out."""
    command = [sys.executable, "-m", "performer.bench.flood", str(stage.osc_port), str(RATE), str(seconds)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=seconds + 30)
    return int(json.loads(done.stdout)["sent"])
