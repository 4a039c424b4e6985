"""How well the show keeps time, told once a second while it plays: the time from a key to its answer, how late notes leave, what models take.

`Health` only counts on the threads that play; thread `health` sorts and formats. Its figures are of the last WINDOW notes.
"""

import json
import logging
import threading
from collections import deque
from collections.abc import Callable, Collection, Mapping

from performer.effects import Say
from performer.scheduler import Missed, Played, Report

log = logging.getLogger("performer")
WINDOW = 512  # notes
EVERY = 1.0  # seconds
SHARES = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))
LONGEST_REPLY = 0.25  # seconds: what comes later is no reply to that key


class Health:
    """`heard`, `left` and `stands` may be called from any thread and only note it. `say` gets /performer/health, whose JSON has `reply_ms` and
    `lateness_ms` (p50, p95, p99, max), `missed` notes in all, `rungs` (where each voice's planned notes
    come from now), `step_ms` (what an event costs each model, `min` too, of the seconds that `steps` gives by name), and whatever `more` adds.
    Steps alone are nothing new: in silence a model rehearses."""

    def __init__(
        self, say: Callable[[Say], object], more: Callable[[], dict[str, object]], steps: Callable[[], Mapping[str, Collection[float]]]
    ) -> None:
        self._say, self._more, self._steps = say, more, steps
        self._replies: deque[float] = deque(maxlen=WINDOW)
        self._late: deque[float] = deque(maxlen=WINDOW)
        self._missed = 0
        self._rungs: dict[str, str] = {}
        self._key: float | None = None  # when the key that waits for its reply went down
        self._told: dict[str, object] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="health", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(2.0)

    def heard(self, time: float) -> None:
        """A key of the human went down."""
        self._key = time

    def left(self, report: Report) -> None:
        """The stage did this."""
        match report:
            case Played(sent, play, _):
                self._late.append(report.lateness)
                if not play.planned and self._key is not None and sent >= self._key:
                    if sent - self._key < LONGEST_REPLY:
                        self._replies.append(sent - self._key)
                    self._key = None
            case Missed():
                self._missed += 1

    def stands(self, voice: int, rung: str) -> None:
        """A voice that plans takes its notes from elsewhere now."""
        self._rungs = self._rungs | {str(voice): rung}

    def look(self) -> None:
        """Tell, if there is anything new."""
        figures: dict[str, object] = {"reply_ms": _percentiles(self._replies), "lateness_ms": _percentiles(self._late), "missed": self._missed}
        figures |= {"rungs": self._rungs, **self._more()}
        if figures != self._told:
            self._told = figures
            steps = {name: {"min": round(1000 * min(seconds), 3)} | (_percentiles(seconds) or {}) for name, seconds in self._steps().items()}
            self._say(Say("/performer/health", (json.dumps(figures | {"step_ms": steps}),)))

    def _run(self) -> None:
        while not self._ended.wait(EVERY):
            try:
                self.look()
            except Exception:
                log.exception("the health of the show could not be told; it goes on")


def _percentiles(seconds: Collection[float]) -> dict[str, float] | None:
    """In milliseconds, by nearest rank; None where there are none."""
    ordered = sorted(tuple(seconds))
    if not ordered:
        return None
    return {name: round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3) for name, share in SHARES}
