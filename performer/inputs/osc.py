"""OSC in: sockets only, on the thread `net`. Every message becomes an event of the vocabulary or an error to its sender; nothing else.

Two sockets: the public one, where anybody on this machine (or the network, where the show says so) may speak, and the loopback one, where
Performer's own processes do. A bundle's time tag is kept: what is dated ahead waits here, what is dated in the past happens now.
"""

import contextlib
import selectors
import socket
import struct
import time as wall
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pythonosc.osc_packet import OscPacket, ParseError

from performer.agenda import Agenda
from performer.clock import Clock
from performer.errors import ParameterError
from performer.events import (
    Choose,
    Control,
    Event,
    Listen,
    NoteOff,
    NoteOn,
    Panic,
    ParameterSet,
    Progression,
    Recall,
    Still,
    Store,
    Suggest,
    Swap,
    Sync,
    Tap,
    Timed,
    Transport,
    Wish,
)
from performer.loopback import LARGEST
from performer.parameter import Parameter
from performer.parameters import COMMANDS, Command, Table

FARTHEST = 60.0  # seconds: a bundle dated further ahead is refused
MOST_WAITING = 10_000
SUGGESTED = 3  # alternatives, where nobody says how many
SOON = 0.001  # seconds: dated ahead by less than this is now
FLOAT, ONE_FLOAT = struct.Struct(">f"), b",f\0\0"  # what ends a message of one value, and what stands before that
BURST, LINGER = 8, 0.004  # datagrams at once that make a flood, and the seconds that the next ones may wait for each other then


def understand(table: Table, address: str, arguments: Sequence[Any], source: str, sender: str) -> Event:
    """The event that an OSC message stands for. Raises ParameterError, with the reason, for a wrong address, type or range."""
    if address in _COMMANDS:
        return _COMMANDS[address](_checked(address, arguments), source, sender)
    value, when = table.split(address, arguments)
    return ParameterSet(address, value, sender, when)


def _note_on(values: Sequence[int], source: str, sender: str) -> Event:
    pitch, velocity, channel = (*values, 1)[:3]
    return NoteOn(pitch, velocity, channel, source) if velocity else NoteOff(pitch, channel, source)


def _note_off(values: Sequence[int], source: str, sender: str) -> Event:
    pitch, channel = (*values, 1)[:2]
    return NoteOff(pitch, channel, source)


def _control(values: Sequence[int], source: str, sender: str) -> Event:
    number, value, channel = (*values, 1)[:3]
    return Control(number, value, channel, source)


def _recall(values: Sequence[str], source: str, sender: str) -> Event:
    name, when = (*values, "")[:2]
    return Recall(name, sender, when)


def _wish(word: str) -> Callable[[Sequence[str], str, str], Event]:
    return lambda values, source, sender: Wish(word, values[0], sender)


def _suggest(values: Sequence[int], source: str, sender: str) -> Event:
    voice, count = (*values, SUGGESTED)[:2]
    return Suggest(voice, count, sender)


def _choose(values: Sequence[Any], source: str, sender: str) -> Event:
    voice, number, when = (*values, "")[:3]
    return Choose(voice, number, sender, when)


def _back(values: Sequence[Any], source: str, sender: str) -> Event:
    voice, when = (*values, "")[:2]
    return Choose(voice, 0, sender, when)


_COMMANDS: Mapping[str, Callable[[Sequence[Any], str, str], Event]] = {
    "/performer/panic": lambda values, source, sender: Panic(source),
    "/performer/sync": lambda values, source, sender: Sync(sender),
    "/performer/tempo/tap": lambda values, source, sender: Tap(source),
    "/performer/tempo/start": lambda values, source, sender: Transport("start", 0, source),
    "/performer/tempo/stop": lambda values, source, sender: Transport("stop", 0, source),
    "/performer/tempo/continue": lambda values, source, sender: Transport("continue", 0, source),
    "/performer/visuals/still": lambda values, source, sender: Still(source),
    "/performer/note/on": _note_on,
    "/performer/note/off": _note_off,
    "/performer/control": _control,
    "/performer/chords": lambda values, source, sender: Progression(values[0], sender),
    "/performer/model": lambda values, source, sender: Swap(values[0], sender),
    **{f"/performer/visuals/{word}": _wish(word) for word in ("model", "picture", "keyframe/store", "keyframe/recall")},
    "/performer/scene/recall": _recall,
    "/performer/scene/store": lambda values, source, sender: Store(values[0], sender),
    "/performer/suggest": _suggest,
    "/performer/suggest/hear": lambda values, source, sender: Listen(values[0], values[1], sender),
    "/performer/suggest/choose": _choose,
    "/performer/suggest/back": _back,
}
_BY_ADDRESS: Mapping[str, Command] = {command.address: command for command in COMMANDS}


def _checked(address: str, arguments: Sequence[Any]) -> tuple[Any, ...]:
    """The arguments of a command; one that takes none may come with any, as a Pure Data bang does."""
    command = _BY_ADDRESS[address]
    return command.check(arguments) if command.arguments else ()


@dataclass(frozen=True, slots=True)
class Source:
    """A socket to listen on and the name that its events carry."""

    sock: socket.socket
    name: str


class OscInput:
    """The thread's handler for both sockets. `post` takes events for the session, `refuse(sender, address, reason)` errors,
    `private` what the show's own processes say, `spoke(sender)` hears who sent something valid on the public socket.

    In a flood it reads seldomer and more at once, and of the values that one control got at once the newest is handed on: each would want
    Python's lock while somebody waits for an answer. Switches, choices and whole numbers are handed on one by one. A fader that moves sends the same
    message again and again but for its last four bytes: once that was understood, only they are read, in less than half the time."""

    def __init__(
        self,
        sources: Sequence[Source],
        table: Table,
        clock: Clock,
        post: Callable[[Timed], object],
        refuse: Callable[[str, str, str], object],
        private: Mapping[str, Callable[[Sequence[Any]], object]],
        spoke: Callable[[str], object],
    ) -> None:
        self.malformed = 0
        self.accepted = 0  # parameter messages on the public socket that became events
        self._table, self._clock = table, clock
        self._post, self._refuse, self._private, self._spoke = post, refuse, private, spoke
        self._newest: dict[tuple[str, str], Timed] = {}  # by address and sender: what is handed on when the burst is read
        self._burst = 0  # datagrams that were read at once, lately
        self._faders: dict[bytes, Parameter] = {}  # how the messages begin that set one to a float
        self._later = Agenda()
        self._selector = selectors.DefaultSelector()
        for source in sources:
            source.sock.setblocking(False)
            self._selector.register(source.sock, selectors.EVENT_READ, source)

    def turn(self, timeout: float) -> None:
        """Wait up to `timeout` seconds for datagrams and hand on what came and what is due."""
        due = self._later.next_time
        wait = timeout if due is None else max(0.0, min(timeout, due - self._clock.now()))
        ready = self._selector.select(wait)
        if ready and self._burst >= BURST:
            wall.sleep(LINGER)
        self._burst = 0
        for key, _ in ready:
            self._read(key.data)
            self._hand_on()
        for time, event in self._later.pop_due(self._clock.now()):
            self._post(Timed(time, event))

    def close(self) -> None:
        self._selector.close()

    def _read(self, source: Source) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionError):
            for _ in range(64):  # a burst, but the other socket's turn comes
                datagram, (host, port, *_) = source.sock.recvfrom(LARGEST)
                self._burst += 1
                self._datagram(source.name, datagram, "desk" if source.name == "loopback" else f"{host}:{port}")

    def _hand_on(self) -> None:
        for timed in self._newest.values():
            self._post(timed)
        self._newest.clear()

    def _datagram(self, source: str, datagram: bytes, sender: str) -> None:
        now, wall_now = self._clock.now(), wall.time()
        fader = self._faders.get(datagram[:-4])
        if fader is not None and fader.low <= (value := FLOAT.unpack(datagram[-4:])[0]) <= fader.high:
            self._move(now, ParameterSet(fader.address, value, sender))
            self._accept(source, sender)
            return
        if datagram[:1] not in (b"/", b"#") or datagram.startswith(b"#reply"):
            self.malformed += 1
            return
        try:
            messages = OscPacket(datagram).messages
        except (ParseError, IndexError, ValueError, RecursionError) as error:
            self.malformed += 1
            self._refuse(sender, "", f"malformed OSC ({str(error)[:120]})")
            return
        for timed in messages:
            address, arguments = timed.message.address, timed.message.params
            if source == "loopback" and address in self._private:
                self._private[address](arguments)
                continue
            try:
                event = understand(self._table, address, arguments, "desk" if source == "loopback" else "osc", sender)
                self._at(now, timed.time - wall_now, event, address)
            except ParameterError as error:
                self._refuse(sender, address, str(error))
                continue
            if isinstance(event, ParameterSet):
                self._accept(source, sender)
                begin = address.encode() + b"\0" * (4 - len(address) % 4) + ONE_FLOAT
                if isinstance(event.value, float) and not event.when and datagram[:-4] == begin:
                    self._faders[begin] = self._table.rows[address]
            elif source != "loopback":
                self._spoke(sender)

    def _accept(self, source: str, sender: str) -> None:
        if source != "loopback":
            self.accepted += 1
            self._spoke(sender)

    def _move(self, now: float, event: ParameterSet) -> None:
        """A fader is here now; where it was in the same burst nobody needs to know."""
        self._newest.pop((event.address, event.sender), None)  # its place is that of the newest
        self._newest[event.address, event.sender] = Timed(now, event)

    def _at(self, now: float, ahead: float, event: Event, address: str) -> None:
        if ahead <= SOON and isinstance(event, ParameterSet) and isinstance(event.value, float) and not event.when:
            self._move(now, event)
        elif ahead <= SOON:
            self._hand_on()
            self._post(Timed(now, event))
        elif ahead > FARTHEST or len(self._later) >= MOST_WAITING:
            raise ParameterError(f"{address} is dated {ahead:.0f} s ahead; at most {FARTHEST:.0f} s and {MOST_WAITING} messages wait.")
        else:
            self._later.add(now + ahead, event)
