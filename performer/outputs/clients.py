"""The registry of OSC clients: who is told what the show does, and which values each of them knows already.

Pure: the time is an argument, no socket. Thread-safe: the thread `net` notes who speaks, the thread `telemetry` asks who is told.

A client is a place (host and port) where somebody listens: one that the show names, or the reply port of a host that spoke within EXPIRY seconds.
It is told a value when that differs from what it knows. Who speaks from the very port where it listens knows what it said: it is not told its own
value, and of a control that it moves nothing until it has rested for REST seconds; then it is told what stands, if that is not what it said.
Who speaks from another port is told at once: the listener may be another program.
"""

import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from performer.addresses import parse_client, reach
from performer.errors import PerformerError
from performer.outputs.values import UNKNOWN, as_told

EXPIRY = 300.0  # seconds after its last word in which a client is told
MOST = 32  # clients that spoke; the one that was silent longest makes room
MOST_SENDERS = 256  # ports that they speak from
REST = 0.15  # seconds after which a control that a client moved is at rest
ECHO = 1.0  # seconds in which a value that comes back is an echo
ECHOES = 3  # of them make an echoing client
LATELY = 4  # values that a client was told of an address, to know an echo by
INSISTING, INSISTED = 8, 10.0  # times that a client is corrected to the same value, within so many seconds
FAILURES, FIRST_PAUSE, LONGEST_PAUSE = 5, 5.0, 80.0  # sendings in a row that fail before a client is left alone, and for how many seconds
OTHER: Any = object()  # stands for a value that was sent and not taken
Place = tuple[str, int]


def is_number(host: str) -> bool:
    """Whether the host is an address of numbers, which needs no looking up."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def place_of(sender: str) -> Place:
    """Host and port of host:port."""
    host, _, port = sender.rpartition(":")
    return host, int(port)


@dataclass(slots=True)
class Statement:
    """What a client said of an address: when, the value, and whether it spoke from where it listens."""

    time: float
    value: Any
    direct: bool


@dataclass(slots=True, eq=False)
class Client:
    """A place that is told."""

    place: Place
    named: bool = False
    spoke: float = 0.0
    """When it last spoke, in seconds."""
    told: dict[str, Any] = field(default_factory=dict)
    """What it knows: the value it was told last, or said itself, by address."""
    said: dict[str, Statement] = field(default_factory=dict)
    """What it said and may have to be corrected, by address."""
    asked: dict[str, float] = field(default_factory=dict)
    """When it gave a command, by address."""
    lately: dict[str, list[tuple[float, Any]]] = field(default_factory=dict)
    """The times and values it was told last, by address."""
    corrected: dict[str, tuple[float, Any, int]] = field(default_factory=dict)
    """Since when, to which value and how often it was corrected, by address."""
    echoes: int = 0
    failures: int = 0
    paused_until: float = 0.0


class Clients:
    """Who is told. `own` says whether a place is Performer's own socket, which is never told; `report` gets each sentence once."""

    def __init__(self, reply_port: int, own: Callable[[str, int], bool], report: Callable[[str], object]) -> None:
        self._reply_port, self._own, self._report = reply_port, own, report
        self._clients: dict[Place, Client] = {}
        self._senders: dict[str, tuple[Client, bool]] = {}
        self._reported: set[str] = set()
        self._lock = threading.Lock()
        self.failed = 0

    def __len__(self) -> int:
        return len(self._clients)

    def name(self, place: Place) -> None:
        """The show names this client: it is told always. Its host is an address of numbers."""
        if self._is_own(place):
            return
        with self._lock:
            self._clients.setdefault(place, Client(place)).named = True
            self._senders.clear()

    def unname(self, place: Place) -> None:
        """The client that the show names is elsewhere now."""
        with self._lock:
            client = self._clients.pop(place, None)
            self._senders.clear()
            if client is not None and client.spoke:
                client.named = False
                self._clients[place] = client

    def spoke(self, sender: str, now: float) -> None:
        """This sender (host:port) said something valid."""
        with self._lock:
            found = self._senders.get(sender) or self._meet(sender, now)
            if found is not None:
                client = found[0]
                if not client.named and now - client.spoke > EXPIRY:
                    client.told.clear()
                client.spoke = now

    def stated(self, sender: str, address: str, value: Any, now: float) -> bool:
        """This sender set a parameter; OTHER: to something that is not taken as it is. False for the late echo of what it was told, which is
        to be passed over."""
        with self._lock:
            found = self._senders.get(sender) or self._meet(sender, now)
            if found is None:
                return True
            client, direct = found
            client.spoke = now
            value = as_told(value)
            if self._is_echo(client, address, value, now):
                return False
            client.said[address] = Statement(now, value, direct)
            if direct:
                client.told[address] = value
            return True

    def asked(self, sender: str, address: str, now: float) -> None:
        """This sender gave a command."""
        with self._lock:
            found = self._senders.get(sender)
            if found is not None and found[1]:
                found[0].asked[address] = now

    def listeners(self, now: float) -> list[Client]:
        """The clients that are told now."""
        with self._lock:
            return [each for each in self._clients.values() if (each.named or now - each.spoke < EXPIRY) and now >= each.paused_until]

    def place_for(self, sender: str) -> Place | None:
        """Where this sender is answered: where it speaks from if the show names that, else at its host's reply port. None: nowhere, as for
        Performer itself and for a sender of a take, which may be any text."""
        if not (is_number(sender.rpartition(":")[0]) and sender.rpartition(":")[2].isdecimal()):
            return None
        place = place_of(sender)
        with self._lock:
            if place not in self._clients or not self._clients[place].named:
                place = place[0], self._reply_port
        return None if self._is_own(place) else place

    def wants(self, client: Client, address: str, value: Any, changed: bool, now: float) -> bool:
        """Whether the client is to be told this value; from then on it knows it."""
        value = as_told(value)
        with self._lock:
            statement = client.said.get(address)
            if statement is not None and statement.direct and now - statement.time < REST:
                return False
            known = client.told.get(address, UNKNOWN)
            if (not changed) if known is UNKNOWN else known == value:
                return False
            if statement is not None and not statement.direct:
                del client.said[address]
            self._learn(client, address, value, now)
            return True

    def commanded(self, client: Client, address: str, now: float) -> bool:
        """Whether the client has just given this command itself: it needs no telling, and two Performers would go on for ever."""
        return now - client.asked.get(address, -ECHO) < ECHO

    def answered(self, place: Place, address: str, value: Any, now: float) -> None:
        """The client there was told this value alone."""
        with self._lock:
            client = self._clients.get(place)
            if client is not None:
                self._learn(client, address, as_told(value), now)

    def corrections(self, newest: Callable[[str], Any], now: float) -> Iterator[tuple[Client, str, Any]]:
        """Who is to be told what stands, since it said something else and its hand is at rest."""
        for client in self.listeners(now):
            if client.said:
                yield from ((client, address, value) for address, value in self._rested(client, newest, now))

    def sent(self, client: Client) -> None:
        """A datagram to it left."""
        client.failures = 0

    def not_sent(self, client: Client, reason: str, now: float) -> None:
        """A datagram to it did not leave. After several in a row it is left alone for a while, and that is reported once."""
        self.failed += 1
        client.failures += 1
        if client.failures >= FAILURES:
            client.paused_until = now + min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(4, client.failures - FAILURES))
            host, port = client.place
            self._once(f"The OSC client {host}:{port} cannot be reached ({reason}). It is tried again, at least every {LONGEST_PAUSE:.0f} s.")

    def _meet(self, sender: str, now: float) -> tuple[Client, bool] | None:
        """The client that this sender speaks for, and whether it listens where it speaks from. None: for Performer itself."""
        place = place_of(sender)
        client = self._clients.get(place)
        if client is None or not client.named:
            answer = place[0], self._reply_port
            if self._is_own(answer):
                return None
            client = self._clients.get(answer) or self._add(answer, now)
        if len(self._senders) >= MOST_SENDERS:
            self._senders.pop(next(iter(self._senders)))
        found = self._senders[sender] = client, client.place == place
        return found

    def _add(self, place: Place, now: float) -> Client:
        spoken = [each for each in self._clients.values() if not each.named]
        if len(spoken) >= MOST:
            oldest = min(spoken, key=lambda each: each.spoke)
            del self._clients[oldest.place]
            self._senders = {sender: found for sender, found in self._senders.items() if found[0] is not oldest}
        client = self._clients[place] = Client(place, spoke=now)
        return client

    def _is_echo(self, client: Client, address: str, value: Any, now: float) -> bool:
        """Whether a client that sends back what it hears says what it was told a moment ago, while the value may be another one by now."""
        told = client.lately.get(address)
        if not told or not isinstance(value, float) or not any(value == each and now - time < ECHO for time, each in told):
            return False
        client.echoes += 1
        return client.echoes > ECHOES

    def _learn(self, client: Client, address: str, value: Any, now: float) -> None:
        client.told[address] = value
        told = client.lately.setdefault(address, [])
        told.append((now, value))
        del told[:-LATELY]

    def _rested(self, client: Client, newest: Callable[[str], Any], now: float) -> list[tuple[str, Any]]:
        wrong = []
        with self._lock:
            for address, statement in list(client.said.items()):
                if now - statement.time < REST:
                    continue
                del client.said[address]
                value = newest(address)
                if value is UNKNOWN or statement.value == as_told(value) or self._insists(client, address, value, now):
                    continue
                self._learn(client, address, as_told(value), now)
                wrong.append((address, value))
        return wrong

    def _insists(self, client: Client, address: str, value: Any, now: float) -> bool:
        """Whether it was corrected to this value so often lately that once more would not help."""
        since, to, times = client.corrected.get(address, (now, value, 0))
        if to != value or now - since > INSISTED:
            since, times = now, 0
        client.corrected[address] = since, value, times + 1
        return times >= INSISTING

    def _is_own(self, place: Place) -> bool:
        if not self._own(*place):
            return False
        host, port = place
        self._once(f"Answers to {host}:{port} would reach this show itself, so none are sent there. Set [osc] reply_port to the client's own port.")
        return True

    def _once(self, sentence: str) -> None:
        if sentence not in self._reported and len(self._reported) < MOST_SENDERS:
            self._reported.add(sentence)
            self._report(sentence)


def client_address(text: str, family: socket.AddressFamily, listening: str) -> tuple[str, int]:
    """Host and port of a client, as a socket of this family can send to it. Raises PerformerError where it cannot."""
    try:
        host, port = parse_client(text)
        return reach(host, family, listening), port
    except ValueError as error:
        raise PerformerError(f"The OSC client '{text}' {error}.", 'Write for example "127.0.0.1:9001".') from None
