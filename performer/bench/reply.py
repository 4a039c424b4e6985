"""`bench reply`: a note goes into Performer, which harmonises; the time until the first generated note comes out is the reply."""

import contextlib
import queue
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from performer.awake import awake
from performer.bench.figures import percentiles, surroundings
from performer.bench.graph import Frames, Key, graph
from performer.bench.line import CLIENT, Line, echo, inside, midi_system, ports
from performer.bench.machine import machine
from performer.bench.stage import Play, Stage, show
from performer.midi_system import MidiSystem
from performer.progress import Watch, unwatched

PHRASE = (60, 62, 64, 65, 67, 69, 71, 72, 71, 69, 67, 65, 64, 62)
SPREAD = 0.004  # seconds within which a key comes sooner or later: sixteen even keys a second, each 0.1 ms late, are 47 cycles of JACK apart
HOLD = 0.03  # seconds a key is down, at most
PATIENCE = 0.5  # seconds after which a reply is lost
WARM_UP = 12  # notes before the measuring begins
PINGS = 200  # notes through the bare echo


@dataclass(slots=True)
class Replies:
    """What was measured: seconds to the first note out of any voice, to the last of all voices, and the notes without any answer, or with
    fewer answers than voices."""

    first: list[float] = field(default_factory=list)
    all: list[float] = field(default_factory=list)
    lost: int = 0
    incomplete: int = 0


def bench_reply(
    notes: int, rate: float = 16.0, voices: int = 1, silence: float = 0.0, visuals: bool = False, model: str = "", watch: Watch = unwatched
) -> dict[str, Any]:
    """The JSON object: `notes` at `rate` notes a second into `voices` that harmonise (by this model; empty: the show's own choice), after `silence`
    seconds in which nobody plays. `lost` were not answered, `transport_lost` did not come back from the bare echo."""
    system = midi_system()
    bare = None if system is None else round_trips(system)
    with stage_and_line(system, voices, visuals, model) as (_, line):
        play_phrase(line, WARM_UP, rate, voices)
        threading.Event().wait(silence)
        listening = graph(CLIENT, "Performer Out") if line.transport == "jack" else contextlib.nullcontext(Frames())
        with machine() as own, listening as frames:
            replies = play_phrase(line, notes, rate, voices, watch)
        within = frames.waits([key(number) for number in range(notes)], 0.5 / rate)
        return surroundings("reply", line.transport, visuals, model) | {
            "n": notes, "voices": voices, "rate": rate, "silence_s": silence, "lost": replies.lost, "incomplete": replies.incomplete,
            "reply_ms": percentiles(replies.first), "reply_all_ms": percentiles(replies.all) if replies.all else None,
            "transport_ms": percentiles(bare.first) if bare else None, "transport_lost": bare.lost if bare else None,
            "graph_ms": percentiles(within) if within else None, "machine_ms": own,
        }  # fmt: skip


def round_trips(system: MidiSystem, count: int = PINGS) -> Replies:
    """Notes to a bare echo process and back, on a processor that is as awake as a show keeps it."""
    with awake(), echo(system) as line:
        play_phrase(line, WARM_UP, 50.0, 1)
        return play_phrase(line, count, 50.0, 1)


@contextlib.contextmanager
def stage_and_line(system: MidiSystem | None, voices: int, visuals: bool, model: str = "") -> Iterator[tuple[Stage | None, Line]]:
    """A show whose voices harmonise, and a line to it. Where there is no MIDI system the engine is in this process and the show paints only."""
    play = Play(('mode = "harmonise"\nnotes = 1',) * voices, system is not None, visuals, model=model)
    with contextlib.ExitStack() as stack:
        stage = stack.enter_context(show(play)) if system is not None or visuals else None
        yield stage, stack.enter_context(inside(play) if system is None else ports(system))


def key(number: int) -> Key:
    """The pitch and the velocity of a note of the phrase."""
    return PHRASE[number % len(PHRASE)] + 12 * (number // len(PHRASE) % 2), 70 + number * 7 % 50


def play_phrase(line: Line, notes: int, rate: float, voices: int, watch: Watch = unwatched) -> Replies:
    """Play so many notes at about `rate` a second, none before the one before it was answered or given up."""
    replies, chance = Replies(), random.Random(notes)
    for number in range(notes):
        due = time.perf_counter() + 1 / rate + chance.uniform(-SPREAD / 2, SPREAD / 2)
        pitch, velocity = key(number)
        while not line.arrivals.empty():
            line.arrivals.get()
        sent = time.perf_counter()
        line.play((0x90, pitch, velocity))
        waited = _answers(line, sent, voices)
        threading.Event().wait(max(0.0, min(HOLD, 0.5 / rate)))
        line.play((0x80, pitch, 0))
        if waited:
            replies.first.append(waited[0])
        if len(waited) == voices:
            replies.all.append(waited[-1])
        replies.lost += not waited
        replies.incomplete += 0 < len(waited) < voices
        watch("playing notes", number + 1, notes)
        threading.Event().wait(max(0.0, due - time.perf_counter()))
    return replies


def _answers(line: Line, sent: float, voices: int) -> list[float]:
    """Seconds until each voice's first note, in the order of their coming. They have the first channels; further ones play by themselves."""
    waited: dict[int, float] = {}
    while len(waited) < voices:
        try:
            arrival = line.arrivals.get(timeout=max(0.0, sent + PATIENCE - time.perf_counter()))
        except queue.Empty:
            break
        if arrival.channel <= voices:
            waited.setdefault(arrival.channel, arrival.time - sent)
    return list(waited.values())
