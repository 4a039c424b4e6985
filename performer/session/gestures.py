"""Pedals, bends, pressures and other controllers of the players, on their way to the voices' outputs.

A gesture leaves once for each destination (output port and channel), however many voices share it, and only from voices that listen to
where it came from. What a voice passed on comes back to rest when the voice no longer passes it on. Pure, and owned by the session.
"""

import enum
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple, Protocol

from performer.effects import Pass
from performer.events import Bend, Control, Pressure, Program
from performer.rest_ledger import Movable, movable_of, position

Gesture = Control | Bend | Pressure | Program
BANK = (0, 32)
"""Controllers that choose a sound together with a program change."""
TIMBRE = 74
"""The controller that MPE sends for each note, beside bend and pressure."""
RPN_LSB, RPN_MSB, DATA_ENTRY = 100, 101, 6
CONFIGURATION = (0, 6)
"""The registered parameter by which an MPE controller says how many member channels a zone has."""
LOWER_MASTER, UPPER_MASTER = 1, 16


class Origin(NamedTuple):
    """Where a gesture comes from."""

    source: str
    channel: int


class Destination(NamedTuple):
    """Where a gesture goes."""

    port: int
    channel: int


class Passes(enum.Enum):
    """What of the player's gestures a voice passes on."""

    NOTHING = enum.auto()
    EXPRESSION = enum.auto()
    """What colours the sound; not what chooses it, nor what belongs to one pitch of the player, which a harmony does not play."""
    SETTINGS = enum.auto()
    """What chooses and sets up the sound; not what has a rest position, while the voice itself plays."""
    ALL = enum.auto()

    def lets_through(self, event: Gesture, movable: Movable | None) -> bool:
        """Whether the gesture goes on."""
        match self:
            case Passes.EXPRESSION:
                return not _chooses_sound(event)
            case Passes.SETTINGS:
                return movable is None
        return self is Passes.ALL


class Relay(Protocol):
    """A voice that passes gestures on."""

    @property
    def destination(self) -> Destination: ...

    @property
    def passes(self) -> Passes:
        """What it passes on now."""
        ...

    def hears(self, source: str, channel: int) -> bool: ...


class Gestures:
    """Where the players' controllers stand, and where those of the destinations do.

    Of several players at one destination the one that moved last counts, as where MIDI cables are merged."""

    def __init__(self) -> None:
        self._moved: dict[Movable, dict[Origin, int]] = {}
        """Where each player has it, the one that moved last at the end."""
        self._sent: dict[Destination, dict[Movable, int]] = {}
        self._zones = MpeZones()

    def __bool__(self) -> bool:
        """Whether anything is away from rest, at a player or at a destination."""
        return bool(self._sent) or any(any(origins.values()) for origins in self._moved.values())

    def comes_to_rest(self, event: Gesture) -> bool:
        """Whether the event brings something to rest that its player moved."""
        movable = movable_of(event)
        if movable is None or isinstance(event, Program) or event.value:
            return False
        return bool(self._moved.get(movable, {}).get(Origin(event.source, event.channel)))

    def pass_on(self, time: float, event: Gesture, relays: Iterable[Relay]) -> Iterator[Pass]:
        """Yield the gesture once for each destination of the relays that listen to it."""
        origin, movable = Origin(event.source, event.channel), movable_of(event)
        if self._zones.configure(event) or self._zones.is_per_note(event):
            return
        listening = [relay for relay in relays if relay.hears(*origin) and relay.passes.lets_through(event, movable)]
        if movable is not None and not isinstance(event, Program):
            self._note(origin, movable, event.value, {relay.destination for relay in listening})
        for destination in dict.fromkeys(relay.destination for relay in listening):
            if movable is None or isinstance(event, Program):
                yield Pass(time, replace(event, channel=destination.channel), destination.port)
            # Nothing leaves where the destination stands there already: a copy of a pedal that comes back ends here.
            elif event.value != self._standing(destination, movable):
                yield self._put(time, destination, movable, event.value)

    def settle(self, time: float, relays: Iterable[Relay]) -> Iterator[Pass]:
        """Yield what brings each destination to where the relays as they are now want it: to rest where none passes the gesture on."""
        relays = list(relays)
        wanted = {(relay.destination, movable) for relay in relays for movable in self._moved}
        sent = {(destination, movable) for destination, values in self._sent.items() for movable in values}
        for destination, movable in sorted(wanted | sent):
            value = self._wanted(destination, movable, relays)
            if value != self._standing(destination, movable):
                yield self._put(time, destination, movable, value)

    def forget(self, source: str, channel: int | None = None) -> None:
        """Take the controllers of this input (of this channel; None: of all) for at rest: they were reset, or the input is gone."""
        if channel is None:
            self._zones.forget(source)
        for origins in self._moved.values():
            for origin in [each for each in origins if each.source == source and channel in (None, each.channel)]:
                del origins[origin]

    def reset(self) -> None:
        """Take everything for at rest, at the players and at the destinations."""
        self._moved.clear()
        self._sent.clear()

    def _note(self, origin: Origin, movable: Movable, value: int, destinations: Iterable[Destination]) -> None:
        """Keep where a player has it. What is new and only repeats what another player's has brought about is left out: it may be a copy
        of that, which no one would ever take back."""
        origins = self._moved.setdefault(movable, {})
        is_new = origins.pop(origin, None) is None
        repeats = value and value in origins.values() and all(self._standing(each, movable) == value for each in destinations)
        if not (is_new and repeats):
            origins[origin] = value

    def _wanted(self, destination: Destination, movable: Movable, relays: Iterable[Relay]) -> int:
        """Where the player who moved it last wants it, of those that the relays of the destination listen to."""
        event = position(movable, 1, destination.channel)
        heard = [relay for relay in relays if relay.destination == destination and relay.passes.lets_through(event, movable)]
        origins = reversed(self._moved.get(movable, {}).items())
        return next((value for origin, value in origins if any(relay.hears(*origin) for relay in heard)), 0)

    def _standing(self, destination: Destination, movable: Movable) -> int:
        return self._sent.get(destination, {}).get(movable, 0)

    def _put(self, time: float, destination: Destination, movable: Movable, value: int) -> Pass:
        sent = self._sent.setdefault(destination, {})
        if value:
            sent[movable] = value
        else:
            sent.pop(movable, None)
        if not sent:
            del self._sent[destination]
        return Pass(time, position(movable, value, destination.channel), destination.port)


class MpeZones:
    """The MPE zones that controllers have announced (MIDI Polyphonic Expression 1.0, section 2.2), by input.

    The notes of a zone's member channels are one instrument. Bend, pressure and timbre of a single note are ignored on purpose: a voice
    answers on one channel, where they would move every note."""

    def __init__(self) -> None:
        self._selected: dict[Origin, dict[int, int]] = {}
        self._members: dict[Origin, int] = {}

    def configure(self, event: Gesture) -> bool:
        """Follow the message that announces a zone; whether this is its data, which concerns the controller's own synthesiser only."""
        if not isinstance(event, Control) or event.channel not in (LOWER_MASTER, UPPER_MASTER):
            return False
        origin = Origin(event.source, event.channel)
        if event.number in (RPN_LSB, RPN_MSB):
            self._selected.setdefault(origin, {})[event.number] = event.value
        selected = self._selected.get(origin, {})
        if event.number != DATA_ENTRY or (selected.get(RPN_MSB), selected.get(RPN_LSB)) != CONFIGURATION:
            return False
        self._members[origin] = min(event.value, 15)
        return True

    def forget(self, source: str) -> None:
        """The controller of this input is gone, and its zones with it."""
        for known in (self._selected, self._members):
            for origin in [each for each in known if each.source == source]:
                del known[origin]

    def is_per_note(self, event: Gesture) -> bool:
        """Whether the gesture belongs to a single note of a zone."""
        if not self._members or isinstance(event, Program) or (isinstance(event, Control) and event.number != TIMBRE):
            return False
        lower = self._members.get(Origin(event.source, LOWER_MASTER), 0)
        upper = self._members.get(Origin(event.source, UPPER_MASTER), 0)
        return LOWER_MASTER < event.channel <= LOWER_MASTER + lower or UPPER_MASTER - upper <= event.channel < UPPER_MASTER


def _chooses_sound(event: Gesture) -> bool:
    """Whether the event chooses a sound, or belongs to one pitch of the player, which a harmony does not play."""
    match event:
        case Program():
            return True
        case Control(number):
            return number in BANK
        case Pressure(_, pitch):
            return pitch is not None
    return False
