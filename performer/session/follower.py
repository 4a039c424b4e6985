"""Follows a MIDI clock: 24 ticks a quarter note, each of them late or early, become a steady timeline. Pure; the session owns it.

The filter is a delay-locked loop of the second order (F. Adriaensen, "Using a DLL to filter time", LAC 2005): each tick corrects the
expected time by `b` of its error and the period by `c` of it. While it is new, b and c are those of the least-squares line through all
ticks so far (the growing-memory alpha-beta filter), so that it is fast at first; then they stay at the loop's own. Where the errors
show that the tempo is another, the memory is cut, and the loop is fast again.
"""

import math
import statistics
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from performer.clock import Timeline
from performer.events import Transport

TICKS = 24  # in a quarter note
SHORTEST, LONGEST = 60.0 / (TICKS * 400.0), 60.0 / (TICKS * 20.0)  # seconds between two ticks at the fastest and the slowest tempo
OMEGA = 0.021  # the loop's natural frequency, radians a tick: about two beats of memory, 0.15 of the ticks' jitter is left
B, C = math.sqrt(2.0) * OMEGA, OMEGA * OMEGA
MEMORY = 132  # ticks after which the growing memory's b has come down to B
PRIOR = 2  # ticks that the tempo before counts for when a clock begins
KNOWN = 24  # ticks of memory that outlive a drop-out
LOCK = 6  # ticks in a row after which the clock is believed
OTHER = (0.7, 1.4)  # the second tick of a clock is so much sooner or later than expected: it has another tempo than the one before
DOUBLED = 0.002  # seconds: a tick so soon after another, and far too early, is the same tick again or the rest of a burst
TWICE = 8  # so often must a tick come again for a clock that sends each of them twice
GAP = 3.3  # periods without a tick: some were lost
SILENCE = 1.0  # seconds without a tick after which the clock no longer ticks
JITTER = (0.0003, 0.004)  # seconds: the standard deviation of the ticks is believed to be within these
CLIP = 3.0  # standard deviations: an error counts for no more once the loop is settled
STEP = 4  # ticks over which a large change of tempo is looked for
FAR = 4.0  # standard deviations from nothing of the last errors' median that tell of it
WINDOWS = (12, 32)  # ticks over which a small one is looked for
UNLIKELY = 5.0  # standard deviations from nothing of the mean error that tell of it


@dataclass(frozen=True, slots=True)
class Line:
    """The least-squares line through the last ticks: seconds a tick, the last one's time on it, and how far the ticks are off it (rms)."""

    period: float
    last: float
    spread: float

    @classmethod
    def through(cls, times: Sequence[float]) -> "Line":
        """The line through two times or more, numbered evenly."""
        middle, mean = (len(times) - 1) / 2.0, statistics.fmean(times)
        places = [place - middle for place in range(len(times))]
        period = sum(place * (time - mean) for place, time in zip(places, times, strict=True)) / sum(place * place for place in places)
        off = [mean + place * period - time for place, time in zip(places, times, strict=True)]
        return cls(period, mean + middle * period, math.sqrt(statistics.fmean(each * each for each in off)))


class Follower:
    """A MIDI clock and its transport. `timeline` is what they say, `playing` whether the other side runs: it does until it says that it
    stops, since what comes first may be the clock of a song that runs already, or of a machine that has no transport.

    While that is stopped and its clock still ticks, beats are counted on; a continue goes back to the song's own position."""

    def __init__(self) -> None:
        self.playing = True
        self._began = False  # whether the transport has said that the song runs
        self._index = 0  # the number of the last tick in the song
        self._time = 0.0  # when it was, filtered
        self._period = 60.0 / (TICKS * 120.0)
        self._position = 0  # the tick from which a continue goes on
        self._placed: int | None = None  # the number of the next tick, where the transport has said it
        self._said = False  # whether it has ever said it
        self._arrived = -math.inf
        self._woken = -math.inf  # when the transport last said that the song goes on
        self._row = 0  # ticks without a gap
        self._new = True  # the clock has just begun: its second tick tells its tempo
        self._owed = 0  # ticks that were taken for lost, and come late perhaps
        self._crowd = 0  # ticks in a row that came right behind another
        self._first = False  # they follow the first one behind the transport's word, and the clock was known or that one late
        self._twice = 0  # up to TWICE: how often of late a tick has come again
        self._memory = 0
        self._variance = 0.002**2
        self._errors: deque[float] = deque(maxlen=WINDOWS[-1])
        self._times: deque[float] = deque(maxlen=STEP)

    @property
    def locked(self) -> bool:
        """Whether the timeline can be believed: enough ticks came in a row, or the transport has said where the song is."""
        return self._row >= LOCK or (self._said and self._row > 0)

    @property
    def begins(self) -> bool:
        """Whether the transport has said that the song goes on with the next tick."""
        return self._placed is not None

    @property
    def timeline(self) -> Timeline:
        """The timeline through the last tick."""
        return Timeline(60.0 / (TICKS * self._period), self._index / TICKS, self._time)

    @property
    def upcoming(self) -> float:
        """The beat of the next tick."""
        return (self._index + 1 if self._placed is None else self._placed) / TICKS

    def ticks_at(self, time: float) -> bool:
        """Whether the clock ticks at this time, or is about to; a short drop-out is bridged."""
        return time - max(self._arrived, self._woken) <= SILENCE

    def resume(self, playing: bool, beat: float) -> None:
        """Whether the other side ran when the one who followed it died, and from where it continues."""
        self.playing, self._position = playing, round(beat * TICKS)

    def hear(self, time: float, event: Transport, running: Timeline) -> None:
        """Take in a tick or a word of the transport. `running` is the timeline that everybody plays to now: it numbers the first tick of a
        clock whose transport has said nothing, and those that come after a silence."""
        if event.word in ("start", "continue"):
            self._row = self._row if self.ticks_at(time) else 0
            self._woken = time
        match event.word:
            case "clock":
                self._tick(time, running)
            case "start":
                self.playing, self._began, self._placed = True, True, 0
            case "continue" if not (self.playing and self._began):
                self.playing, self._began, self._placed = True, True, self._position
            case "stop" if self.playing:
                pending = self._owed if time - self._arrived < DOUBLED else 0  # in a burst: these come behind the word
                self._position = self._index + 1 - pending if self._placed is None else self._placed
                self.playing, self._began, self._placed = False, False, None
            case "songpos":
                self._position = event.position * TICKS // 4
                if self.playing and self._began:
                    self._placed = self._position

    def _tick(self, time: float, running: Timeline) -> None:
        gap, before = time - self._arrived, self._arrived
        self._arrived = time
        if before == -math.inf:
            self._begin(time, running)
        elif gap > SILENCE:
            self._bridge(time, running)
            self._new = True
        elif gap > max(GAP * self._period, 2.0 * SHORTEST) and (self._row > 1 or gap > 1.2 * LONGEST):
            self._bridge(time, self.timeline, is_short=True)
        elif (gap < DOUBLED) + (time - self._time < self._period / 2.0) + (self._owed > 0) >= 2:
            self._crowded(time)
        else:
            self._even(time, gap)

    def _even(self, time: float, gap: float) -> None:
        """A tick by itself."""
        self._twice = max(0, self._twice - 1)
        self._owed = 0
        self._number(time, self._index + 1)
        self._row += 1
        if self._row == 2 and self._new and not OTHER[0] < gap / self._period < OTHER[1]:
            self._period, self._time, self._memory = _within(gap), time, PRIOR
        else:
            self._follow(time)
        self._new = self._new and self._row < 2

    def _crowded(self, time: float) -> None:
        """A tick right behind another or before its time: one of those that were taken for lost, the first of the song, a further one, or the same
        again.

        Where the other side stood still its ticks come all at once. Those that were taken for lost have been counted; any further ones count, but
        one alone, which may be the same tick again: unless it follows the first of the song, and that was late or the clock known."""
        if self._placed is not None:
            self._number(time, self._placed)
            self._restart(time, min(self._memory, KNOWN // 2))
        elif self._owed:
            self._owed -= 1
        else:
            self._crowd += 1
            if self._twice >= TWICE // 2 or (self._crowd == 1 and not self._first):
                self._twice = min(TWICE, self._twice + 2)
                return
            self._index += 1 if self._first or self._crowd > 2 else 2
            self._restart(time, min(self._memory, KNOWN // 2))
            self._new = False

    def _number(self, time: float, index: int) -> None:
        """This tick is that one, unless the transport has said otherwise."""
        self._crowd, self._first = 0, self._placed is not None and (self._memory > LOCK or time - self._woken > self._period)
        if self._placed is not None:
            index, self._placed, self._said, self._owed = self._placed, None, True, 0
        self._index = index

    def _begin(self, time: float, running: Timeline) -> None:
        """The first tick: its own time, the running tempo, the nearest number."""
        self._number(time, round(running.beat_at(time) * TICKS))
        self._period = _within(60.0 / (TICKS * running.bpm))
        self._restart(time, PRIOR)

    def _bridge(self, time: float, running: Timeline, is_short: bool = False) -> None:
        """A tick after a drop-out is the nearest of the timeline that went on without it. Where it is not near: after a short one the last that
        was due (the other side stood still, and the ticks of that while come at once), else that one late or early."""
        place, placed = running.beat_at(time) * TICKS, self._placed is not None
        nearest = round(place)
        fits = abs(time - running.time_at(nearest / TICKS)) < max(self._period / 4.0, CLIP * math.sqrt(self._variance))
        number = math.floor(place) if is_short and not fits else nearest
        self._owed = max(0, number - self._index - 1)
        self._number(time, number)
        on_grid = fits or (is_short and not placed)
        self._restart(running.time_at(number / TICKS) if on_grid else time, min(self._memory, KNOWN if on_grid else KNOWN // 2))

    def _restart(self, time: float, memory: int) -> None:
        self._time, self._memory, self._row = time, memory, 1
        self._errors.clear()
        self._times.clear()
        self._times.append(time)

    def _follow(self, time: float) -> None:
        error = time - self._time - self._period
        self._memory = min(self._memory + 1, MEMORY)
        deviation = math.sqrt(self._variance)
        clipped = max(-CLIP * deviation, min(error, CLIP * deviation))
        settled = self._memory > 2 * LOCK
        self._correct(clipped if settled else error)
        self._times.append(time)
        if self._memory <= LOCK:
            return
        rate = max(0.02, 1.0 / self._memory)
        self._variance += rate * (clipped * clipped - self._variance)
        self._variance = max(JITTER[0] ** 2, min(self._variance, JITTER[1] ** 2))
        self._errors.append(error)
        if settled:
            self._doubt(deviation)

    def _correct(self, error: float) -> None:
        n = self._memory
        self._time += self._period + max(B, 2.0 * (2 * n - 1) / (n * (n + 1))) * error
        self._period = _within(self._period + max(C, 6.0 / (n * (n + 1))) * error)

    def _doubt(self, deviation: float) -> None:
        """Look whether the tempo is another than the loop believes."""
        errors = list(self._errors)
        if len(errors) >= STEP and abs(statistics.median(errors[-STEP + 1 :])) > FAR * deviation:
            self._step(Line.through(self._times), deviation)
            return
        clipped = [max(-CLIP * deviation, min(error, CLIP * deviation)) for error in errors]
        for window in WINDOWS:
            if len(errors) >= window and abs(statistics.fmean(clipped[-window:])) > UNLIKELY * deviation / math.sqrt(window):
                self._memory = min(self._memory, window // 2)
                self._errors.clear()
                return

    def _step(self, line: Line, deviation: float) -> None:
        """The last ticks are far from where they should be. Evenly spaced ones have a tempo of their own, or the old one and some ticks
        were lost or came twice; others are a burst, and pass."""
        if line.spread > max(1.5 * deviation, 0.1 * line.period) or not 0.9 * SHORTEST < line.period < 1.1 * LONGEST:
            return
        away = (line.last - self._time) / self._period
        if abs(line.period - self._period) < max(0.08 * self._period, 1.5 * deviation) and abs(away) > 0.6:
            self._index, self._memory = self._index + round(away), KNOWN
        else:
            self._period, self._memory = _within(line.period), STEP
        self._time = line.last
        self._errors.clear()


def _within(period: float) -> float:
    return max(SHORTEST, min(period, LONGEST))
