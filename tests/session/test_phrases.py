"""Phrases of a length, with a breath at the end of each; how dense, how loud and with how many notes: held against what sounds."""

import statistics
from itertools import pairwise

import pytest

from performer.constraints import Constraints
from performer.events import NoteOff, NoteOn, Suggest, Sync, Timed
from performer.inference.lstm import load_mind
from performer.inference.sampling import limits_of
from tests.inference.conftest import TINY
from tests.session.test_suggestions import phrases
from tests.stagehands import melody, offline

BEGIN = Timed(0.0, Sync())


def played(until=33.0, events=(), **settings):
    graph = offline(mode=settings.pop("mode", "autonomous"), mind=load_mind(TINY), **settings)
    return graph.play([BEGIN, *events], until=until)


def sounding(notes):
    """The most notes at once."""
    edges = sorted([(note.start + 0.011, 1) for note in notes] + [(note.end, -1) for note in notes])
    at_once, most = 0, 0
    for _, step in edges:
        at_once += step
        most = max(most, at_once)
    return most


@pytest.mark.parametrize(("bars", "beats"), [(1, 4), (2, 8), (3, 12)])
def test_no_note_begins_in_the_breath_at_the_end_of_a_phrase(bars, beats):
    notes = played(phrase=bars)
    places = [note.start * 2 % beats for note in notes]
    assert len(notes) > 30 and max(places) < beats - 1 + 0.01
    assert {int(place) for place in places} == set(range(beats - 1)), "the phrases are not filled"
    assert not [note for note in notes if note.start * 2 % beats + (note.end - note.start) * 2 > beats - 0.49]
    free = played()
    assert [note for note in free if note.start * 2 % beats > beats - 1 + 0.02], "without a length nothing would be seen"


def test_drums_play_through_and_a_suggestion_is_a_phrase():
    graph = offline(mode="autonomous", mind=load_mind(TINY), phrase=1)
    graph.play([BEGIN, Timed(3.0, Suggest(1, 2))], until=3.1)
    assert all(beat < 3.01 and beat + beats <= 3.51 for notes in phrases(graph).values() for _, _, beat, beats in notes)
    graph.session.voices[0].part = 2
    assert graph.session.voices[0].breaths(0.0, 16.0) == []


def test_a_gap_may_lie_before_a_rest_or_beyond_it_and_never_in_it():
    limits = limits_of(Constraints(gap=(0.1, 0.4), beyond=(1.0, 1.5)))

    class Half:
        def random(self) -> float:
            return 0.5

    values = [limits.value(1, index, Half()) for index in limits.allowed[1]]
    assert all(0.1 <= value <= 0.4 or 1.0 <= value <= 1.5 for value in values)
    assert min(values) < 0.4 and max(values) > 1.0


@pytest.mark.parametrize("most", [1, 2, 4])
def test_no_more_notes_at_once_than_the_setting(most):
    notes = played(polyphony=most, grid="free")
    assert len(notes) > 30 and sounding(notes) <= most


@pytest.mark.parametrize("density", [1.0, 2.0, 6.0])
def test_no_more_onsets_a_second_than_the_setting(density):
    notes = played(density=density, grid="free")
    onsets = sorted({round(note.start, 2) for note in notes})
    chords = [onsets[0], *(b for a, b in pairwise(onsets) if b - a > 0.03)]
    assert 0.3 * density < len(chords) / 33.0 <= 1.05 * density


def test_swing_makes_every_second_sixteenth_late():
    def late(swing):
        notes = played(swing=swing, strength=1.0)
        return {round(note.start * 8 % 2, 3) for note in notes}

    assert late(0.0) == {0.0, 1.0}
    assert late(1.0) == {0.0, 1.333}


def test_novelty_shuns_and_repetition_seeks_the_notes_played_lately():
    def repeats(novelty):
        pitches = [note.pitch % 12 for note in sorted(played(novelty=novelty, scale="chromatic"), key=lambda note: note.start)]
        return statistics.fmean(pitch in pitches[place - 4 : place] for place, pitch in enumerate(pitches) if place >= 4)

    assert repeats(-1.0) > repeats(0.0) > repeats(1.0)


def test_loudness_follows_the_player_and_keeps_the_models_accents():
    def loud(force, follow):
        keys = [Timed(0.5 + 0.25 * place, event) for place in range(80) for event in (NoteOn(60 + place % 5, force), NoteOff(60 + place % 5))]
        notes = played(until=20.0, events=keys, mode="accompany", velocity=follow)
        return [note.velocity for note in notes if note.start > 4.0]

    soft, hard = loud(30, 1.0), loud(100, 1.0)
    assert abs(statistics.fmean(soft) - 30) < 8 and abs(statistics.fmean(hard) - 100) < 8
    assert statistics.pstdev(hard) > 3.0
    assert abs(statistics.fmean(loud(30, 0.0)) - statistics.fmean(loud(100, 0.0))) < 8


def test_an_accompaniment_goes_with_the_harmony():
    def in_chord(strength):
        bars = [(60, 64, 67), (66, 70, 73)] * 4
        keys = []
        for bar, chord in enumerate(bars):
            keys += [Timed(2.0 * bar + 0.01, NoteOn(pitch, 80)) for pitch in chord] + [Timed(2.0 * bar + 1.95, NoteOff(pitch)) for pitch in chord]
        notes = played(until=16.0, events=keys, mode="accompany", scale="chromatic", harmony=strength)
        found = [note.pitch % 12 in {pitch % 12 for pitch in bars[int(note.start // 2)]} for note in notes if note.start % 2 > 0.3]
        return statistics.fmean(found)

    assert in_chord(1.0) > 0.5 > in_chord(0.0) + 0.1


def test_a_voice_that_follows_is_dense_where_the_player_is():
    def onsets(step):
        pitches = [60 + place % 7 for place in range(int(16 / step))]
        notes = played(until=17.0, events=melody(*pitches, step=step, length=step / 2), mode="accompany", follow=1.0)
        return len({round(note.start, 2) for note in notes if note.start > 4.0})

    sparse, dense = onsets(1.0), onsets(0.125)
    assert dense > 3 * sparse > 0
