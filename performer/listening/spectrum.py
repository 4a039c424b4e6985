"""Loudness, bands and centroid of a frame of samples. Pure: arrays in, numbers out.

dBFS is that of AES17: a sine at full scale has 0 dBFS, whether it is measured over the samples or in one band of the spectrum.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
Array = NDArray[np.float64]

LOWEST_HZ, HIGHEST_HZ = 30.0, 16000.0
EDGES_HZ = (200.0, 2000.0)  # part the low, the middle and the high band
FLOOR_DB = -60.0  # silence: what is softer counts as nothing
SILENT_DB = -200.0
FINE_PER_OCTAVE = 6


def decibels(power: float) -> float:
    """10 log10 of a power relative to that of a sine at full scale."""
    return 10.0 * math.log10(power) if power > 1e-20 else SILENT_DB


def loudness(frame: Array) -> float:
    """The dBFS of a frame of samples: 10 log10(2 mean(x^2)), since a sine at full scale has the mean square 1/2."""
    return decibels(2.0 * float(np.mean(frame * frame)))


def level_of(loudness_db: float) -> float:
    """dBFS as 0 to 1, linear in decibels: 0 at FLOOR_DB and below, 1 at 0 dBFS and above."""
    return min(1.0, max(0.0, 1.0 - loudness_db / FLOOR_DB))


class Spectrum:
    """The spectrum of frames at one sample rate. `size` is the length of a frame in samples: a power of two, about `seconds`."""

    def __init__(self, rate_hz: float, seconds: float, window: Callable[[int], Array]) -> None:
        self.size = 2 ** round(math.log2(rate_hz * seconds))
        frequencies = np.fft.rfftfreq(self.size, 1.0 / rate_hz)
        self._window = window(self.size + 1)[:-1]
        self._scale = 4.0 / self.size / float(self._window @ self._window)  # by Parseval's theorem
        self._first = max(1, int(np.searchsorted(frequencies, LOWEST_HZ)))
        heard = frequencies[self._first : np.searchsorted(frequencies, HIGHEST_HZ)]
        self._last = self._first + len(heard)
        self._notes = 69.0 + 12.0 * np.log2(heard / 440.0)
        self._thirds = [0, *(int(edge) for edge in np.searchsorted(heard, EDGES_HZ))]
        octaves = math.log2(heard[-1] / heard[0])
        fine = np.geomspace(heard[0], heard[-1], round(octaves * FINE_PER_OCTAVE), endpoint=False)
        self._fine = np.unique(np.searchsorted(heard, fine))

    def power(self, frame: Array) -> Array:
        """The power in each bin from LOWEST_HZ to HIGHEST_HZ, of `size` samples. The bins of a sine at full scale add up to 1."""
        transform = np.fft.rfft(frame * self._window)[self._first : self._last]
        power: Array = (transform.real**2 + transform.imag**2) * self._scale
        return power

    def bands_db(self, power: Array) -> tuple[float, float, float]:
        """The low, the middle and the high band in dBFS, parted at EDGES_HZ. A band above the highest bin is silent."""
        first, second = self._thirds[1], self._thirds[2]
        low, middle, high = (decibels(float(part.sum())) for part in (power[:first], power[first:second], power[second:]))
        return low, middle, high

    def fine_bands(self, power: Array) -> Array:
        """The amplitudes of bands of about a sixth of an octave, where the bins are dense enough to part them. # (bands,)"""
        amplitudes: Array = np.sqrt(np.add.reduceat(power, self._fine))
        return amplitudes

    def centroid(self, power: Array) -> float:
        """The centre of the power on the scale of MIDI's note numbers, over 127: a sine on middle C gives 60/127.

        sum(n P) / sum(P) with n = 69 + 12 log2(f/440): over log frequency, as AudioSpectrumCentroid of MPEG-7 (ISO/IEC 15938-4) is."""
        total = float(power.sum())
        return min(1.0, max(0.0, float(self._notes @ power) / total / 127.0)) if total > 0.0 else 0.0
