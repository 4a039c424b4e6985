"""Chords: their names, their numbers in a key, progressions as text, and what is heard in a handful of notes."""

import pytest

from performer.chords import BEATS, CHORDS, QUALITIES, Chord, Timed, heard, length_class, progression, written


def test_every_chord_has_a_number_in_every_key_and_comes_back_from_it():
    numbers = {Chord(root, quality).number(5) for root in range(12) for quality in QUALITIES}
    assert numbers == set(range(CHORDS))
    assert all(Chord.numbered(Chord(root, quality).number(5), 5) == Chord(root, quality) for root in range(12) for quality in QUALITIES)
    assert Chord(7, "7").number(0) == Chord(9, "7").number(2)


def test_a_progression_as_a_musician_types_it():
    assert progression("Am F | C, G", 4.0) == tuple(Timed(Chord(*each), 4.0) for each in ((9, "m"), (5, ""), (0, ""), (7, "")))
    assert [(each.chord.name, each.beats) for each in progression("Dm7:2 G7:2 Cmaj7 F#m7b5:1.5 Bbsus Eb-7 C/E", 3.0)] == [
        ("Dm7", 2.0), ("G7", 2.0), ("Cmaj7", 3.0), ("F#m7b5", 1.5), ("Bbsus4", 3.0), ("Ebm7", 3.0), ("C", 3.0)
    ]  # fmt: skip
    assert progression(written(progression("Dm7:2 G7:2 C", 4.0)), 3.0) == progression("Dm7:2 G7:2 C", 4.0)


@pytest.mark.parametrize("text", ["", "  ", "H", "Am F Q", "C:0", "C:999", "Cwhat", "C:1e9"])
def test_what_is_no_progression_is_told_in_a_sentence(text):
    with pytest.raises(ValueError, match=r"\.$"):
        progression(text, 4.0)


@pytest.mark.parametrize(("notes", "name"), [
    ((60, 64, 67), "C"), ((57, 60, 64), "Am"), ((55, 59, 62, 65), "G7"), ((59, 62, 65), "Bdim"), ((62, 65, 69, 72), "Dm7"), ((52, 55, 60), "C"),
])  # fmt: skip
def test_a_chord_is_heard_in_its_notes(notes, name):
    weights = [0.0] * 12
    for pitch in notes:
        weights[pitch % 12] += 1.0
    assert heard(weights, min(notes) % 12).name == name


def test_a_single_note_is_no_chord():
    assert heard([1.0] + [0.0] * 11) is None
    assert heard([0.0] * 12) is None


def test_lengths_go_to_the_nearest_class():
    assert [BEATS[length_class(beats)] for beats in (0.1, 1, 2.1, 4.5, 7, 15, 99)] == [1, 1, 2, 4, 8, 16, 16]
