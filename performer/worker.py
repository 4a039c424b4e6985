"""The one kind of thread: an inbox, a handler, a name, counters; and how an item is handled at once where nothing is in its way.

Items are handled in the order in which they came, one at a time. Who handles one holds the turn, and so is the one writer of all that the
handler owns: mostly the worker's own thread, but who brings an item that cannot wait takes the turn himself where it is free. From hand to
hand it takes 50 to 150 µs, more after a pause, and a note passes through four.
"""

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from performer.heartbeat import LOOPS

log = logging.getLogger("performer")
STANDS_S = 3.0  # seconds after which the thread stands still, where it is watched
AFTER_FAULT_S = 0.05
LONGEST = 5  # times its usual span that a thread lingers which only informs
_STOP = object()


class Bell:
    """What a thread sleeps by. Only C, where an Event is Python; rung twice it rings once."""

    def __init__(self) -> None:
        self._closed = threading.Lock()
        self._closed.acquire()

    def ring(self) -> None:
        """Wake who waits, or who will. Thread-safe."""
        with contextlib.suppress(RuntimeError):  # it rings already
            self._closed.release()

    def wait(self, timeout: float = -1) -> None:
        """Until it rings, or for so many seconds."""
        self._closed.acquire(timeout=timeout)


@dataclass(slots=True)
class Counters:
    """What a worker has done. Written by who holds its turn."""

    handled: int = 0
    failed: int = 0
    dropped: int = 0


class Worker:
    """A thread that hands each item of its inbox to `handle`, one after the other.

    `post` never blocks. With `limit` the inbox refuses what is over it and counts it as dropped; without, nothing is ever lost.
    `idle` is called when the inbox is empty and says how many seconds the thread may wait before it is called again. `linger` is what a thread
    that only informs waits once something came, before it handles all of it, and up to LONGEST times as long while those are `busy` that play: Python
    runs one thread at a time.
    `rest` is called at the end of each turn: the place for what may wait until then.
    With `watched` the process counts as hung when the thread stands still; see `heartbeat`.
    A handler that raises is logged once for each kind of exception, counted, and the worker goes on."""

    def __init__(
        self,
        name: str,
        handle: Callable[[Any], None],
        limit: int | None = None,
        idle: Callable[[], float] | None = None,
        linger: float = 0.0,
        rest: Callable[[], None] = lambda: None,
        busy: Callable[[], bool] = lambda: False,
        watched: bool = False,
    ) -> None:
        self.name = name
        self._watched = watched
        self.counters = Counters()
        self._handle = handle
        self._limit = limit
        self._idle = idle
        self._linger = linger
        self._rest = rest
        self._busy = busy
        self._items: deque[Any] = deque()
        self._bell = Bell()
        self._turn = threading.Lock()
        self._holder = 0  # the thread that has the turn
        self._last: Any = None  # the item that the turn ends with
        self._ended = False
        self._seen: set[str] = set()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def waiting(self) -> bool:
        """Whether anything is in the inbox."""
        return bool(self._items)

    @property
    def backlog(self) -> int:
        """How many items are in the inbox."""
        return len(self._items)

    @property
    def is_at_work(self) -> bool:
        """Whether somebody handles an item, or one waits."""
        return bool(self._holder or self._items)

    @property
    def is_mine(self) -> bool:
        """Whether the calling thread has the turn."""
        return self._holder == threading.get_ident()

    def post(self, item: Any, ring: bool = True) -> bool:
        """Put an item into the inbox. False where a limited inbox is full. Thread-safe; safe in a realtime callback. Without `ring` the thread
        sleeps on until it is rung for: who has something more urgent to do spares itself the other one's waking."""
        if self._limit is not None and len(self._items) >= self._limit:
            self.counters.dropped += 1
            return False
        self._items.append(item)
        if self.is_mine:
            self._last = item  # what is being handled brought it about: the turn goes on
        elif ring:
            self.ring()
        return True

    def ring(self) -> None:
        """Have the thread look at its inbox and at what it has to do when that is empty. Thread-safe."""
        self._bell.ring()

    def bring(self, item: Any) -> None:
        """Have the item handled before this returns, on the calling thread, with all that it brings about; where the turn is not free, or the
        thread does not run yet, it is posted. Thread-safe, never waits for anybody."""
        if not self._take_turn(item):
            self.post(item)

    def offer(self, item: Any) -> None:
        """The same with an item that is of no use later: where the turn is not free or something waits, it is forgotten."""
        if not self._items:
            self._take_turn(item)

    def _take_turn(self, item: Any) -> bool:
        if self.is_mine or not self._thread.is_alive() or not self._turn.acquire(blocking=False):
            return False
        try:
            self._items.append(item)
            self._handle_until(item)
        finally:
            self._turn.release()
        if self._items:
            self.ring()
        return True

    def stop(self, timeout: float = 2.0) -> None:
        """Handle what is in the inbox, then end. Returns when the thread has ended or after `timeout` seconds."""
        self._items.append(_STOP)
        self.ring()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def drain(self) -> int:
        """Handle all that is in the inbox in the calling thread: the way of the offline graph, where no thread is started."""
        before = self.counters.handled
        while self._items:
            self._handle_until(self._items[-1])
        return self.counters.handled - before

    def _run(self) -> None:
        went_round = LOOPS.watch(self.name, STANDS_S, self.ring) if self._watched else None
        while not self._ended:
            if went_round is not None:
                went_round()
            try:
                self._go_round()
            except Exception as error:  # a thread that ends is missed by nobody: it goes on
                self._failed(error, "its own round")
                time.sleep(AFTER_FAULT_S)
        LOOPS.forget(self.name)
        while self._idle is not None and self._idle() == 0.0:
            pass

    def _go_round(self) -> None:
        if self._items:
            with self._turn:
                if self._items:
                    self._handle_until(self._items[0])
        else:
            self._wait()

    def _wait(self) -> None:
        """Nothing is there: do the idle work, wait for the bell. Who only informs lingers when it rings."""
        if self._idle is None:
            self._bell.wait()
        else:
            with self._turn:
                wait = self._idle()
            if wait > 0.0:
                self._bell.wait(wait)
        if self._linger and self._items and self._items[0] is not _STOP:
            for _ in range(LONGEST):
                time.sleep(self._linger)
                if not self._busy():
                    break

    def _handle_until(self, last: Any) -> None:
        """A turn: handle what came before this item, the item, and what they brought about."""
        self._holder, self._last = threading.get_ident(), last
        while self._items and not self._ended:
            item = self._items.popleft()
            if item is _STOP:
                self._ended = True
                self.ring()
                break
            self._handle_one(item)
            if item is self._last:
                break
        try:
            self._rest()
        except Exception as error:
            self._failed(error, "what could wait")
        self._holder = 0

    def _handle_one(self, item: Any) -> None:
        try:
            self._handle(item)
        except Exception as error:
            self._failed(error, item)
        self.counters.handled += 1

    def _failed(self, error: Exception, item: Any) -> None:
        self.counters.failed += 1
        kind = f"{type(error).__name__}: {error}"
        if kind not in self._seen and len(self._seen) < 64:
            self._seen.add(kind)
            log.exception("%s could not handle %r; it goes on", self.name, item)
