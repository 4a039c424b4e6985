"""Finds the addresses of clients that the show names by a host name, aside: a name server that does not answer holds up nobody.

Each name is looked up in a daemon thread of its own, since a look-up cannot be ended; it is looked up again from time to time, for good.
"""

import logging
import socket
import threading
from collections.abc import Callable, Sequence

from performer.outputs.clients import Place

log = logging.getLogger("performer")
PATIENCE = 5.0  # seconds after which a name server that has not answered is reported
RETRY, LONGEST_RETRY = 15.0, 600.0  # seconds until a name is looked up again, doubled each time
AGAIN = 300.0  # seconds until a name that was found is looked up again: addresses change


def look_up(host: str, family: socket.AddressFamily = socket.AF_INET) -> str:
    """An address of the host that a socket of this family can send to. May take a minute. Raises OSError."""
    flags = socket.AI_V4MAPPED if family == socket.AF_INET6 else 0
    return str(socket.getaddrinfo(host, None, family, socket.SOCK_DGRAM, 0, flags)[0][4][0])


class Resolver:
    """`found(place, before)` gets the place of a named client in numbers, and the one it had before; `report` a sentence for each name, once, where
    it cannot be found. Both are called on threads of this object's."""

    def __init__(
        self,
        named: Sequence[Place],
        found: Callable[[Place, Place | None], object],
        report: Callable[[str], object],
        lookup: Callable[[str], str] = look_up,
        patience: float = PATIENCE,
        retry: float = RETRY,
    ) -> None:
        self._ports: dict[str, list[int]] = {}
        for host, port in named:
            self._ports.setdefault(host, []).append(port)
        self._found, self._report, self._lookup = found, report, lookup
        self._patience, self._retry = patience, retry
        self._addresses: dict[str, str] = {}
        self._reported: set[str] = set()
        self._ended = threading.Event()

    def start(self) -> None:
        for host in self._ports:
            threading.Thread(target=self._follow, args=(host,), name="resolver", daemon=True).start()
        if self._ports:
            threading.Thread(target=self._watch, name="resolver watch", daemon=True).start()

    def stop(self) -> None:
        self._ended.set()

    def _follow(self, host: str) -> None:
        retry = self._retry
        while not self._ended.is_set():
            try:
                self._place(host, self._lookup(host))
                wait, retry = AGAIN, self._retry
            except (OSError, UnicodeError) as error:
                self._tell(host, f"its name is not found: {error}")
                wait, retry = retry, min(LONGEST_RETRY, 2 * retry)
            self._ended.wait(wait)

    def _place(self, host: str, address: str) -> None:
        before = self._addresses.get(host)
        self._addresses[host] = address
        if address == before:
            return
        for port in self._ports[host]:
            self._found((address, port), None if before is None else (before, port))
        if host in self._reported:
            log.warning("The OSC client '%s' is found at %s.", host, address)

    def _watch(self) -> None:
        if not self._ended.wait(self._patience):
            for host in self._ports:
                if host not in self._addresses:
                    self._tell(host, "the name server does not answer")

    def _tell(self, host: str, reason: str) -> None:
        if host not in self._reported:
            self._reported.add(host)
            self._report(f"The OSC client '{host}' is not told anything, {reason}. Write its address in numbers; it is looked up again meanwhile.")
