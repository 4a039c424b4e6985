"""What the music is like now, fifty times a second: from the audio input where there is one, otherwise from the notes themselves.

`NoteFeatures` is pure. `Features` is the thread: it chooses the source and tells it to everybody as `/performer/features`.
"""

import math
import threading
from collections.abc import Callable, Sequence
from typing import Any

from performer.clock import Clock
from performer.effects import Say

RATE_HZ = 50.0
STALE = 0.5  # seconds after which the audio's last word no longer counts
QUIET = 0.004  # below this a feature is silence
BANDS = (52, 72)  # pitches that part the low, the middle and the high band
RING = 0.5  # seconds in which a note's energy falls to 1/e
FLASH = 0.09  # seconds in which an onset falls to 1/e
STRUCK = 0.1  # an onset that rises by so much is told at once


class NoteFeatures:
    """Level, bands, centroid and onset of notes, each 0 to 1, as if they had been heard."""

    def __init__(self) -> None:
        self._bands = [0.0, 0.0, 0.0]
        self._centroid = self._onset = self._time = 0.0

    def hear(self, time: float, pitch: int, velocity: int) -> None:
        """A note begins."""
        self._fade(time)
        force = (velocity / 127.0) ** 1.5
        self._bands[sum(pitch >= edge for edge in BANDS)] += force
        weight = force / (sum(self._bands) or 1.0)
        self._centroid += (pitch / 127.0 - self._centroid) * weight
        self._onset = max(self._onset, force)

    def at(self, time: float) -> tuple[float, float, float, float, float, float]:
        """(level, low, mid, high, centroid, onset) at `time`."""
        self._fade(time)
        level, low, mid, high = (1.0 - math.exp(-energy) for energy in (sum(self._bands), *self._bands))
        return (level, low, mid, high, self._centroid if level > QUIET else 0.0, self._onset)

    def _fade(self, time: float) -> None:
        passed = max(0.0, time - self._time)
        self._time = max(self._time, time)
        self._bands = [band * math.exp(-passed / RING) for band in self._bands]
        self._onset *= math.exp(-passed / FLASH)


class Features:
    """The thread that says what the music is like, at once where something begins. While all is silent it says so twice a second only."""

    def __init__(self, clock: Clock, say: Callable[[Say], object]) -> None:
        self._clock, self._say = clock, say
        self._notes = NoteFeatures()
        self._audio: tuple[float, tuple[float, ...]] = (-1e9, (0.0,) * 6)
        self._lock = threading.Lock()
        self._said = 0.0  # the onset that was told last
        self._stop, self._struck = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="features", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._struck.set()
        self._thread.join(1.0)

    def from_audio(self, values: Sequence[Any]) -> None:
        """The listening process says: level, low, mid, high, centroid, onset."""
        if len(values) == 6:
            self._audio = (self._clock.now(), tuple(float(value) for value in values))
            if self._audio[1][5] > self._said + STRUCK:
                self._struck.set()

    def notice(self, address: str, arguments: Sequence[Any]) -> None:
        """A note was heard or played."""
        if address == "/performer/heard" and arguments[1] > 0:
            pitch, velocity = arguments[0], arguments[1]
        elif address == "/performer/played":
            pitch, velocity = arguments[1], arguments[2]
        else:
            return
        with self._lock:
            self._notes.hear(self._clock.now(), pitch, velocity)
        self._struck.set()

    def now(self) -> tuple[float, ...]:
        """The six features and the source: 1 where the audio input sounds, 0 where the notes speak."""
        time = self._clock.now()
        heard, audio = self._audio
        if time - heard < STALE and audio[0] > QUIET:
            return (*audio, 1.0)
        with self._lock:
            return (*self._notes.at(time), 0.0)

    def _run(self) -> None:
        silent = 0
        while not self._stop.is_set():
            self._struck.wait(1.0 / RATE_HZ)
            self._struck.clear()
            values = self.now()
            self._said = values[5]
            silent = 0 if max(values[0], values[5]) > QUIET else silent + 1
            if silent <= 1 or silent % int(RATE_HZ / 2) == 0:
                self._say(Say("/performer/features", values))
