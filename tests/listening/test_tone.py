"""Pitch and chroma of sounds that are known."""

import numpy as np
import pytest

from performer.listening.analysis import Analysis
from tests.listening.signals import RATE_HZ, noise, silence, sine


def heard(samples: np.ndarray, rate_hz: float = RATE_HZ) -> Analysis:
    analysis = Analysis(rate_hz)
    for at in range(0, len(samples), 256):
        list(analysis.hear(samples[at : at + 256]))
    return analysis


def hertz(note: float) -> float:
    return 440.0 * 2.0 ** ((note - 69) / 12)


def tone(note: int, seconds: float = 0.6, partials: int = 6, rate_hz: float = RATE_HZ) -> np.ndarray:
    """A note with overtones, each softer."""
    return sum(sine(hertz(note) * n, seconds, -18.0 - 5.0 * n, rate_hz) for n in range(1, partials + 1))


@pytest.mark.parametrize("rate_hz", [44100.0, 48000.0, 96000.0])
@pytest.mark.parametrize("note", [36, 45, 60, 69, 84])
def test_the_pitch_of_a_note_is_its_number(note: int, rate_hz: float):
    assert heard(tone(note, rate_hz=rate_hz), rate_hz).tone.pitch * 127 == pytest.approx(note, abs=0.3)


def test_noise_has_no_pitch_and_silence_neither_pitch_nor_chroma():
    assert heard(noise(0.6, -12.0)).tone.pitch == 0.0
    after = heard(np.concatenate([tone(60), silence(1.0)])).tone
    assert after.pitch == 0.0 and not after.chroma.any()


@pytest.mark.parametrize("chord", [(60,), (57, 60, 64), (62, 66, 69)])
def test_the_chroma_of_a_chord_is_its_pitch_classes(chord: tuple[int, ...]):
    chroma = heard(sum(tone(note, partials=2) for note in chord)).tone.chroma
    classes = {note % 12 for note in chord}
    assert set(np.argsort(chroma)[-len(classes) :].tolist()) == classes
    assert chroma.max() == 1.0 and max(chroma[place] for place in range(12) if place not in classes) < 0.5
