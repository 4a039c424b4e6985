"""The beat of a sound: how fast it goes and where in it the music is now, from the flux of its onsets of the last seconds. Pure.

The tempo is the lag of the best autocorrelation under a preference for 120 a minute, an octave wide (Ellis 2007, "Beat tracking by dynamic
programming"); the phase is that of the comb of this period that gathers most flux, the newer the more.
"""

import math
from collections import deque
from typing import NamedTuple

import numpy as np

from performer.listening.spectrum import Array

SECONDS = 8.0  # that it looks back
LEAST_S = 3.0  # of sound before it says anything
SLOWEST, FASTEST = 50.0, 200.0  # beats a minute
USUAL, OCTAVES = 120.0, 1.0  # of the preference
RECENT_S = 4.0  # seconds in which flux loses 1/e of its weight for the phase


class Pulse(NamedTuple):
    """Beats a minute, where in the beat the music is (0 to 1), and how sure that is: 0 no beat, 1 a metronome."""

    bpm: float
    phase: float
    sure: float


class Beats:
    """Takes the flux of each frame; `now` tells."""

    def __init__(self, frames_hz: float) -> None:
        self._hz = frames_hz
        self._flux: deque[float] = deque(maxlen=round(SECONDS * frames_hz))

    def step(self, flux: float) -> None:
        self._flux.append(flux)

    def now(self) -> Pulse:
        """At the frame that was taken last."""
        if len(self._flux) < LEAST_S * self._hz:
            return Pulse(USUAL, 0.0, 0.0)
        flux: Array = np.array(self._flux)
        flux = np.maximum(flux - np.convolve(flux, np.ones(9) / 9.0, "same"), 0.0)
        if float(flux.sum()) <= 1e-6:
            return Pulse(USUAL, 0.0, 0.0)
        flux = np.convolve(flux, (0.25, 0.5, 0.25), "same")  # a frame's rounding is no other tempo
        spectrum = np.fft.rfft(flux - flux.mean(), 2 * len(flux))
        same = np.fft.irfft(spectrum.real**2 + spectrum.imag**2)[: len(flux)]
        same = same / max(float(same[0]), 1e-12) * len(flux) / np.maximum(len(flux) - np.arange(len(flux)), len(flux) / 4)
        lags = np.arange(math.ceil(60.0 / FASTEST * self._hz), min(len(flux) // 2, math.floor(60.0 / SLOWEST * self._hz)) + 1)
        liking = np.exp(-0.5 * (np.log2(60.0 * self._hz / lags / USUAL) / OCTAVES) ** 2)
        scores: Array = same[lags] * liking
        best = int(scores.argmax())
        lag = self._between(scores, best) + float(lags[0])
        return Pulse(60.0 * self._hz / lag, self._phase(flux, lag), min(1.0, max(0.0, float(same[lags[best]]))))

    @staticmethod
    def _between(scores: Array, best: int) -> float:
        """The place of the peak, between the frames."""
        if not 0 < best < len(scores) - 1:
            return float(best)
        before, here, after = scores[best - 1 : best + 2]
        bend = before - 2.0 * here + after
        return best + (0.5 * float(before - after) / float(bend) if bend else 0.0)

    def _phase(self, flux: Array, lag: float) -> float:
        """How far into the beat the last frame is: the angle of the flux on a circle of one beat."""
        ages = np.arange(len(flux))[::-1]  # frames ago
        weights = flux * np.exp(-ages / (RECENT_S * self._hz))
        angle = float(np.angle((weights * np.exp(2j * np.pi * ages / lag)).sum()))
        return angle / (2.0 * math.pi) % 1.0
