"""What a MIDI file says: times, ends, pedals and channels over several tracks, and the same notes as mido reads in what is in order."""

from pathlib import Path

import mido
import numpy as np
import pytest

from performer.assets import demo_performance
from performer.errors import MidiFileError
from performer.evaluation.midi_file import PEDAL_LIMIT, read_midi
from performer.inputs.replay import Replay, read_performance
from performer.music.midi_chunks import NoMidiError
from performer.music.midi_file import LARGEST, SHORTENED_SILENCE, MidiFile, parse_midi_file, read_midi_file
from performer.music.midi_notes import LONGEST_UNENDED
from tests.evaluation.music import beat, melody, write
from tests.music.midi_bytes import END, TEMPO, chunk, file, header, note, number, scale

EXAMPLES = sorted((Path(__file__).parents[2] / "docs" / "examples").glob("*.mid"))
PEDAL_DOWN, PEDAL_UP = b"\xb0\x40\x7f", b"\xb0\x40\0"
PORT_2 = b"\0\xff\x21\1\1"


def rows(content: bytes) -> list[tuple[float, float, int]]:
    """(onset, end, pitch) of all notes in the order of time."""
    found = [(n.onset, n.end, n.pitch) for part in parse_midi_file(content).parts for n in part.notes]
    return sorted((round(onset, 4), round(end, 4), pitch) for onset, end, pitch in found)


def sounds(tmp_path: Path, content: bytes) -> dict[str, list[float]]:
    """Seconds that the notes of each track sound."""
    (tmp_path / "a.mid").write_bytes(content)
    return {track.name: track.notes["sound"].round(3).tolist() for track in read_midi(tmp_path / "a.mid", pytest.fail)}


def name(text: str) -> bytes:
    return b"\0\xff\3" + bytes((len(text.encode()),)) + text.encode()


def test_seconds_follow_the_tempi_of_all_tracks():
    slower = number(960) + b"\xff\x51\3\x0f\x42\x40" + END
    assert rows(file(TEMPO + slower, note(60, hold=480) + note(62, delta=480, hold=480) + END)) == [(0, 0.5, 60), (1, 2, 62)]


def test_seconds_of_film_do_not_know_the_tempo():
    content = file(TEMPO[:4] + b"\1\x51\x61" + note(60, hold=500, delta=1000) + END, division=0xE728)
    assert rows(content) == [(1.0, 1.5, 60)]
    assert parse_midi_file(content).tempi == ()
    assert rows(file(note(60, hold=2400, delta=0) + END, division=0xE350)) == [(0.0, 1.001, 60)]


@pytest.mark.parametrize("tempo", [b"\3\0\0\0", b"\3\0\0\1", b"\0", b"\2\7\xa1"])
def test_an_impossible_tempo_leaves_the_one_before(tempo: bytes):
    changed = b"\0\xff\x51\3\x0f\x42\x40" + note(60, hold=480) + b"\0\xff\x51" + tempo + note(62, hold=480) + END
    assert rows(file(changed)) == [(0, 1, 60), (1, 2, 62)]


def test_patterns_keep_their_own_tempo_and_channels():
    patterns = [b"\0\xff\x51\3" + tempo + note(60, hold=480) + END for tempo in (b"\x0f\x42\x40", b"\7\xa1\x20")]
    open_end = b"\0\x90\x40\x50\x83\x60\xff\x2f\0"
    assert rows(file(*patterns, open_end, b"\0\x80\x40\0" + END, kind=2)) == [(0, 1, 60), (1, 1.5, 60), (1.5, 2, 64)]


def test_tempi_and_metres_are_told():
    told = parse_midi_file(file(TEMPO + b"\0\xff\x58\4\6\3\x18\x08" + note(60, hold=480) + b"\0\xff\x51\3\x0f\x42\x40" + END))
    assert told.tempi == ((0.0, 120.0), (0.5, 60.0)) and told.metres == ((0.0, 6, 8),)


def test_a_pedal_rings_in_every_track_of_its_channel_and_port(tmp_path: Path):
    pedal = name("pedal") + b"\0" + PEDAL_DOWN + number(1920) + PEDAL_UP + END
    players = (("left", 40, 0), ("right", 70, 0), ("flute", 80, 1))
    hands = [name(who) + note(pitch, hold=240, channel=channel) + END for who, pitch, channel in players]
    far = name("far") + PORT_2 + note(50, hold=240) + END
    found = sounds(tmp_path, file(pedal, *hands, far))
    assert found == {"left": [2.0], "right": [2.0], "flute": [0.25], "far": [0.25]}
    one_track = name("one") + b"\0" + PEDAL_DOWN + note(40, hold=240) + number(1680) + PEDAL_UP + END
    assert sounds(tmp_path, file(one_track)) == {"one": [2.0]}
    # A pedal may lie in a track that has notes itself, and may never come up.
    both = [name("left") + b"\0" + PEDAL_DOWN + note(40, hold=240) + END, name("right") + note(70, hold=240) + END]
    assert sounds(tmp_path, file(*both)) == {"left": [0.25 + PEDAL_LIMIT], "right": [0.25 + PEDAL_LIMIT]}
    reset = name("one") + b"\0" + PEDAL_DOWN + note(40, hold=240) + number(240) + b"\xb0\x79\0" + END
    assert sounds(tmp_path, file(reset)) == {"one": [0.5]}


def test_keys_of_one_track_do_not_end_those_of_another_that_end_by_themselves():
    first, second = note(60, hold=960) + END, note(60, delta=240, hold=240) + END
    assert rows(file(first, second)) == [(0, 1, 60), (0.25, 0.5, 60)]


def test_a_note_ends_in_another_track_of_its_channel_only():
    down = b"\0\x90\x3c\x50" + number(1920) + END[1:]
    up = number(480) + b"\x80\x3c\0" + END
    assert rows(file(down, up)) == rows(file(up, down)) == [(0, 0.5, 60)]
    assert rows(file(down, up.replace(b"\x80", b"\x81"))) == [(0, 2, 60)]
    assert rows(file(PORT_2 + down, up)) == [(0, 2, 60)]


def test_a_note_without_an_end_gets_a_sensible_one():
    down = b"\0\x90\x3c\x50"
    assert rows(file(down + number(480) + END[1:])) == [(0, 0.5, 60)], "the track's end"
    assert rows(file(down + END)) == [(0, 0.5, 60)], "half a second at least"
    assert rows(file(down + number(96000) + END[1:])) == [(0, LONGEST_UNENDED, 60)], "a string dies away"
    assert rows(file(down + number(240) + note(60)[1:] + END)) == [(0, 0.25, 60), (0.25, 0.4583, 60)], "struck again"
    for word in (b"\x78", b"\x7b"):
        assert rows(file(down + number(480) + b"\xb0" + word + b"\0" + number(960) + END[1:])) == [(0, 0.5, 60)], "all notes off"


def test_overlapping_notes_of_one_pitch_end_in_their_order():
    overlap = b"\0\x90\x3c\x50" + number(240) + b"\x90\x3c\x50" + number(240) + b"\x90\x3c\0" + number(240) + b"\x90\x3c\0" + END
    assert rows(file(overlap)) == [(0, 0.5, 60), (0.25, 0.75, 60)]


def test_a_long_silence_is_shortened_and_an_hour_is_not():
    # 480 ticks are half a second.
    told = parse_midi_file(file(note(60, hold=480) + note(62, delta=480 * 2 * 5_000, hold=480) + END))
    assert [n.onset for n in told.parts[0].notes] == pytest.approx([0, 0.5 + SHORTENED_SILENCE])
    assert told.repairs == ("a silence of more than an hour is shortened to 10 seconds",)
    assert rows(file(note(60, hold=480) + note(62, delta=480 * 2 * 3599, hold=480) + END))[1][0] == 3599.5


def test_names_programs_and_channels_of_parts():
    told = parse_midi_file(file(name("Böse") + b"\0\xc2\x30" + note(60, channel=2) + note(62, channel=9) + END, note(64, channel=2) + END))
    assert [(part.name, part.channel, part.program) for part in told.parts] == [("Böse", 2, 48), ("Böse", 9, 0), ("", 2, 48)]
    spoilt = parse_midi_file(file(b"\0\xff\3\5\x1b[2J\n" + note(60) + END))
    assert spoilt.parts[0].name == "[2J", "nothing that a terminal would obey"


def test_what_is_in_order_has_no_remark_and_what_is_not_has_one():
    assert parse_midi_file(file(TEMPO + scale(9) + END)).remark("a.mid") == ""
    told = parse_midi_file(header(3) + b"".join(map(chunk, (TEMPO + END, b"\0\x90\x3c\x40" + END))))
    assert told.remark("a.mid") == "'a.mid' is mended: its header says 3 tracks and it has 2; a note without an end gets one."


def test_who_plays_a_mended_file_is_told(tmp_path: Path):
    (tmp_path / "a.mid").write_bytes(file(b"\0\x90\x3c\x40" + END))
    assert Replay(tmp_path / "a.mid", None, print, bool).remarks == ["'a.mid' is mended: a note without an end gets one."]  # type: ignore[arg-type]


@pytest.mark.parametrize("what", ["folder", "none", "device", "large"])
def test_what_is_no_ordinary_file_is_named(tmp_path: Path, what: str):
    path = {"folder": tmp_path, "none": tmp_path / "none.mid", "device": Path("/dev/zero")}.get(what, tmp_path / "large.mid")
    if what == "large":
        with path.open("wb") as file:
            file.truncate(LARGEST + 1)
    with pytest.raises(MidiFileError, match=str(path)):
        read_midi_file(path)


def mido_notes(path: Path) -> list[tuple[int, int, int, int, int]]:
    """(track, channel, pitch, onset, end) in ticks, as mido reads it; the first that goes down is the first that comes up."""
    found, waiting = [], dict[tuple[int, int, int], list[int]]()
    for place, track in enumerate(mido.MidiFile(path).tracks):
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "note_on" and message.velocity:
                waiting.setdefault((place, message.channel, message.note), []).append(tick)
            elif message.type in ("note_on", "note_off") and waiting.get((place, message.channel, message.note)):
                found.append((place, message.channel, message.note, waiting[place, message.channel, message.note].pop(0), tick))
    return found


def made(tmp_path: Path, seed: int) -> Path:
    """A file of mido's with several tracks and channels, and changes of the tempo."""
    path = write(tmp_path / f"{seed}.mid", ("Keys", 1, melody(seed)), ("Kit", 10, beat(seed)), ("Keys 2", 1, melody(seed + 99)))
    whole, rng = mido.MidiFile(path), np.random.default_rng(seed)
    whole.tracks.insert(0, mido.MidiTrack(mido.MetaMessage("set_tempo", tempo=int(t), time=700) for t in rng.integers(200_000, 900_000, 9)))
    whole.save(path)
    return path


@pytest.mark.parametrize("which", ["demo", *(path.name for path in EXAMPLES), *range(5)])
def test_what_is_in_order_reads_as_mido_reads_it(tmp_path: Path, which: str | int):
    named = {path.name: path for path in EXAMPLES} | {"demo": demo_performance()}
    path = made(tmp_path, which) if isinstance(which, int) else named[which]
    whole = mido.MidiFile(path)
    changes = [(0, 500_000)]
    for track in whole.tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "set_tempo":
                changes.append((tick, message.tempo))
    changes.sort(key=lambda change: change[0])

    def seconds(tick: int) -> float:
        total = 0.0
        for (at, tempo), (following, _) in zip(changes, [*changes[1:], (tick, 0)], strict=True):
            total += max(0, min(tick, following) - at) * tempo / 1e6 / whole.ticks_per_beat
        return total

    told: MidiFile = read_midi_file(path)
    assert told.repairs == ()
    ours = sorted((part.channel, n.pitch, round(n.onset, 6), round(n.end, 6)) for part in told.parts for n in part.notes)
    theirs = sorted((channel, pitch, round(seconds(on), 6), round(seconds(off), 6)) for _, channel, pitch, on, off in mido_notes(path))
    assert np.allclose(ours, theirs, atol=2e-6) and len(ours) > 20
    played = [message for message in whole if message.type in ("note_on", "note_off", "control_change")]
    assert len(read_performance(path, pytest.fail)) == len(played)


def test_damage_at_random_never_raises_what_is_no_sentence():
    rng = np.random.default_rng(18)
    sound = file(TEMPO + name("a") + scale(40) + END, b"\0\xf0\3\x43\x10\xf7" + scale(40, channel=1) + END)
    read = 0
    for _ in range(1500):
        content = bytearray(sound)
        for _ in range(rng.integers(1, 6)):
            place = int(rng.integers(0, len(content)))
            match rng.integers(0, 3):
                case 0:
                    content[place] = rng.integers(0, 256)
                case 1:
                    del content[place : place + rng.integers(1, 9)]
                case _:
                    content[place:place] = rng.bytes(rng.integers(1, 9))
        try:
            told = parse_midi_file(bytes(content))
        except NoMidiError:
            continue
        notes = [n for part in told.parts for n in part.notes]
        assert all(0 <= n.onset <= n.end and 0 <= n.pitch < 128 and 0 < n.velocity < 128 for n in notes)
        assert [message.time for message in told.messages] == sorted(message.time for message in told.messages)
        read += len(notes)
    assert read > 0.85 * 80 * 1500, "a damaged place costs a few notes"
