"""OSC out: tells the desk, the picture and the OSC clients what is going on. Thread `telemetry` encodes and sends; others only hand over."""

import contextlib
import errno
import logging
import socket
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from performer.effects import Say
from performer.loopback import Loopback, OwnAddress, encode
from performer.outputs.bundles import Packer
from performer.outputs.clients import OTHER, Client, Clients, Place, is_number
from performer.outputs.resolver import Resolver, look_up
from performer.outputs.values import ValueCache
from performer.scheduler import Ended, Missed, Played, Report
from performer.worker import Worker

log = logging.getLogger("performer")
MOST_WAITING = 8192
FRESH = 0.02  # seconds within which a value that changed is told
LINGER = 0.004  # seconds: the reply to a note has left by then
IDLE = 0.2  # seconds between two looks whether a client has to be corrected
OWN = ("desk", "visuals", "screen")
NOT_ITS_FAULT = (errno.EMSGSIZE, errno.EAGAIN, errno.ENOBUFS)  # why a datagram is lost that another client would not get either


@dataclass(frozen=True, slots=True)
class Done:
    """What a sender asked for was done."""

    address: str
    arguments: tuple[Any, ...]
    sender: str


class OscOutput:
    """Sends each message to Performer's own processes, and to the clients that the registry holds (`clients.py` says who is told which value).

    Of a value (an address among `values`) that changes in a flood the newest is told, within two `FRESH` seconds; everything else is told once
    and in order. What is said to one sender travels in bundles. `noticed` hears every note that is told here too, on the telemetry thread (the
    features of the notes are made from it). While somebody is `busy` answering, what is to be told waits up to 20 ms; where a note leaves in a
    moment, for the seconds of `clear_in`."""

    def __init__(
        self,
        loopback: Loopback,
        public: socket.socket,
        named: Sequence[Place],
        reply_port: int,
        values: Collection[str] = (),
        busy: Callable[[], bool] = lambda: False,
        clear_in: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.noticed: Callable[[str, Sequence[Any]], object] = lambda address, arguments: None
        self._loopback, self._public = loopback, public
        self.own = OwnAddress(public)
        self.clients = Clients(reply_port, self.own, self._report)
        self.lost = 0  # datagrams that did not leave
        self._values = ValueCache(values)
        self._told = 0.0  # when values were told last
        self._clear_in = clear_in
        self._packer, self._answering = Packer(), ""
        self._worker = Worker("telemetry", self._handle, limit=MOST_WAITING, idle=self._idle, linger=LINGER, busy=busy, watched=True)
        for place in named:
            if is_number(place[0]):
                self.clients.name(place)
        names = [place for place in named if not is_number(place[0])]
        self._resolver = Resolver(names, self._found, self._report, partial(look_up, family=public.family))

    def start(self) -> None:
        self._worker.start()
        self._resolver.start()

    def stop(self) -> None:
        self._resolver.stop()
        self._worker.stop()
        self._told = 0.0
        self._idle()

    def say(self, message: Say | Done | Report) -> None:
        """Hand over a message or a stage's report. Never blocks; what is over the limit is counted and lost."""
        self._worker.post(message)

    def spoke(self, sender: str) -> None:
        """This client (host:port) said something valid. Thread-safe: yes."""
        self.clients.spoke(sender, time.monotonic())

    def stated(self, sender: str, address: str, value: Any, exact: bool = True) -> bool:
        """This client set a parameter, not `exact`ly to what it sent where that is clamped or refused. False for an echo that is to be passed
        over. Thread-safe: yes."""
        return self.clients.stated(sender, address, value if exact else OTHER, time.monotonic())

    def asked(self, sender: str, address: str) -> None:
        """This client gave a command. Thread-safe: yes."""
        self.clients.asked(sender, address, time.monotonic())

    def refuse(self, sender: str, address: str, reason: str) -> None:
        """Tell the sender what was wrong with its message."""
        self.say(Say("/performer/error", (address, reason), sender))

    def tell_clients(self, address: str, arguments: tuple[Any, ...], sender: str) -> None:
        """Tell all OSC clients but this sender what was done for it; Performer's own processes know."""
        self.say(Done(address, arguments, sender))

    @property
    def worker(self) -> Worker:
        """The thread that tells, for its counters."""
        return self._worker

    @property
    def dropped(self) -> int:
        return self._worker.counters.dropped

    @property
    def figures(self) -> Mapping[str, int]:
        """For health: clients, messages that found no room, datagrams that did not leave."""
        return {"clients": len(self.clients), "dropped": self.dropped, "not_sent": self.lost}

    def _report(self, sentence: str) -> None:
        log.warning(sentence)
        self.say(Say("/performer/error", ("osc", sentence)))

    def _found(self, place: Place, before: Place | None) -> None:
        if before is not None:
            self.clients.unname(before)
        self.clients.name(place)

    def _handle(self, item: Say | Done | Report) -> None:
        wait = self._clear_in()
        if wait > 0.0:
            time.sleep(wait)
        if not (isinstance(item, Say) and item.sender == self._answering):
            self._end_answer()
        match item:
            case Say(address, sender="") if address in self._values and len(item.arguments) == 1:
                self._values.put(address, item.arguments[0])
                self._tell_values()
            case Say(sender="" | "desk"):
                self._send(item.address, item.arguments, everybody=not item.sender)
            case Say():
                self._answer(item)
            case Done(address, arguments, sender):
                self._tell_public(address, arguments, self.clients.place_for(sender) if sender not in ("", "desk") else None)
            case Played(_, play, _):
                duration = 0.0 if play.duration is None else play.duration
                self._send("/performer/played", (play.voice, play.pitch, play.velocity, float(duration), item.lateness * 1000.0))
            case Ended(_, play):
                self._send("/performer/released", (play.voice, play.pitch))
            case Missed(_, play, _, moved):
                self._send("/performer/plan/missed", (play.voice, play.pitch, play.time, -1.0 if moved is None else moved))

    def _idle(self) -> float:
        """Tell what waits, if it is time; returns the seconds until it is."""
        self._end_answer()
        now = time.monotonic()
        for client, address, value in self.clients.corrections(self._values.newest, now):
            self._to(client, _public(address, (value,)))
        return self._tell_values()

    def _tell_values(self) -> float:
        left = self._told + FRESH - time.monotonic()
        if not self._values.waiting:
            return IDLE
        if left > 0.0:
            return left
        self._told = now = time.monotonic()
        clients = self.clients.listeners(now)
        for change in self._values.take():
            address, value = change.address, change.value
            self._tell_own(address, (value,))
            wanting = [client for client in clients if self.clients.wants(client, address, value, change.changed, now)]
            datagram = _public(address, (value,)) if wanting else b""
            for client in wanting:
                self._to(client, datagram)
        return FRESH

    def _send(self, address: str, arguments: Sequence[Any], everybody: bool = True) -> None:
        """Tell Performer's own processes, and the clients where it is for `everybody`."""
        if address in self._values and len(arguments) == 1:
            self._values.note(address, arguments[0])
        self._tell_own(address, arguments)
        if everybody:
            self._tell_public(address, arguments)

    def _tell_public(self, address: str, arguments: Sequence[Any], but: Place | None = None) -> None:
        """Tell the clients, all `but` the one there."""
        now = time.monotonic()
        clients = [each for each in self.clients.listeners(now) if each.place != but and not self.clients.commanded(each, address, now)]
        datagram = _public(address, arguments) if clients else b""
        for client in clients:
            self._to(client, datagram)

    def _tell_own(self, address: str, arguments: Sequence[Any]) -> None:
        self.noticed(address, arguments)
        datagram = encode(address, *arguments)
        for place in OWN:
            self._loopback.send_raw(place, datagram)

    def _answer(self, item: Say) -> None:
        """Say it to its sender alone, with what else is said to that one now."""
        self.noticed(item.address, item.arguments)
        place = self.clients.place_for(item.sender)
        if place is None:
            return
        self._answering = item.sender
        if item.address in self._values:
            self.clients.answered(place, item.address, item.arguments[0], time.monotonic())
        full = self._packer.add(_public(item.address, item.arguments))
        if full is not None:
            self._leave(place, full)

    def _end_answer(self) -> None:
        if self._answering:
            sender, self._answering = self._answering, ""
            rest, place = self._packer.take(), self.clients.place_for(sender)
            if rest is not None and place is not None:
                self._leave(place, rest)

    def _to(self, client: Client, datagram: bytes) -> None:
        fault = self._leave(client.place, datagram)
        if fault is None:
            self.clients.sent(client)
        elif fault.errno not in NOT_ITS_FAULT:
            self.clients.not_sent(client, fault.strerror or str(fault), time.monotonic())

    def _leave(self, place: Place, datagram: bytes) -> OSError | None:
        """Send it; why it did not leave."""
        with contextlib.suppress(ConnectionError):  # the word of an earlier datagram: nobody listened there
            try:
                self._public.sendto(datagram, place)
            except ConnectionError:
                self._public.sendto(datagram, place)
            except OSError as error:
                self.lost += 1
                return error
        return None


def _public(address: str, arguments: Sequence[Any]) -> bytes:
    """The message as clients get it: OSC 1.0 has no truth values, and Pure Data stumbles over them."""
    return encode(address, *(int(argument) if isinstance(argument, bool) else argument for argument in arguments))
