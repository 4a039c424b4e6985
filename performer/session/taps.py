"""Tap tempo: the last taps of a hand give a tempo and a downbeat. Pure; the session owns it."""

import statistics

FORGET = 2.0  # seconds after which a tap is the first of a new row
BOUNCE = 0.12  # seconds: a tap so soon after another is the same one
KEPT = 8  # taps that count
CHANGE = 0.25  # of the median: an interval so much off it begins another tempo


class Taps:
    """A row of taps. `count` is how many are in it, the first of them a downbeat."""

    def __init__(self) -> None:
        self.count = 0
        self._times: list[float] = []

    def hear(self, time: float) -> bool:
        """A tap; False where it is only a bounce of the one before."""
        if self._times and 0.0 <= time - self._times[-1] < BOUNCE:
            return False
        if not self._times or time - self._times[-1] > FORGET:
            self.count, self._times = 0, []
        elif len(self._times) > 2 and abs(time - self._times[-1] - self.interval) > CHANGE * self.interval:
            self._times = self._times[-1:]
        self.count += 1
        self._times = [*self._times[-KEPT + 1 :], time]
        return True

    @property
    def interval(self) -> float:
        """The median of the intervals between the taps in seconds; 0 while there is one tap only."""
        intervals = [later - earlier for earlier, later in zip(self._times, self._times[1:], strict=False)]
        return statistics.median(intervals) if intervals else 0.0
