"""A take of a real engine, told again: exactly the notes that were played, and a word where it is not so."""

import gc
import json
import queue
import re
import sys
from collections.abc import Callable
from pathlib import Path

import mido
import pytest

from performer.app import Engine, EngineOptions
from performer.errors import TakeError
from performer.events import NoteOff, NoteOn, Panic, Timed
from performer.loopback import PLACES, Loopback, bind_loopback
from performer.outputs.take import read_take, sounded
from performer.render import render
from performer.show import parse_show
from performer.show_midi import MIRROR
from tests.stagehands import WrittenOutput

PHRASE = (60, 64, 67, 65, 62)
PATIENCE = 10.0  # seconds after which something is lost


class HeardOutput(WrittenOutput):
    """Hands on each line as well, to whoever waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.news: queue.SimpleQueue[tuple[object, ...]] = queue.SimpleQueue()

    def note_on(self, channel: int, pitch: int, velocity: int) -> None:
        super().note_on(channel, pitch, velocity)
        self.news.put(self.lines[-1])

    def note_off(self, channel: int, pitch: int) -> None:
        super().note_off(channel, pitch)
        self.news.put(self.lines[-1])

    def wait_for(self, kind: str, count: int) -> None:
        while count:
            count -= self.news.get(timeout=PATIENCE)[0] == kind


def perform(folder: Path, voices: str, play: Callable[[Engine, HeardOutput], None]) -> tuple[Path, HeardOutput]:
    """Play into an engine of these voices; returns its take and what left. What it set in the interpreter is set back."""
    interval = sys.getswitchinterval()
    sockets = {place: bind_loopback() for place in PLACES}
    public, output = bind_loopback(), HeardOutput()
    show = parse_show(
        f'[show]\nname = "a test"\nseed = 11\n[models]\nnotes = "echo"\n[takes]\nfolder = "{folder.as_posix()}"\n{voices}', "test"
    )
    loopback = Loopback(sockets["engine"], {place: sock.getsockname()[1] for place, sock in sockets.items()})
    engine = Engine(EngineOptions(show), loopback, public, bytearray(MIRROR), output)
    try:
        engine.start()
        play(engine, output)
    finally:
        engine.stop()
        gc.unfreeze()
        sys.setswitchinterval(interval)
        for sock in (public, *sockets.values()):
            sock.close()
    return Path(engine.facts["take"]), output


def hear(engine: Engine, *events: NoteOn | NoteOff | Panic) -> None:
    """As a port would hand them over."""
    for event in events:
        engine.play(Timed(engine.clock.now(), event))


def a_phrase(engine: Engine, output: HeardOutput) -> None:
    """A phrase, its answer, and a key that comes in the middle of another answer."""
    for _ in range(2):
        for pitch in PHRASE:
            hear(engine, NoteOn(pitch, 90), NoteOff(pitch))
        output.wait_for("on", 2)
    hear(engine, NoteOn(72, 100), NoteOff(72))


def harmonies(engine: Engine, output: HeardOutput) -> None:
    """Keys down, their harmony, two keys up and a panic over the third."""
    hear(engine, *(NoteOn(pitch, 90) for pitch in PHRASE[:3]))
    output.wait_for("on", 6)
    hear(engine, *map(NoteOff, PHRASE[:2]))
    output.wait_for("off", 2)
    hear(engine, Panic())
    output.wait_for("off", 1)


CALL = '[[voice]]\nmode = "call"\npatience = 0.1'
HARMONISE = '[[voice]]\nmode = "harmonise"\nnotes = 2'
CHOIR = "\n".join([HARMONISE] * 3)


@pytest.fixture
def take(tmp_path: Path) -> Path:
    """A take of harmonies."""
    return perform(tmp_path / "takes", HARMONISE, harmonies)[0]


@pytest.mark.parametrize(("voices", "play"), [(CALL, a_phrase), (HARMONISE, harmonies), (f"{CALL}\n{HARMONISE}", a_phrase), (CHOIR, harmonies)])
def test_a_take_is_told_again_note_for_note(tmp_path: Path, voices: str, play: Callable[..., None]):
    take, output = perform(tmp_path / "takes", voices, play)
    struck = sorted(line[2] for line in output.lines if line[0] == "on")
    assert len(struck) >= 3
    assert sorted(line[2] for line in output.lines if line[0] == "off") == struck
    _, lines = read_take(take)
    notes = sounded(lines)
    assert sorted(note.pitch for note in notes) == struck
    told = render(take, tmp_path / "out.mid")
    assert f"{len(struck)} notes, exactly those that were played" in told, told
    answers = sum(getattr(line.get("in"), "note", None) is not None for line in lines)
    assert f"{answers} of {answers} answers of echo came out the same" in told, told
    written = mido.MidiFile(tmp_path / "out.mid")
    assert sorted(message.note for message in written if message.type == "note_on") == struck
    assert abs(written.length - max(note.end for note in notes)) < 0.005


def changed(take: Path, which: str, change: Callable[[dict], object]) -> None:
    """Change the first line of the take that has `which` in it."""
    texts = take.read_text().splitlines()
    place = next(place for place, text in enumerate(texts) if which in text)
    line = json.loads(texts[place])
    change(line)
    texts[place] = json.dumps(line)
    take.write_text("\n".join(texts) + "\n")


def test_a_note_that_was_not_played_is_noticed(take: Path, tmp_path: Path):
    changed(take, '"off":', lambda line: line["off"].__setitem__(3, line["off"][3] % 127 + 1))
    told = render(take, tmp_path / "out.mid")
    assert "1 played ones are missing, 1 are new" in told, told


def test_a_key_that_was_another_is_noticed(take: Path, tmp_path: Path):
    changed(take, '"kind":"NoteOn"', lambda line: line["in"].update(pitch=61))
    assert "exactly" not in render(take, tmp_path / "out.mid")


def test_an_answer_that_the_model_did_not_give_is_noticed(take: Path, tmp_path: Path):
    changed(take, '"note":{', lambda line: line["in"]["note"].update(pitch=line["in"]["note"]["pitch"] + 1))
    told = render(take, tmp_path / "out.mid")
    same, answers = map(int, re.search(r"(\d+) of (\d+) answers of echo", told).groups())
    assert same == answers - 1, told
    assert "exactly" not in told


def test_a_model_that_is_not_here_leaves_the_take_its_own_answers(take: Path, tmp_path: Path):
    changed(take, '"model":"echo"', lambda line: line.update(model="nobody", sha256={"nobody": {}}))
    told = render(take, tmp_path / "out.mid")
    assert "exactly those that were played" in told and "nobody is not here" in told


def test_a_file_that_cannot_be_written(take: Path, tmp_path: Path):
    with pytest.raises(TakeError, match="Give another place"):
        render(take, tmp_path / "none" / "out.mid")
