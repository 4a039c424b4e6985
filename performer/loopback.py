"""How Performer's processes talk: OSC datagrams over loopback UDP, one socket a process.

The supervisor binds every socket once and hands it to a child at each start, so an address outlives the process behind it: a restarted
process is heard at once, and what was sent meanwhile waits in the socket. A picture travels as one bare JPEG datagram.
"""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from pythonosc import osc_bundle, osc_message
from pythonosc.osc_message_builder import OscMessageBuilder

from performer.text import plain

PLACES = ("engine", "listening", "visuals", "screen", "desk")
LISTENING = "Listening to"  # how the status of the process that listens begins where it does
LARGEST = 65507  # bytes: the most that one UDP datagram carries over IPv4
JPEG = b"\xff\xd8"


def bind_loopback() -> socket.socket:
    """A UDP socket on a free port of 127.0.0.1 with room for a burst."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    sock.bind(("127.0.0.1", 0))
    return sock


def encode(address: str, *arguments: Any) -> bytes:
    """One OSC message as a datagram. Python's bool, int, float, str and bytes become T/F, i, f, s and b;
    what a string of OSC cannot hold becomes an escape."""
    builder = OscMessageBuilder(address)
    for argument in arguments:
        builder.add_arg(plain(argument) if isinstance(argument, str) and not argument.isprintable() else argument)
    return builder.build().dgram


@dataclass(frozen=True, slots=True)
class Message:
    """An OSC message that arrived: its address and its arguments."""

    address: str
    arguments: tuple[Any, ...]


def decode(datagram: bytes) -> Iterator[Message]:
    """The messages of a datagram, those of a bundle in order and without regard to its time tag. Raises ValueError if it is malformed."""
    try:
        if osc_bundle.OscBundle.dgram_is_bundle(datagram):
            for content in osc_bundle.OscBundle(datagram):
                yield from decode(content.dgram)
            return
        message = osc_message.OscMessage(datagram)
        yield Message(message.address, tuple(message.params))
    except (osc_message.ParseError, osc_bundle.ParseError, IndexError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"malformed OSC: {error}") from None


@dataclass(slots=True)
class Loopback:
    """One process's end: its own socket, and the port of every other place on 127.0.0.1."""

    sock: socket.socket
    ports: Mapping[str, int]

    def send(self, place: str, address: str, *arguments: Any) -> None:
        """Send an OSC message to another process. Never blocks for long, never raises: a message that cannot go is lost."""
        self.send_raw(place, encode(address, *arguments))

    def send_raw(self, place: str, datagram: bytes) -> None:
        """Send a datagram (a bare JPEG, or OSC encoded once for several places)."""
        with contextlib.suppress(OSError):
            self.sock.sendto(datagram, ("127.0.0.1", self.ports[place]))

    def receive(self) -> bytes:
        """Wait for the next datagram. Raises OSError when the socket was closed."""
        return self.sock.recv(LARGEST)


class OwnAddress:
    """Whether a place (host and port) is that of this socket, at any of this machine's addresses where it is bound to all. Thread-safe: yes."""

    def __init__(self, sock: socket.socket) -> None:
        self._host, self._port = sock.getsockname()[:2]
        self._family = sock.family
        self._local: dict[str, bool] = {}  # hosts that were looked at

    def __call__(self, host: str, port: int) -> bool:
        if port != self._port:
            return False
        if self._host not in ("0.0.0.0", "::"):
            return bool(host == self._host)
        if host not in self._local and len(self._local) < 256:
            self._local[host] = self._is_local(host)
        return self._local.get(host, False)

    def _is_local(self, host: str) -> bool:
        """An address that can be bound is this machine's own."""
        with socket.socket(self._family, socket.SOCK_DGRAM) as sock:
            try:
                sock.bind((host, 0))
            except (OSError, ValueError, TypeError):
                return False
        return True


def watch_lifeline(lifeline: Connection, stop: Callable[[], None]) -> None:
    """Call `stop` once the supervisor closes its end of the pipe, says anything, or dies. Runs in a thread of its own."""

    def wait() -> None:
        with contextlib.suppress(EOFError, OSError):
            lifeline.recv_bytes()
        stop()

    threading.Thread(target=wait, name="lifeline", daemon=True).start()
