"""The one kind of thread: an inbox, a handler, a name, counters."""

import logging
import queue
import threading
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
    A handler that raises is logged once for each kind of exception, counted, and the worker goes on."""

    def __init__(self, name: str, handle: Callable[[Any], None], limit: int | None = None) -> None:
        self.name = name
        self.counters = Counters()
        self._handle = handle
        self._limit = limit
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
        while (item := self._inbox.get()) is not _STOP:
            self._handle_one(item)

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
