"""Bytes of MIDI files, well made or damaged on purpose."""

from collections.abc import Iterable

DIVISION = 480
TEMPO = b"\0\xff\x51\3\7\xa1\x20"  # 120 beats a minute
END = b"\0\xff\x2f\0"


def number(value: int) -> bytes:
    """A number of seven bits a byte."""
    found = [value & 0x7F]
    while value := value >> 7:
        found.append(value & 0x7F | 0x80)
    return bytes(reversed(found))


def header(tracks: int = 1, kind: int = 1, division: int = DIVISION) -> bytes:
    return b"MThd\0\0\0\6" + b"".join(value.to_bytes(2) for value in (kind, tracks, division))


def chunk(body: bytes, name: bytes = b"MTrk", length: int | None = None) -> bytes:
    return name + (len(body) if length is None else length).to_bytes(4) + body


def note(pitch: int, velocity: int = 80, delta: int = 0, hold: int = 200, channel: int = 0) -> bytes:
    """A key down `delta` ticks after the event before, and up after `hold`."""
    down = bytes((0x90 | channel, pitch, velocity))
    return number(delta) + down + number(hold) + bytes((0x80 | channel, pitch, 0))


def scale(count: int, begin: int = 48, channel: int = 0) -> bytes:
    """Keys one after the other, one each half beat: at 120 beats a minute each 0.25 s."""
    return b"".join(note(begin + k % 36, 60 + k % 40, 40 if k else 0, channel=channel) for k in range(count))


def running(count: int, begin: int = 48, channel: int = 0) -> bytes:
    """The same with a status only once; a velocity of 0 ends a note."""
    notes = b"".join(
        number(40 if k else 0) + bytes((begin + k % 36, 60 + k % 40)) + number(200) + bytes((begin + k % 36, 0)) for k in range(count)
    )
    return notes[:1] + bytes((0x90 | channel,)) + notes[1:]


def file(*tracks: bytes, kind: int | None = None, division: int = DIVISION, declared: int | None = None) -> bytes:
    """A whole file of tracks, which must end themselves."""
    count = len(tracks) if declared is None else declared
    return header(count, min(len(tracks) - 1, 1) if kind is None else kind, division) + b"".join(map(chunk, tracks))


def joined(parts: Iterable[bytes]) -> bytes:
    return b"".join(parts)
