import pytest

from performer.parameters import SCALES
from performer.session.hearing import MOST_TOGETHER, Hearing
from performer.session.keys import Key
from performer.session.tonality import Tonality


def key(pitch):
    return Key("midi", 1, pitch)


def test_a_note_is_fed_when_it_ends_with_its_duration():
    hearing = Hearing()
    assert list(hearing.down(1.0, key(60), 90, 0)) == []
    (note,) = hearing.up(1.5, key(60))
    assert (note.pitch, note.duration, note.gap, note.own) == (60, 0.5, 0.0, False)


def test_a_note_that_still_sounds_at_the_next_onset_has_no_duration_yet():
    hearing = Hearing()
    list(hearing.down(1.0, key(60), 90, 0))
    (note,) = hearing.down(1.2, key(64), 80, 0)
    assert note.duration is None
    (second,) = hearing.up(1.6, key(64))
    assert second.gap == pytest.approx(0.2)


def test_what_is_planned_counts_as_heard_when_its_time_has_come():
    hearing = Hearing()
    hearing.plan(2.0, 70, 64, 0.5, 0, voice=1)
    assert list(hearing.settle(1.9)) == []
    assert hearing.pending(1.9) == ()
    (note,) = hearing.settle(2.0)
    assert note.own
    assert note.duration == 0.5


def test_what_is_cut_before_it_begins_was_never_heard():
    hearing = Hearing()
    hearing.plan(2.0, 70, 64, 5.0, 0, voice=1)
    hearing.plan(3.0, 72, 64, 5.0, 0, voice=1)
    hearing.cut(2.5, voice=1)
    (note,) = hearing.settle(9.0)
    assert (note.pitch, note.duration) == (70, 0.5)


def test_a_unison_of_voices_is_heard_as_one_note():
    hearing = Hearing()
    list(hearing.down(2.0, key(70), 90, 0))
    for voice, onset in ((1, 2.001), (2, 2.002), (3, 2.003)):
        hearing.plan(onset, 70 if voice < 3 else 74, 64, None, 0, voice)
    assert [(note.pitch, note.own) for note in hearing.pending(2.1)] == [(70, False), (70, True), (74, True)]
    for voice in (1, 2, 3):
        hearing.cut(2.5, voice)
    assert [(note.pitch, note.own) for note in hearing.up(2.5, key(70))] == [(70, False), (70, True), (74, True)]
    assert hearing.pending(2.5) == ()


def test_the_latest_onset_is_one_that_the_model_hears():
    """From there it reckons the gap of what it composes."""
    hearing = Hearing()
    for place in range(MOST_TOGETHER + 2):
        hearing.plan(2.0 + 0.0008 * place, 60 + place, 64, 0.5, 0, voice=place + 1)
    heard = 2.0 + 0.0008 * (MOST_TOGETHER - 1)
    assert hearing.last_before(3.0) == pytest.approx(heard)
    assert 2.0 + sum(note.gap for note in hearing.expected(3.0, 3.0)) == pytest.approx(heard)
    list(hearing.settle(3.0))
    assert hearing.last_before(3.0) == pytest.approx(heard)


def test_of_a_great_chord_as_much_is_heard_as_music_has_and_all_that_the_human_plays():
    hearing = Hearing()
    for voice in range(1, 17):
        hearing.plan(2.0 + voice / 5000, 40 + voice, 64, 0.5, 0, voice)
    fed = [note for pitch in (80, 83) for note in hearing.down(2.004, key(pitch), 90, 0)]
    heard = [(note.pitch, note.own) for note in (*fed, *hearing.pending(2.4))]
    assert heard == [(40 + voice, True) for voice in range(1, MOST_TOGETHER + 1)] + [(80, False), (83, False)]
    hearing.plan(2.6, 70, 64, 0.5, 0, 1)
    assert [note.pitch for note in hearing.pending(2.7)][-1] == 70


@pytest.mark.parametrize(("onset", "part"), [(2.2, 0), (2.001, 3)], ids=["later", "of another instrument"])
def test_the_same_pitch_is_heard_again(onset, part):
    hearing = Hearing()
    hearing.plan(2.0, 70, 64, 0.1, 0, voice=1)
    hearing.plan(onset, 70, 64, 0.1, part, voice=2)
    assert [note.pitch for note in hearing.pending(9.0)] == [70, 70]
    assert [note.pitch for note in hearing.settle(9.0)] == [70, 70]


@pytest.mark.parametrize(("pitches", "key"), [
    ((60, 62, 64, 65, 67, 69, 71, 72, 67, 64, 60), (0, "major")),
    ((57, 59, 60, 62, 64, 65, 68, 69, 64, 60, 57), (9, "minor")),
    ((66, 70, 73, 66, 68, 70, 71, 73, 78, 66), (6, "major")),
])  # fmt: skip
def test_the_key_of_a_tune(pitches, key):
    tonality = Tonality()
    for pitch in pitches:
        tonality.hear(pitch, 90)
    assert tonality.key == key
    tonic, mode = key
    scale = {(tonic + degree) % 12 for degree in SCALES[mode]}
    assert len(tonality.classes()) >= 5 and set(tonality.classes()) <= scale | {pitch % 12 for pitch in pitches}
    assert set(tonality.scale()) == scale


def test_the_key_follows_a_modulation_within_two_bars_of_eighths():
    tonality = Tonality()
    for pitch in (60, 64, 67, 72, 71, 69, 67, 65, 64, 62, 60, 67) * 3:
        tonality.hear(pitch, 90)
    assert tonality.key == (0, "major")
    for pitch in (64, 68, 71, 76, 75, 73, 71, 69, 68, 66, 64, 71, 75, 76, 73, 64):
        tonality.hear(pitch, 90)
    assert tonality.key == (4, "major")


def test_what_is_pending_is_reckoned_again_when_something_changes():
    hearing = Hearing()
    list(hearing.down(1.0, key(60), 90, 0))
    before = hearing.pending(1.5)
    assert hearing.pending(1.5) is before and before[0].duration is None
    hearing.plan(1.5, 64, 80, None, 0, voice=1)
    assert [note.pitch for note in hearing.pending(1.5)] == [60, 64]
    hearing.cut(1.5, 1, frozenset({64}))
    assert hearing.pending(1.5)[1].duration == pytest.approx(0.01)
    list(hearing.up(1.5, key(60)))
    assert hearing.pending(1.5) == ()
