"""A limit of time for the runs of a graph: one that loops for ever is told to stop, and not asked again for a while.

ONNX Runtime looks at `RunOptions.terminate` between two nodes, and in a loop's body too. One thread of the process looks at all runs twice
a second; a run that ends in time costs two assignments.
"""

import threading
import time
import weakref
from typing import Any

RUN_S = 3.0
"""Seconds that a run may take."""
FIRST_S = 20.0
"""Seconds that the first runs may take: a device may compile the graph then."""
REST_S = 30.0
"""Seconds for which a graph is not asked that ran too long twice in a row."""
LOOK_S = 0.5


class RunLimit:
    """The limit of one graph's runs, in any number of threads: one that takes too long ends all that go on."""

    def __init__(self, onnxruntime: Any) -> None:
        self._make = onnxruntime.RunOptions
        self.options = self._make()
        self._began: dict[int, float] = {}  # by thread
        self.seconds = FIRST_S
        self.stopped = False
        """Whether the runs that go on were told to stop."""
        self._in_a_row = 0
        self._rests_until = 0.0
        _watch.add(self)

    def refuses(self) -> bool:
        """Whether the graph ran too long twice, not long ago."""
        return time.monotonic() < self._rests_until

    def look(self, now: float) -> None:
        """Stop a run that takes too long. Called by the thread that watches."""
        if not self.stopped and any(now - began > self.seconds for began in list(self._began.values())):
            self.stopped = True
            self.options.terminate = True

    def begins(self) -> Any:
        """Note the begin of a run in this thread, and return its options."""
        self._began[threading.get_ident()] = time.monotonic()
        return self.options

    def ended(self) -> bool:
        """Note the end of this thread's run. Whether it was stopped."""
        self._began.pop(threading.get_ident(), None)
        if not self.stopped:
            self._in_a_row = 0
            return False
        if self._began:
            return True
        self.options, self.stopped = self._make(), False
        self._in_a_row += 1
        if self._in_a_row > 1:
            self._rests_until = time.monotonic() + REST_S
        return True


class _Watch:
    """The thread that looks at every run, begun with the first graph."""

    def __init__(self) -> None:
        self._limits: weakref.WeakSet[RunLimit] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, limit: RunLimit) -> None:
        with self._lock:
            self._limits.add(limit)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="run limits", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            time.sleep(LOOK_S)
            with self._lock:
                limits = list(self._limits)
            for limit in limits:
                limit.look(time.monotonic())


_watch = _Watch()
