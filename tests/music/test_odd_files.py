"""MIDI files that other programs forgive: what is learned from, measured and played gets every note that can be had, with a word."""

import struct
from pathlib import Path

import numpy as np
import pytest

from performer.errors import PerformerError
from performer.evaluation.corpus import KINDS
from performer.evaluation.midi_file import read_midi
from performer.events import NoteOff, NoteOn
from performer.inputs.replay import read_performance
from tests.music.midi_bytes import END, TEMPO, chunk, file, header, note, number, running, scale

ALL = scale(32)
HALF = scale(16)
LATER = note(60, delta=40) + scale(15)  # goes on after HALF
PEDAL_DOWN, PEDAL_UP = b"\xb0\x40\x7f", b"\xb0\x40\0"
ONLY_DOWN = b"".join(number(240 if k else 0) + bytes((0x90, 48 + k, 80)) for k in range(24))
ONLY_UP = b"".join(number(240 if k else 200) + bytes((0x80, 48 + k, 0)) for k in range(24))
CHORD = b"\x28" + b"\0".join(b"\x90" + bytes((pitch, 70)) for pitch in (48, 52, 55, 60))
TEMPI = (b"\x0f\x42\x40", b"\7\xa1\x20", b"\3\xd0\x90")  # 60, 120 and 240 beats a minute
MANY = TEMPO + ALL + END


def smpte(frames: int, ticks: int) -> bytes:
    return file(ALL + END, division=(256 - frames) << 8 | ticks)


def riff(content: bytes, before: bytes = b"", after: bytes = b"", size: int | None = None) -> bytes:
    data = b"data" + struct.pack("<I", len(content) if size is None else size) + content + b"\0" * (len(content) % 2)
    body = b"RMID" + before + data + after
    return b"RIFF" + struct.pack("<I", len(body)) + body


def little(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body


def meta(kind: int, content: bytes, length: int | None = None) -> bytes:
    return b"\0\xff" + bytes((kind,)) + number(len(content) if length is None else length) + content


# name: bytes, notes, a word of what is said (empty: it is in order)
ODD: dict[str, tuple[bytes, int, str]] = {
    # wrappers, and what stands before and after
    "riff": (riff(file(MANY)), 32, ""),
    "riff with a list before": (riff(file(MANY), before=little(b"LIST", b"INFOINAM\4\0\0\0Song")), 32, ""),
    "riff with a list after": (riff(file(MANY), after=little(b"LIST", b"INFOINAM\4\0\0\0Song")), 32, ""),
    "riff with sounds after": (riff(file(MANY), after=little(b"DLS ", bytes(range(256)) * 9)), 32, ""),
    "riff of a size that lies": (riff(file(MANY), size=9), 32, ""),
    "riff of a size beyond the end": (riff(file(MANY), size=1 << 30), 32, ""),
    "MacBinary": (b"\0\4song" + bytes(122) + file(MANY), 32, "128 bytes before its header"),
    "byte order mark": (b"\xef\xbb\xbf" + file(MANY), 32, "3 bytes before its header"),
    "head of an HTTP answer": (b"HTTP/1.1 200 OK\r\nContent-Type: audio/midi\r\n\r\n" + file(MANY), 32, "before its header"),
    "another file after it": (file(MANY) + file(MANY), 32, "another MIDI file follows"),
    "zeros after the end": (file(MANY) + bytes(1000), 32, ""),
    "words after the end": (file(MANY) + b"\r\nDownloaded from a page", 32, "bytes between or after"),
    # header
    "no header": (chunk(MANY), 32, "no whole header"),
    "header of four bytes": (b"MThd\0\0\0\4\0\1\0\1" + chunk(MANY), 32, "no whole header"),
    "header of ten bytes": (b"MThd\0\0\0\x0a\0\1\0\1\1\xe0abcd" + chunk(MANY), 32, ""),
    "header length 0": (b"MThd\0\0\0\0" + file(MANY)[8:], 32, "length of its header"),
    "header length of 4 GB": (b"MThd\xff\xff\xff\xff" + file(MANY)[8:], 32, "length of its header"),
    "three tracks told, two there": (file(TEMPO + END, ALL + END, declared=3), 32, "says 3 tracks and it has 2"),
    "one track told, two there": (file(TEMPO + END, ALL + END, declared=1), 32, "says 1 tracks and it has 2"),
    "no tracks told": (file(MANY, declared=0), 32, "says 0 tracks and it has 1"),
    "65,535 tracks told": (file(MANY, declared=65535), 32, "says 65535 tracks"),
    "type 0 with two tracks": (file(HALF + END, HALF + END, kind=0), 32, "type 0"),
    "type 7": (file(MANY, kind=7), 32, "type 7"),
    "no ticks a beat": (file(MANY, division=0), 32, "0 ticks a beat"),
    "25 frames": (smpte(25, 40), 32, ""),
    "29.97 frames": (smpte(29, 80), 32, ""),
    "24 frames without ticks": (smpte(24, 0), 32, "0 ticks a frame"),
    "60 frames": (smpte(60, 10), 32, "60 frames"),
    # lengths of tracks
    "last track too long": (header(2) + chunk(TEMPO + END) + chunk(ALL + END, length=9999), 32, "length of a track"),
    "first track too long": (header(2) + chunk(TEMPO + END, length=30) + chunk(ALL + END), 32, "length of a track"),
    "track as long as all the rest": (
        header(2) + chunk(HALF + END, length=len(HALF + END + chunk(HALF + END))) + chunk(HALF + END), 32, "length of a track",
    ),
    "track too short": (header(1) + chunk(MANY, length=50), 32, "length of a track"),
    "track of length 0": (header(2) + chunk(HALF + END, length=0) + chunk(HALF + END), 32, "length of a track"),
    "track of 4 GB": (header(2) + chunk(HALF + END, length=0xFFFFFFFF) + chunk(HALF + END), 32, "length of a track"),
    "track of 1 GB": (header(1) + chunk(MANY, length=1 << 30), 32, "length of a track"),
    "cut off in a note": (file(MANY)[:-60], 26, "ends in the middle"),
    "cut off between notes": (header() + chunk(ALL, length=len(MANY)), 32, "ends in the middle"),
    "no end of track": (file(ALL), 32, ""),
    "goes on after the end": (file(HALF + END + b"\x28" + HALF[1:] + END), 32, "goes on after its end"),
    "zeros after the end of a track": (file(ALL + END + bytes(40)), 32, ""),
    # other chunks
    "chunk between": (header(2) + chunk(TEMPO + END) + chunk(b"abcd", b"XFIH") + chunk(ALL + END), 32, ""),
    "chunk before": (header() + chunk(b"abcd" * 9, b"XFKM") + chunk(MANY), 32, ""),
    "chunk that lies": (header(2) + chunk(HALF + END) + chunk(b"abcd", b"JUNK", 1 << 29) + chunk(HALF + END), 32, "left out"),
    "garbage between": (header(2) + chunk(HALF + END) + b"\x01\xff\x80\x7f" * 5 + chunk(HALF + END), 32, "left out"),
    "one byte between": (header(2) + chunk(HALF + END) + b"\0" + chunk(HALF + END), 32, ""),
    # meta events
    "key with 15 sharps": (file(meta(0x59, b"\x0f\0") + MANY), 32, "key signature"),
    "key of mode 255": (file(meta(0x59, b"\2\xff") + MANY), 32, "key signature"),
    "key of one byte": (file(meta(0x59, b"\2") + MANY), 32, "key signature"),
    "empty key": (file(meta(0x59, b"") + MANY), 32, "key signature"),
    "metre of 0": (file(meta(0x58, b"\0\2\x18\x08") + MANY), 32, "metre"),
    "metre of 4/2^200": (file(meta(0x58, b"\4\xc8\x18\x08") + MANY), 32, "metre"),
    "metre of one byte": (file(meta(0x58, b"\4") + MANY), 32, "metre"),
    "metre of two bytes": (file(meta(0x58, b"\3\2") + MANY), 32, ""),
    "tempo 0": (file(meta(0x51, b"\0\0\0") + ALL + END), 32, "impossible tempo"),
    "tempo of one microsecond": (file(meta(0x51, b"\0\0\1") + ALL + END), 32, "impossible tempo"),
    "empty tempo": (file(meta(0x51, b"") + ALL + END), 32, "impossible tempo"),
    "tempo of two bytes": (file(meta(0x51, b"\7\xa1") + ALL + END), 32, "impossible tempo"),
    "tempo of four bytes": (file(meta(0x51, b"\0\7\xa1\x20") + ALL + END), 32, ""),
    "SMPTE offset of nonsense": (file(meta(0x54, b"\xff\xff\xff\xff\xff") + MANY), 32, ""),
    "channel prefix of 200": (file(meta(0x20, b"\xc8") + MANY), 32, ""),
    "empty sequence number": (file(meta(0x00, b"") + MANY), 32, ""),
    "meta type 0x60": (file(meta(0x60, b"abc") + MANY), 32, ""),
    "meta type above 127": (file(b"\0\xff\x90\3abc" + MANY), 32, "damaged place"),
    "text longer than it says": (file(meta(1, b"Copyright 1999", 5) + MANY), 32, "wrong length"),
    "text shorter than it says": (file(meta(1, b"Hello", 60) + MANY), 32, "wrong length"),
    "text of 1 GB": (file(HALF + meta(1, b"Hello", 1 << 27) + b"\x28" + HALF[1:] + END), 32, "damaged place"),
    "text that is no text": (file(meta(3, b"\xff\xfe\x81\xe3\x82") + MANY), 32, ""),
    "end of track with content": (file(ALL + b"\0\xff\x2f\1\0"), 32, ""),
    # events
    "clock in a track": (file(HALF + b"\0\xf8" + b"\x28" + HALF[1:] + END), 32, "system message"),
    "song position in a track": (file(HALF + b"\0\xf2\1\2" + b"\x28" + HALF[1:] + END), 32, "system message"),
    "controller above 127": (file(HALF + b"\0\xb0\x07\xc0" + b"\x28" + HALF[1:] + END), 32, "value above 127"),
    "velocity above 127": (file(HALF + note(60, 200, 40) + END), 17, "value above 127"),
    "every velocity above 127": (file(b"".join(note(48 + k, 200, 40) for k in range(32)) + END), 32, "values above 127"),
    "pitch above 127": (file(HALF + note(60 | 0x80, 80, 40) + END), 17, "values above 127"),
    "program above 127": (file(HALF + b"\0\xc0\xff" + b"\x28" + HALF[1:] + END), 32, "value above 127"),
    "a byte too many": (file(HALF + b"\x28\x80" + ALL + END), 48, "time|damaged place|"),
    "zeros amidst": (file(HALF + bytes(300) + b"\x28" + HALF[1:] + END), 32, ""),
    "garbage amidst": (file(HALF + b"\xff" * 40 + b"\x28" + HALF[1:] + END), 32, "damaged place"),
    "words amidst": (file(b"Hello, this is no event and has many words: so it goes on for a while" + ALL + END), 32, "damaged place"),
    "data without a status": (file(b"\0\x40\x41\0\x42\x43" + b"\x28" + ALL[1:] + END), 32, "damaged place"),
    "running status": (file(running(32) + END), 32, ""),
    "running status over a text": (file(running(16) + meta(1, b"Chorus") + b"\x28" + running(16)[2:] + END), 32, ""),
    "running status over a sysex": (file(running(16) + b"\0\xf0\x05\x43\x10\x4c\0\xf7\x28" + running(16)[2:] + END), 32, ""),
    "running status over a clock": (file(running(16) + b"\0\xf8\x28" + running(16)[2:] + END), 32, "system message"),
    "sysex without a length": (file(HALF + b"\0\xf0\x43\x10\x4c\0\0\x7e\0\xf7\x28" + HALF[1:] + END), 32, "wrong length"),
    "sysex of a length beyond the end": (file(HALF + b"\0\xf0\xff\xff\xff\x7f\x43\xf7\x28" + HALF[1:] + END), 32, "damaged place"),
    "sysex without an end": (file(b"\0\xf0\3\x43\x10\x4c" + MANY), 32, ""),
    "sysex in packets": (file(b"\0\xf0\3\x43\x10\x4c\x10\xf7\2\0\xf7" + MANY), 32, ""),
    "escape of a note": (file(b"\0\xf7\3\x90\x3c\x40" + MANY), 32, ""),
    # time
    "time of five bytes": (file(HALF + b"\x81\x80\x80\x80\0" + HALF[1:] + END), 32, "out of range"),
    "time of nine bytes": (file(HALF + b"\xff\xff\xff\xff\xff\xff\xff\xff\x7f" + HALF[1:] + END), 32, "out of range"),
    "time of eleven bytes": (file(HALF + b"\xff" * 10 + b"\x7f" + HALF[1:] + END), 32, "damaged place"),
    "a small time in six bytes": (file(HALF + b"\x80\x80\x80\x80\x80\x28" + HALF[1:] + END), 32, ""),
    "the longest time": (file(HALF + b"\xff\xff\xff\x7f" + HALF[1:] + END), 32, "more than an hour"),
    "hundreds of hours": (file(b"".join(b"\xff\xff\xff\x7f" + note(60)[1:] for _ in range(32)) + END), 32, "32 silences"),
    # notes
    "last chord never ends": (file(HALF + CHORD + b"\x87\x40" + END[1:]), 20, "4 notes without an end"),
    "last chord at the track's end": (file(HALF + CHORD + END), 20, "4 notes without an end"),
    "no note ends": (file(ONLY_DOWN + END), 24, "24 notes without an end"),
    "notes end in another track": (file(ONLY_DOWN + END, ONLY_UP + END), 24, "24 notes end in another track"),
    "notes end in the track before": (file(ONLY_UP + END, ONLY_DOWN + END), 24, "24 notes end in another track"),
    "a note-off lost": (file(b"\0\x90\x3c\x50" + note(60, delta=240) + note(60, delta=40) + END), 3, "a note without an end"),
    "struck again before its end": (file(b"\0\x90\x3c\x50\x60\x90\x3c\x60\x60\x80\x3c\0\x60\x80\x3c\0" + END), 2, ""),
    "note-offs that end nothing": (file(b"\0\x80\x3c\0" + ALL + b"\0\x80\x3c\0" + END), 32, ""),
    "all notes off": (file(ONLY_DOWN + b"\x60\xb0\x7b\0" + ALL + END), 56, "24 notes without an end"),
    "a note of no length": (file(HALF + note(60, hold=0) + END), 17, ""),
    # pieces
    "three patterns": (file(*(meta(0x51, t) + HALF + END for t in TEMPI), kind=2), 48, "one after the other"),
    "type 2 with one track": (file(MANY, kind=2), 32, ""),
}  # fmt: skip

NO_MUSIC: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "it is empty"),
    "zeros": (bytes(4096), "nothing in it but zeros"),
    "only a header": (header(), "no tracks"),
    "cut off in the header": (b"MThd\0\0\0\6\0", "no tracks"),
    "web page": (b"<!DOCTYPE html><title>404: MThd MTrk</title>", "web page"),
    "JSON": (b'{"error": "MThd MTrk"}', "text"),
    "recorded sound": (riff(b"")[:8] + b"WAVEfmt " + bytes(99), "recorded sound"),
    "MP3": (b"ID3\3\0" + bytes(99), "MP3"),
    "gzip": (b"\x1f\x8b\x08\0" + file(MANY), "gzip"),
    "ZIP": (b"PK\3\4" + file(MANY), "ZIP"),
    "AppleDouble": (b"\0\5\x16\7\0\2\0\0Mac OS X        " + bytes(60), "macOS"),
    "a game's music": (b"MUS\x1a" + bytes(99), "MUS"),
    "MIDI 2.0": (b"SMF2CLIP" + bytes(99), "MIDI 2.0"),
    "Doom's lump name": (b"PWAD" + bytes(99), "no header"),
    "letters": (b"Dear diary, today I played the piano.", "no header"),
    "random": (np.random.default_rng(5).bytes(5000), "no header"),
    "track of nothing": (file(END), "no notes"),
    "track of length 0": (file(b""), "no notes"),
    "only controllers": (file(b"\0" + PEDAL_DOWN + END), "no notes"),
    "only note-offs": (file(ONLY_UP + END), "no notes"),
}


def heard(path: Path) -> tuple[list[tuple[float, float, int]], list[str]]:
    """(onset, end, pitch) of every note that is learned from, in time, and what is said."""
    said: list[str] = []
    tracks = read_midi(path, said.append)
    rows = [(float(n["onset"]), float(n["onset"] + n["hold"]), int(n["pitch"])) for t in tracks for n in t.notes]
    return sorted(rows), said


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "odd.mid"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("name", ODD)
def test_every_note_that_can_be_had_is_read_with_a_word(tmp_path: Path, name: str):
    content, count, word = ODD[name]
    notes, said = heard(path := written(tmp_path, content))
    assert len(notes) == count
    assert all(0 <= onset <= end for onset, end, _ in notes)
    assert len(said) <= 1 and (any(each in said[0] for each in word.split("|")) if word else not said), said
    if said:
        assert said[0].startswith("'odd.mid' is mended: ") and said[0].endswith(".") and "\n" not in said[0]
    # What is played is the same, and every key comes up.
    sentences: list[str] = []
    events = read_performance(path, sentences.append)
    assert sentences == said
    assert sum(isinstance(timed.event, NoteOn) for timed in events) == count
    assert [timed.time for timed in events] == sorted(timed.time for timed in events)
    keys: dict[tuple[int, int], int] = {}
    for timed in events:
        match timed.event:
            case NoteOn(pitch, _, channel):
                keys[channel, pitch] = keys.get((channel, pitch), 0) + 1
            case NoteOff(pitch, channel):
                keys[channel, pitch] = max(0, keys.get((channel, pitch), 0) - 1)
    assert not any(keys.values())


@pytest.mark.parametrize("name", NO_MUSIC)
def test_what_has_no_music_is_one_sentence(tmp_path: Path, name: str):
    content, word = NO_MUSIC[name]
    path = written(tmp_path, content)
    with pytest.raises(PerformerError, match="no notes" if word == "no notes" else "cannot be played") as caught:
        read_performance(path)
    assert word in str(caught.value) and str(path) in str(caught.value) and caught.value.remedy.startswith("Give ")
    if word == "no notes":
        assert heard(path)[0] == []
    else:
        with pytest.raises(PerformerError, match="cannot be read as a MIDI file") as caught:
            read_midi(path)
        assert word in str(caught.value) and str(path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("ending", [".mid", ".MID", ".midi", ".rmi", ".kar", ".smf"])
def test_all_usual_endings_are_looked_for(ending: str):
    assert ending.lower() in KINDS
