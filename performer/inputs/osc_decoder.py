"""OSC on the wire: a datagram becomes its messages, or the sentence why not. Pure: no socket, no clock, no table.

Reads OSC 1.0 with the types of 1.1, and what senders from before 1.0 leave out. What is wrong in one message of a bundle costs that message only.
"""

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

BUNDLE = b"#bundle\0"
DEEPEST = 16  # bundles in bundles, and arrays in arrays
UNIX_IN_NTP = 2_208_988_800  # seconds from 1900, where time tags begin, to 1970
AT_ONCE = (0, 1)  # time tags that mean now
MOST_SHOWN = 80  # letters of somebody else's text that stand in a sentence


@dataclass(frozen=True, slots=True)
class OscMessage:
    """A message that arrived: its address, its arguments, and the second (Unix time) at which it is due; None: now."""

    address: str
    arguments: tuple[Any, ...]
    due: float | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """What is no message: `kind` is one of foreign (no OSC at all), slash (an address without its slash), type, malformed."""

    kind: str
    address: str
    reason: str


@dataclass(frozen=True, slots=True)
class Odd:
    """An argument that stands for no number, text or switch: nil, impulse, blob, colour, MIDI message, time tag, character."""

    name: str

    def __repr__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Untyped:
    """The arguments of a message without type tags, as bytes."""

    data: bytes

    def __repr__(self) -> str:
        return f"{len(self.data)} bytes without a type tag"


class OscError(ValueError):
    """What cannot be read; `kind` as in Fault."""

    def __init__(self, kind: str, reason: str, address: str = "") -> None:
        self.kind, self.address = kind, address
        super().__init__(reason)


Heard = OscMessage | Fault


def decode_datagram(datagram: bytes) -> list[Heard]:
    """The messages of a datagram in order, each with its time, and a Fault for each that cannot be read."""
    return list(_elements(datagram, None, 0))


def _elements(data: bytes, due: float | None, depth: int) -> Iterator[Heard]:
    try:
        if data.startswith(BUNDLE):
            yield from _bundle(data, due, depth)
        else:
            yield _message(data, due)
    except OscError as error:
        yield Fault(error.kind, error.address, str(error))


def _bundle(data: bytes, due: float | None, depth: int) -> Iterator[Heard]:
    """A bundle in another is due when both are."""
    if depth >= DEEPEST:
        raise OscError("malformed", f"bundles lie in bundles more than {DEEPEST} deep")
    if len(data) < 16:
        raise OscError("malformed", "a bundle has no time tag")
    own = _unix(int.from_bytes(data[8:16], "big"))
    due = own if due is None else max(due, own or due)
    place = 16
    while place < len(data):
        size = int.from_bytes(data[place : place + 4], "big", signed=True)
        place += 4
        if not 0 <= size <= len(data) - place:
            raise OscError("malformed", f"an element of a bundle says that it has {size} bytes; {max(0, len(data) - place)} are left")
        if size:
            yield from _elements(data[place : place + size], due, depth + 1)
        place += size


def _unix(tag: int) -> float | None:
    return None if tag in AT_ONCE else tag / 2**32 - UNIX_IN_NTP


def _message(data: bytes, due: float | None) -> OscMessage:
    if data[:1] != b"/":
        slash = data.startswith(b"performer/")
        raise OscError("slash" if slash else "foreign", "an address begins with a slash", _shown(data) if slash else "")
    address, place = _text(data, 0, "")
    if place >= len(data):
        return OscMessage(address, (), due)
    if data[place : place + 1] != b",":
        return OscMessage(address, (Untyped(data[place:]),), due)
    tags, place = _text(data, place, address)
    return OscMessage(address, _arguments(data, tags[1:], place, address), due)


def _arguments(data: bytes, tags: str, place: int, address: str) -> tuple[Any, ...]:
    stack: list[list[Any]] = [[]]
    for tag in tags:
        if tag == "[":
            if len(stack) > DEEPEST:
                raise OscError("malformed", f"arrays lie in arrays more than {DEEPEST} deep", address)
            stack.append([])
        elif tag == "]":
            if len(stack) == 1:
                raise OscError("malformed", "an array ends that did not begin", address)
            array = tuple(stack.pop())
            stack[-1].append(array)
        elif tag in _CONSTANTS:
            stack[-1].append(_CONSTANTS[tag])
        elif tag in _READERS:
            value, place = _READERS[tag](data, place, address)
            stack[-1].append(value)
        else:
            raise OscError("type", f"no OSC type has the letter {tag!r}", address)
    if len(stack) != 1:
        raise OscError("malformed", "an array does not end", address)
    return tuple(stack[0])


def _text(data: bytes, place: int, address: str) -> tuple[str, int]:
    """The text that begins there, and where the next thing does. Zeros may be missing at the end of the datagram, all but the first."""
    end = data.find(b"\0", place)
    if end < 0:
        raise OscError("malformed", "a text does not end", address)
    try:
        return data[place:end].decode("utf-8"), place + (end - place) // 4 * 4 + 4
    except UnicodeDecodeError:
        raise OscError("malformed", "a text is not UTF-8", address) from None


def _blob(data: bytes, place: int, address: str) -> tuple[Odd, int]:
    size = int.from_bytes(data[place : place + 4], "big", signed=True)
    if len(data) < place + 4 or not 0 <= size <= len(data) - place - 4:
        raise OscError("malformed", "a blob is cut short", address)
    return Odd("a blob"), place + 4 + size + -size % 4


def _number(layout: str) -> Callable[[bytes, int, str], tuple[Any, int]]:
    """A reader of what `struct` packs so."""
    packed = struct.Struct(layout)

    def read(data: bytes, place: int, address: str) -> tuple[Any, int]:
        if len(data) < place + packed.size:
            raise OscError("malformed", "its value is cut short", address)
        return packed.unpack_from(data, place)[0], place + packed.size

    return read


def _odd(name: str, size: int) -> Callable[[bytes, int, str], tuple[Any, int]]:
    """A reader of so many bytes that stand for nothing here."""

    def read(data: bytes, place: int, address: str) -> tuple[Any, int]:
        if len(data) < place + size:
            raise OscError("malformed", "its value is cut short", address)
        return Odd(name), place + size

    return read


def _shown(data: bytes) -> str:
    return data.split(b"\0", 1)[0][:MOST_SHOWN].decode("utf-8", "replace")


_CONSTANTS: Mapping[str, Any] = {"T": True, "F": False, "N": Odd("nil"), "I": Odd("an impulse")}
_READERS: Mapping[str, Callable[[bytes, int, str], tuple[Any, int]]] = {
    "i": _number(">i"), "f": _number(">f"), "h": _number(">q"), "d": _number(">d"), "s": _text, "S": _text, "b": _blob,
    "c": _odd("a character", 4), "r": _odd("a colour", 4), "m": _odd("a MIDI message", 4), "t": _odd("a time tag", 8),
}  # fmt: skip
