"""From blocks of samples to the six numbers that move the picture: level, low, middle, high, centroid, onset, each 0 to 1.

Pure, apart from what it remembers. Silence gives six exact zeros half a second after it began.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from performer.listening.onset import Onsets
from performer.listening.pulse import Beats
from performer.listening.spectrum import FLOOR_DB, Array, Samples, Spectrum, level_of, loudness
from performer.listening.tone import Tone

FRAMES_HZ = 90.0
QUICK_S = 0.0213  # seconds of the frame for onsets: 1024 samples at 48 kHz
FALL = 2.5  # level and bands fall by so much a second, and rise at once
FLASH_S = 0.09  # seconds in which an onset falls to 1/e
QUIET = 0.004  # an onset that fell below is over
RANGE_DB = 30.0
LOUDEST_DB, RECOVERY_DB = -40.0, 3.0  # the loudest counts at least so much, and sinks so much a second
SMOOTH_S = 0.03  # seconds over which the centroid is smoothed
TONE_EVERY = 4  # frames
Features = tuple[float, float, float, float, float, float]


class Range:
    """The adaptive range of the bands: each is 1 at the loudest it was of late and 0 at RANGE_DB below, but none is stretched so far that
    what is RANGE_DB below the loudest of all bands would show."""

    def __init__(self) -> None:
        self._loudest_db = [LOUDEST_DB] * 3

    def of(self, bands_db: Sequence[float]) -> list[float]:
        """Where in its range each band is. Called once a frame; softer than silence is 0 in any range."""
        sunk = RECOVERY_DB / FRAMES_HZ
        self._loudest_db = [max(now, LOUDEST_DB, loudest - sunk) for now, loudest in zip(bands_db, self._loudest_db, strict=True)]
        least = max(self._loudest_db) - RANGE_DB
        tops = [max(loudest, least) for loudest in self._loudest_db]
        return [max(0.0, 1.0 + (now - top) / RANGE_DB) if now > FLOOR_DB else 0.0 for now, top in zip(bands_db, tops, strict=True)]


class Analysis:
    """Hears blocks of any length at one sample rate. A quick spectrum tells onsets, one of twice its length bands and centroid; `tone` and
    `beats` go along, `frames` counts."""

    def __init__(self, rate_hz: float) -> None:
        self.onsets, self.beats, self.tone = Onsets(FRAMES_HZ), Beats(FRAMES_HZ), Tone(rate_hz)
        self.frames = 0
        self._quick, self._fine = Spectrum(rate_hz, QUICK_S, np.hanning), Spectrum(rate_hz, 2.0 * QUICK_S, np.blackman)
        self._hop = round(rate_hz / FRAMES_HZ)
        self._waiting: Array = np.zeros(self._fine.size - self._hop)
        self._past: Array = np.zeros(self.tone.size)
        self._range = Range()
        self._held = [0.0, 0.0, 0.0, 0.0]  # level and bands
        self._centroid = self._onset = 0.0

    def hear(self, samples: Samples) -> Iterator[Features]:
        """The features of each frame that these samples complete. # samples: (n, channels), -1 to 1; what is no number counts as 0"""
        heard = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0).mean(axis=1, dtype=np.float64)
        self._waiting = np.concatenate((self._waiting, heard))
        while len(self._waiting) >= self._fine.size:
            frame = self._waiting[: self._fine.size]
            self._past = np.concatenate((self._past[self._hop :], frame[-self._hop :]))
            yield self._frame(frame)
            self._waiting = self._waiting[self._hop :]

    def _frame(self, frame: Array) -> Features:
        newest = frame[-self._quick.size :]
        newest = newest - newest.mean()  # an input with an offset is silent all the same
        level = level_of(loudness(newest))
        power = self._fine.power(frame - frame.mean())
        sounding = level > 0.0
        bands = self._range.of(self._fine.bands_db(power)) if sounding else [0.0, 0.0, 0.0]
        self._held = [max(now, before - FALL / FRAMES_HZ, 0.0) for now, before in zip((level, *bands), self._held, strict=True)]
        self._follow_centroid(power, sounding)
        strength = self.onsets.step(self._quick.fine_bands(self._quick.power(newest)), sounding)
        self.beats.step(self.onsets.flux if sounding else 0.0)
        self.frames += 1
        if self.frames % TONE_EVERY == 0:
            self.tone.hear(self._past, sounding)
        faded = self._onset * math.exp(-1.0 / (FLASH_S * FRAMES_HZ))
        self._onset = max(strength, faded if faded > QUIET else 0.0)
        held, low, middle, high = self._held
        return held, low, middle, high, self._centroid, self._onset

    def _follow_centroid(self, power: Array, sounding: bool) -> None:
        """It follows while there is sound, stays while the level falls, and is 0 in silence."""
        if sounding:
            now = self._fine.centroid(power)
            self._centroid += (now - self._centroid) * (1.0 if self._centroid == 0.0 else 1.0 - math.exp(-1.0 / (SMOOTH_S * FRAMES_HZ)))
        elif self._held[0] == 0.0:
            self._centroid = 0.0
