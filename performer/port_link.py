"""The way between the engine and the process `ports`: two sockets that the supervisor makes once and hands to each start of either.

A datagram begins with its kind. To the ports: PLAY, the output's number and the bytes of a message; SILENCE; ASK for the status. From the
ports: HEARD, the input's number, the moment and the bytes of a message; LOST and the input's number; STATUS and a JSON object. Order is kept,
nothing is lost in between, and nobody waits: what a full socket refuses is told to who sends.
"""

import contextlib
import json
import select
import socket
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PLAY, SILENCE, ASK = b"P", b"S", b"A"
HEARD, LOST, STATUS = b"H", b"L", b"F"
LARGEST = 65000  # bytes of a datagram
_ROOM = 1 << 20  # bytes that a socket keeps, where the system allows it
_HEARD = struct.Struct("<cBd")
_NOW = getattr(socket, "MSG_DONTWAIT", 0)


@dataclass(frozen=True, slots=True)
class PortLink:
    """Both ends. A process uses its own one; the supervisor keeps both open, so that neither side ever meets a closed socket."""

    engine: socket.socket
    ports: socket.socket

    @classmethod
    def make(cls) -> "PortLink":
        """A fresh pair, by the quickest kind of socket that this system has."""
        link = cls(*_pair())
        for sock in (link.engine, link.ports):
            for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
                with contextlib.suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, option, _ROOM)
        return link

    def close(self) -> None:
        self.engine.close()
        self.ports.close()


def _pair() -> tuple[socket.socket, socket.socket]:
    for kind in ("SOCK_SEQPACKET", "SOCK_DGRAM") if hasattr(socket, "AF_UNIX") else ():
        with contextlib.suppress(OSError, AttributeError):
            return socket.socketpair(socket.AF_UNIX, getattr(socket, kind))
    first, second = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    for sock in (first, second):
        sock.bind(("127.0.0.1", 0))
    first.connect(second.getsockname())
    second.connect(first.getsockname())
    return first, second


def send(sock: socket.socket, datagram: bytes) -> bool:
    """Send without waiting. False where the other side does not take it. Thread-safe."""
    try:
        sock.send(datagram, _NOW)
    except OSError:
        return False
    return True


def receive(sock: socket.socket, timeout: float | None = None) -> bytes:
    """The next datagram; empty where none comes within so many seconds (None: wait for ever)."""
    try:
        if timeout is not None and not select.select([sock], (), (), timeout)[0]:
            return b""
        return sock.recv(LARGEST)
    except OSError:
        return b""


def play(number: int, message: Sequence[int]) -> bytes:
    """What has this message leave by the output of this number, from 1."""
    return PLAY + bytes((number, *message))


def heard(number: int, moment: float, message: Sequence[int]) -> bytes:
    """A message that came in by the input of this number, from 1, at this moment of the monotonic clock."""
    return _HEARD.pack(HEARD, number, moment) + bytes(message)


def heard_of(datagram: bytes) -> tuple[int, float, bytes]:
    """The number, the moment and the message of a HEARD."""
    _, number, moment = _HEARD.unpack_from(datagram)
    return number, moment, datagram[_HEARD.size :]


def status(facts: Mapping[str, Any]) -> bytes:
    """What the ports tell of themselves."""
    return STATUS + json.dumps(facts).encode()
