from performer.effects import Play, Say
from performer.events import NoteOff, NoteOn, Panic, ParameterSet, Timed
from tests.stagehands import StepMind, WrittenOutput, melody, offline


def test_a_phrase_is_answered_after_the_rest_and_not_before():
    graph = offline(patience=0.5)
    notes = graph.play(melody(60, 62, 64, 65), until=20.0)
    assert notes, "nothing was answered"
    ended = 1.0 + 3 * 0.25 + 0.2
    assert min(note.start for note in notes) >= ended + 0.5
    assert min(note.start for note in notes) < ended + 0.6
    assert all(note.end > note.start for note in notes)


def test_the_answer_is_about_as_long_as_the_phrase_and_longer_when_it_is_told_so():
    def length(factor):
        notes = offline(length=factor).play(melody(*(60, 62, 64, 65) * 4), until=60.0)
        return max(note.end for note in notes) - min(note.start for note in notes)

    assert 2.0 < length(1.0) < 6.5
    assert length(2.0) > 1.4 * length(1.0)


def test_it_stops_when_the_player_starts():
    graph = offline(length=4.0)
    events = [*melody(60, 62, 64, 65), *melody(72, start=4.0)]
    notes = graph.play(events, until=4.1)
    assert any(note.end == 4.0 for note in notes), "no sounding note was cut"
    assert all(note.start <= 4.0 for note in notes)


def test_held_keys_keep_the_phrase_open():
    graph = offline()
    notes = graph.play([Timed(1.0, NoteOn(60, 90))], until=30.0)
    assert notes == []


def test_the_answer_keeps_to_scale_and_range():
    graph = offline(scale="pentatonic", key="D", low=60, high=72)
    notes = graph.play(melody(61, 63, 66, 68, 70), until=30.0)
    assert notes
    assert {(note.pitch - 2) % 12 for note in notes} <= {0, 2, 4, 7, 9}
    assert all(60 <= note.pitch <= 72 for note in notes)


def test_the_model_hears_the_player_and_then_itself_in_order():
    mind = StepMind()
    graph = offline(mind=mind)
    notes = graph.play([*melody(60, 62, 64, 65), *melody(67, start=30.0)], until=31.0)
    assert [note.pitch for note in mind.fed[:4]] == [60, 62, 64, 65]
    assert all(not note.own for note in mind.fed[:4])
    own = [note for note in mind.fed if note.own]
    notes = [note for note in notes if note.start < 30.0]
    assert [note.pitch for note in own] == [note.pitch for note in sorted(notes, key=lambda each: each.start)]
    assert all(note.gap >= 0 for note in mind.fed)


def test_panic_silences_and_the_next_phrase_is_answered_again():
    output = WrittenOutput()
    graph = offline(outputs=[output], length=4.0)
    events = [*melody(60, 62, 64, 65), Timed(4.0, Panic()), *melody(60, 62, start=6.0)]
    notes = graph.play(events, until=20.0)
    assert ("silence",) in output.lines
    assert not any(4.0 < note.start < 6.0 for note in notes)
    assert any(note.start > 6.0 for note in notes)


def test_switching_the_mode_ends_the_answer():
    graph = offline(length=4.0)
    events = [*melody(60, 62, 64, 65), Timed(4.0, ParameterSet("/performer/voice/1/mode", "mute"))]
    notes = graph.play(events, until=20.0)
    assert notes
    assert max(note.end for note in notes) <= 4.0
    assert Say("/performer/voice/1/mode", ("mute",)) in graph.said


def test_its_own_notes_looped_back_by_a_daw_are_not_answered():
    once = offline(seed=3).play(melody(60, 62, 64, 65), until=40.0)
    looped = offline(seed=3)
    events = list(melody(60, 62, 64, 65))
    for note in once:
        events.append(Timed(note.start + 0.004, NoteOn(note.pitch, note.velocity)))
        events.append(Timed(note.end + 0.004, NoteOff(note.pitch)))
    events.sort(key=lambda timed: timed.time)
    assert looped.play(events, until=40.0) == once


def test_a_hundred_notes_at_once_are_survived_and_answered():
    graph = offline()
    events = [Timed(1.0, NoteOn(pitch, 90)) for pitch in range(14, 114)] + [Timed(1.5, NoteOff(pitch)) for pitch in range(14, 114)]
    assert graph.play(events, until=20.0)


def test_the_same_events_with_the_same_seed_give_the_same_effects():
    first, second, third = (offline(seed=seed) for seed in (5, 5, 6))
    for graph in (first, second, third):
        graph.play(melody(60, 62, 64, 65), until=20.0)
    assert first.said == second.said
    plays = [[effect for effect in graph.said if isinstance(effect, Play)] for graph in (first, third)]
    assert plays[0] != plays[1]
