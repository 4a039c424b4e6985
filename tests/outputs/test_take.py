"""A take on disk: written while it happens, read again as it was, and refused with the line where it is wrong."""

import json
import threading
from pathlib import Path

import pytest

from performer.effects import Play
from performer.errors import TakeError
from performer.events import Answer, Control, ModelNote, NoteOff, NoteOn, ParameterSet, Timed, Transport
from performer.outputs.take import Opening, Sounded, TakeWriter, read_take, sounded
from performer.scheduler import Applied, Ended, Played

OPENING = Opening(7, 2, ("keys", "drums"), {"/performer/voice/1/notes": 2}, "echo", {"echo": {"step": "ab12"}}, {}, ("echo", "echo"))
EVENTS = (
    Timed(1.0, NoteOn(60, 90, 1, "desk")),
    Timed(1.25, NoteOff(60)),
    Timed(1.5, Control(64, 127, 2)),
    Timed(1.1 + 0.2, Answer(3, 0, ModelNote(0.1, 64, 80, None, 2, True), "echo")),
    Timed(2.0, Answer(3, 1, None)),
    Timed(2.1, Answer(4, 0, ModelNote(0.1, 64, 80, 0.25, 2, True), "echo", last=True)),
    Timed(2.5, ParameterSet("/performer/voice/1/scale", "harmonic minor", "127.0.0.1:9001")),
)


def play(time: float, pitch: int, voice: int = 1) -> Play:
    return Play(time, voice, 5, pitch, 90, 1.0, "a", "echo")


def texts(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


@pytest.fixture
def take(tmp_path: Path) -> Path:
    """A take in a folder that was not there, closed."""
    writer = TakeWriter(tmp_path / "new" / "folder" / "a.jsonl", OPENING)
    writer.start()
    for timed in EVENTS:
        writer.heard(timed)
    first, second = play(3.0, 60), play(3.5, 64, voice=2)
    for report in (Applied(0), Played(3.002, first, 3.0), Played(3.5, second, 3.5), Ended(4.0, first), Applied(3), Ended(4.5, second)):
        writer.left(report)
    writer.stop(9.0, 12)
    return writer.path


def test_it_is_read_as_it_was_written(take: Path):
    opening, lines = read_take(take)
    assert opening == OPENING
    assert [Timed(line["t"], line["in"]) for line in lines if "in" in line] == list(EVENTS)
    assert [line["applied"] for line in lines if "applied" in line] == [0, 3]
    assert [line["late"] for line in lines if "on" in line] == [0.002, 0.0]
    assert lines[-1] == {"t": 9.0, "end": True, "done": 12}
    assert sounded(lines) == [Sounded(1, 5, 60, 90, 3.0, 4.0), Sounded(2, 5, 64, 90, 3.5, 4.5)]


def test_the_order_of_what_came_and_what_left_is_kept(take: Path):
    kinds = [next(key for key in ("take", "in", "applied", "on", "off", "end") if key in json.loads(text)) for text in texts(take)]
    assert kinds == ["take", *["in"] * len(EVENTS), "applied", "on", "on", "off", "applied", "off", "end"]


def test_a_take_is_never_written_over(take: Path):
    before = take.read_bytes()
    with pytest.raises(FileExistsError):
        TakeWriter(take, OPENING)
    assert take.read_bytes() == before


def test_two_threads_may_write_and_each_line_is_whole(tmp_path: Path):
    writer = TakeWriter(tmp_path / "a.jsonl", OPENING)
    writer.start()
    hands = [
        threading.Thread(target=lambda: [writer.heard(Timed(number, NoteOn(60, 90))) for number in range(200)]),
        threading.Thread(target=lambda: [writer.left(Applied(number)) for number in range(200)]),
    ]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join(5.0)
    writer.stop(1.0, 0)
    _, lines = read_take(writer.path)
    assert [line["t"] for line in lines if "in" in line] == list(range(200))
    assert [line["applied"] for line in lines if "applied" in line] == list(range(200))


def test_the_ticks_of_a_clock_are_few_lines_and_come_back_each_with_its_time(tmp_path: Path):
    events = [Timed(number / 48.0, Transport("clock")) for number in range(100)]
    events[50:50] = [Timed(1.045, NoteOn(60, 90)), Timed(1.046, Transport("songpos", 8)), Timed(1.047, Transport("clock", source="clock"))]
    writer = TakeWriter(tmp_path / "a.jsonl", OPENING)
    writer.start()
    for timed in events:
        writer.heard(timed)
    writer.stop(3.0, 0)
    _, lines = read_take(writer.path)
    assert [Timed(line["t"], line["in"]) for line in lines if "in" in line] == events
    assert len(texts(writer.path)) < 15


def test_a_last_line_that_was_cut_off_is_left_out(take: Path):
    whole = read_take(take)[1]
    take.write_text("\n".join((*texts(take)[:-1], texts(take)[-1][:7])), encoding="utf-8")
    assert read_take(take)[1] == whole[:-1]


@pytest.mark.parametrize(("number", "text", "words"), [
    (3, "{", "line 3: not a line of a take"),
    (2, '{"t":1,"in":{"kind":"Dance"}}', "line 2: not a line.*Dance"),
    (2, '{"t":1,"in":{"kind":"NoteOn","hue":3}}', "line 2: not a line.*hue"),
    (2, '{"t":1,"in":[]}', "line 2: not a line"),
    (2, '{"in":{"kind":"Panic"}}', "line 2: not a line.*'t'"),
    (2, '{"t":1,"on":[1,1,60]}', "line 2: not a line.*velocity"),
    (2, "[1]", "line 2: not a line"),
    (2, '{"clock":[1.0,"x"]}', "line 2: not a line"),
    (2, '{"clock":3}', "line 2: not a line"),
    (2, "[" * 100_000, "line 2: not a line"),
    (1, '{"take":2,"seed":3,"voices":1,"instruments":null}', "line 1 lacks.*another form"),
    (1, '{"take":99}', "does not begin like a take"),
    (1, "{}", "does not begin like a take"),
    (1, '{"take":2,"seed":3}', "line 1 lacks 'voices'"),
])  # fmt: skip
def test_a_wrong_line_is_told_with_its_number(take: Path, number: int, text: str, words: str):
    changed = texts(take)
    changed[number - 1] = text
    take.write_text("\n".join(changed), encoding="utf-8")
    with pytest.raises(TakeError, match=words):
        read_take(take)


def test_an_end_without_a_beginning_is_no_note(take: Path):
    lines = read_take(take)[1]
    assert sounded([line for line in lines if line.get("on", [0] * 3)[2] != 60]) == sounded(lines)[1:]


@pytest.mark.parametrize("text", ["", "\n", "MThd", "[1, 2]", "3\n4", "null\nnull"])
def test_a_file_that_is_no_take_is_refused(tmp_path: Path, text: str):
    (tmp_path / "a.jsonl").write_text(text)
    with pytest.raises(TakeError):
        read_take(tmp_path / "a.jsonl")


def test_bytes_that_are_no_text_and_a_file_that_is_not_there(tmp_path: Path):
    (tmp_path / "a.jsonl").write_bytes(b"\x80\xff\x00")
    for name in ("a.jsonl", "none.jsonl"):
        with pytest.raises(TakeError, match=name):
            read_take(tmp_path / name)
