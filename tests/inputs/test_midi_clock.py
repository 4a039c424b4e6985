"""A MIDI clock with jitter from another program, through JACK, followed by the session as it is in a show."""

import json
import queue
import subprocess
import sys
from pathlib import Path

import pytest

from performer.clock import SystemClock
from performer.events import Sync, Timed
from performer.inputs.midi import MidiInput
from performer.parameters import Table
from performer.session.parts import Parts
from performer.session.state import Session
from tests.jack import JackServer

PEER = Path(__file__).parent.parent / "clock_peer.py"
TICKS = 24


def followed(steps: list[list[object]]) -> list[tuple[str, float, float, float, bool]]:
    """Of each tick that the other program sent: the step that it belongs to, quarter notes since that step, the beat that the session was on
    at its true moment, the tempo then, and whether it played. The session handles every message as it arrives."""
    heard: queue.SimpleQueue[Timed] = queue.SimpleQueue()
    clock = SystemClock()
    port = MidiInput(None, clock, heard.put)
    port.start()
    try:
        done = subprocess.run([sys.executable, str(PEER), "Performer In", json.dumps(steps)], capture_output=True, text=True, timeout=120, check=True)
    finally:
        port.stop()
    session = Session(Table(1), Parts.named(("keys",)), 1)
    session.handle(Timed(0.0, Sync()))
    events = []
    while not heard.empty():
        events.append(heard.get())
    out, step, count = [], "", 0
    for word, moment in map(json.loads, done.stdout.splitlines()):
        if word != "clock":
            step, count = word, 0
            continue
        now = moment - clock.origin
        while events and events[0].time <= now:
            session.handle(events.pop(0))
        tempo = session.room.tempo
        out.append((step, count / TICKS, tempo.timeline.beat_at(now), tempo.timeline.bpm, tempo.playing))
        count += 1
    return out


def p95_ms(ticks: list[tuple[str, float, float, float, bool]], first: float, bpm: float) -> float:
    """The error of the beat, in ms, but for the constant part that a way through JACK adds (which the output's delay takes away)."""
    errors = [(beat - quarter - first) * 60_000.0 / bpm for _, quarter, beat, _, _ in ticks]
    middle = sorted(errors)[len(errors) // 2]
    assert abs(middle) < 6.0, f"{middle:.1f} ms off on the whole"
    return sorted(abs(error - middle) for error in errors)[int(0.95 * len(errors))]


@pytest.mark.programs
def test_a_clock_with_jitter_is_followed_and_so_is_its_change_of_tempo(jack_server: JackServer):
    ticks = followed([["start", 97, 32], ["faster", 140, 12]])
    settled = [tick for tick in ticks if tick[0] == "start" and tick[1] >= 16.0]  # after four bars
    assert all(tick[4] for tick in settled)
    error = p95_ms(settled, 0.0, 97.0)
    print(f"beat error at 97 bpm: p95 {error:.2f} ms")
    assert error <= 3.0
    after_a_bar = [tick for tick in ticks if tick[0] == "faster" and tick[1] >= 4.0]
    assert all(abs(tick[3] - 140.0) < 2.0 for tick in after_a_bar)
    assert p95_ms(after_a_bar, 32.0, 140.0) <= 4.0


@pytest.mark.programs
def test_stop_continue_and_song_position_land_on_the_right_beat(jack_server: JackServer):
    ticks = followed([["start", 120, 12], ["stop", 120, 4], ["continue", 120, 6], ["stop", 120, 3], ["songpos", 0, 64], ["continue", 120, 8]])
    runs: list[list[tuple[str, float, float, float, bool]]] = []
    for tick in ticks:
        if tick[1] == 0.0:
            runs.append([])
        runs[-1].append(tick)
    for place, first in ((0, 0.0), (2, 12.0), (4, 16.0)):
        late = [tick for tick in runs[place] if tick[1] >= 3.0]
        assert all(tick[4] for tick in late) and max(abs(tick[2] - tick[1] - first) for tick in late) < 0.05
    assert not runs[1][-1][4] and not runs[3][-1][4]
