"""The one kind of thread: an inbox, a handler, a name, counters."""

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

log = logging.getLogger("performer")
_STOP = object()


@dataclass(slots=True)
class Counters:
    """What a worker has done. Written by its own thread only."""

    handled: int = 0
    failed: int = 0
    dropped: int = 0


class Worker:
    """A thread that hands each item of its inbox to `handle`, one after the other.

    `post` never blocks. With `limit` the inbox refuses what is over it and counts it as dropped; without, nothing is ever lost.
    `idle` is called when the inbox is empty and says how many seconds the thread may wait before it is called again. `linger` is what a thread
    that only informs waits once something came, before it handles all of it: Python runs one thread at a time, and those that play go first.
    A handler that raises is logged once for each kind of exception, counted, and the worker goes on."""

    def __init__(
        self,
        name: str,
        handle: Callable[[Any], None],
        limit: int | None = None,
        idle: Callable[[], float] | None = None,
        linger: float = 0.0,
    ) -> None:
        self.name = name
        self.counters = Counters()
        self._handle = handle
        self._limit = limit
        self._idle = idle
        self._linger = linger
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._seen: set[str] = set()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def post(self, item: Any) -> bool:
        """Put an item into the inbox. False where a limited inbox is full. Thread-safe; safe in a realtime callback."""
        if self._limit is not None and self._inbox.qsize() >= self._limit:
            self.counters.dropped += 1
            return False
        self._inbox.put(item)
        return True

    def stop(self, timeout: float = 2.0) -> None:
        """Handle what is in the inbox, then end. Returns when the thread has ended or after `timeout` seconds."""
        self._inbox.put(_STOP)
        if self._thread.is_alive():
            self._thread.join(timeout)

    def drain(self) -> int:
        """Handle all that is in the inbox in the calling thread: the way of the offline graph, where no thread is started."""
        count = 0
        while True:
            try:
                item = self._inbox.get_nowait()
            except queue.Empty:
                return count
            self._handle_one(item)
            count += 1

    def _run(self) -> None:
        while (item := self._next()) is not _STOP:
            self._handle_one(item)
        while self._idle is not None and self._idle() == 0.0:
            pass

    def _next(self) -> Any:
        """The next item. Where nothing is there at once, the idle work is done meanwhile, and who only informs lingers when something comes."""
        try:
            return self._inbox.get_nowait()
        except queue.Empty:
            item = self._inbox.get() if self._idle is None else self._next_or_idle(self._idle)
        if self._linger and item is not _STOP:
            time.sleep(self._linger)
        return item

    def _next_or_idle(self, idle: Callable[[], float]) -> Any:
        while True:
            wait = idle()
            try:
                return self._inbox.get(wait > 0.0, wait)
            except queue.Empty:
                continue

    def _handle_one(self, item: Any) -> None:
        try:
            self._handle(item)
        except Exception as error:
            self.counters.failed += 1
            kind = f"{type(error).__name__}: {error}"
            if kind not in self._seen and len(self._seen) < 64:
                self._seen.add(kind)
                log.exception("%s could not handle %r; it goes on", self.name, item)
        self.counters.handled += 1
