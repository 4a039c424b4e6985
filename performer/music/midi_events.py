"""One event of a MIDI file from its bytes. Pure functions.

The format is that of the Standard MIDI File 1.0 (MIDI Association, RP-001).
"""

from typing import Any

LONGEST_DELTA = 0x0FFFFFFF  # ticks, the largest number that the format allows
CONTENT_LENGTH = 200  # bytes of a meta event that are looked at: of a track's name too

NOTE_OFF, NOTE_ON, KEY_PRESSURE = 0x80, 0x90, 0xA0
CONTROL, PROGRAM, CHANNEL_PRESSURE = 0xB0, 0xC0, 0xD0
SYSEX, ESCAPE, META = 0xF0, 0xF7, 0xFF
TRACK_NAME, PORT, END_OF_TRACK, TEMPO, METRE, KEY = 0x03, 0x21, 0x2F, 0x51, 0x58, 0x59
SYSTEM_LENGTHS = {0xF1: 1, 0xF2: 2, 0xF3: 1}  # data bytes; the other system messages have none

# Delta, status, first data byte, second one or a meta event's content, place after it.
Event = tuple[int, int, int, Any, int]


class MalformedEventError(Exception):
    """Bytes that are no event."""


def event_at(data: bytes, pos: int, end: int, running: int, strict: bool = True) -> Event:
    """The event at `pos` of `data`, which must lie before `end`.

    Args:
        running: the status that an event without one has, 0 for none
        strict: whether a data byte above 127 is an error

    Raises MalformedEventError or, at the end of `data`, IndexError."""
    delta, pos = data[pos], pos + 1
    if delta > 0x7F:
        delta, pos = number_at(data, pos - 1)
    status = data[pos]
    if status > 0x7F:
        pos += 1
    elif running:
        status = running
    else:
        raise MalformedEventError
    first: int = 0
    second: Any = 0
    if status < SYSEX:
        first = data[pos]
        if PROGRAM <= status < 0xE0:
            pos += 1
        else:
            second = data[pos + 1]
            pos += 2
        if strict and (first | second) > 0x7F:
            raise MalformedEventError
    else:
        first, second, pos = _system_event(data, pos, status)
    if pos > end:
        raise MalformedEventError
    return delta, status, first, second, pos


def _system_event(data: bytes, pos: int, status: int) -> tuple[int, bytes, int]:
    kind = 0
    if status == META:
        kind, pos = data[pos], pos + 1
        if kind > 0x7F:
            raise MalformedEventError
    elif status not in (SYSEX, ESCAPE):
        return 0, b"", pos + SYSTEM_LENGTHS.get(status, 0)
    length, pos = number_at(data, pos)
    if pos + length > len(data):
        raise MalformedEventError
    # No more than is used: a content may claim the whole file, again and again.
    return kind, data[pos : pos + min(length, CONTENT_LENGTH)], pos + length


def number_at(data: bytes, pos: int) -> tuple[int, int]:
    """A number of seven bits a byte, and the place after it. Takes more than the four bytes of the format."""
    value = 0
    for place in range(pos, pos + 10):
        value = value << 7 | data[place] & 0x7F
        if data[place] < 0x80:
            return value, place + 1
    raise MalformedEventError


def text_of(content: bytes) -> str:
    """A text of a file, fit to be printed: UTF-8, else Latin-1."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return "".join(letter for letter in text if letter.isprintable()).strip()


def is_text(content: bytes) -> bool:
    """Whether these are letters, digits and signs of ASCII only."""
    return content.isascii() and content.decode().isprintable()
