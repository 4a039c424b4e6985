"""OSC in: sockets, on the thread `net`. Every message becomes an event of the vocabulary or an error to its sender; nothing else.

Two sockets: the public one, where anybody on this machine (or the network, where the show says so) may speak, and the loopback one, where
Performer's own processes do. A bundle's time tag is kept: what is dated ahead waits here, what is dated in the past happens now.
`osc_decoder` reads the bytes, `osc_events` understands them, `limits` says what one client may cost.
"""

import selectors
import socket
import struct
import time as wall
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from performer.agenda import Agenda
from performer.bucket import Bucket
from performer.clock import Clock
from performer.errors import ParameterError
from performer.events import Control, Event, NoteOff, NoteOn, Panic, ParameterSet, PortGone, Query, Still, Sync, Timed
from performer.inputs.limits import Buckets, HeldKeys, Notices, Once
from performer.inputs.osc_decoder import Fault, Heard, OscMessage, decode_datagram
from performer.inputs.osc_events import TOLD_ONLY, canonical, interpret, understand
from performer.inputs.osc_presence import Presence
from performer.inputs.port_limits import PortLimits
from performer.loopback import LARGEST
from performer.parameter import Parameter
from performer.parameters import Table

__all__ = ["FARTHEST", "LINGER", "Coalescer", "OscInput", "Source", "understand"]

FARTHEST = 60.0  # seconds: a bundle dated further ahead is refused
NOTICED = 1.0  # seconds: a bundle dated further ahead waits, and its sender is told
MOST_WAITING, MOST_OF_ONE = 10_000, 2_500  # messages dated ahead that wait, in all and of one client
SOON = 0.001  # seconds: dated ahead by less than this is now
FLOAT, ONE_FLOAT = struct.Struct(">f"), b",f\0\0"  # what ends a message of one value, and what stands before that
BURST, LINGER = 8, 0.004  # datagrams at once that make a flood, and the seconds that the next ones may wait for each other then
MOST_AHEAD = 64  # events that the session has not taken: until it has, clients wait in the socket
SINGLE_HZ, SINGLE_BURST = 2_000.0, 2_000.0  # messages of one client that are handed on one by one
SYNC_S = 0.25  # seconds between two answers to a client's /performer/sync
ERRORS_HZ, ERRORS_BURST = 100.0, 200.0  # errors that are told, to all clients together
REPEATED: Mapping[type, str] = {Panic: "/performer/panic", Still: "/performer/visuals/still"}  # commands that all clients are told of
LONGEST_ADDRESS = 120  # letters of an address that an error repeats


@dataclass(frozen=True, slots=True)
class Source:
    """A socket to listen on and the name that its events carry."""

    sock: socket.socket
    name: str


@dataclass(frozen=True, slots=True)
class Later:
    """An event that waits for its time tag."""

    sender: str
    event: Event
    exact: bool


class Coalescer:
    """The newest value and the newest question of each control and sender, in the order in which they came last. Pure."""

    def __init__(self) -> None:
        self._newest: dict[tuple[type, str, str], Timed] = {}

    def put(self, now: float, event: ParameterSet | Query) -> None:
        """The control is here now; where it was before nobody needs to know."""
        key = type(event), event.address, event.sender
        self._newest.pop(key, None)  # its place is that of the newest
        self._newest[key] = Timed(now, event)

    def take(self) -> Sequence[Timed]:
        """What was put; it waits no more."""
        newest, self._newest = self._newest, {}
        return tuple(newest.values())


class OscInput:
    """The thread's handler for both sockets. `post` takes events for the session, `refuse(sender, address, reason)` errors, `private` what the
    show's own processes say, `spoke(sender)` hears who sent something valid on the public socket.

    `stated(sender, address, value, exact)` hears which value a client sent (not `exact`: one that is clamped or refused), and says False where
    that is an echo to be passed over; `asked(sender, address)` hears commands. `own(host, port)` is the show itself, `absent` are the addresses
    that this show cannot serve, each with the sentence why, `ports` says how many MIDI ports it has. `backlog` says how many events the session
    has not taken: while those are many, the public socket waits. `tell` hears of clients that held keys and are gone.

    In a flood it reads seldomer and more at once, and of the values that one control got at once the newest is handed on: each would want
    Python's lock while somebody waits for an answer. Switches, choices and whole numbers are handed on one by one, up to SINGLE_HZ of a client. A
    fader that moves sends the same message again and again but for its last four bytes: once that was understood, only they are read."""

    def __init__(
        self,
        sources: Sequence[Source],
        table: Table,
        clock: Clock,
        post: Callable[[Timed], object],
        refuse: Callable[[str, str, str], object],
        private: Mapping[str, Callable[[Sequence[Any]], object]],
        spoke: Callable[[str], object],
        stated: Callable[[str, str, Any, bool], bool] = lambda sender, address, value, exact: True,
        asked: Callable[[str, str], object] = lambda sender, address: None,
        own: Callable[[str, int], bool] = lambda host, port: False,
        absent: Mapping[str, str] | None = None,
        backlog: Callable[[], int] = lambda: 0,
        ports: PortLimits | None = None,
        tell: Callable[[str], object] = lambda sentence: None,
    ) -> None:
        self.malformed = 0  # datagrams and messages that could not be read
        self.refused = 0  # messages that asked for what there is not
        self.passed_over = 0  # feedback addresses, echoes, and what came from this very socket
        self.over_limit = 0  # messages of clients that sent more than they may
        self.accepted = 0  # parameter messages on the public socket that became events
        self._table, self._clock = table, clock
        self._post, self._refuse, self._private, self._spoke = post, refuse, private, spoke
        self._stated, self._asked, self._own, self._backlog = stated, asked, own, backlog
        self._absent, self._ports = absent or {}, ports or PortLimits()
        self._tell_all, self._presence = tell, Presence()
        self._coalescer = Coalescer()
        self._burst = 0  # datagrams that were read at once, lately
        self._faders: dict[bytes, Parameter] = {}  # how the messages begin that set one to a float
        self._later = Agenda()
        self._waiting: Counter[str] = Counter()  # messages that wait in it, by sender
        self._synced: dict[str, float] = {}  # when a client's sync was answered last, or will be
        self._notices, self._once, self._keys = Notices(), Once(), HeldKeys()
        self._singles, self._errors = Buckets(SINGLE_HZ, SINGLE_BURST), Bucket(ERRORS_HZ, ERRORS_BURST)
        self._selector = selectors.DefaultSelector()
        for source in sources:
            source.sock.setblocking(False)
            self._selector.register(source.sock, selectors.EVENT_READ, source)

    @property
    def figures(self) -> Mapping[str, int]:
        """For health."""
        return {"malformed": self.malformed, "refused": self.refused, "passed_over": self.passed_over, "over_limit": self.over_limit,
                "waiting": len(self._later)}  # fmt: skip

    def turn(self, timeout: float) -> None:
        """Wait up to `timeout` seconds for datagrams and hand on what came and what is due."""
        due = self._later.next_time
        wait = timeout if due is None else max(0.0, min(timeout, due - self._clock.now()))
        ready = self._selector.select(wait)
        held_up = self._backlog() > MOST_AHEAD
        if ready and (held_up or self._burst >= BURST):
            wall.sleep(LINGER)
        self._burst = 0
        for key, _ in ready:
            if not held_up or key.data.name == "loopback":
                self._read(key.data)
                self._hand_on()
        for time, later in self._later.pop_due(self._clock.now()):
            self._come_due(time, later)
        self._release_gone()

    def close(self) -> None:
        self._selector.close()
        self._presence.clear()

    def _release_gone(self) -> None:
        """Nothing is held any more by clients that are gone."""
        now = self._clock.now()
        for sender, count in self._presence.gone(now):
            self._keys.forget(f"osc:{sender}")
            self._post(Timed(now, PortGone(f"osc:{sender}")))
            self._tell_all(f"The OSC client {sender} is gone. What it held ({count} keys and controllers) is released.")

    def _read(self, source: Source) -> None:
        for _ in range(64):  # a burst, but the other socket's turn comes
            try:
                datagram, (host, port, *_) = source.sock.recvfrom(LARGEST)
            except BlockingIOError:
                return
            except ConnectionError:  # Windows: nobody listens where an earlier answer went
                continue
            self._burst += 1
            if source.name == "loopback":
                self._datagram(source.name, datagram, "desk")
            elif self._own(host, port):
                self.passed_over += 1
            else:
                self._datagram(source.name, datagram, f"{host}:{port}")

    def _hand_on(self) -> None:
        for timed in self._coalescer.take():
            self._post(timed)

    def _datagram(self, source: str, datagram: bytes, sender: str) -> None:
        now = self._clock.now()
        fader = self._faders.get(datagram[:-4])
        if fader is not None and fader.low <= (value := FLOAT.unpack(datagram[-4:])[0]) <= fader.high:
            self._set(now, source, ParameterSet(fader.address, value, sender), exact=True)
            return
        wall_now = wall.time()
        for heard in decode_datagram(datagram):
            if isinstance(heard, Fault):
                self._fault(now, source, sender, heard)
                continue
            address = canonical(self._table, heard.address)
            if source == "loopback" and address in self._private:
                self._private[address](heard.arguments)
            elif address in TOLD_ONLY:
                self.passed_over += 1
            else:
                self._message(now, source, sender, replace(heard, address=address), 0.0 if heard.due is None else heard.due - wall_now)
                self._remember(datagram, heard)

    def _message(self, now: float, source: str, sender: str, message: OscMessage, ahead: float) -> None:
        """Understand a message whose time is `ahead` seconds from now, and hand it on or refuse it."""
        address = message.address
        try:
            if address in self._absent:
                raise ParameterError(self._absent[address])
            name = "desk" if source == "loopback" else f"osc:{sender}"
            understood = interpret(self._table, address, message.arguments, name, sender)
            if isinstance(understood.event, ParameterSet):
                self._ports.check(understood.event, message.arguments)
            self._check_ahead(address, sender, ahead)
        except ParameterError as error:
            self.refused += 1
            self._mistaken(now, source, sender, address)
            self._tell(now, sender, address, str(error), f"{address} {_signature(message.arguments)}")
            return
        if understood.notice and self._once.first(sender, address):
            self._refuse(sender, address, understood.notice)
        if ahead > SOON:
            if ahead > NOTICED:
                self._tell(now, sender, address, f"It is dated {ahead:.1f} s ahead by this machine's clock and waits so long.", "ahead")
            self._waiting[sender] += 1
            self._later.add(now + ahead, Later(sender, understood.event, not understood.notice))
        else:
            self._event(now, source, sender, understood.event, not understood.notice)

    def _event(self, now: float, source: str, sender: str, event: Event, exact: bool) -> None:
        """Hand on what was understood: a value that moves is coalesced, all else goes one by one."""
        if isinstance(event, ParameterSet):
            self._set(now, source, event, exact)
            return
        if source != "loopback":
            self._presence.spoke(sender, now)
            self._spoke(sender)
        if isinstance(event, Query):
            self._coalescer.put(now, event)
        elif isinstance(event, Sync) and source != "loopback":
            self._sync(now, event)
        elif isinstance(event, NoteOff | Panic) or source == "loopback" or self._within_limit(now, sender):
            if source != "loopback" and type(event) in REPEATED:
                self._asked(sender, REPEATED[type(event)])
            self._hand_on()
            keyed = self._keyed(event)
            self._post(Timed(now, keyed))
            if isinstance(event, Panic):
                self._presence.clear()
            elif source != "loopback":
                self._look_after(now, sender, event, keyed)

    def _set(self, now: float, source: str, event: ParameterSet, exact: bool) -> None:
        if source != "loopback":
            if not self._stated(event.sender, event.address, event.value, exact):
                self.passed_over += 1
                return
            self.accepted += 1
            self._presence.spoke(event.sender, now)
            self._spoke(event.sender)
        if isinstance(event.value, float) and not event.when:
            self._coalescer.put(now, event)
        elif source == "loopback" or self._within_limit(now, event.sender):
            self._hand_on()
            self._post(Timed(now, event))

    def _come_due(self, time: float, later: Later) -> None:
        """The moment of a message has come."""
        self._waiting[later.sender] -= 1
        if self._waiting[later.sender] <= 0:
            del self._waiting[later.sender]
        if isinstance(later.event, Sync):
            self._post(Timed(time, later.event))
            return
        self._event(time, "loopback" if later.sender == "desk" else "osc", later.sender, later.event, later.exact)
        self._hand_on()

    def _keyed(self, event: Event) -> Event:
        """The event, from the source that holds the key where it lets one go."""
        if isinstance(event, NoteOn):
            self._keys.press(event.source, event.channel, event.pitch)
        elif isinstance(event, NoteOff):
            return replace(event, source=self._keys.release(event.source, event.channel, event.pitch))
        elif isinstance(event, Panic):
            self._keys.clear()
        return event

    def _look_after(self, now: float, sender: str, event: Event, keyed: Event) -> None:
        """Note what clients hold. `keyed` is the event from the source that held the key."""
        if isinstance(event, NoteOn):
            self._presence.hold(sender, ("key", event.channel, event.pitch), now)
        elif isinstance(keyed, NoteOff):
            holder = keyed.source.removeprefix("osc:")
            if holder != sender:
                self._presence.rotates(sender)
            self._presence.let_go(holder, ("key", keyed.channel, keyed.pitch))
        elif isinstance(event, Control):
            held = "control", event.channel, event.number
            if event.value:
                self._presence.hold(sender, held, now)
            else:
                self._presence.let_go(sender, held)

    def _sync(self, now: float, event: Sync) -> None:
        """Answer at once, but one client not more often than every SYNC_S: each answer is all that there is."""
        last = self._synced.get(event.sender, -SYNC_S)
        if now < last:  # one waits already
            return
        if len(self._synced) > MOST_AHEAD:
            self._synced = {sender: time for sender, time in self._synced.items() if now - time < SYNC_S}
        time = max(now, last + SYNC_S)
        self._synced[event.sender] = time
        if time > now:
            self._waiting[event.sender] += 1
            self._later.add(time, Later(event.sender, event, True))
        else:
            self._hand_on()
            self._post(Timed(now, event))

    def _within_limit(self, now: float, sender: str) -> bool:
        if self._singles.take(sender, now):
            return True
        self.over_limit += 1
        self._tell(now, sender, "", f"More than {SINGLE_HZ:.0f} messages a second, not all of them are taken.", "flood")
        return False

    def _check_ahead(self, address: str, sender: str, ahead: float) -> None:
        if ahead > FARTHEST:
            remedy = f"at most {FARTHEST:.0f} s are. Compare the clocks of both machines."
            raise ParameterError(f"{address} is dated {ahead:.0f} s ahead by this machine's clock;", remedy)
        if ahead > SOON and (len(self._later) >= MOST_WAITING or self._waiting[sender] >= MOST_OF_ONE):
            raise ParameterError(f"{address} is dated {ahead:.1f} s ahead, but {self._waiting[sender]} messages wait already.", "Send it later.")

    def _mistaken(self, now: float, source: str, sender: str, address: str) -> None:
        """A client's control shows a value that was not taken."""
        if source != "loopback" and address in self._table.rows:
            self._stated(sender, address, None, False)

    def _fault(self, now: float, source: str, sender: str, fault: Fault) -> None:
        self.malformed += 1
        self._mistaken(now, source, sender, canonical(self._table, fault.address))
        if fault.kind == "slash":
            self._tell(now, sender, fault.address, f"An address begins with a slash: write /{fault.address[:LONGEST_ADDRESS]}.", "slash")
        elif fault.kind != "foreign":
            self._tell(now, sender, fault.address, f"This OSC message cannot be read: {fault.reason}.", f"{fault.kind} {fault.address}")

    def _tell(self, now: float, sender: str, address: str, reason: str, kind: str) -> None:
        """Tell the sender, unless it was told the like a moment ago."""
        more = self._notices.due(sender, kind[:LONGEST_ADDRESS], now)
        if more is not None and self._errors.take(now):
            self._refuse(sender, address[:LONGEST_ADDRESS], f"{reason} ({more} more like this.)" if more else reason)

    def _remember(self, datagram: bytes, message: Heard) -> None:
        """How a message begins that sets a float, so that the next ones like it are read at once."""
        if not isinstance(message, OscMessage) or len(message.arguments) != 1:
            return
        row = self._table.rows.get(message.address)
        if row is not None and row.kind == "float":
            address = message.address.encode()
            begin = address + b"\0" * (4 - len(address) % 4) + ONE_FLOAT
            if datagram[:-4] == begin:
                self._faders[begin] = row


def _signature(arguments: Sequence[Any]) -> str:
    """The kinds of the arguments: mistakes of the same kind are told together."""
    return " ".join(repr(each) if not isinstance(each, (int, float, str, tuple)) else type(each).__name__ for each in arguments[:8])
