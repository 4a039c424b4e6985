"""A whole performance: a real show in its own processes, a JACK server, and another process that plays into it and hears what comes back."""

import json
import queue
import shlex
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import mido
import pytest

from performer.assets import demo_performance
from performer.outputs.take import read_take, sounded
from performer.render import render
from tests.jack import JackServer, MidiPeer
from tests.show_process import ShowProcess

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


def test_a_signal_in_the_middle_of_an_answer_ends_what_sounds(jack_server: JackServer, tmp_path: Path):
    with ShowProcess(tmp_path, *LINES, '[[voice]]\nmode = "harmonise"') as show, MidiPeer("hear", "Performer Out") as ear:
        with MidiPeer("play", "Performer In") as hands:
            hands.play([[0x90, pitch, 90] for pitch in (60, 64, 67)])
            before = ear.heard(2)
        assert open_notes(before)
        assert show.end(signal.SIGTERM) == 0
        assert open_notes(before + all_heard(ear, 0.5)) == set()


def test_an_engine_that_dies_leaves_nothing_sounding_and_comes_back(jack_server: JackServer, tmp_path: Path):
    import subprocess

    with ShowProcess(tmp_path, *LINES, '[[voice]]\nmode = "harmonise"') as show:
        with MidiPeer("hear", "Performer Out") as ear, MidiPeer("play", "Performer In") as hands:
            hands.play([[0x90, 60, 90]])
            pitch = ear.heard(1)[0][1]
        children = subprocess.run(["pgrep", "-P", str(show.process.pid)], capture_output=True, text=True, check=True).stdout.split()
        engine = next(pid for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes())
        with MidiPeer("play", "Performer In"):
            pass
        subprocess.run(["kill", "-9", engine], check=True)
        deadline = time.monotonic() + 40
        while (len(list(show.takes.glob("*.jsonl"))) < 2 or not played(jack_server)) and time.monotonic() < deadline:
            threading.Event().wait(0.1)
        with MidiPeer("hear", "Performer Out") as ear, MidiPeer("play", "Performer In") as hands:
            hands.play([[0x90, 62, 90], [0x80, 62, 0]])
            assert ear.heard(1)
        assert show.end() == 0
    first = sorted(show.takes.glob("*.jsonl"))[0]
    assert any(json.loads(line).get("on", [0, 0, -1])[2] == pitch for line in first.read_text().splitlines())


def played(server: JackServer) -> bool:
    """Whether both of the show's ports are there."""
    ports = server.ports()
    return all(any(name in port for port in ports) for name in ("Performer In", "Performer Out"))
