"""The process `visuals`: hears features and parameters from the engine and paints at a steady rate, each frame into the reel.

The main thread paints; an onset is painted at once. A frame that is late is left out, never queued. What is seen meanwhile is the business
of the process `screen`: this one may stall, die and start again, and then its walk goes on from where the last frame was.
"""

import json
import logging
import os
import signal
import threading
import time
import zlib
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from performer.loopback import Loopback, watch_lifeline
from performer.visuals.even import apart
from performer.visuals.generator import Painter, painter_for
from performer.visuals.hearing import Hearing
from performer.visuals.reel import Picture, Reel
from performer.visuals.walk import PREFIX, Walk

log = logging.getLogger("performer")
TELL_EVERY = 1.0  # seconds between words about how it goes
SOONEST = 1 / 200  # seconds after a frame before an onset may ask for the next
NICENESS = 5  # the picture yields to the notes


@dataclass(frozen=True, slots=True)
class VisualsOptions:
    """The name of the model, further folders to look for it, the show's values of parameters by address, and the seed of its chance."""

    model: str
    folders: tuple[str, ...]
    values: Mapping[str, Any]
    seed: int = 0


@dataclass(slots=True)
class Tally:
    """How the painting goes: the last milliseconds and the frames since the last word."""

    spent: deque[float]
    since: float
    frames: int = 0

    def tell(self, now: float, model: str, remark: str) -> str:
        """The figures as JSON; counting starts again."""
        spent = sorted(self.spent) or [0.0]
        at = {f"p{share}": round(1000 * spent[min(len(spent) - 1, share * len(spent) // 100)], 1) for share in (50, 95)}
        fps = round(self.frames / max(1e-6, now - self.since), 1)
        self.frames, self.since = 0, now
        return json.dumps({"model": model, "fps": fps, "ms": at, "remark": remark})


def run(loopback: Loopback, memory: Any, options: VisualsOptions, lifeline: Connection) -> None:
    """Paint into the reel that is this memory until the lifeline ends."""
    done = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    hearing = Hearing(options.values)

    def stop(*_: object) -> None:
        done.set()
        hearing.struck.set()

    signal.signal(signal.SIGTERM, stop)
    watch_lifeline(lifeline, stop)
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    hearing.listen(loopback)
    painter, remark = painter_for(options.model, tuple(map(Path, options.folders)), options.seed)
    if remark:
        log.warning(remark)
    loopback.send("engine", "/performer/sync")
    Painting(loopback, Reel(memory), hearing, painter, remark).go_on(done)


class Painting:
    """The loop of the main thread."""

    def __init__(self, loopback: Loopback, reel: Reel, hearing: Hearing, painter: Painter, remark: str) -> None:
        last = reel.read()
        self._walk = Walk(0.0 if last is None else last.place)
        self._source = zlib.crc32(painter.name.encode())
        self._loopback, self._reel, self._hearing, self._painter, self._remark = loopback, reel, hearing, painter, remark
        self._before: Picture | None = None
        self._last = time.monotonic()
        self._tally = Tally(deque(maxlen=120), self._last)

    def go_on(self, done: threading.Event) -> None:
        """Paint when a frame is due, and at once when an onset is heard, until it is over."""
        due, struck = self._last, self._hearing.struck
        while not done.is_set():
            if struck.wait(max(0.0, due - time.monotonic())):
                struck.clear()
                time.sleep(max(0.0, self._last + SOONEST - time.monotonic()))
            began = time.monotonic()
            self.paint(began)
            ended = time.monotonic()
            due = max(began + 1.0 / self._hearing.values[PREFIX + "fps"], ended)
            if ended - self._tally.since >= TELL_EVERY:
                self._loopback.send("engine", "/performer/visuals/status", self._tally.tell(ended, self._painter.name, self._remark))

    def paint(self, now: float) -> None:
        """One frame of the moment `now`."""
        pose = self._walk.advance(now - self._last, self._hearing.features(now), self._hearing.moved(now))
        self._last = now
        picture = self._painter.paint(pose)
        self._walk.even.seen(apart(picture, self._before))
        self._before = picture
        self._reel.write(picture, now, pose.path, self._source)
        self._tally.spent.append(time.monotonic() - now)
        self._tally.frames += 1
