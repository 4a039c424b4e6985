"""The harmony of the song: a line of chords on the timeline that voices play to, from a text, a model or the player."""

import json

import pytest

from performer.chords import Chord, progression
from performer.effects import Ask, AskChords, Say
from performer.events import ChordAnswer, NoteOff, NoteOn, ParameterSet, Progression, Sync, Timed, Transport, to_json
from performer.outputs.take_lines import read_event
from performer.parameters import Table
from performer.session.parts import Parts
from performer.session.state import Session
from tests.stagehands import melody, offline, overdue

BEGIN = Timed(0.0, Sync())
SOURCE, KEY = "/performer/song/chords", "/performer/song/key"


def song(source: str, *events: Timed, until: float = 17.0, harmonist=None, values=(), mind=None, **settings):
    graph = offline(mind=mind, **({"mode": "autonomous", "chords": "only", "strength": 1.0} | settings))
    graph.session.values[SOURCE] = source
    graph.session.values.update(values)
    if harmonist is not None:
        graph._harmonist = harmonist
    graph.play_on([BEGIN, *events], until)
    assert overdue(graph) == []
    graph.stage.silence(until)
    return graph, graph.score.notes


def told(graph):
    return [effect.arguments for effect in graph.said if isinstance(effect, Say) and effect.address == "/performer/chord"]


def inside(notes, chord_at, after=0.6):
    """The share of the notes that belong to the chord of their beat (120 bpm: two beats a second)."""
    notes = [note for note in notes if note.start > after]
    return sum(note.pitch % 12 in chord_at(note.start * 2 + 0.01).classes for note in notes) / len(notes)


def text_at(text):
    chords = progression(text, 4.0)
    return lambda beat: chords[int(beat // 4) % len(chords)].chord


def test_voices_that_plan_play_the_chords_that_were_written_each_in_its_bar():
    graph, notes = song("text", Timed(0.0, Progression("Am F C G")))
    assert len(notes) > 30 and inside(notes, text_at("Am F C G")) == 1.0
    assert [row for row in told(graph) if row[0]][:5] == [("Am", "F", 4.0), ("F", "C", 8.0), ("C", "G", 12.0), ("G", "Am", 16.0), ("Am", "F", 20.0)]


def test_leaning_favours_the_chord_and_being_free_knows_nothing_of_it():
    leaning = song("text", Timed(0.0, Progression("Dm G7 C")), chords="lean")[1]
    assert {note.pitch % 12 for note in leaning} - {0, 2, 4, 5, 7, 9, 11} == set()
    graph, notes = song("text", Timed(0.0, Progression("Db")), chords="free", until=5.0)
    assert graph.session.room.chords.at(10.0) == Chord(1) and not {1, 5, 8} >= {note.pitch % 12 for note in notes}


def test_a_chord_outside_the_key_brings_its_own_notes():
    graph, _ = song("text", Timed(0.0, Progression("E7 A7")), values={KEY: "C"}, chords="lean", until=9.0)
    asked = [(effect.classes, effect.harmony) for effect in graph.said if isinstance(effect, Ask)][1:]
    assert {(8 in classes, 1 in classes) for classes, _ in asked} == {(True, False), (False, True)}
    assert all(set(classes) >= {0, 2, 4, 5, 7, 9, 11} and harmony[4] > 1.0 for classes, harmony in asked)


def test_new_chords_come_at_the_next_bar_and_the_plan_is_thought_over():
    graph, notes = song("text", Timed(0.0, Progression("C")), Timed(4.3, Progression("F#")), until=12.0)
    assert inside([note for note in notes if note.start < 5.9], lambda _: Chord(0)) == 1.0
    assert inside([note for note in notes if note.start >= 6.0], lambda _: Chord(6)) == 1.0
    assert told(graph)[-1] == ("F#", "F#", 28.0)


def test_what_is_no_progression_is_refused_and_the_old_one_goes_on():
    graph, _ = song("text", Timed(0.0, Progression("C G")), Timed(2.0, Progression("what", "10.0.0.1:9")), until=6.0)
    errors = [effect for effect in graph.said if isinstance(effect, Say) and effect.address == "/performer/error"]
    assert errors[0].sender == "10.0.0.1:9" and "'what' is no chord" in errors[0].arguments[1]
    assert told(graph)[-1][0] in ("C", "G")


class Counting:
    """Answers the fifth and the first of the key in turn, and remembers what it was asked."""

    name = "counting"

    def __init__(self) -> None:
        self.asks: list[AskChords] = []

    def answer(self, ask):
        self.asks.append(ask)
        return tuple((Chord(7 * ((place + 1) % 2)).number(0), 4.0) for place in range(ask.count))


def test_the_model_goes_on_in_the_key_that_is_set_and_knows_what_it_said():
    harmonist = Counting()
    graph, notes = song("model", harmonist=harmonist, values={KEY: "Dm"})
    assert [name for name, _, _ in told(graph) if name][:3] == ["A", "D", "A"]
    assert all(ask.mode == 1 for ask in harmonist.asks) and len(harmonist.asks[-1].before) >= 4
    assert [number for number, _ in harmonist.asks[-1].before[:2]] == [Chord(7).number(0), Chord(0).number(0)]
    line = graph.session.room.chords
    assert line.change_after(34.5) < 53.0
    assert inside(notes, lambda beat: (Chord(9), Chord(2))[int(beat // 4) % 2]) == 1.0


def test_where_the_player_modulates_the_chords_follow_within_two_bars():
    c_major = melody(*(60, 64, 67, 65, 62, 59, 60, 67) * 4, step=0.25)
    b_major = melody(*(59, 63, 66, 64, 61, 58, 59, 66) * 6, start=9.0, step=0.25)
    graph, _ = song("model", *c_major, *b_major, harmonist=Counting(), until=21.0)
    assert graph.session.room.chords.at(41.0).root in (11, 6)
    assert {name for name, _, _ in told(graph)[1:4]} <= {"C", "G"}


def test_an_answer_that_is_late_or_never_comes_stops_nothing():
    graph = offline(mode="autonomous")
    graph.session.values[SOURCE] = "model"
    graph._harmonist = None  # nobody is asked
    asked = []
    for time in (0.0, 0.1, 0.4, 0.9, 1.6):
        effects = graph.session.handle(Timed(time, Sync() if time == 0 else NoteOn(60, 80)))
        asked += [effect for effect in effects if isinstance(effect, AskChords)]
    effects = graph.session.handle(Timed(1.7, ChordAnswer(asked[0].id, ((0, 4.0),))))
    assert len(asked) == 1 and any(isinstance(effect, Say) and effect.address == "/performer/chord" for effect in effects)
    assert graph.session.handle(Timed(1.8, ChordAnswer(999, ((13, 4.0),)))) == []


def test_the_players_own_chords_are_told_as_they_are_played():
    chords = [((48, 64, 67), 1.0), ((45, 60, 64), 3.0), ((43, 59, 62, 65), 5.0)]
    events = [Timed(at + place / 100, NoteOn(pitch, 80)) for pitches, at in chords for place, pitch in enumerate(pitches)]
    events += [Timed(at + 1.5 + place / 100, NoteOff(pitch)) for pitches, at in chords for place, pitch in enumerate(pitches)]
    graph, _ = song("player", *sorted(events, key=lambda timed: timed.time), until=8.0, mode="accompany")
    names = [name for name, _, _ in told(graph) if name]
    assert names[-1] == "G7" and set(names) <= {"C", "Am", "Am7", "G7"} and "C" in names


@pytest.mark.parametrize("events", [
    (Timed(3.0, ParameterSet("/performer/tempo/bpm", 90.0)),), (Timed(3.0, Transport("start", 0, "desk")),),
    (Timed(3.0, ParameterSet(SOURCE, "off")),), (Timed(3.0, ParameterSet(KEY, "Ebm")), Timed(3.1, ParameterSet("/performer/tempo/numerator", 3))),
])  # fmt: skip
def test_tempo_transport_and_settings_may_change_while_it_plays(events):
    graph, notes = song("model", *events, until=12.0)
    assert len(notes) > 10
    if events[0].event == ParameterSet(SOURCE, "off"):
        assert told(graph)[-1] == ("", "", 0.0) and graph.session.room.chords.at(24.0) is None
    else:
        assert graph.session.room.chords.at(24.0) is not None


@pytest.mark.parametrize("event", [ChordAnswer(3, ((0, 4.0), (91, 2.0))), ChordAnswer(4, ()), Progression("Am F:2 C:2 G", "10.0.0.1:9")])
def test_a_take_holds_what_was_said_of_chords(event):
    assert read_event(json.loads(json.dumps(to_json(event)))) == event


def test_the_same_events_and_answers_bring_the_same_chords_and_notes():
    events = [Timed(2.0, Progression("Dm G7:2 C:2")), Timed(6.2, ParameterSet(SOURCE, "text"))]
    first, second = (song("model", *events, until=12.0) for _ in range(2))
    assert first[1] == second[1] and told(first[0]) == told(second[0]) and told(first[0])[-1][0] in ("Dm", "G7", "C")


def test_who_sends_chords_to_a_song_without_any_hears_them():
    session = Session(Table(1), Parts.named(("keys",)), 7)
    assert session.values[SOURCE] == "off"
    session.handle(Timed(0.5, Progression("Am F")))  # the show's own, at its start
    assert session.values[SOURCE] == "off"
    effects = session.handle(Timed(1.0, Progression("Dm G7", "osc")))
    assert session.values[SOURCE] == "text" and Say(SOURCE, ("text",)) in effects
    assert session.room.chords.at(session.room.timeline.beat_at(1.1)).name == "Dm"
