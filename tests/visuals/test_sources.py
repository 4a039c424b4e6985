import json
import math
import time

import pytest

from performer.movers import MOVERS
from performer.visuals.sources import FEATURES, LFOS, MODELS, NOTES, STALE, TONES, Sources


def value(sources: Sources, name: str, now: float, number: int = 1, beats: float = 4.0) -> float:
    return sources.value(name, number, beats, now)


def heard(*pitches: int, velocity: int = 100, every: float = 0.1) -> tuple[Sources, float]:
    sources, now = Sources(), 50.0
    for pitch in pitches:
        now += every
        sources.take("/performer/heard", (pitch, velocity, 1), now)
        sources.take("/performer/heard", (pitch, 0, 1), now)
    return sources, now


def test_the_tables_names_are_all_here():
    assert set(MOVERS) == {"none", "flux", "controller", "number", "plan", *FEATURES, *TONES, *NOTES, *MODELS, *LFOS}


def test_features_are_what_was_heard_and_go_stale():
    sources = Sources()
    sources.take("/performer/features", (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 1.0), 10.0)
    assert [value(sources, name, 10.5) for name in FEATURES] == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    assert value(sources, "level", 11.5) == 0.0


def test_flux_is_what_the_bands_rise_by_and_falls_by_itself():
    sources = Sources()
    sources.take("/performer/features", (0.2, 0.1, 0.1, 0.1, 0.5, 0.0, 1.0), 10.0)
    sources.take("/performer/features", (0.5, 0.5, 0.3, 0.1, 0.5, 0.0, 1.0), 10.02)
    risen = value(sources, "flux", 10.02)
    sources.take("/performer/features", (0.2, 0.1, 0.1, 0.1, 0.5, 0.0, 1.0), 10.04)
    assert risen == 1.0 and 0.5 < value(sources, "flux", 10.04) < 1.0 and value(sources, "flux", 11.0) < 0.01


def test_density_grows_with_notes_a_second_and_fades():
    dense, slow = (_density(every) for every in (0.06, 0.5))
    assert dense > 0.6 and 0.05 < slow < 0.3
    sources, now = heard(*[60] * 30)
    assert value(sources, "density", now + 20) < 0.01


def _density(every: float) -> float:
    sources, now = heard(*[60] * 40, every=every)
    return value(sources, "density", now)


@pytest.mark.parametrize("name", ["register", "velocity"])
def test_register_and_velocity_follow_the_notes(name: str):
    high, low = (_last(pitch, force, name) for pitch, force in ((96, 120), (30, 30)))
    assert high > 0.7 and low < 0.3


def _last(pitch: int, velocity: int, name: str) -> float:
    sources, now = heard(*[pitch] * 20, velocity=velocity)
    return value(sources, name, now)


def test_tension_is_in_semitones_and_not_in_fifths():
    fifths, triad, cluster = (_tension(*chord) for chord in ((60, 67), (60, 64, 67), (60, 61, 62)))
    assert 0.0 <= fifths < triad < cluster <= 1.0
    assert fifths < 0.05 and cluster > 0.7


def _tension(*chord: int) -> float:
    sources, now = heard(*chord * 4, every=0.02)
    return value(sources, "tension", now)


def test_an_lfo_is_on_the_beat():
    sources = Sources()
    sources.take("/performer/timeline", (90.0, 8, 1000, 0.25, 1, "midi", 0), 1000.0)
    period = 4 * 60 / 90
    assert value(sources, "saw up", 1000.25) == pytest.approx(0.0, abs=1e-9)
    assert value(sources, "saw up", 1000.25 + period / 4) == pytest.approx(0.25)
    assert value(sources, "square", 1000.25 + 0.6 * period) == 0.0
    assert value(sources, "sine", 1000.25 + period / 2) == pytest.approx(1.0)
    assert value(sources, "saw up", 1000.25 + period / 2, beats=2.0) == pytest.approx(0.0, abs=1e-9)


def test_an_lfo_knows_where_the_engines_clock_began():
    sources = Sources()
    origin = time.perf_counter() - 500.0
    sources.take("/performer/status", (json.dumps({"show": "x", "clock_origin": origin}),), 0.0)
    sources.take("/performer/timeline", (120.0, 8, 500, 0.25, 1, "internal", 0), 0.0)
    beat = time.monotonic() - time.perf_counter() + origin + 500.25
    assert value(sources, "saw up", beat + 0.25, beats=1.0) == pytest.approx(0.5, abs=1e-3)
    assert value(sources, "pulse", beat + 0.125) == pytest.approx(0.25, abs=1e-3)


def test_pitch_and_chroma_are_the_notes_unless_the_audio_input_sounds():
    sources, now = heard(60, 64, 64)
    assert value(sources, "pitch", now) == 64 / 127
    assert value(sources, "chroma", now, 4) == 1.0 and 0.3 < value(sources, "chroma", now, 0) < 0.6 and value(sources, "chroma", now, 1) == 0.0
    sources.take("/performer/tone", (0.5, *(place / 11 for place in range(12))), now)
    assert value(sources, "pitch", now) == 0.5 and value(sources, "chroma", now, 11) == 1.0 and value(sources, "chroma", now, 12) == 0.0
    assert value(sources, "pitch", now + STALE) == 64 / 127
    sources.take("/performer/tone", (0.0,) * 13, now)
    assert value(sources, "pitch", now) == 64 / 127
    assert value(sources, "pitch", now + 60) == value(sources, "chroma", now + 60, 4) == 0.0


def test_the_pulse_is_the_audios_where_it_is_sure():
    sources = Sources()
    sources.take("/performer/timeline", (60.0, 0, 100, 0.0, 1, "internal", 0), 100.0)
    assert value(sources, "pulse", 100.25) == pytest.approx(0.25)
    sources.take("/performer/pulse", (120.0, 0.5, 0.1), 100.25)
    assert value(sources, "pulse", 100.25) == pytest.approx(0.25)
    sources.take("/performer/pulse", (120.0, 0.5, 0.8), 100.25)
    assert value(sources, "pulse", 100.375) == pytest.approx(0.75)


def test_the_plan_is_what_will_sound_within_a_beat():
    sources = Sources()
    sources.take("/performer/timeline", (60.0, 0, 100, 0.0, 1, "internal", 0), 100.0)
    for beat in (2.0, 2.5, 2.75):
        sources.take("/performer/plan", (1, 60, 100, 102.0, beat, 0.5), 100.0)
    sources.take("/performer/plan", (2, 60, 100, 102.0, 2.0, 0.5), 100.0)
    assert value(sources, "plan", 100.9) == 0.0
    one, all_of_them = value(sources, "plan", 101.2), value(sources, "plan", 101.8)
    assert 0.2 < one < all_of_them < 1.0
    sources.take("/performer/plan/cleared", (1, 2.25), 101.8)
    assert value(sources, "plan", 101.8) == pytest.approx(one)
    assert value(sources, "plan", 103.0) == 0.0


def test_controllers_own_numbers_and_the_models_words():
    sources = Sources()
    sources.take("/performer/moved", (74, 127, 1), 1.0)
    sources.take("/performer/source/3", (0.4,), 1.0)
    sources.take("/performer/surprise", (0.8, 60), 1.0)
    assert value(sources, "controller", 9.0, 74) == 1.0 and value(sources, "controller", 9.0, 75) == 0.0
    assert value(sources, "number", 9.0, 3) == 0.4
    assert value(sources, "surprise", 1.0) == 0.8 and value(sources, "surprise", 9.0) < 0.01


@pytest.mark.parametrize(("address", "arguments"), [
    ("/performer/timeline", (0.0, 1, 2, 0.5)), ("/performer/timeline", ("x",)), ("/performer/timeline", (math.nan, 1, 2, 0.5)),
    ("/performer/heard", ()), ("/performer/moved", ("a", 1)), ("/performer/features", (1.0,)), ("/performer/surprise", (math.inf,)),
    ("/performer/features", (math.nan,) * 7), ("/elsewhere", (1,)), ("/performer/tone", (0.5,)), ("/performer/tone", (math.nan,) * 13),
    ("/performer/pulse", (math.nan, 0.0, 1.0)), ("/performer/pulse", ()), ("/performer/plan", (1, 60, 100, 1.0, math.nan, 1.0)),
    ("/performer/plan", ("x",)), ("/performer/plan/cleared", ()), ("/performer/status", (7,)), ("/performer/status", ('{"clock_origin',)),
])  # fmt: skip
def test_malformed_words_change_nothing(address, arguments):
    sources = Sources()
    before = [value(sources, name, 100.0) for name in MOVERS]
    sources.take(address, arguments, 100.0)
    assert [value(sources, name, 100.0) for name in MOVERS] == before
