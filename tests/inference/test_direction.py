"""Density, polyphony, novelty and harmony as limits: held against a real model's notes."""

from itertools import pairwise

import pytest

from performer.constraints import TOGETHER, Constraints
from performer.effects import Ask
from performer.inference.direction import MEASURED
from performer.inference.sampling import limits_of
from performer.inference.thinker import Thinker


def ask(**wishes):
    fields = {
        "id": 1, "voice": 1, "seed": 3, "most": 120, "expires": 9.0, "part": 0, "low": 40, "high": 80, "classes": (), "temperature": 1.2,
        "top_p": 1.0, "gap": (0.0, 2.0), "first_gap": (0.0, 2.0),
    }  # fmt: skip
    return Ask(**(fields | wishes))


def played(mind, **wishes):
    """The answer's onsets and notes."""
    time, out = 0.0, []
    for note in Thinker(mind).answer(ask(**wishes)):
        time += note.gap
        out.append((time, note))
    return out


@pytest.mark.parametrize("density", [1.0, 3.0])
def test_no_more_onsets_a_second_than_asked_for(mind, density):
    onsets = [time for time, _ in played(mind, density=density)]
    chords = [onsets[0], *(b for a, b in pairwise(onsets) if b - a > TOGETHER)]
    spans = [b - a for a, b in zip(chords, chords[MEASURED:], strict=False)]
    assert len(spans) > 20 and min(spans) >= MEASURED / density - 0.02
    free = [time for time, _ in played(mind)]
    assert free[-1] < onsets[-1], "the limit changed nothing"


@pytest.mark.parametrize("polyphony", [1, 2, 3])
def test_no_more_notes_at_once_than_asked_for(mind, polyphony):
    notes = played(mind, polyphony=polyphony, duration=(0.1, 1.5))
    for time, _ in notes:
        sounding = sum(onset <= time + 1e-9 and onset + note.duration > time + TOGETHER + 0.006 for onset, note in notes)
        assert sounding <= polyphony


def test_what_the_voice_played_last_counts_too(mind):
    assert played(mind, polyphony=1, recent=((-0.5, 3.0, 60),))[0][0] >= 2.5 - 0.02
    assert played(mind, polyphony=1)[0][0] < 2.5
    assert played(mind, density=1.0, recent=tuple((-0.1 * each, 0.1, 60) for each in (3, 2, 1, 0)))[0][0] >= 3.6


def test_harmony_leans_and_novelty_shuns(mind):
    def share(**wishes):
        notes = [note for _, note in played(mind, **wishes)]
        return sum(note.pitch % 12 in (0, 4, 7) for note in notes) / len(notes), sum(a.pitch % 12 == b.pitch % 12 for a, b in pairwise(notes))

    chord = tuple(3.0 if each in (0, 4, 7) else 0.0 for each in range(12))
    assert share(harmony=chord)[0] > share()[0] + 0.2
    assert share(novelty=1.0)[1] < share(novelty=-1.0)[1]


def test_a_gap_of_a_chord_stays_together():
    limits = limits_of(Constraints(gap=(0.5, 1.0), together=True))
    values = [limits.value(1, index, _Half()) for index in limits.allowed[1]]
    assert all(value <= TOGETHER or 0.5 <= value <= 1.0 for value in values) and min(values) <= TOGETHER


class _Half:
    def random(self) -> float:
        return 0.5
