"""The beat of clicks and patterns whose beat is known."""

import numpy as np
import pytest

from performer.listening.analysis import Analysis
from performer.listening.pulse import Pulse
from tests.listening.signals import RATE_HZ, noise, silence


def pattern(bpm: float, seconds: float, per_beat: int = 1) -> np.ndarray:
    """Bursts of noise on the beat, softer ones between; the last sample is on a beat."""
    sound = silence(seconds)
    burst = noise(0.03, -6.0)
    step = 60.0 / bpm / per_beat
    for number in range(int(seconds / step)):
        at = len(sound) - 1 - round(number * step * RATE_HZ) - len(burst)
        if at >= 0:
            sound[at : at + len(burst)] += burst * (1.0 if number % per_beat == 0 else 0.15)
    return sound


def pulse(samples: np.ndarray) -> Pulse:
    analysis = Analysis(RATE_HZ)
    for at in range(0, len(samples), 256):
        list(analysis.hear(samples[at : at + 256]))
    return analysis.beats.now()


@pytest.mark.parametrize("bpm", [75.0, 100.0, 120.0, 140.0])
@pytest.mark.parametrize("per_beat", [1, 2])
def test_the_tempo_of_a_pattern(bpm: float, per_beat: int):
    told = pulse(pattern(bpm, 9.0, per_beat))
    assert told.bpm == pytest.approx(bpm, rel=0.02) and told.sure > 0.4


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 0.75])
def test_the_phase_is_how_far_the_beat_is_gone(share: float):
    beat = 0.6
    sound = np.concatenate([pattern(60.0 / beat, 9.0), silence(share * beat)])
    phase = pulse(sound).phase
    away = (phase - share - 0.03 + 0.5) % 1.0 - 0.5  # the burst began 0.03 s before the beat's end of the sound
    assert abs(away) < 0.12


def test_noise_and_silence_have_no_beat():
    assert pulse(silence(9.0)).sure == 0.0
    assert pulse(noise(9.0, -12.0)).sure < 0.3
    assert pulse(silence(1.0)) == (120.0, 0.0, 0.0)
