from dataclasses import replace

import pytest

from performer.effects import Ask, Effect, Expect, Feed, Play
from performer.events import Answer, Bend, Control, ModelNote, NoteOff, NoteOn, ParameterSet, Tick, Timed
from performer.parameters import Table
from performer.session.chorus import TAG
from performer.session.parts import Parts
from performer.session.room import USUAL_GAP
from performer.session.state import Session
from tests.stagehands import WrittenOutput, melody, offline


def test_every_note_is_answered_at_once_and_released_with_its_key():
    graph = offline(mode="harmonise", notes=2)
    notes = graph.play([Timed(1.0, NoteOn(60, 90)), Timed(2.5, NoteOff(60))], until=9.0)
    assert len(notes) == 2
    assert {(note.start, note.end) for note in notes} == {(1.0, 2.5)}


def test_the_chord_has_as_many_notes_as_asked_of_different_pitch_classes():
    for count in (1, 3, 4):
        graph = offline(mode="harmonise", notes=count, scale="major", key="C")
        notes = graph.play(melody(64, length=1.0), until=9.0)
        classes = {note.pitch % 12 for note in notes} | {64 % 12}
        assert len(notes) == count
        assert len(classes) == count + 1


def test_loudness_follows_the_player():
    loud, soft = (
        offline(mode="harmonise", velocity=1.0).play([Timed(1.0, NoteOn(60, force)), Timed(2.0, NoteOff(60))], until=5.0) for force in (120, 20)
    )
    assert min(note.velocity for note in loud) >= 110
    assert 10 <= max(note.velocity for note in soft) <= 32


def test_pedal_and_bend_pass_on_the_voice_channel_in_harmonise_and_not_in_call():
    for mode, passed in (("harmonise", 2), ("call", 0)):
        output = WrittenOutput()
        graph = offline(mode=mode, channel=5, outputs=[output])
        graph.play_on([Timed(1.0, Control(64, 127, 1)), Timed(1.1, Bend(-100, 1))], until=2.0)
        events = [line[1] for line in output.lines if line[0] == "event"]
        assert len(events) == passed
        assert all(event.channel == 5 for event in events)


def test_two_voices_answer_on_their_own_channels():
    graph = offline(voices=2, mode="harmonise", notes=1)
    events = [Timed(0.5, ParameterSet("/performer/voice/2/mode", "harmonise")), *melody(60, length=1.0)]
    notes = graph.play(events, until=5.0)
    assert {(note.voice, note.channel) for note in notes} == {(1, 1), (2, 2)}
    assert {(note.start, note.end) for note in notes} == {(1.0, 2.0)}


def test_changing_the_channel_ends_what_sounds_on_the_old_one():
    output = WrittenOutput()
    graph = offline(mode="harmonise", notes=1, outputs=[output])
    events = [Timed(1.0, NoteOn(60, 90)), Timed(2.0, ParameterSet("/performer/voice/1/channel", 9)), Timed(3.0, NoteOff(60))]
    notes = graph.play(events, until=5.0)
    assert [(note.channel, note.end) for note in notes] == [(1, 2.0)]


def struck(session: Session, time: float, pitch: int, velocity: int = 80) -> list[Effect]:
    """The effects of a key, and of the moment in which those ask who come after the first."""
    return session.handle(Timed(time, NoteOn(pitch, velocity))) + session.handle(Timed(time, Tick(TAG)))


def asked(session: Session, time: float, pitch: int, velocity: int = 80) -> list[Ask]:
    return [effect for effect in struck(session, time, pitch, velocity) if isinstance(effect, Ask)]


def test_a_setting_is_in_the_next_ask_and_another_voice_keeps_its_own():
    session = Session(Table(2), Parts.named(("keys", "bass")), 7, {f"/performer/voice/{number}/mode": "harmonise" for number in (1, 2)})
    first, second = asked(session, 1.0, 60)
    session.handle(Timed(1.5, ParameterSet("/performer/voice/2/temperature", 0.4)))
    session.handle(Timed(1.5, ParameterSet("/performer/voice/2/high", 50)))
    again, other = asked(session, 2.0, 62)
    assert (again.temperature, again.high, again.part) == (first.temperature, first.high, first.part)
    assert (other.temperature, other.high, other.part) == (0.4, 50, second.part)


def test_an_answer_goes_to_the_voice_that_asked():
    session = Session(Table(3), Parts.named(("keys",) * 3), 7, {f"/performer/voice/{number}/mode": "harmonise" for number in (1, 2, 3)})
    asks = asked(session, 1.0, 60)
    for ask in reversed(asks):
        (play,) = session.handle(Timed(1.01, Answer(ask.id, 0, ModelNote(0.0, 60 + ask.voice, 70, None))))
        assert isinstance(play, Play) and (play.voice, play.pitch) == (ask.voice, 60 + ask.voice)
    assert session.handle(Timed(1.02, Answer(9999, 0, ModelNote(0.0, 60, 70, None)))) == []


def test_what_is_expected_is_what_is_fed_when_the_next_key_goes_down():
    """Key for key without a gap between them; each model that answers keys is told once."""
    models = {"models": ("one", "one", "two")}
    session = Session(Table(3), Parts.named(("keys",) * 3, **models), 7, {f"/performer/voice/{number}/mode": "harmonise" for number in (1, 2, 3)})
    expected: tuple[ModelNote, ...] = ()
    before = 0
    for place, pitch in enumerate((60, 64, 67, 71)):
        time = 1.0 + 0.2 * place
        effects = struck(session, time, pitch)
        assert [effect.note for effect in effects if isinstance(effect, Feed)] == list(expected)
        told = []
        for ask in (effect for effect in effects if isinstance(effect, Ask)):
            session.handle(Timed(time + 0.001, Answer(ask.id, 0, ModelNote(0.0, pitch + ask.voice, 70, None))))
            told = [effect for effect in session.handle(Timed(time + 0.002, Answer(ask.id, 1, None))) if isinstance(effect, Expect)]
        assert [effect.model for effect in told] == ["one", "two"]
        if place:
            told = [effect for effect in session.handle(Timed(time + 0.05, NoteOff(before))) if isinstance(effect, Expect)]
        expected = told[-1].heard
        assert len(expected) == 4 and (told[-1].key is not None) == (place > 0)
        before = pitch


def test_who_lets_go_of_a_key_before_the_next_is_expected_when_it_is_let_go():
    session = Session(Table(1), Parts.named(("keys",)), 7, {"/performer/voice/1/mode": "harmonise"})
    for place, pitch in enumerate((60, 64, 67)):
        (ask,) = asked(session, 1.0 + place, pitch)
        session.handle(Timed(1.1 + place, Answer(ask.id, 0, ModelNote(0.0, pitch + 4, 70, None))))
        (sounding,) = (effect for effect in session.handle(Timed(1.1 + place, Answer(ask.id, 1, None))) if isinstance(effect, Expect))
        assert len(sounding.heard) == 2 and sounding.key is None
        (expected,) = (effect for effect in session.handle(Timed(1.4 + place, NoteOff(pitch))) if isinstance(effect, Expect))
        assert expected.heard == () and expected.key is not None


def test_the_last_note_of_an_answer_ends_it():
    session = Session(Table(1), Parts.named(("keys",)), 7, {"/performer/voice/1/mode": "harmonise", "/performer/voice/1/notes": 2})
    (ask,) = asked(session, 1.0, 60)
    play, *_ = first = session.handle(Timed(1.01, Answer(ask.id, 0, ModelNote(0.0, 64, 70, None))))
    assert isinstance(play, Play) and not any(isinstance(effect, Expect) for effect in first)
    play, *_ = last = session.handle(Timed(1.02, Answer(ask.id, 1, ModelNote(0.0, 67, 70, None), last=True)))
    assert isinstance(play, Play) and any(isinstance(effect, Expect) for effect in last)
    assert session.handle(Timed(1.03, Answer(ask.id, 2, ModelNote(0.0, 71, 70, None)))) == []


def test_of_a_great_chord_nothing_is_thought_of_before_it_is_known_in_full():
    """With a voice or two the next key may belong to a chord, and finds what sounds thought of."""
    for voices in (2, 8):
        modes = {f"/performer/voice/{number}/mode": "harmonise" for number in range(1, voices + 1)}
        session = Session(Table(voices), Parts.named(("keys",) * voices), 7, modes)
        told = []
        for ask in asked(session, 1.0, 60):
            session.handle(Timed(1.001, Answer(ask.id, 0, ModelNote(0.0, 61 + ask.voice, 70, None))))
            told = [effect for effect in session.handle(Timed(1.002, Answer(ask.id, 1, None))) if isinstance(effect, Expect)]
        assert [len(effect.heard) for effect in told] == ([3] if voices == 2 else [])
        assert [effect.key is not None for effect in session.handle(Timed(1.3, NoteOff(60))) if isinstance(effect, Expect)] == [True]


def test_a_chord_of_many_voices_is_heard_while_it_sounds():
    """Nobody has to wait for eight steps of the model when the key is let go and the next one comes: the key itself, and seven of the answers."""
    modes = {f"/performer/voice/{number}/mode": "harmonise" for number in range(1, 17)}
    session = Session(Table(16), Parts.named(("keys",) * 16), 7, modes)
    asks, effects = asked(session, 1.0, 60), []
    for ask in asks:
        effects = session.handle(Timed(1.001, Answer(ask.id, 0, ModelNote(0.0, 61 + ask.voice, 70, None), last=True)))
    fed = [effect.note for effect in effects if isinstance(effect, Feed)]
    assert len(asks) == 16 and [note.own for note in fed] == [False, *[True] * 7] and all(note.duration is None for note in fed)
    released = session.handle(Timed(1.3, NoteOff(60)))
    assert [effect.heard for effect in released if isinstance(effect, Expect)] == [()] and not any(isinstance(effect, Feed) for effect in released)
    (first, *_) = asked(session, 1.5, 64)
    assert [note.pitch for note in first.heard] == [64]


def keys(session: Session, *pressed: tuple[float, int, int]) -> list[tuple[Expect, Ask]]:
    """Keys (time, pitch, velocity) one after another, each answered and let go: what was expected before each, and what was asked."""
    out, expected = [], Expect(())
    for time, pitch, velocity in pressed:
        ask = next(effect for effect in session.handle(Timed(time, NoteOn(pitch, velocity))) if isinstance(effect, Ask))
        out.append((expected, ask))
        session.handle(Timed(time + 0.001, Answer(ask.id, 0, ModelNote(0.0, pitch + 4, 70, None))))
        session.handle(Timed(time + 0.002, Answer(ask.id, 1, None)))
        effects = session.handle(Timed(time + 0.1, NoteOff(pitch)))
        expected = next(effect for effect in effects if isinstance(effect, Expect))
    return out


def test_a_key_is_told_as_it_was_expected_but_for_its_pitch():
    session = Session(Table(1), Parts.named(("keys",)), 7, {"/performer/voice/1/mode": "harmonise"})
    told = keys(session, (1.0, 60, 80), (1.3, 62, 101), (1.9, 64, 35), (4.0, 65, 127))
    for expected, ask in told[1:]:
        assert expected.key is not None and expected.parts == (ask.part,)
        assert ask.heard == (*expected.heard, replace(expected.key, pitch=ask.heard[-1].pitch))
    assert [ask.heard[-1].pitch for _, ask in told] == [60, 62, 64, 65]


def test_the_keys_of_a_chord_are_told_as_they_are():
    session = Session(Table(1), Parts.named(("keys",)), 7, {"/performer/voice/1/mode": "harmonise"})
    session.handle(Timed(1.0, NoteOn(60, 40)))
    (ask,) = asked(session, 1.02, 64)
    assert ask.heard[-1] == ModelNote(1.02 - 1.0, 64, 80, None)


@pytest.mark.parametrize(("follow", "usual"), [(0.0, 64), (1.0, 50)])
def test_an_answer_is_as_much_louder_as_the_key_was(follow, usual):
    """Than it would be otherwise: what the model says, or what the player plays."""

    def answered(velocity: int) -> int:
        session = Session(Table(1), Parts.named(("keys",)), 7, {"/performer/voice/1/mode": "harmonise", "/performer/voice/1/velocity": follow})
        for place in range(6):
            (ask,) = asked(session, 1.0 + place, 60 + place, 50)
            session.handle(Timed(1.1 + place, Answer(ask.id, 0, ModelNote(0.0, 71, 64, None))))
            session.handle(Timed(1.4 + place, NoteOff(60 + place)))
        (ask,) = asked(session, 7.0, 67, velocity)
        (play,) = session.handle(Timed(7.001, Answer(ask.id, 0, ModelNote(0.0, 71, 64, None))))
        return play.velocity

    assert [answered(velocity) for velocity in (50, 80, 35)] == [usual, usual + 30, usual - 15] and answered(127) == min(127, usual + 77)


def test_what_another_voice_plays_makes_a_key_no_chord():
    values = {"/performer/voice/1/mode": "harmonise"}
    session = Session(Table(1), Parts.named(("keys",)), 7, values)
    session.room.hearing.plan(0.97, 72, 60, 0.01, 0, 2)
    (ask,) = asked(session, 1.0, 64)
    assert ask.heard[-1].gap == USUAL_GAP


def test_drums_are_told_as_they_are():
    for part, channel in (("drums", 1), ("keys", 10)):
        session = Session(Table(1), Parts.named((part,)), 7, {"/performer/voice/1/mode": "harmonise"})
        session.handle(Timed(1.0, NoteOn(60, 40, channel)))
        session.handle(Timed(1.4, NoteOff(60, channel)))
        effects = session.handle(Timed(1.5, NoteOn(64, 90, channel)))
        ask = next(effect for effect in effects if isinstance(effect, Ask))
        assert (ask.heard[-1].gap, ask.heard[-1].velocity) == (0.5, 90)
        expected = [effect for effect in session.handle(Timed(1.8, NoteOff(64, channel))) if isinstance(effect, Expect)]
        assert all(each.key is None for each in expected)
