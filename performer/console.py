"""What a running show prints: handed to a thread, so that a terminal that is gone, a full disk or a pipe that nobody reads holds nobody up.

`print` and `logging` write to an Outlet and return at once. What cannot be written is left out; the show goes on.
"""

import atexit
import contextlib
import io
import logging
import os
import select
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator

MOST_WAITING = 1000  # pieces of text that wait to be written; what comes on top is left out
LEAVING_S = 0.3  # seconds at the end of a process for what still waits


class Outlet(io.TextIOBase):
    """A text stream to a file descriptor whose `write` never waits and never raises. Thread-safe: yes."""

    def __init__(self, descriptor: int, encoding: str = "utf-8") -> None:
        self._descriptor, self._encoding = descriptor, encoding
        self._stuck = False
        self._waiting: deque[bytes] = deque(maxlen=MOST_WAITING)
        self._news, self._done = threading.Event(), threading.Event()
        self._done.set()
        self._thread = threading.Thread(target=self._run, name="console", daemon=True)
        self._thread.start()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        """Have the text written soon; letters that the encoding does not have are written as \\N escapes."""
        self._waiting.append(text.encode(self._encoding, "backslashreplace"))
        self._done.clear()
        self._news.set()
        return len(text)

    def flush(self) -> None:
        """Nothing: whoever logs does not wait for the disk."""

    def drain(self, seconds: float = LEAVING_S) -> None:
        """Wait until everything is written, at most so long; once is enough where nobody reads."""
        end = time.monotonic() + (0.0 if self._stuck else seconds)
        while not (self._done.is_set() and not self._waiting) and time.monotonic() < end:
            self._done.wait(max(0.0, end - time.monotonic()))
        self._stuck = bool(self._waiting) or not self._done.is_set()

    def _run(self) -> None:
        while True:
            self._news.wait()
            self._news.clear()
            while self._waiting:
                with contextlib.suppress(OSError):  # the terminal is gone, the disk is full, nobody reads
                    self._put(self._waiting.popleft())
            self._done.set()
            if self._waiting:
                self._done.clear()
                self._news.set()

    def _put(self, content: bytes) -> None:
        while content:
            try:
                content = content[os.write(self._descriptor, content) :]
            except BlockingIOError:  # somebody else made this end non-blocking
                select.select([], [self._descriptor], [])


def open_standard_streams() -> None:
    """Open the descriptors 0 to 2 where the process was started without them: a socket would take their place, and be printed to."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            # The lowest free one; children are to have it too.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)


def stand_somewhere() -> None:
    """Leave a current folder that was deleted or may not be entered: no process can be started from there."""
    try:
        os.chdir(os.getcwd())
    except OSError:
        os.chdir(os.path.abspath(os.sep))


def print_without_waiting() -> tuple[Outlet, ...]:
    """Have this process print through outlets from now on, to its end. Returns them."""
    outlets = []
    for name, descriptor in (("stdout", 1), ("stderr", 2)):
        stream = getattr(sys, name)
        if not _writes_to(stream, descriptor):
            continue
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
        outlet = Outlet(descriptor, stream.encoding or "utf-8")
        setattr(sys, name, outlet)
        for handler in logging.getLogger().handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream is stream:
                handler.stream = outlet
        atexit.register(outlet.drain)
        outlets.append(outlet)
    return tuple(outlets)


@contextlib.contextmanager
def never_waiting() -> Iterator[None]:
    """The same for a while: what is printed meanwhile holds nobody up."""
    before = sys.stdout, sys.stderr
    outlets = print_without_waiting()
    try:
        yield
    finally:
        end = time.monotonic() + LEAVING_S
        for outlet in outlets:
            outlet.drain(max(0.0, end - time.monotonic()))
        for handler in logging.getLogger().handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream in outlets:
                handler.stream = before[1]
        sys.stdout, sys.stderr = before


def _writes_to(stream: object, descriptor: int) -> bool:
    """Whether the stream is the process's own, and no test's or other program's."""
    try:
        return bool(stream is not None and stream.fileno() == descriptor)  # type: ignore[attr-defined]
    except (AttributeError, OSError, ValueError):
        return False
