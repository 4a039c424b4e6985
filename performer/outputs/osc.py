"""OSC out: tells the desk, the picture and the OSC clients what is going on. Thread `telemetry` encodes and sends; others only hand over."""

import contextlib
import socket
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any

from performer.effects import Say
from performer.loopback import Loopback, encode
from performer.scheduler import Ended, Missed, Played, Report
from performer.worker import Worker

MOST_WAITING = 8192
FRESH = 0.02  # seconds within which a value that changed is told
LINGER = 0.004  # seconds: the reply to a note has left by then
OWN = ("desk", "visuals", "screen")


class OscOutput:
    """Sends each message once to every of Performer's own processes and to the clients: those that the show names and the last that spoke.

    Of a value (an address among `values`) that changes in a flood the newest is told, within two `FRESH` seconds; everything else is told once
    and in order. `noticed` hears every note that is told here too, on the telemetry thread (the features of the notes are made from it). While
    somebody is `busy` answering, what is to be told waits up to 20 ms; where a note leaves in a moment, for the seconds of `clear_in`."""

    def __init__(
        self,
        loopback: Loopback,
        public: socket.socket,
        named: Sequence[tuple[str, int]],
        reply_port: int,
        values: Collection[str] = (),
        busy: Callable[[], bool] = lambda: False,
        clear_in: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.noticed: Callable[[str, Sequence[Any]], object] = lambda address, arguments: None
        self._loopback, self._public = loopback, public
        self._named, self._reply_port = tuple(named), reply_port
        self._last: tuple[str, int] | None = None
        self._values = frozenset(values)
        self._newest: dict[str, Say] = {}  # what waits to be told, by address
        self._told = 0.0  # when values were told last
        self._clear_in = clear_in
        self._worker = Worker("telemetry", self._handle, limit=MOST_WAITING, idle=self._tell_values, linger=LINGER, busy=busy)

    def start(self) -> None:
        self._worker.start()

    def stop(self) -> None:
        self._worker.stop()
        self._told = 0.0
        self._tell_values()

    def say(self, message: Say | Report) -> None:
        """Hand over a message or a stage's report. Never blocks; what is over the limit is counted and lost."""
        self._worker.post(message)

    def spoke(self, sender: str) -> None:
        """This client (host:port) is the last that spoke; answers go to its host."""
        self._last = (sender.rsplit(":", 1)[0], self._reply_port)

    def refuse(self, sender: str, address: str, reason: str) -> None:
        """Tell the sender what was wrong with its message."""
        self.say(Say("/performer/error", (address, reason), sender))

    @property
    def dropped(self) -> int:
        return self._worker.counters.dropped

    def _handle(self, item: Say | Report) -> None:
        wait = self._clear_in()
        if wait > 0.0:
            time.sleep(wait)
        match item:
            case Say(address, sender="") if address in self._values:
                self._newest[address] = item
                self._tell_values()
            case Say():
                self._send(item.address, item.arguments, item.sender)
            case Played(_, play, _):
                duration = 0.0 if play.duration is None else play.duration
                self._send("/performer/played", (play.voice, play.pitch, play.velocity, float(duration), item.lateness * 1000.0))
            case Ended(_, play):
                self._send("/performer/released", (play.voice, play.pitch))
            case Missed(_, play, _, moved):
                self._send("/performer/plan/missed", (play.voice, play.pitch, play.time, -1.0 if moved is None else moved))

    def _tell_values(self) -> float:
        """Tell what waits, if it is time; returns the seconds until it is."""
        left = self._told + FRESH - time.monotonic()
        if not self._newest:
            return FRESH * 10
        if left > 0.0:
            return left
        newest, self._newest = self._newest, {}
        self._told = time.monotonic()
        for item in newest.values():
            self._send(item.address, item.arguments)
        return FRESH

    def _send(self, address: str, arguments: Sequence[Any], sender: str = "") -> None:
        self.noticed(address, arguments)
        datagram = encode(address, *arguments)
        for place in OWN if sender in ("", "desk") else ():
            self._loopback.send_raw(place, datagram)
        if any(isinstance(argument, bool) for argument in arguments):  # OSC 1.0 has no truth values, and Pure Data stumbles over them
            datagram = encode(address, *(int(argument) if isinstance(argument, bool) else argument for argument in arguments))
        if sender and sender != "desk":
            self._to({(sender.rsplit(":", 1)[0], self._reply_port)}, datagram)
        elif not sender:
            self._to({*self._named, *((self._last,) if self._last else ())}, datagram)

    def _to(self, clients: set[tuple[str, int]], datagram: bytes) -> None:
        for client in clients:
            with contextlib.suppress(OSError):
                self._public.sendto(datagram, client)

