"""The process `visuals`: hears features and parameters from the engine, paints at a steady rate, sends each frame to the desk as a JPEG.

The thread `hearing` is the sole writer of what is heard; the main thread paints. A frame that is late is left out, never queued.
"""

import contextlib
import io
import json
import logging
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from performer.loopback import LARGEST, Loopback, decode, watch_lifeline
from performer.parameters import Table
from performer.visuals.generator import painter_for
from performer.visuals.walk import PREFIX, Walk

log = logging.getLogger("performer")
QUALITY = 88  # of the JPEG
TELL_EVERY = 1.0  # seconds between words about how it goes
STALE = 1.0  # seconds after which features that stopped coming are silence
SILENCE = (0.0,) * 7
NICENESS = 5  # the picture yields to the notes


@dataclass(frozen=True, slots=True)
class VisualsOptions:
    """The name of the model, further folders to look for it, the show's values of parameters by address, and its seed (0: a new one)."""

    model: str
    folders: tuple[str, ...]
    values: Mapping[str, Any]
    seed: int = 0


class Hearing:
    """What the engine last said: features, and the values of the picture's parameters."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = {address: value for address, value in (Table().defaults() | dict(values)).items() if address.startswith(PREFIX)}
        self._features: tuple[float, tuple[float, ...]] = (0.0, SILENCE)

    def take(self, datagram: bytes, now: float) -> None:
        """One datagram from the engine at the moment `now`; what is no use here is passed over."""
        with contextlib.suppress(ValueError):
            for message in decode(datagram):
                if message.address == "/performer/features" and len(message.arguments) == len(SILENCE):
                    self._features = (now, message.arguments)
                elif message.address in self.values and len(message.arguments) == 1:
                    self.values[message.address] = message.arguments[0]

    def features(self, now: float) -> tuple[float, ...]:
        """The seven numbers of /performer/features; zeros where nobody has spoken for a while."""
        heard, features = self._features
        return features if now - heard < STALE else SILENCE


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


def jpeg(frame: npt.NDArray[np.uint8], quality: int = QUALITY) -> bytes:
    """The frame (height, width, 3) as a JPEG that fits into one datagram."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(frame).save(out, "JPEG", quality=quality, subsampling=0 if quality > 80 else 2)
    data = out.getvalue()
    return data if len(data) <= LARGEST or quality <= 40 else jpeg(frame, quality - 16)


def run(loopback: Loopback, options: VisualsOptions, lifeline: Connection) -> None:
    """Paint until the lifeline ends."""
    done = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: done.set())
    watch_lifeline(lifeline, done.set)
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    hearing = Hearing(options.values)
    threading.Thread(target=_hear, args=(loopback, hearing), name="hearing", daemon=True).start()
    painter, remark = painter_for(options.model, tuple(map(Path, options.folders)), options.seed or time.time_ns())
    if remark:
        log.warning(remark)
    loopback.send("engine", "/performer/sync")
    _paint(loopback, hearing, painter, remark, done)


def _hear(loopback: Loopback, hearing: Hearing) -> None:
    while True:
        try:
            hearing.take(loopback.receive(), time.monotonic())
        except OSError:
            return


def _paint(loopback: Loopback, hearing: Hearing, painter: Any, remark: str, done: threading.Event) -> None:
    walk = Walk()
    last = due = time.monotonic()
    tally = Tally(deque(maxlen=120), last)
    while not done.wait(max(0.0, due - time.monotonic())):
        now = time.monotonic()
        pose = walk.advance(now - last, hearing.features(now), hearing.values)
        last = now
        loopback.send_raw("desk", jpeg(painter.paint(pose)))
        ended = time.monotonic()
        tally.spent.append(ended - now)
        tally.frames += 1
        due = max(due + 1.0 / hearing.values[PREFIX + "fps"], ended)
        if ended - tally.since >= TELL_EVERY:
            loopback.send("engine", "/performer/visuals/status", tally.tell(ended, painter.name, remark))
