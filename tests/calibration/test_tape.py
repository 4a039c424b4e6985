"""The tape: moments of clicks that are known to the sample, however late the callbacks came."""

from types import SimpleNamespace

import numpy as np
import pytest

from performer.calibration import audio_loop
from performer.calibration.audio_loop import Tape, without_input

RATE = 48000.0
FRAMES = 256
BEGUN = 100.0


def recorded(monkeypatch: pytest.MonkeyPatch, clicks: list[float], hum: float = 0.001, lost: range = range(0)) -> Tape:
    """A tape of two seconds that hears a click at each of these moments (a rise over 1 ms, then a decay), its callbacks up to 3 ms late.
    The `lost` blocks did not reach it."""
    rng = np.random.default_rng(3)
    time = np.arange(int(2 * RATE)) / RATE
    sound = hum * np.sin(2 * np.pi * 50 * time)
    for click in clicks:
        since = time - (click - BEGUN)
        sound += np.where(since >= 0, 0.5 * np.minimum(1.0, since / 0.001) * np.exp(-np.maximum(since, 0.0) / 0.02), 0.0)
    tape = Tape(RATE)
    late = np.where(rng.random(len(time) // FRAMES) < 0.4, 0.0, rng.uniform(0.0, 0.003, len(time) // FRAMES))
    for number, delay in enumerate(late):
        if number in lost:
            continue
        block = np.repeat(sound[number * FRAMES : (number + 1) * FRAMES, None], 2, axis=1).astype(np.float32)
        moment = BEGUN + number * FRAMES / RATE + delay
        monkeypatch.setattr(audio_loop, "time", SimpleNamespace(perf_counter=lambda moment=moment: moment))
        tape.record(block, FRAMES, SimpleNamespace(currentTime=5.0 + delay, inputBufferAdcTime=4.99 + delay), None)
    return tape


def test_a_click_is_found_where_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    clicks = [BEGUN + 0.3123, BEGUN + 0.9001, BEGUN + 1.4567]
    tape = recorded(monkeypatch, clicks)
    found = tape.onsets([click - 0.02 for click in clicks])
    assert [click + 0.0001 for click in clicks] == pytest.approx(found, abs=2.5 / RATE)  # a tenth of the rise
    assert tape.input_latency() == pytest.approx(0.01)


def test_silence_and_noise_are_no_click(monkeypatch: pytest.MonkeyPatch) -> None:
    assert recorded(monkeypatch, []).onsets([BEGUN + 0.5, BEGUN + 1.0]) == [None, None]
    assert recorded(monkeypatch, [], hum=0.0).onsets([BEGUN + 0.5]) == [None]
    assert recorded(monkeypatch, [BEGUN + 0.5], hum=0.4).onsets([BEGUN + 0.49]) == [None]


def test_blocks_that_were_lost_move_nothing_after_them(monkeypatch: pytest.MonkeyPatch) -> None:
    clicks = [BEGUN + 0.3, BEGUN + 1.2]
    found = recorded(monkeypatch, clicks, lost=range(120, 130)).onsets([click - 0.02 for click in clicks])
    assert [click + 0.0001 for click in clicks] == pytest.approx(found, abs=2.5 / RATE)


@pytest.mark.parametrize(("told", "taken"), [(0.005, 0.005), (0.0, 0.0), (89478.484, None), (-0.1, None), (0.0205, None)])
def test_an_input_latency_that_cannot_be_is_not_taken_off(told: float, taken: float | None) -> None:
    times = [0.02, 0.03]
    assert without_input(times, told) == taken
    assert times == pytest.approx([0.02 - (taken or 0.0), 0.03 - (taken or 0.0)])
