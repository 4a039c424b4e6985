"""What a log may hold: of each kind of line one a minute, with the number of those that are left out, and no flood of any kind.

A filter of the handlers of a process. Thread-safe: yes. Realtime-safe: no.
"""

import logging
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

EVERY = 60.0  # seconds between two lines of a kind
MOST_KINDS = 256  # that are remembered; the one that was silent longest makes room
BURST, RATE = 60.0, 0.5  # lines of all kinds that may come at once, and that may follow in a second
NUMBERS = re.compile(r"0x[0-9a-fA-F]+|-?\d+(\.\d+)?")
OF_VISITORS = ("uvicorn.error", "uvicorn.asgi", "uvicorn", "asyncio", "websockets", "websockets.server", "websockets.protocol")


@dataclass(slots=True)
class _Kind:
    told: float
    more: int = 0


class LogLimit(logging.Filter):
    """Lets the first line of a kind pass, then one a minute. Lines are of a kind that differ in numbers only."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.left_out = 0  # lines in all
        self._now = now
        self._kinds: OrderedDict[tuple[str, int, str], _Kind] = OrderedDict()
        self._left, self._time = BURST, now()
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is written; one that stands for others says how many."""
        if getattr(record, "limited", False):  # by the handler before this one
            return True
        with self._lock:
            more = self._due(record)
        if more is None:
            return False
        record.limited = True
        if more:
            record.msg, record.args = f"{record.getMessage()} ({more} more like this since the last)", None
        return True

    def _due(self, record: logging.LogRecord) -> int | None:
        """How many of its kind were left out since the last; None: it is left out too."""
        now = self._now()
        try:
            text = record.getMessage()
        except Exception:  # a line that cannot be formatted is the handler's business
            text = str(record.msg)
        fault = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        key = record.name, record.levelno, fault + NUMBERS.sub("0", text)[:200]
        self._left, self._time = min(BURST, self._left + (now - self._time) * RATE), now
        kind = self._kinds.get(key)
        if (kind is not None and now - kind.told < EVERY) or self._left < 1.0:
            self.left_out += 1
            if kind is not None:
                kind.more += 1
            return None
        self._left -= 1.0
        self._kinds[key] = _Kind(now)
        self._kinds.move_to_end(key)
        if len(self._kinds) > MOST_KINDS:
            self._kinds.popitem(last=False)
        return 0 if kind is None else kind.more


class NoTraceback(logging.Filter):
    """What a visitor brings about is a line, whatever it raised: the kind of the error stands in it, no traceback, unless one looks for faults."""

    def filter(self, record: logging.LogRecord) -> bool:
        """True; the record is changed."""
        if record.exc_info and record.exc_info[1] is not None and not logging.getLogger().isEnabledFor(logging.DEBUG):
            error = record.exc_info[1]
            words = record.getMessage().splitlines()[:1]
            record.msg, record.args = f"{''.join(words).strip()}: {type(error).__name__}", None
            record.exc_info = record.exc_text = None
        return True


def limit_log(handlers: Iterable[logging.Handler] | None = None) -> LogLimit:
    """Limit what these handlers (None: those of the process) write. Returns the one filter of all of them."""
    limit = next((each for handler in logging.getLogger().handlers for each in handler.filters if isinstance(each, LogLimit)), None) or LogLimit()
    for handler in logging.getLogger().handlers if handlers is None else handlers:
        if not any(isinstance(each, LogLimit) for each in handler.filters):
            handler.addFilter(limit)
    return limit


def spare_tracebacks(names: Iterable[str] = OF_VISITORS) -> None:
    """Have these loggers write a line where they would write a traceback, and limit them too: a process without handlers prints all the same."""
    limit = LogLimit()
    for name in names:
        logging.getLogger(name).filters = [NoTraceback(), limit]
