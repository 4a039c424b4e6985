"""The process `screen`: shows sixty pictures a second, whatever the generator does. Its main thread owns every surface.

It looks for new frames in the reel, lets the film say what is seen at this moment, and gives that to the desk's pages and to the window.
A generator that stalls, dies and starts again is only a stretch of film that runs back and forth.
"""

import contextlib
import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Protocol

import numpy as np

from performer.loopback import Loopback, watch_lifeline
from performer.visuals.film import Film
from performer.visuals.guard import Guard
from performer.visuals.hearing import Hearing
from performer.visuals.kick import kicked
from performer.visuals.pace import Pace
from performer.visuals.page import Page
from performer.visuals.reel import Picture, Reel
from performer.visuals.testcard import testcard
from performer.visuals.walk import PREFIX

log = logging.getLogger("performer")
RATE_HZ = 60.0
TELL_EVERY = 1.0  # seconds between words about how it goes
PRIORITY = -6  # of the screen, where the system lets it: after the notes, before everything else
SWITCH_INTERVAL = 0.0005  # seconds that the hearing thread may keep the main thread waiting
BLACK: Picture = np.zeros((64, 64, 3), np.uint8)


@dataclass(frozen=True, slots=True)
class ScreenOptions:
    """The show's values of parameters by address."""

    values: Mapping[str, Any]


class Surface(Protocol):
    """Where the presenter shows what it has: the window."""

    def show(self, picture: Picture, values: Mapping[str, Any], now: float) -> None:
        """Draw the picture (height, width, 3) with the looks that `values` say, and have it on the display when it returns."""
        ...

    def tell(self) -> Mapping[str, Any]:
        """What there is to say about it, for the status."""
        ...

    def close(self) -> None: ...


class Presenter:
    """One screen. `turn` is called at the rate of the display with the time of the moment."""

    def __init__(self, reel: Reel, hearing: Hearing, page: Page, surface: Surface | None = None) -> None:
        self.film = Film()
        self._reel, self._hearing, self._page, self.surface = reel, hearing, page, surface
        self._seen = reel.newest
        self._frozen: Picture | None = None
        self._guard = Guard()

    def turn(self, now: float) -> None:
        """Take what came, show what is due."""
        values = self._hearing.moved(now)
        strength = values[PREFIX + "kick"] * min(1.0, values[PREFIX + "react"]) * self._hearing.features(now)[5]
        struck = self._hearing.struck.is_set()
        self._hearing.struck.clear()
        frame = self._reel.read(self._seen)
        if frame is not None:
            self._seen = frame.sequence
            self.film.take(frame, now)
        if self.surface is not None:
            self.surface.show(self._picture(_kicked(self.film.at(now), strength), values), values, now)
        aimed = _kicked(self.film.ahead(now), strength)
        if self._page.wants(frame is not None or struck, now) and (aimed is not None or values[PREFIX + "test_card"]):
            shown = self._picture(aimed, values)
            self._frozen = shown if values[PREFIX + "freeze"] else None
            shown = dimmed(shown, 0.0 if values[PREFIX + "blackout"] else values[PREFIX + "fade"])
            self._page.show(self._guard.show(shown, now) if values[PREFIX + "guard"] else shown, frame is not None or struck, now)

    def _picture(self, picture: Picture | None, values: Mapping[str, Any]) -> Picture:
        if values[PREFIX + "test_card"]:
            return testcard()
        if values[PREFIX + "freeze"] and self._frozen is not None:
            return self._frozen
        return BLACK if picture is None else picture


def _kicked(picture: Picture | None, strength: float) -> Picture | None:
    return None if picture is None else kicked(picture, strength)


def dimmed(picture: Picture, fade: float) -> Picture:
    """The picture at this brightness, 0 to 1; the very array at 1."""
    if fade >= 1.0:
        return picture
    out = np.empty(picture.shape, np.uint16)
    np.multiply(picture, np.uint16(round(256 * max(0.0, fade))), out=out)
    out >>= 8
    return out.astype(np.uint8)


def run(loopback: Loopback, memory: Any, options: ScreenOptions, lifeline: Connection) -> None:
    """Show until the lifeline ends."""
    done = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: done.set())
    watch_lifeline(lifeline, done.set)
    sys.setswitchinterval(SWITCH_INTERVAL)
    if hasattr(os, "setpriority"):
        with contextlib.suppress(OSError):  # who may not is scheduled like everybody else
            os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    hearing = Hearing(options.values)
    hearing.listen(loopback)
    loopback.send("engine", "/performer/sync")
    presenter = Presenter(Reel(memory), hearing, Page(loopback))
    try:
        _present(presenter, loopback, done)
    finally:
        if presenter.surface is not None:
            presenter.surface.close()


def _present(presenter: Presenter, loopback: Loopback, done: threading.Event) -> None:
    pace = Pace(RATE_HZ, time.monotonic())
    told = time.monotonic()
    while not done.is_set():
        time.sleep(max(0.0, pace.due - time.monotonic()))
        presenter.turn(time.monotonic())
        now = time.monotonic()
        pace.shown(now)
        if now - told >= TELL_EVERY:
            served = pace.tell(now)
            told = now
            told_surface = {} if presenter.surface is None else presenter.surface.tell()
            words = {"fps": served.fps, "late_percent": served.late_percent, "longest_ms": served.longest_ms,
                     "stands_in": presenter.film.stalled(now), "pid": os.getpid(), **told_surface}  # fmt: skip
            loopback.send("engine", "/performer/screen/status", json.dumps(words))
