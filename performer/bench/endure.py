"""`bench endure`: does the hundredth minute cost what the first one did? An hour on the virtual clock, and then minutes of a real show.

On the virtual clock the demo's pianist plays on and on; one voice harmonises, two plan ahead. Of each minute the middle time of a model's step and
the memory are kept; the first minute warms up and does not count. A machine that others share is faster in one minute than in another, so at the end
of each the mind that has heard it all and one that has heard nothing step by turns: `beside_fresh` is how many times as long the old one takes. Live
the show tells the times of its own steps; whoever shares the machine makes them longer and never shorter, so the fastest of each minute is kept too.
"""

import json
import os
import random
import statistics
import time
from collections.abc import Iterator, Sequence
from typing import Any

from performer.assets import demo_performance
from performer.bench.figures import median, surroundings
from performer.bench.line import midi_system, ports
from performer.bench.reply import play_phrase
from performer.bench.stage import Play, rss_mb, show
from performer.constraints import Chance, Constraints
from performer.events import ModelNote, Sync, Timed
from performer.inference.thinker import Mind
from performer.inputs.replay import read_performance
from performer.loopback import Message
from performer.minds import open_mind
from performer.offline import Offline
from performer.parameters import Table
from performer.progress import Watch, unwatched, watched
from performer.session.parts import Parts
from performer.session.state import Session

MINUTE = 60.0
REST = 4.0  # seconds between two performances of the demo
MODES = ("harmonise", "accompany", "autonomous")
SPARSE = {"density": 2.0, "polyphony": 2, "ahead": 2.0}  # of the voices: at the usual density two of them think over four hundred notes a second
LIVE = ('mode = "harmonise"\nnotes = 1', 'mode = "accompany"\nchannel = 2', 'mode = "autonomous"\nchannel = 3')
PAIRS = 200  # steps of an old mind and of a fresh one
RATE_HZ = 8.0  # notes a second that are played into the real show


class Stopwatch:
    """A mind that keeps the seconds of each of its steps."""

    def __init__(self, mind: Mind, seconds: list[float]) -> None:
        self.name = mind.name
        self._mind, self._seconds = mind, seconds

    def feed(self, note: ModelNote) -> None:
        begun = time.perf_counter()
        self._mind.feed(note)
        self._seconds.append(time.perf_counter() - begun)

    def prepare(self) -> None:
        begun = time.perf_counter()
        self._mind.prepare()
        if self._seconds:
            self._seconds[-1] += time.perf_counter() - begun  # the other half of the step before

    def query(self, constraints: Constraints, rng: Chance) -> ModelNote:
        return self._mind.query(constraints, rng)

    def fork(self) -> "Stopwatch":
        return Stopwatch(self._mind.fork(), self._seconds)

    def reset(self) -> None:
        self._mind.reset()

    def warm(self) -> None:
        self._mind.warm()


def bench_endure(model: str, minutes: int, live_minutes: int, visuals: bool = False, watch: Watch = unwatched) -> dict[str, Any]:
    """The JSON object: `step_ms`, `beside_fresh` and `rss_mb` of the first and of the last minute, their ratio, and each minute's, on the virtual
    clock; live `reply_ms` too, and `least_step_ms`; no steps of a model that does not tell them, as the echo."""
    told = surroundings("endure", "jack" if midi_system() else "none", visuals, model) | {"virtual": _virtual(model, minutes, watch)}
    return told | ({"live": _live(model, live_minutes, visuals, watch)} if live_minutes > 1 and midi_system() else {})


def _virtual(model: str, minutes: int, watch: Watch) -> dict[str, Any]:
    seconds: list[float] = []
    values: dict[str, Any] = {}
    for number, mode in enumerate(MODES, start=1):
        values |= {f"/performer/voice/{number}/{name}": value for name, value in (("mode", mode), *SPARSE.items())}
    session = Session(Table(len(MODES)), Parts.named(("keys",) * len(MODES)), random.Random(1).randrange(2**31), values)
    mind, fresh = open_mind(model), open_mind(model)
    graph = Offline(session, Stopwatch(mind, seconds))
    graph.handle(Timed(0.0, Sync()))
    keys = _endless()
    waiting = next(keys)
    steps, beside, memory, notes = [], [], [], 0
    for minute in watched(range(1, minutes + 2), watch, "minutes on the virtual clock"):
        events = []
        while waiting.time < minute * MINUTE:
            events.append(waiting)
            waiting = next(keys)
        graph.play_on(events, minute * MINUTE)
        steps.append(1000.0 * statistics.median(seconds))  # not rounded: the echo needs less than a microsecond
        beside.append(beside_fresh(mind.fork(), fresh))
        memory.append(rss_mb(os.getpid()) or 0.0)
        notes += len(graph.score.begun)
        for kept in (seconds, graph.said, graph.score.notes, graph.score.begun):
            kept.clear()
    return _compared(step_ms=steps[1:], beside_fresh=beside[1:], rss_mb=memory[1:]) | {"minutes": minutes, "notes": notes}


def beside_fresh(old: Mind, fresh: Mind) -> float:
    """How many times as long a step of the old mind takes as one of a mind that has heard nothing, by the middle ones of many, taken by turns."""
    old.prepare()
    seconds: dict[Mind, list[float]] = {old: [], fresh: []}
    for number in range(PAIRS):
        note = ModelNote(0.1, 48 + number % 24, 80, 0.1)
        fresh.reset()
        for mind in (old, fresh) if number % 2 else (fresh, old):
            begun = time.perf_counter()
            mind.feed(note)
            mind.prepare()
            seconds[mind].append(time.perf_counter() - begun)
    return statistics.median(seconds[old]) / statistics.median(seconds[fresh])


def _endless() -> Iterator[Timed]:
    """The demo's performance again and again, in the order of time."""
    performance = read_performance(demo_performance())
    length, begins = performance[-1].time + REST, 1.0
    while True:
        yield from (Timed(begins + timed.time, timed.event) for timed in performance)
        begins += length


def _live(model: str, minutes: int, visuals: bool, watch: Watch) -> dict[str, Any]:
    system = midi_system()
    assert system is not None
    replies, steps, least, memory = [], [], [], []
    with show(Play(LIVE, True, visuals, model=model)) as stage, ports(system) as line:
        for minute in range(minutes + 1):
            end = time.monotonic() + MINUTE
            heard: list[float] = []
            told: list[dict[str, float]] = []
            while (left := end - time.monotonic()) > 0:
                watch("minutes of a live show", minute + 1 - left / MINUTE, minutes + 1)
                heard += play_phrase(line, 14, RATE_HZ, 1).first
                told += steps_told(stage.said(), model)
            replies.append(median(heard))
            steps += [statistics.median(each["p50"] for each in told)] if told else []
            least += [min(each["min"] for each in told)] if told else []
            memory.append(rss_mb(stage.process.pid) or 0.0)
    told_of = {"step_ms": steps[1:], "least_step_ms": least[1:]} if len(steps) > minutes else {}
    return _compared(reply_ms=replies[1:], rss_mb=memory[1:], **told_of) | {"minutes": minutes}


def steps_told(said: Sequence[Message], model: str) -> list[dict[str, float]]:
    """What the model's last steps took, in milliseconds (`min`, `p50` ...), each time that the show told its health."""
    told = [json.loads(message.arguments[0])["step_ms"] for message in said if message.address == "/performer/health"]
    return [steps[model] for steps in told if model in steps]


def _compared(**measured: list[float]) -> dict[str, Any]:
    def pair(figures: list[float]) -> dict[str, Any]:
        each = [round(figure, 3) for figure in figures]
        ratio = round(figures[-1] / figures[0], 3) if figures[0] else None  # memory is not told everywhere
        return {"first": each[0], "last": each[-1], "ratio": ratio, "most": max(each), "each": each}

    return {name: pair(figures) for name, figures in measured.items()}
