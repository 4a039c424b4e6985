"""Synthetic sounds, and what the analysis makes of them."""

import numpy as np

from performer.listening.analysis import Analysis
from performer.listening.spectrum import Samples

RATE_HZ = 48000.0


def silence(seconds: float, rate_hz: float = RATE_HZ) -> Samples:
    return np.zeros((round(seconds * rate_hz), 1), np.float32)


def sine(hz: float, seconds: float, db: float = 0.0, rate_hz: float = RATE_HZ) -> Samples:
    """A sine of so many dBFS: 0 is full scale."""
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    return (10.0 ** (db / 20.0) * np.sin(2.0 * np.pi * hz * time)).astype(np.float32)[:, None]


def noise(seconds: float, db: float, seed: int = 1) -> Samples:
    """White noise of so many dBFS."""
    samples = np.random.default_rng(seed).standard_normal((round(seconds * RATE_HZ), 1))
    return (samples * 10.0 ** (db / 20.0) / np.sqrt(2.0)).astype(np.float32)


def features(samples: Samples, rate_hz: float = RATE_HZ, block: int = 256) -> np.ndarray:
    """All features of a sound that arrives in blocks. # (frames, 6)"""
    analysis = Analysis(rate_hz)
    return np.array([each for at in range(0, len(samples), block) for each in analysis.hear(samples[at : at + block])])


def onset_times(samples: Samples, rate_hz: float = RATE_HZ, block: int = 64) -> list[float]:
    """When the analysis, having heard no more than that, said that a sound had begun, in seconds."""
    analysis = Analysis(rate_hz)
    times = []
    for at in range(0, len(samples), block):
        for _ in analysis.hear(samples[at : at + block]):
            times += [(at + block) / rate_hz] * (analysis.onsets.count - len(times))
    return times
