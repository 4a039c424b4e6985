"""Whether a process still does what it is for: it says so twice a second in memory that it shares with the supervisor.

A thread of every child beats as long as all loops that matter there have gone round in time. A process that was stopped, that waits for
Python's lock for ever, or one of whose loops stands still, beats no more: the supervisor ends it and starts it again.
"""

import threading
import time
from collections.abc import Callable, MutableSequence

EVERY_S = 0.5
"""Seconds between two beats."""
LATE_S = 2.0
"""Seconds without a beat after which a process is ended."""


class Heartbeat:
    """One process's beat in shared `memory`, two floats: time.monotonic() of the last beat, and whether the process has begun its work: until
    then it may stand still, as it does while it loads libraries and models. The writer is the process's own thread."""

    def __init__(self, memory: MutableSequence[float]) -> None:
        self._memory = memory

    def clear(self) -> None:
        """Forget the beats of a process before."""
        self._memory[0] = self._memory[1] = 0.0

    def beat(self, has_begun: bool) -> None:
        self._memory[0], self._memory[1] = time.monotonic(), float(has_begun)

    @property
    def has_begun(self) -> bool:
        """Whether the process has begun its work."""
        return bool(self._memory[1])

    def age(self, now: float) -> float | None:
        """Seconds since the last beat; None before the first."""
        last = self._memory[0]
        return now - last if last else None


class Loops:
    """The loops of this process that are watched. Thread-safe: each name has one writer."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}
        self._limits: dict[str, float] = {}
        self._nudges: dict[str, Callable[[], object]] = {}
        self.has_begun = False
        """Whether this process has begun its work: set by it, when all is loaded."""

    def watch(self, name: str, limit_s: float = LATE_S, nudge: Callable[[], object] | None = None) -> Callable[[], None]:
        """Watch a loop from now on, and return what it calls in each of its rounds. `nudge` wakes a loop that sleeps until it has work."""
        self._limits[name] = limit_s
        if nudge is not None:
            self._nudges[name] = nudge
        self._last[name] = time.monotonic()

        def went_round() -> None:
            self._last[name] = time.monotonic()

        return went_round

    def forget(self, name: str) -> None:
        """The loop has ended as it should."""
        for table in (self._last, self._limits, self._nudges):
            table.pop(name, None)

    def late(self, now: float) -> list[str]:
        """The loops that have not gone round in time."""
        return [name for name, last in list(self._last.items()) if now - last > self._limits.get(name, LATE_S)]

    def nudge(self) -> None:
        """Wake the loops that sleep."""
        for nudge in list(self._nudges.values()):
            nudge()


LOOPS = Loops()
"""Those of this process."""


def start_beating(heartbeat: Heartbeat, loops: Loops = LOOPS) -> None:
    """Beat in a thread, as long as no loop is late."""

    def run() -> None:
        while True:
            if not loops.late(time.monotonic()):
                heartbeat.beat(loops.has_begun)
            loops.nudge()
            time.sleep(EVERY_S)

    threading.Thread(target=run, name="heartbeat", daemon=True).start()
