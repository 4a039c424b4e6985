"""A whole performance: a real show in its own processes, a JACK server, and another process that plays into it and hears what comes back."""

import itertools
import json
import os
import queue
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import mido
import pytest

from performer.assets import demo_performance
from performer.outputs.take import read_take, sounded
from performer.render import render
from tests.jack import JackServer, MidiPeer
from tests.show_process import ShowProcess
from tests.survival.kill_engine import children_of

pytestmark = pytest.mark.programs
SECONDS = 9.0
LINES = ("[audio]\nenabled = false", "[visuals]\nenabled = false", "[desk]\nenabled = false")


def performance(seconds: float) -> Iterator[tuple[float, list[int]]]:
    """A pianist's recorded keys and pedals with their times, as MIDI."""
    time_now = 0.0
    for message in mido.MidiFile(demo_performance()):
        time_now += message.time
        if time_now > seconds:
            return
        if message.type in ("note_on", "note_off", "control_change"):
            yield time_now, message.bytes()


def play(peer: MidiPeer, seconds: float) -> None:
    begun = time.monotonic()
    for moment, message in performance(seconds):
        threading.Event().wait(max(0.0, begun + moment - time.monotonic()))
        peer.play([message])


def all_heard(peer: MidiPeer, quiet: float) -> list[list[int]]:
    """What was heard, until nothing came for so many seconds."""
    out: list[list[int]] = []
    while True:
        try:
            out += peer.heard(1, quiet)
        except queue.Empty:
            return out


def open_notes(messages: list[list[int]]) -> set[tuple[int, int]]:
    """(channel, pitch) of the notes that nothing ended. A note-on that repeats an open one is a mistake of its own."""
    held: set[tuple[int, int]] = set()
    for status, *data in messages:
        key = (status & 0x0F, data[0] if data else 0)
        if status & 0xF0 == 0x90 and data[1]:
            assert key not in held, f"{key} was struck twice without an end"
            held.add(key)
        elif status & 0xF0 in (0x80, 0x90):
            held.discard(key)
    return held


@pytest.mark.parametrize("mode", ["call", "harmonise"])
def test_play_in_and_notes_come_back_and_the_take_tells_it_again(jack_server: JackServer, tmp_path: Path, mode: str):
    voice = f'[[voice]]\nmode = "{mode}"'
    with ShowProcess(tmp_path, *LINES, voice) as show, MidiPeer("hear", "Performer Out") as ear, MidiPeer("play", "Performer In") as hands:
        play(hands, SECONDS if mode == "call" else 5.0)
        early = all_heard(ear, 1.0)
        assert show.end(signal.SIGTERM) == 0
        late = all_heard(ear, 0.5)
        take = show.take
        assert f"performer render {shlex.quote(str(take))} -o " in show.words[-1]
    begun = [message for message in early + late if message[0] & 0xF0 == 0x90 and message[2]]
    assert len(begun) >= 3
    assert open_notes(early + late) == set()
    _, lines = read_take(take)
    assert sorted(note.pitch for note in sounded(lines)) == sorted(message[1] for message in begun)
    assert "exactly those that were played" in render(take, tmp_path / "out.mid")
    assert sum(message.type == "note_on" for message in mido.MidiFile(tmp_path / "out.mid")) == len(begun)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"])
def test_a_signal_in_the_middle_of_an_answer_ends_what_sounds(jack_server: JackServer, tmp_path: Path, name: str):
    with ShowProcess(tmp_path, *LINES, '[[voice]]\nmode = "harmonise"') as show, MidiPeer("hear", "Performer Out") as ear:
        with MidiPeer("play", "Performer In") as hands:
            hands.play([[0x90, pitch, 90] for pitch in (60, 64, 67)])
            before = ear.heard(2)
        assert open_notes(before)
        assert show.end(signal.Signals[name]) == 0
        assert open_notes(before + all_heard(ear, 0.5)) == set()


def test_an_engine_that_dies_leaves_nothing_sounding_and_comes_back(jack_server: JackServer, tmp_path: Path):
    """The instrument has a port of its own, which the show names."""
    lines = (*LINES, '[midi]\noutput = "Instrument"', '[[voice]]\nmode = "harmonise"')
    with Instrument("Instrument") as instrument, ShowProcess(tmp_path, *lines) as show, MidiPeer("play", "Performer In") as hands:
        hands.play([[0x90, 60, 90]])
        instrument.await_that(lambda: bool(instrument.open_notes()), 15.0)
        sounding = instrument.open_notes()
        assert sounding
        threading.Event().wait(0.5)  # the take is written in the meantime
        kill_engine(show)
        instrument.await_that(lambda: not instrument.open_notes(), 2.0)
        assert instrument.open_notes() == set()
        before, deadline = len(instrument.heard), time.monotonic() + 20.0
        while len(instrument.heard) == before and time.monotonic() < deadline:
            hands.play([[0x90, 62, 90], [0x80, 62, 0]])
            instrument.await_that(lambda: len(instrument.heard) > before, 0.2)
        instrument.await_that(lambda: not instrument.open_notes(), 5.0)
        assert len(instrument.heard) > before + 1 and not instrument.open_notes()
        assert show.end() == 0
    first = sorted(show.takes.glob("*.jsonl"))[0]
    begun = {(line["on"][1] - 1, line["on"][2]) for line in map(json.loads, first.read_text().splitlines()) if "on" in line}
    assert sounding <= begun


def kill_engine(show: ShowProcess) -> None:
    """End the engine's process as a crash would."""
    os.kill(children_of(show.process.pid)["engine"], signal.SIGKILL)


class Instrument:
    """A JACK client of this name with an input port, in a process of its own (`jack_midi_dump`); `heard` has the messages that arrive."""

    def __init__(self, name: str) -> None:
        self.heard: list[list[int]] = []
        self._changed = threading.Condition()
        command = ["stdbuf", "-oL", "jack_midi_dump", name]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        self._name = name

    def open_notes(self) -> set[tuple[int, int]]:
        """Channel (from 0) and pitch of what sounds."""
        return open_notes(self.heard)

    def await_that(self, holds: Callable[[], bool], seconds: float) -> None:
        """Wait until this holds, at most so many seconds."""
        with self._changed:
            self._changed.wait_for(holds, seconds)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            parts = line.split(":", 1)[1].split()
            data = list(itertools.takewhile(lambda part: len(part) == 2 and set(part) <= set("0123456789abcdef"), parts))
            with self._changed:
                self.heard.append([int(part, 16) for part in data])
                self._changed.notify_all()

    def __enter__(self) -> "Instrument":
        deadline = time.monotonic() + 10
        while self._name not in subprocess.run(["jack_lsp"], capture_output=True, text=True, check=True, timeout=10).stdout:
            assert time.monotonic() < deadline and self._process.poll() is None
            threading.Event().wait(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)
        self._thread.join(5)
        if self._process.stdout is not None:
            self._process.stdout.close()
