"""Three pieces of music of different character, made by rule: a drum pattern, an arpeggio that grows denser, chords that swell and rest.

Each ends with silence, in which a picture should go on calmly."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

Sound = npt.NDArray[np.float32]  # (samples, 1)
RATE = 48000
SECONDS, SILENCE = 24.0, 8.0
SIXTEENTH = 0.125  # seconds: 120 beats a minute


def drums() -> Sound:
    """Sixteen bars of kick, snare and hats that come and go."""
    sound, chance = _empty(), np.random.default_rng(3)
    for step in range(int(SECONDS / SIXTEENTH)):
        bar, place = divmod(step, 16)
        at, force = step * SIXTEENTH, (0.3, 0.6, 1.0, 0.15)[bar // 3 % 4] * chance.uniform(0.7, 1.0)
        if place in (0, 6, 10):
            _add(sound, at, force * _decaying(0.25, 0.07) * _sine(0.25, 52.0 + 90.0 * np.exp(-_time(0.25) / 0.02)))
        if place in (4, 12):
            _add(sound, at, 0.6 * force * _decaying(0.2, 0.05) * chance.standard_normal(len(_time(0.2))))
        if bar // 3 % 4 > 0 and place % 2 == 0:
            hiss = np.diff(chance.standard_normal(len(_time(0.06)) + 1))
            _add(sound, at, 0.2 * force * _decaying(0.06, 0.02) * hiss)
    return _even(sound)


def arpeggio() -> Sound:
    """Plucked notes up and down the harmony, soft and slow at first, then fast and loud, then dying away."""
    sound, chance, at, number = _empty(), np.random.default_rng(4), 0.0, 0
    while at < SECONDS - 1.0:
        rise = np.sin(np.pi * at / SECONDS) ** 2
        chord = ((48, 55, 60, 64, 67, 72), (45, 52, 57, 60, 64, 69), (41, 53, 57, 60, 65, 69), (43, 50, 59, 62, 67, 74))[int(at / 3) % 4]
        note = chord[(0, 2, 4, 5, 3, 1)[number % 6]] + 12 * (number % 7 == 3)
        _add(sound, at, (0.06 + 0.6 * rise) * chance.uniform(0.8, 1.0) * _pluck(note, 0.9))
        at += 0.45 - 0.33 * rise
        number += 1
    return _even(sound)


def swell() -> Sound:
    """Held chords that grow out of nothing and fade, each another height, with rests between."""
    sound = _empty()
    for number, chord in enumerate(((36, 48, 55, 60), (64, 71, 76, 83), (43, 50, 59, 67), (84, 88, 91, 95))):
        length = 5.0
        shape = np.sin(np.pi * _time(length) / length) ** 2 * (0.25, 0.7, 1.0, 0.5)[number]
        for note in chord:
            partials = sum(_sine(length, _hertz(note) * n) / n**1.6 for n in range(1, 7))
            _add(sound, number * 6.0, 0.2 * shape * partials)
    return _even(sound)


PIECES: Mapping[str, Callable[[], Sound]] = {"drums": drums, "arpeggio": arpeggio, "swell": swell}


def _empty() -> npt.NDArray[np.float64]:
    return np.zeros(round((SECONDS + SILENCE) * RATE))


def _add(sound: npt.NDArray[np.float64], at: float, tone: npt.NDArray[np.float64]) -> None:
    first = round(at * RATE)
    sound[first : first + len(tone)] += tone[: max(0, len(sound) - first)]


def _time(seconds: float) -> npt.NDArray[np.float64]:
    return np.arange(round(seconds * RATE)) / RATE


def _decaying(seconds: float, fall: float) -> npt.NDArray[np.float64]:
    return np.exp(-_time(seconds) / fall)


def _sine(seconds: float, hertz: float | npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(np.sin(2 * np.pi * np.cumsum(np.broadcast_to(hertz, len(_time(seconds)))) / RATE))


def _pluck(note: int, seconds: float) -> npt.NDArray[np.float64]:
    return np.asarray(sum(_sine(seconds, _hertz(note) * n) * _decaying(seconds, 0.3 / n) / n for n in range(1, 7)))


def _hertz(note: float) -> float:
    return float(440.0 * 2.0 ** ((note - 69) / 12))


def _even(sound: npt.NDArray[np.float64]) -> Sound:
    """As loud as can be, but faded out before the silence."""
    gate = np.clip((SECONDS - np.arange(len(sound)) / RATE) / 0.3, 0.0, 1.0)
    sound = sound * gate
    return np.asarray((0.9 * sound / np.abs(sound).max())[:, None], np.float32)
