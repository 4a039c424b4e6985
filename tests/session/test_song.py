"""Sections of a song, and the controls that move several others."""

import pytest

from performer.effects import Ask, Say
from performer.encoding import VOICES as INSTRUMENTS
from performer.events import ParameterSet, Sync, Timed
from performer.session.song import SECTION
from tests.stagehands import melody, offline

BEGIN = Timed(0.0, Sync())


def between(notes, first, last):
    return [note for note in notes if first <= note.start < last]


def section(time, name, when=""):
    return Timed(time, ParameterSet(SECTION, name, "", when))


def test_a_fill_lasts_a_bar_and_the_verse_comes_back():
    graph = offline(mode="autonomous", density=2.0)
    graph.play([BEGIN, section(3.0, "fill", "bar")], until=5.0)
    assert graph.session.values[SECTION] == "fill"
    graph.play([], until=6.1)
    assert graph.session.values[SECTION] == "verse"


def test_a_break_is_silence_until_the_verse():
    notes = offline(mode="autonomous").play([BEGIN, section(3.0, "break", "bar"), section(7.0, "verse", "bar")], until=14.0)
    assert between(notes, 0, 4.0) and between(notes, 8.0, 14.0)
    assert not between(notes, 4.15, 8.0)


def test_an_ending_is_the_chord_of_the_key_and_then_nothing():
    graph = offline(mode="accompany", low=48, high=84)
    events = [BEGIN, *melody(*(60, 64, 67, 72, 71, 67, 65, 62) * 4), section(9.1, "ending", "bar")]
    notes = graph.play(events, until=20.0)
    last = [note for note in notes if note.start > 10.15]
    assert {note.pitch % 12 for note in last} == {0, 4, 7} and len({note.start for note in last}) == 1
    assert all(note.end - note.start == pytest.approx(2.0) for note in last)


def test_a_hold_is_held_until_something_else_is_asked_for():
    graph = offline(mode="autonomous")
    graph.play([BEGIN, section(3.0, "hold", "bar")], until=12.0)
    assert graph.score.notes[-1].end == 12.0  # the test's own silence
    again = offline(mode="autonomous")
    notes = again.play([BEGIN, section(3.0, "hold", "bar"), section(7.0, "verse", "bar")], until=12.0)
    assert between(notes, 8.0, 12.0)


@pytest.mark.parametrize(("control", "row"), [("energy", "density"), ("complexity", "polyphony"), ("freedom", "temperature")])
def test_a_control_moves_others_in_sight(control, row):
    graph = offline()
    said = []
    for place, value in enumerate((0.0, 1.0)):
        graph.play([Timed(1.0 + place, ParameterSet(f"/performer/voice/1/{control}", value))], until=1.5 + place)
        said.append(graph.session.values[f"/performer/voice/1/{row}"])
    assert said[0] < said[1]
    assert any(isinstance(effect, Say) and effect.address == f"/performer/voice/1/{row}" for effect in graph.said)


def test_more_energy_is_more_and_louder():
    def played(energy):
        graph = offline(mode="autonomous", density=3.0)
        return graph.play([BEGIN, Timed(0.1, ParameterSet("/performer/voice/1/energy", energy))], until=12.0)

    calm, wild = played(0.05), played(0.95)
    assert len(wild) > 1.5 * len(calm)
    assert sum(n.velocity for n in wild) / len(wild) > 20 + sum(n.velocity for n in calm) / len(calm)


def test_a_fill_leaves_alone_what_drums_keep_time_with_and_rests_for_no_longer_than_half_a_beat():
    graph = offline(mode="drums", low=35, high=60)
    graph.session.voices[0].part = INSTRUMENTS.index("drums")
    graph.play([BEGIN, *melody(60, 62, 64), Timed(3.1, ParameterSet(SECTION, "fill"))], until=4.5)
    fills = [effect for effect in graph.said if isinstance(effect, Ask) and effect.without]
    others = [effect for effect in graph.said if isinstance(effect, Ask) and not effect.without]
    assert fills and all(42 in ask.without and ask.gap[1] <= 0.25 for ask in fills)
    assert others and max(ask.gap[1] for ask in others) > 0.25
