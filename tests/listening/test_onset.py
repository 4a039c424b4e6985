"""Onsets: found at once, once each, and not where nothing begins."""

import numpy as np
import pytest

from tests.listening.signals import RATE_HZ, features, noise, onset_times, silence, sine

SOON_S = 0.025  # a frame: no onset is told later than that


def clicks(times: list[float], seconds: float, db: float = 0.0) -> np.ndarray:
    sound = silence(seconds)
    for time in times:
        sound[round(time * RATE_HZ)] = 10.0 ** (db / 20.0)
    return sound


def notes(times: list[float], length: float, hz: float = 440.0) -> np.ndarray:
    """Plucked sounds with eight partials."""
    time = np.arange(round(length * RATE_HZ)) / RATE_HZ
    pluck = sum(np.sin(2.0 * np.pi * hz * n * time) / n for n in range(1, 9)) * np.exp(-time / 0.2) * 0.2
    sound = silence(times[-1] + length)
    for start in times:
        at = round(start * RATE_HZ)
        sound[at : at + len(pluck), 0] += pluck[: len(sound) - at].astype(np.float32)
    return sound


def assert_told(told: list[float], times: list[float]) -> None:
    assert len(told) == len(times)
    assert all(0.0 <= late <= SOON_S for late in np.subtract(told, times)), np.subtract(told, times)


@pytest.mark.parametrize("db", [0.0, -12.0])
def test_every_click_is_told_once_and_soon(db: float) -> None:
    times = [0.5 + 0.125 * n for n in range(24)]
    assert_told(onset_times(clicks(times, 4.0, db)), times)


def test_notes_that_ring_into_each_other_are_told_once_each() -> None:
    times = [0.5 + 0.17 * n for n in range(20)]
    assert_told(onset_times(notes(times, 1.0)), times)


def test_softer_notes_over_a_loud_held_sound_are_told() -> None:
    times = [1.0 + 0.25 * n for n in range(8)]
    sound = notes(times, 1.0, 880.0)
    sound += sine(110.0, len(sound) / RATE_HZ, -8.0)
    assert_told(onset_times(sound), [0.0, *times])


def test_a_held_sound_begins_once() -> None:
    assert len(onset_times(sine(110.0, 3.0, -6.0))) == 1
    assert len(onset_times(sine(55.0, 3.0, -6.0))) == 1


def test_vibrato_begins_once() -> None:
    time = np.arange(round(3.0 * RATE_HZ)) / RATE_HZ
    phase = 2.0 * np.pi * (440.0 * time + 0.3 * np.sin(2.0 * np.pi * 6.0 * time))
    assert len(onset_times((0.5 * np.sin(phase)).astype(np.float32)[:, None])) == 1


def test_steady_noise_begins_once() -> None:
    assert len(onset_times(noise(6.0, -12.0))) <= 2


def test_what_is_below_the_floor_begins_nothing() -> None:
    assert onset_times(noise(2.0, -65.0)) == []


def test_an_onset_is_a_flash_that_is_over_in_half_a_second() -> None:
    onset = features(clicks([0.5], 1.5))[:, 5]
    assert onset[:44].max() == 0.0
    assert onset.max() == 1.0
    peak = int(onset.argmax())
    assert (np.diff(onset[peak : peak + 40]) < 0.0).all()
    assert (onset[peak + 50 :] == 0.0).all()


def test_a_weaker_attack_flashes_less() -> None:
    onset = features(np.concatenate([clicks([0.5], 1.0), clicks([0.5], 1.0, -30.0)]))[:, 5]
    assert 0.1 < onset[100:].max() < 0.7 * onset[:100].max()
