"""The frames between the generator and the screen: a ring in memory that both processes share and that outlives either of them.

The supervisor makes the memory once and hands it to every start of a child. Nobody waits for anybody: the writer overwrites the oldest
place, the reader takes the newest and holds it against its checksum, so a writer that is killed in the middle of a frame is only a frame
that was never there. One writer, any number of readers.
"""

import struct
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]  # (height, width, 3) RGB
PLACES = 3
MOST_PX = 1024  # the side of the largest square frame
MOST_BYTES = MOST_PX * MOST_PX * 3
_NEWEST = struct.Struct("<Q")
_HEAD = struct.Struct("<QddIIII")  # sequence (0: being written), seconds, place, height, width, source, CRC-32
_FIRST = 64  # bytes before the first place
_PLACE = 64 + MOST_BYTES
BYTES = _FIRST + PLACES * _PLACE


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame: its number from 1, the monotonic second it was asked for, where on its walk the painter was, what painted it (a number that
    changes with the model), its pixels."""

    sequence: int
    time: float
    place: float
    source: int
    pixels: Picture


class Reel:
    """A view of the shared `memory`: BYTES of it, zeros at first. Not thread-safe; every process makes a view of its own."""

    def __init__(self, memory: Any) -> None:
        self._bytes = np.frombuffer(memory, np.uint8)
        if len(self._bytes) < BYTES:
            raise ValueError(f"a reel takes {BYTES} bytes, not {len(self._bytes)}")
        self._view = memoryview(memory).cast("B")

    @property
    def newest(self) -> int:
        """The number of the newest frame; 0 before the first."""
        return int(_NEWEST.unpack_from(self._view)[0])

    def write(self, pixels: Picture, time: float, place: float = 0.0, source: int = 0) -> int:
        """Add a frame (height, width, 3) and return its number. Raises ValueError for one that is no picture or too large."""
        if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or not 0 < pixels.nbytes <= MOST_BYTES:
            raise ValueError(f"a frame is (height, width, 3) uint8 of at most {MOST_BYTES} bytes, not {pixels.shape} {pixels.dtype}")
        flat = np.ascontiguousarray(pixels).reshape(-1)
        number = self.newest + 1
        at = _FIRST + number % PLACES * _PLACE
        _HEAD.pack_into(self._view, at, 0, 0.0, 0.0, 0, 0, 0, 0)
        self._bytes[at + 64 : at + 64 + len(flat)] = flat
        checksum = zlib.crc32(flat.data)
        _HEAD.pack_into(self._view, at, number, time, place, pixels.shape[0], pixels.shape[1], source, checksum)
        _NEWEST.pack_into(self._view, 0, number)
        return number

    def read(self, after: int = 0) -> Frame | None:
        """A copy of the newest frame if its number is beyond `after` and it is whole."""
        number = self.newest
        if number <= after:
            return None
        at = _FIRST + number % PLACES * _PLACE
        sequence, time, place, height, width, source, checksum = _HEAD.unpack_from(self._view, at)
        size = height * width * 3
        if sequence != number or not 0 < size <= MOST_BYTES:
            return None
        flat = self._bytes[at + 64 : at + 64 + size].copy()
        return Frame(number, time, place, source, flat.reshape(height, width, 3)) if zlib.crc32(flat.data) == checksum else None
