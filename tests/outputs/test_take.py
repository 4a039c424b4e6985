"""A take on disk: written while it happens, read again as it was, and refused with the line where it is wrong."""

import gzip
import json
import threading
from pathlib import Path

import pytest

from performer.effects import Play
from performer.errors import TakeError
from performer.events import Answer, Control, ModelNote, NoteOff, NoteOn, ParameterSet, Timed, Transport
from performer.outputs.take import Opening, Sounded, read_take, sounded
from performer.outputs.take_writer import TakeWriter
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


@pytest.mark.parametrize(("text", "words"), [
    ("{", "no JSON"),
    ('{"t":1,"in":{"kind":"Dance"}}', "'Dance' is no kind"),
    ('{"t":1,"in":{"kind":["NoteOn"]}}', "no kind"),
    ('{"t":1,"in":{"kind":"NoteOn","hue":3}}', "no 'hue'"),
    ('{"t":1,"in":{"kind":"NoteOn","pitch":60}}', "lacks 'velocity'"),
    ('{"t":1,"in":{"kind":"NoteOn","pitch":"x","velocity":90}}', "NoteOn.pitch is 'x', not a whole number from 0 to 127"),
    ('{"t":1,"in":{"kind":"NoteOn","pitch":60.5,"velocity":90}}', "NoteOn.pitch is 60.5"),
    ('{"t":1,"in":{"kind":"NoteOn","pitch":128,"velocity":90}}', "NoteOn.pitch is 128"),
    ('{"t":1,"in":{"kind":"NoteOn","pitch":true,"velocity":90}}', "NoteOn.pitch is True"),
    ('{"t":1,"in":{"kind":"NoteOn","pitch":60,"velocity":90,"channel":17}}', "NoteOn.channel is 17"),
    ('{"t":1,"in":{"kind":"NoteOn","pitch":60,"velocity":90,"source":7}}', "NoteOn.source is 7, not a text"),
    ('{"t":1,"in":{"kind":"Answer","ask":1,"index":0,"note":{"gap":"x"}}}', "ModelNote.gap is 'x'"),
    ('{"t":1,"in":{"kind":"Answer","ask":1,"index":0,"note":{"gap":0,"pitch":60,"velocity":9,"duration":"long"}}}', "ModelNote.duration"),
    ('{"t":1,"in":{"kind":"ChordAnswer","ask":1,"chords":[[1]]}}', "ChordAnswer.chords"),
    ('{"t":1,"in":{"kind":"Suggest","voice":1,"count":1000000000}}', "Suggest.count"),
    ('{"t":1,"in":{"kind":"ParameterSet","address":"/performer/voice/1/mode","value":"sing"}}', "mode cannot be 'sing'"),
    ('{"t":1,"in":{"kind":"ParameterSet","address":"/performer/tempo/bpm","value":[97]}}', "bpm cannot be"),
    ('{"t":1,"in":[]}', "no kind"),
    ('{"in":{"kind":"Panic"}}', "lacks 't'"),
    ('{"t":"1","in":{"kind":"Panic"}}', "t is '1'"),
    ('{"t":NaN,"in":{"kind":"Panic"}}', "NaN is no number"),
    ('{"t":-Infinity,"in":{"kind":"Panic"}}', "-Infinity is no number"),
    ('{"t":1e999,"in":{"kind":"Panic"}}', "t is inf"),
    ('{"t":1000000000,"in":{"kind":"Panic"}}', "t is 1000000000"),
    ('{"t":-5,"in":{"kind":"Panic"}}', "t is -5"),
    ('{"t":100000,"in":{"kind":"Panic"}}', "leaps away"),
    ('{"t":1,"on":[1,1,60]}', "velocity"),
    ('{"t":1,"on":[1,1,"x",90,"echo"],"late":0}', "the pitch of 'on' is 'x'"),
    ('{"t":1,"off":[1,0,60,90,"echo"]}', "the channel of 'off' is 0"),
    ('{"t":1,"missed":[1,1,60,90,"echo"],"done":"x","now":1}', "done is 'x'"),
    ('{"applied":-1}', "applied is -1"),
    ('{"applied":1e300}', "applied is 1e"),
    ("[1]", "no object"),
    ("{}", "nothing is known of an empty one"),
    ('{"video":[1,2]}', "nothing is known of 'video'"),
    ('{"clock":[1.0,"x"]}', "clock is 'x'"),
    ('{"clock":3}', "clock is 3"),
    ("[" * 100_000, "nested"),
    ("9" * 5000, "line 3: "),
    ('{"t":1,"in":{"kind":"Tick","tag":"' + "x" * 2_000_000 + '"}}', "too long"),
    ('{"t":1,"in":{"kind":"Tick","tag":"\udcff"}}', "no text"),
])  # fmt: skip
def test_a_damaged_line_is_left_out_and_told_with_its_number(take: Path, text: str, words: str):
    whole, told = read_take(take)[1], list[str]()
    changed = texts(take)
    changed.insert(2, text)
    take.write_bytes("\n".join(changed).encode("utf-8", "surrogateescape") + b"\n")
    assert read_take(take, told.append)[1] == whole
    (sentence,) = told
    assert words in sentence and "1 of " in sentence and "line 3: " in sentence and len(sentence) < 400


@pytest.mark.parametrize(("text", "words"), [
    ('{"take":2,"seed":3,"voices":1,"instruments":null}', "line 1 lacks.*another form"),
    ('{"take":99}', "does not begin like a take of format 2 or 3 or 4: it is one of format 99. Use the version"),
    ('{"take":"2"}', "does not begin like a take"),
    ("{}", "does not begin like a take"),
    ('{"take":2,"seed":3}', "line 1 lacks 'voices'"),
    ("{", "line 1: not a line of a take"),
    ("x" * 100, "line 1: not a line of a take"),
])  # fmt: skip
def test_a_wrong_opening_is_told(take: Path, text: str, words: str):
    take.write_text("\n".join((text, *texts(take)[1:])), encoding="utf-8")
    with pytest.raises(TakeError, match=words):
        read_take(take)


@pytest.mark.parametrize(("field", "value"), [
    ("voices", 100_000), ("voices", "2"), ("voices", 0), ("voices", True), ("voices", 3), ("seed", "x"), ("seed", None),
    ("instruments", ["keys", "harp"]),
    ("instruments", "keys"), ("instruments", [1, 2]), ("models", ["echo"]), ("models", [1, 2]), ("model", 3), ("small", None), ("sha256", []),
    ("sha256", {"echo": 3}), ("scenes", {"a": 3}), ("values", [1]),
])  # fmt: skip
def test_an_opening_of_other_types_is_told_with_its_field(take: Path, field: str, value: object):
    opening = json.loads(texts(take)[0]) | {field: value}
    take.write_text("\n".join((json.dumps(opening), *texts(take)[1:])), encoding="utf-8")
    with pytest.raises(TakeError, match=rf"line 1 lacks '({field}|instruments)' ") as error:
        read_take(take)
    assert "\n" not in str(error.value)


def test_values_of_an_opening_that_cannot_be_are_left_at_their_defaults(take: Path):
    told: list[str] = []
    opening = json.loads(texts(take)[0])
    opening["values"] |= {"/performer/voice/1/mode": "sing", "/performer/tempo/bpm": "fast", "/performer/of/old": 3, "/performer/voice/1/low": 36}
    take.write_text("\n".join((json.dumps(opening), *texts(take)[1:])), encoding="utf-8")
    values = read_take(take, told.append)[0].values
    assert values == {"/performer/voice/1/notes": 2, "/performer/of/old": 3, "/performer/voice/1/low": 36}
    assert "2 of " in told[0] and "line 1: /performer/voice/1/mode" in told[0]


def test_a_take_of_which_no_line_can_be_used_is_refused(take: Path):
    take.write_text("\n".join((texts(take)[0], "x", "{", '{"video":1}', "")), encoding="utf-8")
    with pytest.raises(TakeError, match="line 2: not a line of a take"):
        read_take(take)


def test_a_take_that_an_editor_saved_and_a_compressed_one(take: Path):
    whole = read_take(take)
    take.write_bytes(b"\xef\xbb\xbf" + take.read_bytes().replace(b"\n", b"\r\n\r\n"))
    assert read_take(take) == whole
    take.write_bytes(gzip.compress(take.read_bytes()))
    with pytest.raises(TakeError, match=r"compressed.*gunzip"):
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
