"""Which pedals, bends and pressures that left are not at rest, by output port and channel, and the messages that bring them back.

Pure. The stage keeps one beside the ledger of notes: whatever a show ends with, its receivers are left as they were found.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from performer.effects import Pass
from performer.events import Bend, Control, Event, Pressure

RESTS: Mapping[int, int] = MappingProxyType({1: 0, 64: 0, 65: 0, 66: 0, 67: 0, 68: 0, 69: 0})
"""Controllers that have a rest position, and where it is: modulation, sustain, portamento, sostenuto, soft, legato, hold 2."""

Movable = tuple[str, int]
"""What a gesture moves: ("control", number), ("bend", 0), ("pressure", 0) or ("key pressure", pitch)."""


def movable_of(event: Event) -> Movable | None:
    """What the event moves, where that has a rest position; None for any other event."""
    match event:
        case Control(number) if number in RESTS:
            return "control", number
        case Bend():
            return "bend", 0
        case Pressure(_, None):
            return "pressure", 0
        case Pressure(_, int(pitch)):
            return "key pressure", pitch
    return None


def position(movable: Movable, value: int, channel: int) -> Control | Bend | Pressure:
    """The event that puts a movable to a value."""
    kind, number = movable
    match kind:
        case "control":
            return Control(number, value, channel)
        case "bend":
            return Bend(value, channel)
        case "pressure":
            return Pressure(value, None, channel)
    return Pressure(value, number, channel)


class RestLedger:
    """What is away from its rest position at the receivers, since it left."""

    def __init__(self) -> None:
        self._away: dict[tuple[int, int, Movable], None] = {}

    def follow(self, sent: Pass) -> None:
        """Take note of a gesture that left."""
        movable = movable_of(sent.event)
        if movable is not None and isinstance(sent.event, (Control, Bend, Pressure)):
            place = sent.port, sent.event.channel, movable
            if sent.event.value:
                self._away[place] = None
            else:
                self._away.pop(place, None)

    def come_to_rest(self) -> Iterator[tuple[int, Event]]:
        """Yield what brings everything back to rest, each with its output port. After it nothing is away."""
        while self._away:
            (port, channel, movable), _ = self._away.popitem()
            yield port, position(movable, 0, channel)
