"""What an answer may play next, given what it has played so far: limits that no chance overrides. Pure; one for each answer.

Density is a limit on onsets, over the last `MEASURED` of them, so that a few may come quickly; polyphony one on the notes that sound at once.
"""

import functools
import math
from collections import deque

from performer.constraints import TOGETHER, Constraints
from performer.effects import Ask
from performer.events import ModelNote

MEASURED = 4  # onsets
REMEMBERED = 8  # notes, whose pitch classes are sought or shunned
STRENGTH = 0.5  # nats that each of them is likelier or less likely at most
EDGE = 0.02  # seconds: how near to a rest a note may begin
STEP = 0.01  # seconds: limits of gaps are rounded to it, so that the same ones come again


class Direction:
    """The limits of one ask."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._time = 0.0  # the onset of the note before, in seconds since the last that was heard
        self._onsets: deque[float] = deque(maxlen=MEASURED)
        self._ends: list[float] = []  # of what sounds
        self._lately: deque[int] = deque(maxlen=REMEMBERED)
        self._used = {note.pitch % 12 for note in ask.heard} if ask.distinct else set()
        for onset, duration, pitch in ask.recent:
            self._count(onset, duration, pitch)

    def constraints(self, index: int) -> Constraints:
        """What note number `index` of the answer may be."""
        ask = self._ask
        low, high = ask.first_gap if index == 0 else ask.gap
        earliest = max(low, round(max(0.0, self._earliest - self._time) / STEP) * STEP) if ask.density or ask.polyphony else low
        together = index > 0 and low <= TOGETHER < earliest and self._free_at(self._time)
        (earliest, high), beyond = self._around_rests(earliest, max(high, earliest))
        return Constraints(
            voice=ask.part,
            gap=(earliest, high),
            beyond=beyond,
            together=together,
            pitches=self._pitches(),
            duration=ask.duration,
            temperature=ask.temperature,
            time_temperature=ask.time_temperature or min(1.0, ask.temperature),
            velocity_temperature=ask.velocity_temperature or min(1.0, ask.temperature),
            top_p=ask.top_p,
            leaning=self._leaning(),
            held=ask.held,
            at_once=ask.at_once,
        )

    def took(self, note: ModelNote) -> None:
        """The answer has this note now."""
        self._time += note.gap
        self._count(self._time, note.duration or 0.0, note.pitch)
        if self._ask.distinct:
            self._used.add(note.pitch % 12)

    def _count(self, onset: float, duration: float, pitch: int) -> None:
        if not self._onsets or onset - self._onsets[-1] > TOGETHER:
            self._onsets.append(onset)
        self._ends = [end for end in self._ends if end > onset]
        self._ends.append(onset + duration)
        self._lately.append(pitch % 12)

    @property
    def _earliest(self) -> float:
        """The moment before which density and polyphony allow no new onset."""
        density, polyphony = self._ask.density, self._ask.polyphony
        dense = self._onsets[0] + len(self._onsets) / density if density and self._onsets else -math.inf
        ends = sorted(self._ends, reverse=True)
        full = ends[polyphony - 1] if polyphony and len(ends) >= polyphony else -math.inf
        return max(dense, full)

    def _around_rests(self, low: float, high: float) -> tuple[tuple[float, float], tuple[float, float] | None]:
        """The range of gaps without the rests: up to the first, and past it where the range goes so far."""
        for begins, ends in self._ask.rests:
            first, after = begins - self._time, ends - self._time
            if first - EDGE <= low < after:
                low, high = after, max(high, after + EDGE)
            elif low < first - EDGE <= high:
                return (low, first - EDGE), (after, max(high, after + EDGE))
        return (low, high), None

    def _free_at(self, time: float) -> bool:
        polyphony = self._ask.polyphony
        return not polyphony or sum(end > time for end in self._ends) < polyphony

    def _pitches(self) -> tuple[int, ...]:
        """The pitches of the allowed classes in the range; all of the range if there is none."""
        ask = self._ask
        classes = frozenset(ask.classes or range(12))
        wanted = _in_range(classes - self._used or classes, ask.low, ask.high)
        return tuple(pitch for pitch in wanted if pitch not in ask.without) or wanted if ask.without else wanted

    def _leaning(self) -> tuple[float, ...]:
        """Nats that each pitch class is likelier: by the ask's harmony, and by what was played lately."""
        ask = self._ask
        if not ask.novelty and not ask.harmony:
            return ()
        leaning = list(ask.harmony or (0.0,) * 12)
        for pitch_class in self._lately:
            leaning[pitch_class] -= ask.novelty * STRENGTH
        return tuple(round(value, 2) for value in leaning)


@functools.lru_cache(maxsize=512)
def _in_range(classes: frozenset[int], low: int, high: int) -> tuple[int, ...]:
    """The pitches of these classes from `low` to `high`; all of those if there is none."""
    pitches = range(low, high + 1)
    return tuple(pitch for pitch in pitches if pitch % 12 in classes) or tuple(pitches)
