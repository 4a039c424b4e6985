"""MIDI clock out: 24 ticks a quarter note are handed to the scheduler a little ahead of their time. Pure; the session owns it.

Every tick has its number, and none is left out: one that a new tempo would have had earlier comes as soon as the one before it allows, so
that whoever counts them stays on the same beat. Only another place in the song begins a new count."""

import math
from collections import deque
from collections.abc import Iterator

from performer.clock import Timeline
from performer.effects import Pass
from performer.events import Transport

TICKS = 24  # in a quarter note
AHEAD = 0.25  # seconds that ticks are committed ahead
EVERY = 0.125  # seconds between two commitments
FAR = TICKS  # ticks: what is further off is not caught up with
SOON = 0.001  # seconds: the tick that begins a song comes so long after the start, as the MIDI specification wants it


class ClockOut:
    """What of the clock has been committed."""

    def __init__(self) -> None:
        self._next: int | None = None  # the number of the next tick
        self._last = -math.inf
        self._committed: deque[float] = deque(maxlen=128)

    def commit(self, time: float, timeline: Timeline) -> Iterator[Pass]:
        """The ticks of the next moments, as far as they are not committed yet."""
        least = 30.0 / (TICKS * timeline.bpm)  # half a tick
        nearest = math.ceil(timeline.beat_at(max(time, self._last + least)) * TICKS - 1e-6)
        if self._next is None or abs(nearest - self._next) > FAR:
            self._next = nearest
        while (due := max(timeline.time_at(self._next / TICKS), self._last + least, time)) < time + AHEAD:
            yield Pass(due, Transport("clock", source="clock"))
            self._next, self._last = self._next + 1, due
            self._committed.append(due)

    def begin(self, time: float, beat: float) -> float:
        """The song goes on from `beat` with the first tick after `time`: returns when that is. Ticks that are committed are its first."""
        ahead = [due for due in self._committed if due >= time + SOON]
        self._next = round(beat * TICKS) + len(ahead)
        return ahead[0] if ahead else time + SOON

    def renumber(self, beats: float) -> None:
        """The same beats have numbers that are so much higher."""
        if self._next is not None:
            self._next += round(beats * TICKS)

    def end(self) -> None:
        """No more ticks; the next commitment begins anew."""
        self._next = None
