"""How far long work is, on standard error: one line that changes on a terminal; elsewhere a line every ten seconds at most."""

import contextlib
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Self, TextIO, TypeVar

Thing = TypeVar("Thing")
Watch = Callable[[str, float, float], object]  # called with what is done, how much of it is, and how much there is
SHOWN_S = 0.2  # seconds between two changes of the line on a terminal
SAID_S = 10.0  # seconds between two lines elsewhere
SETTLED_S = 2.0  # seconds of a new kind of work after which its pace can be told
QUIET_S = 1.0  # seconds at the beginning in which nothing is shown: what is over by then needs no line


def unwatched(what: str, done: float, total: float) -> None:
    """Watches nothing."""


def say(sentence: str) -> None:
    """A sentence on standard error."""
    print(f"performer: {sentence}", file=sys.stderr, flush=True)


def watched(things: Sequence[Thing], watch: Watch, what: str) -> Iterator[Thing]:
    """The things one by one, `watch` being told before each."""
    for place, thing in enumerate(things):
        watch(what, place, len(things))
        yield thing


def wait(seconds: float, watch: Watch, what: str) -> None:
    """Sleep so long, and tell `watch` every second."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        watch(what, seconds - left, seconds)
        time.sleep(min(1.0, left))


class Progress:
    """Shows how far the work `title` is and how long it still takes. A Watch; for one thread. `terminal`: whether a person looks on."""

    def __init__(self, title: str, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._title = title
        self._stream = stream or sys.stderr  # None where there is none, as in a program without a console
        self._clock = clock
        self.terminal = self._stream is not None and self._stream.isatty()
        self._what, self._since, self._first = "", clock(), 0.0
        self._shown = clock() - SHOWN_S + QUIET_S if self.terminal else clock()
        self._drawn = False

    def __call__(self, what: str, done: float, total: float, detail: str = "") -> None:
        """`done` of `total` is done of `what`. The time that is left is told from the pace since `what` began."""
        now = self._clock()
        if what != self._what:
            self._what, self._since, self._first = what, now, done
        if now - self._shown < (SHOWN_S if self.terminal else SAID_S):
            return
        if not self.terminal and now - self._since < SETTLED_S:
            return
        self._shown = now
        left = (now - self._since) * (total - done) / (done - self._first) if done > self._first else None
        share = min(100.0, 100.0 * done / total) if total else 100.0
        time_left = "" if left is None else f"{duration_in_words(left)} left"
        line = f"{self._title}: {', '.join(filter(None, (what, f'{share:.0f} %', time_left, detail)))}"
        if self.terminal:
            width = shutil.get_terminal_size().columns - 1
            self._write(f"\r\x1b[K{line[:width]}")
            self._drawn = True
        else:
            self._write(f"performer: {line}\n")

    def say(self, sentence: str) -> None:
        """A sentence on a line of its own."""
        self.clear()
        self._write(f"performer: {sentence}\n")

    def clear(self) -> None:
        """Take the line off the terminal."""
        if self._drawn:
            self._write("\r\x1b[K")
            self._drawn = False

    def _write(self, text: str) -> None:
        if self._stream is None:
            return
        with contextlib.suppress(OSError):  # nobody reads it: that is no reason to break the work off
            self._stream.write(text)
            self._stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.clear()


def duration_in_words(seconds: float) -> str:
    """A duration as a person says it: 8 s, 2 min 5 s, 3 h 20 min, 12 days."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min{f' {whole % 60} s' if whole % 60 else ''}"
    if whole < 48 * 3600:
        return f"{whole // 3600} h{f' {whole % 3600 // 60} min' if whole % 3600 >= 60 else ''}"
    return f"{whole // 86400:,} days"
