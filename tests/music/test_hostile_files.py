"""Files that are made to hang a reader or to fill the memory: they end soon, within the limits that are told."""

import time
import tracemalloc
from pathlib import Path

import pytest

from performer.errors import PerformerError
from performer.evaluation.midi_file import read_midi
from performer.music import midi_chunks, midi_track
from tests.music.midi_bytes import END, chunk, file, header, note

SIZE = 400_000  # bytes; the limits are a tenth of what they are, so that the test is short
EVENTS, TRIES = 20_000, 20_000
SECONDS, MEBIBYTES = 10.0, 64  # the work takes 0.5 s of an idle core; a quadratic one takes minutes


def filled(unit: bytes) -> bytes:
    return unit * (SIZE // len(unit))


HOSTILE = {
    "notes at one tick": lambda: file(filled(b"\0\x90\x3c\x40")),
    "downs, then ups of one key": lambda: file(b"\0\x90\x3c\x40" + b"\0\x3c\x40" * 9_000 + b"\0\x3c\0" * 9_000),
    "notes without ends, and all notes off": lambda: file(b"\0\x90\x3c\x40\1\xb0\x7b\0" * 9_000),
    "empty tracks": lambda: header(65535) + filled(b"MTrk\0\0\0\0"),
    "a note without an end in each track": lambda: header(65535) + filled(chunk(b"\0\x90\x3c\x40" + END)),
    "ups in one track, downs in another": lambda: header(9) + filled(chunk(b"\0\x80\x3c\x40" + END) + chunk(b"\0\x90\x3c\x40" + END)),
    "pedals for many tracks": lambda: file(b"\0\xb0\x40\x7f" * 9_000 + END, *[note(60) + END] * 2_000),
    "many patterns": lambda: file(*[note(60) + END] * 5_000, kind=2),
    "tracks that claim the rest": lambda: header(9) + filled(b"MTrk\0\5\0\0" + note(60) + END),
    "tracks without an end that claim 4 GB": lambda: header(9) + filled(b"MTrk\xff\xff\xff\xff" + note(60)),
    "texts that claim the rest": lambda: file(filled(b"\0\xff\1\x8a\x80\0\xf5\xf5")),
    "texts that lie": lambda: file(filled(b"\0\xff\1\2abc\x80")),
    "sysex that lies": lambda: file(filled(b"\0\xf0\x90\x3c\x40")),
    "only 0xFF": lambda: file(filled(b"\xff")),
    "only 0x80": lambda: file(filled(b"\x80")),
    "only zeros": lambda: file(note(60) + filled(b"\0")),
    "values above 127": lambda: file(filled(b"\0\x90\x3c\xc0\0\x80\x3c\xc0")),
    "chunks that lie": lambda: header() + filled(b"XFIH\xff\0\0\0") + chunk(note(60) + END),
    "garbage between tracks": lambda: header() + filled(chunk(note(60) + END) + b"\1\2\3"),
    "ends of track": lambda: file(filled(note(60) + END)),
    "hundreds of thousands of hours": lambda: file(filled(b"\xff\xff\xff\x7f\x90\x3c\x40\xff\xff\xff\x7f\x80\x3c\0")),
}


@pytest.fixture(autouse=True)
def lower_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(midi_chunks, "Budget", lambda: midi_track.Budget(EVENTS, TRIES))


@pytest.mark.parametrize("name", HOSTILE)
def test_it_ends_soon_and_needs_little_memory(tmp_path: Path, name: str):
    path = tmp_path / "hostile.mid"
    path.write_bytes(HOSTILE[name]())
    said: list[str] = []
    tracemalloc.start()
    begun = time.thread_time()
    try:
        notes = sum(len(track.notes) for track in read_midi(path, said.append))
        assert notes <= EVENTS and (said or notes)
    except PerformerError as error:
        assert str(path) in str(error)
    assert time.thread_time() - begun < SECONDS
    assert tracemalloc.get_traced_memory()[1] < MEBIBYTES << 20
    tracemalloc.stop()
    assert all(len(sentence) < 400 for sentence in said)
