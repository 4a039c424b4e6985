"""The process `screen`: shows sixty pictures a second, whatever the generator does.

It looks for new frames in the reel, lets the film say what is seen at this moment, and gives that to the desk's pages and to the window. The
window, where the show wants one, has the main thread; the pages then have one of their own, and do not wait for it. A generator that stalls,
dies and starts again is only a stretch of film that runs back and forth.
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
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from performer.heartbeat import LOOPS
from performer.loopback import Loopback, watch_lifeline
from performer.visuals.camera import Camera
from performer.visuals.canvas import Canvas
from performer.visuals.hearing import Hearing
from performer.visuals.looks import looks_of
from performer.visuals.modulation import Matrix
from performer.visuals.pace import Pace
from performer.visuals.page import Page
from performer.visuals.projection import RATE_HZ, TELL_EVERY, Projection, Surface
from performer.visuals.reel import Reel
from performer.visuals.share import Share
from performer.visuals.stream import Stream
from performer.visuals.video import Sound
from performer.visuals.window import Window

log = logging.getLogger("performer")
QUIET_HZ = 20.0  # looks a second for the pages while nobody plays: the generator makes fewer frames then
PRIORITY = -6  # of the screen, where the system lets it: after the notes, before everything else
SWITCH_INTERVAL = 0.0005  # seconds that the hearing thread may keep the main thread waiting
CARD = (910, 512)  # width and height of the pages' test card: that of most displays


@dataclass(frozen=True, slots=True)
class ScreenOptions:
    """The show's values of parameters by address, part of the name of the display that the window is for (empty: no window), and whether it is a
    window with a frame, on that display or on any; the folder and the beginning of the names of what is recorded,
    and how many gigabytes of it there may be; the senders that other programs get the picture from."""

    values: Mapping[str, Any]
    display: str = ""
    windowed: bool = False
    files: str = "show"
    keep_gb: float = 10.0
    share: tuple[str, ...] = ()


class Presenter:
    """The pages' screen. `turn` is called at the rate of a display with the time of the moment."""

    def __init__(self, reel: Reel, hearing: Hearing, page: Page) -> None:
        self.stream, self.struck = Stream(reel, ahead=True), hearing.struck
        self._hearing, self._page = hearing, page

    def is_quiet(self, now: float) -> bool:
        """Whether the generator makes few frames, since nobody plays."""
        return self._hearing.is_quiet(now)

    def turn(self, now: float) -> None:
        """Take what came, send what is due."""
        values = self._hearing.moved(now)
        struck = self.struck.is_set()
        self.struck.clear()
        fresh = self.stream.take(now) or struck
        if self._page.wants(fresh, now):
            self._page.dress(looks_of(values), now)
            picture = self.stream.picture(values, now, CARD, self._hearing.kick(values, now))
            if picture is not None:
                self._page.show(picture, fresh, now)


def run(loopback: Loopback, memory: Any, options: ScreenOptions, lifeline: Connection) -> None:
    """Show until the lifeline ends."""
    done = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: done.set())
    watch_lifeline(lifeline, done.set)
    LOOPS.has_begun = True
    sys.setswitchinterval(SWITCH_INTERVAL)
    if hasattr(os, "setpriority"):
        with contextlib.suppress(OSError):  # who may not is scheduled like everybody else
            os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    hearing = Hearing(options.values)
    hearing.listen(loopback)
    loopback.send("engine", "/performer/sync")
    page = Page(loopback)
    presenter = Presenter(Reel(memory), hearing, page)
    camera = Camera(
        Path(options.files),
        lambda words: loopback.send("engine", "/performer/screen/saved", words),
        lambda: loopback.send("listening", "/performer/listening/wanted"),
        options.keep_gb,
    )
    hearing.also |= {
        "/performer/visuals/still": lambda arguments: camera.still(),
        "/performer/status": partial(_origin, camera),
        "/performer/listening/sound": partial(_sound, camera),
        "/performer/desk/pages": lambda arguments: page.looked_at(int(arguments[0]), time.monotonic()),
    }
    wanted = bool(options.display or options.windowed)
    share = Share(options.share)
    keepers = (camera, share)
    surface: Surface = (
        Window(options.display, options.windowed) if wanted else Canvas(lambda: any([keeper.attend(hearing.values) for keeper in keepers]))
    )
    matrix = Matrix(hearing.sources)  # a matrix belongs to one thread
    projection = Projection(Reel(memory), lambda now: matrix.moved(hearing.values, now), surface, keepers, hearing.kick)
    parts = (presenter, loopback, done, projection if wanted else None, share, camera)
    pages = threading.Thread(target=_pages, args=parts, name="pages", daemon=True)
    pages.start()
    projection.go_on(done)  # on the main thread: macOS wants its windows so


def _origin(camera: Camera, arguments: tuple[Any, ...]) -> None:
    """The engine says when its clock began, by a clock that all processes share; the camera is told by the one that the screen goes by."""
    with contextlib.suppress(ValueError, IndexError, TypeError, KeyError):
        camera.origin = float(json.loads(arguments[0])["clock_origin"]) + time.monotonic() - time.perf_counter()


def _sound(camera: Camera, arguments: tuple[Any, ...]) -> None:
    """The audio input sends what it hears: seconds as a whole number and the rest, frames a second, channels, 16-bit samples."""
    with contextlib.suppress(ValueError, TypeError):
        whole, rest, rate_hz, channels, samples = arguments
        camera.hear(Sound(whole + rest, rate_hz, np.frombuffer(samples, np.int16).reshape(-1, channels)))


def _pages(presenter: Presenter, loopback: Loopback, done: threading.Event, projection: Projection | None, share: Share, camera: Camera) -> None:
    try:
        _present(presenter, loopback, done, projection, share, camera)
    finally:
        done.set()  # if this thread fails the process ends, and is started again


def _present(presenter: Presenter, loopback: Loopback, done: threading.Event, projection: Projection | None, share: Share, camera: Camera) -> None:
    pace, was_quiet = Pace(RATE_HZ, time.monotonic()), False
    told = time.monotonic()
    while not done.is_set():
        is_quiet = presenter.is_quiet(time.monotonic())
        if is_quiet is not was_quiet:
            pace, was_quiet = Pace(QUIET_HZ if is_quiet else RATE_HZ, time.monotonic()), is_quiet
        if presenter.struck.wait(max(0.0, pace.due - time.monotonic())) and time.monotonic() < pace.due:
            presenter.turn(time.monotonic())  # an onset does not wait for its turn
            continue
        presenter.turn(time.monotonic())
        now = time.monotonic()
        pace.shown(now)
        if now - told >= TELL_EVERY:
            served = pace.tell(now)
            told = now
            words = {"fps": served.fps, "late_percent": served.late_percent, "longest_ms": served.longest_ms,
                     "stands_in": presenter.stream.film.stalled(now), "pid": os.getpid(),
                     "window": None if projection is None else projection.tell(now), "share": share.told,
                     "camera_dropped": camera.dropped, "stills_refused": camera.refused}  # fmt: skip
            loopback.send("engine", "/performer/screen/status", json.dumps(words))
