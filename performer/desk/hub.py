"""What the engine says, to every page at once. Fed by the thread `desk loopback`, everything else on the asyncio loop.

Nothing here grows: what comes in waits in a bounded queue, and each page has an outbox in which notes wait in order while of a value,
of the features and of the picture only the newest counts. A page that does not even take its notes is shown out; it comes back and syncs.
"""

import asyncio
import contextlib
import json
import math
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from performer.loopback import JPEG, decode
from performer.parameters import Table
from performer.process_report import ADDRESS, read_report

MOST_COMING = 4096
MOST_WAITING = 2048  # messages that wait for one page before it is shown out
MOST_PAGES = 64
REFRESH = 1 / 60  # seconds between two tellings of values to one page
FEATURES, LOOKS, HEALTH = "/performer/features", "/performer/looks", "/performer/health"


@dataclass(slots=True, eq=False)
class Outbox:
    """What waits for one page, and the event that wakes its sender."""

    pictures: bool
    notes: deque[str] = field(default_factory=deque)
    values: dict[str, str] = field(default_factory=dict)
    picture: bytes | None = None
    overrun: bool = False
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, text: str) -> None:
        """Send this, in order."""
        self.overrun = self.overrun or len(self.notes) >= MOST_WAITING
        if not self.overrun:
            self.notes.append(text)
        self.wake.set()

    def put_value(self, address: str, text: str) -> None:
        """Send this unless a newer one of the same address comes first."""
        self.values[address] = text
        self.wake.set()

    def put_picture(self, picture: bytes) -> None:
        """Send this unless a newer one comes first."""
        self.picture = picture
        self.wake.set()


class Hub:
    """All pages and what they are told."""

    def __init__(self, table: Table) -> None:
        self.outboxes: set[Outbox] = set()
        self.counts = {"messages": 0, "pictures": 0, "malformed": 0, "lost": 0}
        self.last_word = time.monotonic()
        self.figures: dict[str, Any] = {}
        """What /performer/health said last."""
        self.processes: list[dict[str, Any]] = []
        """What the supervisor said last of every process."""
        self.last_report = math.inf  # when; infinite before the first
        self._newest_only = frozenset((*table.rows, FEATURES, LOOKS))
        self._coming: deque[tuple[str, str]] = deque(maxlen=MOST_COMING)
        self._picture: bytes | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._called = False

    def attach(self, loop: asyncio.AbstractEventLoop | None) -> None:
        """From now on messages are told on this loop; with None they are dropped."""
        self._loop = loop

    def arrived(self, datagram: bytes) -> None:
        """A datagram came over the loopback. Called by the receiving thread only."""
        if datagram.startswith(JPEG):
            self.counts["pictures"] += 1
            self._picture = datagram
        else:
            self._read(datagram)
        loop = self._loop
        if loop is not None and not self._called:
            self._called = True
            try:
                loop.call_soon_threadsafe(self._tell)
            except RuntimeError:  # the loop closed meanwhile: the desk ends
                self._loop = None

    def _read(self, datagram: bytes) -> None:
        try:
            messages = [(each.address, json.dumps([each.address, *each.arguments], allow_nan=False)) for each in decode(datagram)]
        except (ValueError, TypeError):
            self.counts["malformed"] += 1
            return
        messages = [each for each in messages if not self._keep(*each)]
        self.counts["messages"] += len(messages)
        self.counts["lost"] += max(0, len(self._coming) + len(messages) - MOST_COMING)
        self._coming.extend(messages)

    def _keep(self, address: str, text: str) -> bool:
        """Take note of what health asks for. Whether it is for no page."""
        if address == ADDRESS:
            self.processes, self.last_report = read_report(json.loads(text)[1]), time.monotonic()
            return True
        self.last_word = time.monotonic()
        if address == HEALTH:
            with contextlib.suppress(ValueError, IndexError, TypeError):
                self.figures = dict(json.loads(json.loads(text)[1]))
        return False

    def _tell(self) -> None:
        self._called = False
        while self._coming:
            address, text = self._coming.popleft()
            for outbox in self.outboxes:
                if address in self._newest_only:
                    outbox.put_value(address, text)
                else:
                    outbox.put(text)
        picture, self._picture = self._picture, None
        if picture is not None:
            for outbox in self.outboxes:
                if outbox.pictures:
                    outbox.put_picture(picture)
