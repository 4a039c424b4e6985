"""Figures and words of a calibration."""

import pytest

from performer.calibration.findings import Measured, as_json, delay_ms, figures, in_words
from performer.errors import PortError

CABLE = Measured("midi", "alsa", "Synth", "Synth", 5, (0.004, 0.006, 0.008, 0.010), ways=2, doubled=1)


def test_half_of_a_way_there_and_back_is_the_way_out_and_all_of_a_way_inside() -> None:
    assert delay_ms(CABLE) == -3.5
    assert delay_ms(Measured("midi", "jack", "Out", "In", 3, (0.002, 0.003, 0.004))) == -3.0


def test_the_figures_are_milliseconds() -> None:
    assert figures([0.001 * number for number in range(1, 101)]) == {"p50": 50.5, "p95": 96.0, "min": 1.0, "max": 100.0, "sd": 28.866}


def test_the_object_has_it_all() -> None:
    assert as_json(CABLE) == {
        "calibrate": "midi", "transport": "alsa", "output": "Synth", "input": "Synth", "n": 5, "lost": 1, "doubled": 1,
        "there_and_back_ms": {"p50": 7.0, "p95": 10.0, "min": 4.0, "max": 10.0, "sd": 2.236}, "delay_ms": -3.5,
    }  # fmt: skip
    audio = as_json(Measured("audio", "jack", "Out", "Mic", 3, (0.02, 0.02, 0.02), input_latency=0.0053))
    assert (audio["input_latency_ms"], audio["delay_ms"]) == (5.3, -20.0)


def test_the_words_end_with_the_line_for_the_show() -> None:
    words = in_words(CABLE)
    assert words.endswith("In the show file, under [midi]: delay = -3.5")
    assert "5 notes left Synth: 1 lost, 1 came back more than once." in words
    assert "two ways lead back" in words and "Notes were lost" in words
    clean = in_words(Measured("audio", "jack", "Out", "Mic", 1, (0.02,), input_latency=None))
    assert "could not be learned" in clean and "still in it" in clean
    assert "lost:" not in clean and "two ways" not in clean


def test_a_way_that_no_show_can_make_up_for_is_told() -> None:
    with pytest.raises(PortError, match="takes 700 ms; a show makes up for 500 ms"):
        delay_ms(Measured("audio", "jack", "Out", "Mic", 1, (0.7,)))
