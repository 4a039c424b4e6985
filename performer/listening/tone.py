"""Which notes a sound is made of: the pitch of the one that stands out, and how much of each of the twelve pitch classes there is.

Pure, apart from what it remembers. It looks at a longer piece of sound than the rest of the analysis, a few times a second more slowly.
"""

import math

import numpy as np

from performer.listening.spectrum import Array

FRAME_S = 0.17  # seconds: a semitone above 100 Hz is two bins wide
HEARD_S = 0.043  # seconds of it, the newest, that tell the pitch
LOWEST_HZ, HIGHEST_HZ = 55.0, 1760.0  # of a pitch
CHROMA_HZ = (110.0, 5000.0)
CLEAR = 0.6  # of a peak of the autocorrelation: what is less clear has no pitch of its own
NEAR = 0.9  # the first peak that is so high against the highest is the period
BLUR = 0.35  # semitones: how far beside its pitch class a bin still counts
SLOW = 0.35  # the share of a new chroma in what is told


class Tone:
    """Hears the newest `size` samples at a time. `pitch` is a MIDI note number over 127, 0 before the first; `chroma` (12,) from C, its
    largest 1, all 0 in silence."""

    def __init__(self, rate_hz: float) -> None:
        self.size = 2 ** round(math.log2(rate_hz * FRAME_S))
        self.pitch = 0.0
        self.chroma: Array = np.zeros(12)
        self._heard: Array = np.zeros(12)
        self._rate = rate_hz
        self._window = np.hanning(self.size)
        self._short = 2 ** round(math.log2(rate_hz * HEARD_S))
        frequencies = np.fft.rfftfreq(self.size, 1.0 / rate_hz)
        self._bins = slice(*np.searchsorted(frequencies, CHROMA_HZ).tolist())
        notes = 69.0 + 12.0 * np.log2(frequencies[self._bins] / 440.0)
        away = (notes[:, None] - np.arange(12) + 6.0) % 12.0 - 6.0  # semitones to the nearest note of each class
        self._fold: Array = np.exp(-0.5 * (away / BLUR) ** 2)  # (bins, 12)

    def hear(self, samples: Array, sounding: bool) -> None:
        """The newest `size` samples."""
        if not sounding:
            self._heard = self._heard * (1.0 - SLOW)
            self.pitch, self.chroma = 0.0, np.zeros(12)
            return
        amplitudes = np.abs(np.fft.rfft(samples * self._window)[self._bins])
        folded = amplitudes @ self._fold
        self._heard = self._heard + (folded / (float(folded.max()) or 1.0) - self._heard) * SLOW
        self.chroma = self._heard / (float(self._heard.max()) or 1.0)
        hertz = self._hertz(samples[-self._short :])
        if hertz:
            self.pitch = min(1.0, max(0.0, (69.0 + 12.0 * math.log2(hertz / 440.0)) / 127.0))

    def _hertz(self, samples: Array) -> float:
        """The fundamental frequency by the normalised square difference (McLeod and Wyvill 2005, "A smarter way to find pitch"); 0 where there
        is none that is clear."""
        size = len(samples)
        samples = samples - samples.mean()
        spectrum = np.fft.rfft(samples, 2 * size)
        same = np.fft.irfft(spectrum.real**2 + spectrum.imag**2)[: size // 2]
        squares = np.concatenate(([0.0], np.cumsum(samples * samples)))
        lags = np.arange(size // 2)
        both = squares[size - lags] + squares[size] - squares[lags]  # of the two stretches that are compared
        likeness = 2.0 * same / np.maximum(both, 1e-12)
        first, last = int(self._rate / HIGHEST_HZ), min(size // 2 - 1, int(self._rate / LOWEST_HZ))
        inner = likeness[first : last + 1]
        peaks = np.flatnonzero((inner[1:-1] > inner[:-2]) & (inner[1:-1] >= inner[2:])) + 1
        if not len(peaks) or inner[peaks].max() < CLEAR:
            return 0.0
        lag = int(peaks[inner[peaks] >= NEAR * inner[peaks].max()][0]) + first
        before, here, after = likeness[lag - 1 : lag + 2]
        bend = before - 2.0 * here + after
        return self._rate / (lag + (0.5 * (before - after) / bend if bend else 0.0))
