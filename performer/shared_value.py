"""One value in memory that two processes share: the newest whole one can be read, whatever happens to its writer.

Two places are written by turns, each with its number, its length and a checksum. A writer that is killed in the middle of a value leaves
the one before it. One writer at a time, any number of readers; nobody waits.
"""

import struct
import zlib
from collections.abc import MutableSequence

_HEAD = struct.Struct("<QII")  # number from 1 (0: being written), length, CRC-32
_NUMBER_BYTES = 8


class SharedValue:
    """Bytes in `memory`, which is zeros at first and belongs to somebody who outlives the writer. Every process makes a view of its own."""

    def __init__(self, memory: MutableSequence[int]) -> None:
        self._view = memoryview(memory).cast("B")  # type: ignore[arg-type]
        self._half = len(self._view) // 2
        self._written = b""
        if self.capacity <= 0:
            raise ValueError(f"a shared value takes more than {2 * _HEAD.size} bytes, not {len(self._view)}")

    @property
    def capacity(self) -> int:
        """The most bytes that a value may have."""
        return self._half - _HEAD.size

    def write(self, value: bytes) -> bool:
        """Make this the value. False where it has too many bytes: the one before stays. One that is there already costs nothing."""
        if value == self._written and value:
            return True
        if len(value) > self.capacity:
            return False
        place, number = self._newest()
        at = (1 - place) * self._half
        self._view[at : at + _NUMBER_BYTES] = bytes(_NUMBER_BYTES)
        begin = at + _HEAD.size
        self._view[begin : begin + len(value)] = value
        self._view[at : at + _HEAD.size] = _HEAD.pack(number + 1, len(value), _checksum(number + 1, value))
        self._written = value
        return True

    def read(self) -> bytes:
        """The newest value that is whole; empty where there is none."""
        found = [(number, value) for place in (0, 1) if (number := self._number(place)) and (value := self._whole(place)) is not None]
        return max(found)[1] if found else b""

    def _newest(self) -> tuple[int, int]:
        """The place of the newest value that is whole, and its number; (1, 0) where there is none."""
        return max(((place, self._number(place)) for place in (1, 0) if self._whole(place) is not None), key=lambda each: each[1], default=(1, 0))

    def _number(self, place: int) -> int:
        return int(_HEAD.unpack(self._view[place * self._half : place * self._half + _HEAD.size])[0])

    def _whole(self, place: int) -> bytes | None:
        at = place * self._half
        number, length, checksum = _HEAD.unpack(self._view[at : at + _HEAD.size])
        if not number or length > self.capacity:
            return None
        value = bytes(self._view[at + _HEAD.size : at + _HEAD.size + length])
        return value if _checksum(number, value) == checksum else None


def _checksum(number: int, value: bytes) -> int:
    """Of the number too: half a head over an old one must fit no value."""
    return zlib.crc32(value, number & 0xFFFFFFFF)
