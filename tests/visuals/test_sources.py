import math

import pytest

from performer.parameters import MOVERS
from performer.visuals.sources import FEATURES, LFOS, MODELS, NOTES, Sources


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
    assert set(MOVERS) == {"none", "flux", "controller", "number", *FEATURES, *NOTES, *MODELS, *LFOS}


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
    ("/performer/features", (math.nan,) * 7), ("/elsewhere", (1,)),
])  # fmt: skip
def test_malformed_words_change_nothing(address, arguments):
    sources = Sources()
    before = [value(sources, name, 100.0) for name in MOVERS]
    sources.take(address, arguments, 100.0)
    assert [value(sources, name, 100.0) for name in MOVERS] == before
