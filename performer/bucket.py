"""A limit of how often something may happen. Pure: the time is an argument."""

from dataclasses import dataclass


@dataclass(slots=True)
class Bucket:
    """So many a second, and after a pause so many at once."""

    rate: float
    burst: float
    left: float = -1.0
    time: float = 0.0

    def take(self, now: float) -> bool:
        """Whether one more is within the limit."""
        full = self.left < 0.0
        self.left = self.burst if full else min(self.burst, self.left + (now - self.time) * self.rate)
        self.time = now
        if self.left < 1.0:
            return False
        self.left -= 1.0
        return True
