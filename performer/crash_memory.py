"""What outlives the process `ports`: which notes sound, which gestures are away from rest, and with which ports its own are connected.

The supervisor makes the memory once. The process writes what it sends; when it died, the next one ends what it left and connects its ports
as they were.
"""

import json
from collections.abc import Callable, Iterator, Mapping, MutableSequence, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from performer.ledger import CHANNELS, PITCHES, PORTS
from performer.rest_ledger import RESTS
from performer.shared_value import SharedValue

_CONTROLS: Mapping[int, int] = MappingProxyType({number: place for place, number in enumerate(RESTS)})
_BEND = len(_CONTROLS)
_PRESSURE = _BEND + 1
_KEYS = _PRESSURE + 1  # the pressure of the key 0
MOVABLES = _KEYS + PITCHES
"""What of a channel may be away from rest."""
NOTES = PORTS * CHANNELS * PITCHES
GESTURES = PORTS * CHANNELS * MOVABLES
CONNECTIONS = 1 << 16
ALL_SOUND_OFF, ALL_NOTES_OFF = 120, 123
_VERSION = 1
Message = Sequence[int]


@dataclass(frozen=True, slots=True)
class PortMemory:
    """What is known of one of the show's ports. `number` is from 1; `own` is its full name as others see it, `connected` theirs."""

    direction: str
    number: int
    system: str = ""
    want: str | None = None
    """The name that the show asks for; None for a virtual port."""
    virtual: str = ""
    own: str = ""
    connected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CrashMemory:
    """Three pieces of memory, zeros at first, in the sizes NOTES, GESTURES and CONNECTIONS. Written by one thread at a time."""

    notes: MutableSequence[int]
    """A byte for each note that may sound, by output, channel and pitch."""
    gestures: MutableSequence[int]
    """A byte for each pedal, bend and pressure, by output, channel and MOVABLES."""
    connections: MutableSequence[int]
    """A `SharedValue` with the ports."""

    @classmethod
    def make(cls, array: Callable[[int], Any] = bytearray) -> "CrashMemory":
        """A fresh one; `array` makes memory of so many bytes."""
        return cls(array(NOTES), array(GESTURES), array(CONNECTIONS))

    def follow(self, port: int, message: Message) -> None:
        """Take note of a message that left by this output, from 1."""
        kind, channel = message[0] & 0xF0, message[0] & 0x0F
        if kind in (0x80, 0x90):
            self.notes[self._note(port, channel, message[1])] = int(kind == 0x90 and message[2] > 0)
        elif kind == 0xB0 and message[1] in (ALL_SOUND_OFF, ALL_NOTES_OFF):
            begin = self._note(port, channel, 0)
            self.notes[begin : begin + PITCHES] = bytes(PITCHES)
        elif (movable := _movable(message)) is not None:
            self.gestures[((port - 1) * CHANNELS + channel) * MOVABLES + movable] = int(not _is_at_rest(message))

    def endings(self) -> Iterator[tuple[int, Message]]:
        """What ends all that sounds and brings all gestures to rest: the output's number and the message, notes first."""
        for place in [index for index, sounds in enumerate(self.notes) if sounds]:
            slot, pitch = divmod(place, PITCHES)
            yield slot // CHANNELS + 1, (0x80 | slot % CHANNELS, pitch, 0)
        for place in [index for index, away in enumerate(self.gestures) if away]:
            slot, movable = divmod(place, MOVABLES)
            yield slot // CHANNELS + 1, _rest(slot % CHANNELS, movable)

    def ports(self) -> list[PortMemory]:
        """The show's ports as they were last seen; none where nothing that can be read was written."""
        try:
            version, *found = json.loads(SharedValue(self.connections).read() or "[0]")
            if version != _VERSION:
                return []
            return [PortMemory(**each | {"connected": tuple(each["connected"])}) for each in found]
        except (ValueError, TypeError, KeyError):
            return []

    @staticmethod
    def _note(port: int, channel: int, pitch: int) -> int:
        return ((port - 1) * CHANNELS + channel) * PITCHES + pitch


def ending_of(message: Message) -> tuple[int, ...]:
    """What ends what this message begins or ends, or brings it to rest; empty for any other."""
    if message[0] & 0xF0 in (0x80, 0x90):
        return 0x80 | message[0] & 0x0F, message[1], 0
    movable = _movable(message)
    return () if movable is None else tuple(_rest(message[0] & 0x0F, movable))


def encode_ports(ports: Sequence[PortMemory]) -> bytes:
    """What `CrashMemory.ports` reads."""
    return json.dumps([_VERSION, *map(asdict, ports)]).encode()


def _movable(message: Message) -> int | None:
    """What of its channel a message moves, where that has a rest position."""
    match message[0] & 0xF0:
        case 0xA0:
            return _KEYS + message[1]
        case 0xB0:
            return _CONTROLS.get(message[1])
        case 0xD0:
            return _PRESSURE
        case 0xE0:
            return _BEND
    return None


def _is_at_rest(message: Message) -> bool:
    if message[0] & 0xF0 == 0xE0:
        return tuple(message[1:3]) == (0, 64)
    return message[-1] == 0


def _rest(channel: int, movable: int) -> Message:
    """The message that brings this to rest. Channels are from 0."""
    if movable < _BEND:
        number = next(each for each, place in _CONTROLS.items() if place == movable)
        return 0xB0 | channel, number, 0
    if movable == _BEND:
        return 0xE0 | channel, 0, 64
    return (0xD0 | channel, 0) if movable == _PRESSURE else (0xA0 | channel, movable - _KEYS, 0)
