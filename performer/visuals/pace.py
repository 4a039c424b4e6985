"""How regularly the screen is served: due moments on a grid, and what came of them, from the presenter's own stamps. Pure."""

from dataclasses import dataclass

LATE = 0.5  # of an interval after its due moment a frame is late
DRAWN = 1.0  # of one where its due moment is that at which it begins to be drawn: it has its sixtieth of a second for that


@dataclass(frozen=True, slots=True)
class Served:
    """What was shown since the last word: frames a second, the share that was late in percent, the longest time without a frame in ms."""

    fps: float
    late_percent: float
    longest_ms: float


class Pace:
    """The grid of one presenter. A frame that cannot be shown in its time is left out, never queued."""

    def __init__(self, rate_hz: float, now: float, late: float = LATE) -> None:
        self._interval, self._allowed = 1.0 / rate_hz, late
        self.due = now
        self._last = self._since = now
        self._shown = self._late = 0
        self._longest = 0.0

    def shown(self, now: float, paced: bool = False) -> None:
        """A frame was presented at the moment `now`; `due` moves on to the next: on the grid, or, where the display sets the pace, from here."""
        self._late += now - self.due > (LATE if paced else self._allowed) * self._interval
        self._longest = max(self._longest, now - self._last)
        self._last = now
        self._shown += 1
        missed = max(0, int((now - self.due) / self._interval))
        self._late += missed
        self.due = now + self._interval if paced else self.due + (missed + 1) * self._interval

    def tell(self, now: float) -> Served:
        """The figures; counting starts again."""
        passed = max(1e-6, now - self._since)
        wanted = max(1, round(passed / self._interval), self._shown)
        served = Served(round(self._shown / passed, 1), round(min(100.0, 100.0 * self._late / wanted), 2), round(1000.0 * self._longest, 1))
        self._since, self._shown, self._late, self._longest = now, 0, 0, 0.0
        return served
