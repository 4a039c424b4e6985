"""The process that listens: audio in, and `/performer/listening/features` to the engine, level, low, middle, high, centroid, onset; more
slowly `/performer/listening/tone`, pitch and chroma, and `/performer/listening/pulse`, the beat.

It may be ended and started again at any time, and ends itself, without closing anything, where there is nothing to hear: closing a stream
whose audio server died never returns. PortAudio's thread calls back, this thread analyses, a third one watches the other two.
"""

import contextlib
import logging
import os
import select
import signal
import sys
import threading
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import NoReturn

import numpy as np

from performer.console import Outlet
from performer.errors import PortError
from performer.heartbeat import LOOPS
from performer.listening.analysis import TONE_EVERY, Analysis, Features
from performer.listening.audio import AudioInput, Ring, choose, inputs, start
from performer.listening.spectrum import Samples
from performer.loopback import LISTENING, Loopback, watch_lifeline

log = logging.getLogger("performer")
STALLED, NO_DEVICE = 3, 4  # exit codes: start again soon; there is nothing to hear, try again later
STALL_S = 1.5  # seconds without a callback after which the device is given up
OPENING_S = 10.0  # seconds that PortAudio has to list the devices and to open one
REPEAT_S = 10.0  # seconds after which the status is said again: the engine may be a new one
RESTING_S = 0.25  # seconds between two messages in silence, which need to be no more than a sign of life
RECORDED_S = 2.0  # seconds that the sound itself is passed on after the last word that it is wanted
WANTED = b"/performer/listening/wanted"
LOUDEST = 32767  # of a 16-bit sample
AT_REST: Features = (0.0,) * 6
PULSE_EVERY = 24  # frames between two words about the beat


@dataclass(frozen=True, slots=True)
class ListeningOptions:
    """What the supervisor tells: (part of) the name of the audio input, or None for the system's own."""

    device: str | None


def run(loopback: Loopback, options: ListeningOptions, lifeline: Connection) -> None:
    """Listen until the lifeline ends. Ends the process with STALLED or NO_DEVICE where it cannot."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    watch_lifeline(lifeline, lambda: os._exit(0))
    watchdog = Watchdog(loopback)
    watchdog.start()
    try:
        device = choose(options.device, inputs())
        ring = Ring(device.rate_hz)
        stream = start(device, ring)
    except PortError as error:
        loopback.send("engine", "/performer/listening/status", str(error))
        leave(NO_DEVICE)
    watchdog.watch(ring, f"the audio input {device}")
    LOOPS.has_begun = True
    Listener(loopback, device, ring, stream).run()


def leave(code: int) -> NoReturn:
    """End the process now. What Python would do at its end (closing PortAudio) may never return."""
    if isinstance(sys.stderr, Outlet):
        sys.stderr.drain()
    os._exit(code)


class Watchdog:
    """The thread that ends the process when the callback has not been called for too long, or opening takes too long."""

    def __init__(self, loopback: Loopback) -> None:
        self._loopback = loopback
        self._watched: tuple[Ring | None, str, float] = (None, "PortAudio", OPENING_S)
        self._started = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def watch(self, ring: Ring, name: str) -> None:
        """From now on the ring has to be touched at least every STALL_S seconds."""
        ring.touched = time.monotonic()
        self._watched = (ring, name, STALL_S)

    def _run(self) -> None:
        while True:
            time.sleep(0.1)
            ring, name, patience = self._watched
            if time.monotonic() - (ring.touched if ring else self._started) > patience:
                self._loopback.send("engine", "/performer/listening/status", f"There is no more sound from {name}; it is opened again.")
                leave(STALLED)


class Listener:
    """Takes the blocks from the ring, analyses them and tells the engine. `stream` fills the ring as long as it is kept."""

    def __init__(self, loopback: Loopback, device: AudioInput, ring: Ring, stream: object = None) -> None:
        self._loopback = loopback
        self._stream = stream
        self._ring = ring
        self._analysis = Analysis(device.rate_hz)
        self._status = f"{LISTENING} {device}."
        self._said_status = self._said_rest = -1e9
        self._dropped = 0
        self._rate_hz = device.rate_hz
        self._recorded = -1e9  # when the sound itself was last asked for

    def run(self) -> NoReturn:
        """Listen for ever; the watchdog or the lifeline ends the process."""
        while True:
            self.turn()

    def turn(self) -> None:
        """Wait for one block, at most half a second, and say what it holds."""
        block = self._ring.get(0.5)
        now = time.monotonic()
        if now - self._said_status > REPEAT_S:
            self._said_status = now
            self._loopback.send("engine", "/performer/listening/status", self._status)
        if self._ring.dropped and not self._dropped:
            log.warning("This machine is too slow for its audio input: the oldest sound is dropped.")
        if self._ring.dropped != self._dropped:
            self._loopback.send("engine", "/performer/listening/dropped", self._ring.dropped)
        self._dropped = self._ring.dropped
        if block is not None and self._wanted(now):
            self._pass_on(block, now)
        for features in self._analysis.hear(block) if block is not None else ():
            if features != AT_REST:
                self._said_rest = -1e9
            elif now - self._said_rest < RESTING_S:
                continue
            else:
                self._said_rest = now
            self._loopback.send("engine", "/performer/listening/features", *features)
            if self._analysis.frames % TONE_EVERY == 0:
                tone = self._analysis.tone
                self._loopback.send("engine", "/performer/listening/tone", tone.pitch, *tone.chroma.tolist())
            if self._analysis.frames % PULSE_EVERY == 0:
                self._loopback.send("engine", "/performer/listening/pulse", *self._analysis.beats.now())

    def _wanted(self, now: float) -> bool:
        """Whether somebody records the sound: he says so again and again."""
        with contextlib.suppress(OSError):
            while select.select([self._loopback.sock], [], [], 0.0)[0]:
                if self._loopback.receive().startswith(WANTED):
                    self._recorded = now
        return now - self._recorded < RECORDED_S

    def _pass_on(self, block: Samples, now: float) -> None:
        """The sound itself, to the screen: the monotonic second that it began at, as far as this machine's audio system lets one tell."""
        whole, rest = divmod(now - len(block) / self._rate_hz, 1.0)
        samples = (np.clip(block, -1.0, 1.0) * LOUDEST).astype(np.int16).tobytes()
        self._loopback.send("screen", "/performer/listening/sound", int(whole), rest, round(self._rate_hz), block.shape[1], samples)
