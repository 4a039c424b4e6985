"""A take of a real engine, told again: exactly the notes that were played, and a word where it is not so."""

import gc
import json
import queue
import random
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
from performer.outputs.take import Sounded, read_take, sounded
from performer.render import render, write_midi
from performer.show import parse_show
from tests.stagehands import WrittenOutput

VALUE = re.compile(r'(?<=[:,\[])(-?[\d.]+|true|null|"[^"]*")(?=[,\]}])')  # of a line of JSON
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
    show = parse_show(f'[show]\nname = "a test"\nseed = 11\n[models]\nnotes = "echo"\n[takes]\nfolder = "{folder.as_posix()}"\n{voices}', "test")
    loopback = Loopback(sockets["engine"], {place: sock.getsockname()[1] for place, sock in sockets.items()})
    engine = Engine(EngineOptions(show), loopback, public, None, output)
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


def test_a_take_that_was_damaged_at_random_is_told_again_or_refused_in_a_sentence(take: Path, tmp_path: Path):
    chance, texts = random.Random(7), take.read_text(encoding="utf-8").splitlines()
    junk = ('"x"', "null", "-1", "1e9", "[]", "{}", "true", "NaN", "99999999999999999999", '"\\ud800"', "0.5")
    skipped = 0
    for _ in range(150):
        lines = list(texts)
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(lines))
            match chance.randrange(5):
                case 0:
                    word = chance.choice(junk)
                    lines[place] = VALUE.sub(lambda _, word=word: word, lines[place], count=chance.randint(1, 3))
                case 1:
                    lines[place] = lines[place][: chance.randrange(len(lines[place]) + 1)]
                case 2:
                    del lines[place]
                case 3:
                    lines.insert(place, lines[chance.randrange(len(lines))])
                case _:
                    other = chance.randrange(len(lines))
                    lines[place], lines[other] = lines[other], lines[place]
        take.write_text("\n".join(lines) + "\n", encoding="utf-8")
        try:
            skipped += "left out" in render(take, tmp_path / "out.mid")
        except TakeError as error:
            assert "line 1" in str(error) or "no line of it" in str(error).lower(), str(error)
    assert skipped > 20


def test_a_pause_of_weeks_is_a_midi_file_all_the_same(tmp_path: Path):
    write_midi([Sounded(1, 1, 60, 90, 0.0, 1.0), Sounded(1, 1, 62, 90, 3e6, 3e6 + 1.0)], tmp_path / "out.mid")
    assert abs(mido.MidiFile(tmp_path / "out.mid").length - (3e6 + 1.0)) < 1.0


def test_lines_that_are_left_out_are_told(take: Path, tmp_path: Path):
    changed(take, '"kind":"NoteOn"', lambda line: line["in"].update(pitch="x"))
    told = render(take, tmp_path / "out.mid")
    assert "NoteOn.pitch is 'x'" in told and "1 of " in told and "left out" in told and "exactly" not in told
