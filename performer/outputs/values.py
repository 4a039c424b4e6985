"""The value cache: the newest value of each parameter, what of it still has to be told, and whether that is a change. Pure."""

import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

_FLOAT = struct.Struct(">f")
UNKNOWN: Any = object()  # the value of an address of which none was said


def as_told(value: Any) -> Any:
    """The value as a client gets it: a float of 32 bits."""
    return _FLOAT.unpack(_FLOAT.pack(value))[0] if isinstance(value, float) else value


@dataclass(frozen=True, slots=True)
class Change:
    """A value that is told now; `changed`: it is another one than was told before."""

    address: str
    value: Any
    changed: bool


class ValueCache:
    """The newest value of each of these addresses. Of a value that changes several times before it is told, the newest is."""

    def __init__(self, addresses: Collection[str]) -> None:
        self._addresses = frozenset(addresses)
        self._standing: dict[str, Any] = {}
        self._waiting: dict[str, Any] = {}

    def __contains__(self, address: str) -> bool:
        return address in self._addresses

    def newest(self, address: str) -> Any:
        """The value of this address; UNKNOWN where none was said."""
        return self._waiting.get(address, self._standing.get(address, UNKNOWN))

    def put(self, address: str, value: Any) -> None:
        """This is the value now, and has to be told."""
        self._waiting[address] = value

    def note(self, address: str, value: Any) -> None:
        """This is the value; somebody was told it alone."""
        self._standing[address] = value

    @property
    def waiting(self) -> bool:
        """Whether anything has to be told."""
        return bool(self._waiting)

    def take(self) -> Iterator[Change]:
        """What has to be told; it waits no more."""
        waiting, self._waiting = self._waiting, {}
        for address, value in waiting.items():
            before = self._standing.get(address, UNKNOWN)
            self._standing[address] = value
            yield Change(address, value, before is UNKNOWN or before != value)
