"""The six numbers, on sounds whose numbers are known."""

import itertools

import numpy as np
import pytest

from performer.listening.analysis import Analysis, Range
from performer.listening.spectrum import FLOOR_DB, Spectrum, level_of, loudness
from tests.listening.signals import features, noise, silence, sine

LEVEL, LOW, MIDDLE, HIGH, CENTROID, ONSET = range(6)


def note_of(hz: float) -> float:
    return (69.0 + 12.0 * np.log2(hz / 440.0)) / 127.0


@pytest.mark.parametrize("db", [0.0, -6.0, -30.0, -59.0])
def test_a_sine_has_the_decibels_it_was_made_with(db: float) -> None:
    samples = sine(1000.0, 0.1, db)[:, 0].astype(np.float64)
    assert loudness(samples) == pytest.approx(db, abs=0.05)
    spectrum = Spectrum(48000.0, 0.0213, np.hanning)
    middle = spectrum.bands_db(spectrum.power(samples[: spectrum.size]))[1]
    assert middle == pytest.approx(db, abs=0.3)


def test_the_level_is_linear_in_decibels_and_ends_at_both_ends() -> None:
    assert [level_of(db) for db in (12.0, 0.0, -30.0, FLOOR_DB, -200.0)] == [1.0, 1.0, 0.5, 0.0, 0.0]


def test_the_level_rises_with_every_decibel() -> None:
    levels = [features(sine(440.0, 0.5, db))[-1][LEVEL] for db in range(-70, 1, 2)]
    assert levels[0] == 0.0
    assert all(louder > softer for softer, louder in itertools.pairwise(levels[6:]))
    assert levels[-1] == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("rate_hz", [16000.0, 44100.0, 48000.0, 96000.0])
@pytest.mark.parametrize("hz", [110.0, 261.63, 1000.0, 4000.0])
def test_the_centroid_of_a_sine_is_its_note(hz: float, rate_hz: float) -> None:
    centroid = features(sine(hz, 0.5, -12.0, rate_hz), rate_hz)[-1][CENTROID]
    assert centroid == pytest.approx(note_of(hz), abs=2.0 / 127.0)


@pytest.mark.parametrize(("hz", "band"), [(60.0, LOW), (120.0, LOW), (440.0, MIDDLE), (1500.0, MIDDLE), (3000.0, HIGH), (10000.0, HIGH)])
def test_a_sine_is_in_its_band_and_in_no_other(hz: float, band: int) -> None:
    last = features(sine(hz, 2.0, -12.0))[-1]
    assert last[band] == pytest.approx(1.0, abs=0.02)
    assert [last[other] for other in (LOW, MIDDLE, HIGH) if other != band] == [0.0, 0.0]


def test_a_band_moves_over_its_whole_range_however_soft_the_music_is() -> None:
    soft = features(np.concatenate([sine(440.0, 1.0, -12.0), sine(440.0, 12.0, -34.0)]))
    assert soft[120][MIDDLE] < 0.5  # just after the loud part
    assert soft[-1][MIDDLE] == pytest.approx(1.0, abs=0.02)


def test_below_its_floor_a_band_is_silent_in_any_range() -> None:
    scale = Range()
    assert [scale.of([db] * 3)[0] for db in (-61.0, -40.0, -55.0)] == [0.0, 1.0, pytest.approx(0.5, abs=0.01)]


def test_a_soft_band_is_stretched_but_not_without_end() -> None:
    scale = Range()
    assert scale.of([-6.0, -30.0, -38.0]) == [1.0, 1.0, pytest.approx(1.0 - 2.0 / 30.0)]


@pytest.mark.parametrize("sound", [silence(1.0), silence(1.0) + 0.05, noise(1.0, -66.0)], ids=["zeros", "offset", "hiss"])
def test_silence_is_exactly_at_rest(sound: np.ndarray) -> None:
    assert (features(np.concatenate([sound, sound, sound]))[-90:] == 0.0).all()


def test_half_a_second_after_the_sound_everything_is_exactly_at_rest() -> None:
    sounding = np.concatenate([noise(1.0, -6.0), silence(1.0)])
    heard = features(sounding)
    assert (heard[60:88, :5] > 0.0).all()
    assert (heard[int(1.55 * 90) :] == 0.0).all()


def test_every_number_stays_between_0_and_1_whatever_comes() -> None:
    broken = [np.full((4800, 1), value, np.float32) for value in (np.nan, np.inf)]
    wild = np.concatenate([noise(0.5, 20.0), sine(30.0, 0.5, 12.0), *broken])
    heard = features(np.concatenate([wild, silence(1.0)]))
    assert ((heard >= 0.0) & (heard <= 1.0)).all()
    assert (heard[-1] == 0.0).all()


def test_both_channels_count_and_blocks_may_have_any_length() -> None:
    mono = noise(0.5, -10.0)
    stereo = np.concatenate([2.0 * mono, 0.0 * mono], axis=1)
    whole = features(mono, block=len(mono))
    for block in (1, 64, 1000):
        np.testing.assert_allclose(features(stereo, block=block), whole, atol=1e-6)


def test_features_come_ninety_times_a_second() -> None:
    for rate_hz in (16000.0, 44100.0, 48000.0, 96000.0):
        assert len(features(silence(2.0, rate_hz), rate_hz)) == pytest.approx(180, abs=1)


def test_nothing_comes_of_no_samples() -> None:
    assert list(Analysis(48000.0).hear(np.zeros((0, 2), np.float32))) == []
