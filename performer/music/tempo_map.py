"""Seconds at a tick of a MIDI file."""

from bisect import bisect_right
from collections.abc import Iterable

DEFAULT_TEMPO = 500_000  # microseconds a beat, where a file says nothing
FILM = 29  # this rate means 30,000 frames in 1,001 seconds


class TempoMap:
    """Ticks as seconds, where the tempo may change. Immutable.

    Args:
        ticks_per_beat: the file's division of a beat
        tempi: (tick, microseconds a beat), in any order; of several at one tick the last counts
    """

    def __init__(self, ticks_per_beat: int, tempi: Iterable[tuple[int, int]] = ()) -> None:
        self._ticks, self._tempi, self._seconds = [0], [DEFAULT_TEMPO / (1e6 * ticks_per_beat)], [0.0]
        for tick, tempo in sorted(tempi, key=lambda change: change[0]):
            self._seconds.append(self._seconds[-1] + (tick - self._ticks[-1]) * self._tempi[-1])
            self._ticks.append(tick)
            self._tempi.append(tempo / (1e6 * ticks_per_beat))

    @classmethod
    def in_frames(cls, frames: int, ticks: int) -> "TempoMap":
        """The map of a file that counts `ticks` in a frame of film, `frames` a second. No tempo applies."""
        new, rate = cls(1), 30_000 / 1001 if frames == FILM else frames
        new._tempi = [1 / (rate * ticks)]
        return new

    def seconds(self, tick: int) -> float:
        """The time of a tick."""
        index = bisect_right(self._ticks, tick) - 1
        return self._seconds[index] + (tick - self._ticks[index]) * self._tempi[index]
