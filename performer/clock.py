"""Time: clocks that only tell, and the timeline between beats and seconds. No class here waits; waiting belongs to the scheduler."""

import math
import time
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """Tells the time in seconds from an origin of its own; it never goes back."""

    def now(self) -> float:
        """Seconds since the clock's origin. Thread-safe, realtime-safe."""
        ...


class SystemClock:
    """The machine's monotonic clock, from the moment it was made."""

    def __init__(self) -> None:
        self.origin = time.perf_counter()  # another process on this machine can tell the same moments by it

    def now(self) -> float:
        return time.perf_counter() - self.origin


class VirtualClock:
    """A clock that stands still until it is told to go on: the time of tests and of offline rendering."""

    def __init__(self, start: float = 0.0) -> None:
        self._now = start

    def now(self) -> float:
        return self._now

    def advance_to(self, moment: float) -> None:
        """Go forward to `moment`; an earlier one changes nothing, since time does not go back."""
        self._now = max(self._now, moment)


@dataclass(frozen=True, slots=True)
class Metre:
    """A time signature: `numerator` notes of the value 1/`denominator` make a bar. A beat is a quarter note whatever the denominator."""

    numerator: int = 4
    denominator: int = 4

    @property
    def beats(self) -> float:
        """The length of a bar in beats: 4 in 4/4, 3 in 6/8, 3.5 in 7/8."""
        return self.numerator * 4.0 / self.denominator


@dataclass(frozen=True, slots=True)
class Timeline:
    """A tempo and the moment of one beat: a bijection between beats and seconds. Tempo, tap, MIDI clock and Link only make new ones."""

    bpm: float = 120.0
    beat_origin: float = 0.0
    time_origin: float = 0.0

    def beat_at(self, time: float) -> float:
        """The beat that falls on `time`."""
        return self.beat_origin + (time - self.time_origin) * self.bpm / 60.0

    def time_at(self, beat: float) -> float:
        """The time of `beat`."""
        return self.time_origin + (beat - self.beat_origin) * 60.0 / self.bpm

    def with_tempo(self, bpm: float, at: float) -> "Timeline":
        """The same position at the time `at`, another tempo from there on."""
        return Timeline(bpm, self.beat_at(at), at)

    def next(self, quantum: float, after: float) -> float:
        """The time of the first multiple of `quantum` beats that is not before `after` (seconds)."""
        steps = math.ceil(self.beat_at(after) / quantum - 1e-9)
        return self.time_at(steps * quantum)
