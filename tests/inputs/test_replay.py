"""A MIDI file plays the human's part: what is read of it, where it rests, and that it lets go of every key."""

import itertools
import math
import queue
from pathlib import Path

import mido
import pytest

from performer.assets import demo_performance
from performer.clock import SystemClock, VirtualClock
from performer.errors import TakeError
from performer.events import Control, NoteOff, NoteOn, Timed
from performer.inputs.replay import LONGEST_ANSWER, REST, Replay, read_performance, rests

PATIENCE = 10.0


def midi_file(path: Path, *messages: mido.Message | mido.MetaMessage, kind: int = 1) -> Path:
    """A file of these messages at 120 beats a minute; a message's time is in seconds after the one before it."""
    track = mido.MidiTrack(message.copy(time=round(message.time * 960)) for message in messages)
    mido.MidiFile(type=kind, ticks_per_beat=480, tracks=[track]).save(path)
    return path


def down(pitch: int, time: float = 0.0, velocity: int = 90, channel: int = 0) -> mido.Message:
    return mido.Message("note_on", note=pitch, velocity=velocity, time=time, channel=channel)


def up(pitch: int, time: float = 0.0, channel: int = 0) -> mido.Message:
    return mido.Message("note_off", note=pitch, time=time, channel=channel)


def test_keys_and_pedals_with_their_times_and_nothing_else(tmp_path: Path):
    pedal = mido.Message("control_change", control=64, value=127, channel=2, time=0.25)
    file = midi_file(
        tmp_path / "a.mid", mido.MetaMessage("track_name", name="x"), down(60, 0.5, channel=9), pedal,
        mido.Message("program_change", program=3, time=0.25), down(60, 0.5, velocity=0), down(64), up(64, 1.0),
    )  # fmt: skip
    assert read_performance(file) == [
        Timed(0.5, NoteOn(60, 90, 10, "replay")), Timed(0.75, Control(64, 127, 3, "replay")), Timed(1.5, NoteOff(60, 1, "replay")),
        Timed(1.5, NoteOn(64, 90, 1, "replay")), Timed(2.5, NoteOff(60, 10, "replay")), Timed(2.5, NoteOff(64, 1, "replay")),
    ]  # fmt: skip


def test_a_change_of_tempo_counts(tmp_path: Path):
    file = midi_file(tmp_path / "a.mid", down(60, 0.5), mido.MetaMessage("set_tempo", tempo=1_000_000), up(60, 0.5))
    assert [timed.time for timed in read_performance(file)] == pytest.approx([0.5, 1.5])


@pytest.mark.parametrize(("content", "words"), [
    (b"", "cannot be played"), (b"RIFF", "cannot be played"), (b"{}\n", "cannot be played"), (b"MThd\0\0\0\6\0\1\0\0\1\xe0", "no tracks"),
    (b"MThd\0\0\0\6\0\1\0\0\0\0", "cannot be played"),
])  # fmt: skip
def test_what_is_no_performance_is_told(tmp_path: Path, content: bytes, words: str):
    (tmp_path / "a.mid").write_bytes(content)
    with pytest.raises(TakeError, match=words):
        read_performance(tmp_path / "a.mid")
    with pytest.raises(TakeError, match="cannot be played"):
        read_performance(tmp_path / "none.mid")


def test_a_damaged_file_is_told_or_played_and_nothing_else(tmp_path: Path):
    file = midi_file(tmp_path / "a.mid", mido.MetaMessage("key_signature", key="D"), down(60), up(60, 0.1))
    whole, told, said = file.read_bytes(), 0, list[str]()
    for place in range(len(whole)):
        for byte in (0x00, 0x02, 0x7F, 0x80, 0xFF):
            file.write_bytes(whole[:place] + bytes([byte]) + whole[place + 1 :])
            try:
                events = read_performance(file, said.append)
            except TakeError:
                told += 1
            else:
                assert [timed.time for timed in events] == sorted(timed.time for timed in events) and events[0].time >= 0
    assert told > 5 and len(said) > 50


def test_separate_songs_are_played_one_after_the_other(tmp_path: Path):
    songs = [mido.MidiTrack([down(pitch, 0), up(pitch, 480)]) for pitch in (60, 64)]
    mido.MidiFile(type=2, ticks_per_beat=480, tracks=songs).save(tmp_path / "a.mid")
    said: list[str] = []
    assert read_performance(tmp_path / "a.mid", said.append) == [
        Timed(0.0, NoteOn(60, 90, 1, "replay")), Timed(0.5, NoteOff(60, 1, "replay")),
        Timed(0.5, NoteOn(64, 90, 1, "replay")), Timed(1.0, NoteOff(64, 1, "replay")),
    ]  # fmt: skip
    assert said == ["'a.mid' is mended: its 2 separate pieces (type 2) are read one after the other."]


def test_the_demo_is_a_performance_with_phrases():
    events = read_performance(demo_performance())
    assert [timed.time for timed in events] == sorted(timed.time for timed in events)
    assert sum(rested for _, rested in rests(events)) >= 2


def test_a_phrase_ends_only_where_no_key_is_down_for_long_enough():
    def marks(*steps: tuple[float, NoteOn | NoteOff]) -> list[float]:
        return [timed.time for timed, rested in rests([Timed(*step) for step in steps]) if rested]

    phrase = ((0.5, NoteOn(60, 90)), (1.0, NoteOff(60)))
    assert marks(*phrase, (1.0 + REST + 0.01, NoteOn(62, 90))) == [1.0 + REST + 0.01]
    assert marks(*phrase, (1.0 + REST - 0.01, NoteOn(62, 90))) == []
    assert marks((0.2, NoteOn(50, 90)), *phrase, (5.0, NoteOn(62, 90))) == [], "a key is held"
    assert marks((5.0, NoteOn(60, 90))) == [], "nothing came before it"
    assert marks(*phrase, (4.0, NoteOff(60)), (4.1, NoteOn(62, 90))) == [], "the last key came up just now"


def test_it_plays_over_and_over_and_lets_go_of_what_is_down(tmp_path: Path):
    file = midi_file(tmp_path / "a.mid", down(60), up(60, 0.02), down(64, 0.02, channel=3), up(64, 0.02, channel=3))
    heard: queue.SimpleQueue[Timed] = queue.SimpleQueue()
    replay = Replay(file, SystemClock(), heard.put, lambda: False)
    replay.start()
    played = [heard.get(timeout=PATIENCE) for _ in range(7)]
    replay.stop()
    assert [type(timed.event) for timed in played] == [*[NoteOn, NoteOff, NoteOn, NoteOff] * 2][:7]
    assert all(after.time - before.time >= 0.015 for before, after in itertools.pairwise(played))
    assert heard.get(timeout=PATIENCE).event == NoteOff(64, 4, "replay")
    assert heard.empty()


@pytest.mark.parametrize(("answer", "asked"), [(3, 4), (1000, math.ceil(LONGEST_ANSWER / 2))])
def test_where_it_rests_it_waits_for_the_answer_but_not_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: int, asked: int):
    """The clock goes on by itself: far at each note, so that none is waited for, and two seconds whenever the player listens."""
    monkeypatch.setattr("performer.inputs.replay.LISTEN", 0.01)
    file = midi_file(tmp_path / "a.mid", down(60), up(60, 0.1), down(64, REST + 0.2), up(64, 0.1))
    clock, heard = VirtualClock(1.0), queue.SimpleQueue[object]()

    def post(timed: Timed) -> None:
        clock.advance_to(clock.now() + 1000)
        heard.put(timed.event)

    def answering() -> bool:
        nonlocal answer
        heard.put("listens")
        clock.advance_to(clock.now() + 2)
        answer -= 1
        return answer >= 0

    replay = Replay(file, clock, post, answering)
    replay.start()
    came = [heard.get(timeout=PATIENCE)]
    while came[-1] != NoteOff(64, 1, "replay"):
        came.append(heard.get(timeout=PATIENCE))
    replay.stop()
    listens = came.count("listens")
    assert came == [NoteOn(60, 90, 1, "replay"), NoteOff(60, 1, "replay"), *["listens"] * listens, NoteOn(64, 90, 1, "replay"), came[-1]]
    assert listens == asked


def test_what_comes_after_the_answer_keeps_its_distance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The listening is added to the rest that the performance has itself."""
    monkeypatch.setattr("performer.inputs.replay.REST", 0.1)
    monkeypatch.setattr("performer.inputs.replay.LISTEN", 0.2)
    file = midi_file(tmp_path / "a.mid", down(60), up(60, 0.01), down(64, 0.12))
    heard: queue.SimpleQueue[Timed] = queue.SimpleQueue()
    replay = Replay(file, SystemClock(), heard.put, lambda: False)
    replay.start()
    _, ended, again = (heard.get(timeout=PATIENCE) for _ in range(3))
    replay.stop()
    assert again.time - ended.time >= 0.3


def test_a_file_without_notes_is_a_sentence_and_no_show(tmp_path):
    track = mido.MidiTrack([mido.Message("control_change", control=64, value=127), mido.MetaMessage("end_of_track")])
    mido.MidiFile(tracks=[track]).save(tmp_path / "silent.mid")
    with pytest.raises(TakeError, match="has no notes"):
        read_performance(tmp_path / "silent.mid")
