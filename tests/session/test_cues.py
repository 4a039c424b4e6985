"""Changes on a beat to come, and scenes."""

import pytest

from performer.effects import Say
from performer.events import ParameterSet, Query, Recall, Store, Sync, Timed, Transport, Wish
from performer.offline import Offline
from performer.parameters import Table
from performer.session.parts import Parts
from performer.session.state import Session
from tests.stagehands import StepMind, melody, offline

BEGIN = Timed(0.0, Sync())
MODE, SPEED = "/performer/voice/1/mode", "/performer/visuals/speed"


def told(graph, address):
    return [effect.arguments for effect in graph.said if isinstance(effect, Say) and effect.address == address]


@pytest.mark.parametrize(("when", "comes"), [("now", 1.3), ("beat", 1.5), ("bar", 2.0), ("2 bars", 4.0), ("4 bars", 8.0), ("8 bars", 16.0)])
def test_a_change_comes_on_the_beat_that_was_asked_for(when, comes):
    graph = offline()
    before = comes - 0.01 if when != "now" else 1.3
    graph.play([BEGIN, Timed(1.3, ParameterSet(SPEED, 1.5, "", when))], until=before)
    assert graph.session.values[SPEED] == (1.5 if when == "now" else 0.3)
    graph.play([], until=comes + 0.01)
    assert graph.session.values[SPEED] == 1.5
    assert [round(arguments[1], 6) for arguments in told(graph, "/performer/cue")] == ([] if when == "now" else [comes])


def test_a_later_wish_takes_the_place_of_the_one_that_waits():
    graph = offline()
    graph.play([BEGIN, Timed(0.1, ParameterSet(SPEED, 1.5, "", "bar")), Timed(0.2, ParameterSet(SPEED, 0.7))], until=5.0)
    assert graph.session.values[SPEED] == 0.7


def test_a_voice_that_is_told_to_play_at_the_bar_plays_on_its_first_beat():
    graph = offline(strength=1.0)
    notes = graph.play([BEGIN, Timed(2.3, ParameterSet(MODE, "autonomous", "", "2 bars"))], until=8.0)
    assert min(note.start for note in notes) == pytest.approx(4.0, abs=1e-6)


def test_the_old_mode_plays_up_to_the_bar_and_the_new_one_from_it():
    graph = offline(mode="autonomous", strength=1.0, low=40, high=60)
    events = [BEGIN, *(Timed(2.3, ParameterSet(a, v, "", "bar")) for a, v in (("/performer/voice/1/low", 80), ("/performer/voice/1/high", 100)))]
    notes = graph.play([*events, Timed(2.3, ParameterSet(MODE, "mute", "", "4 bars"))], until=12.0)
    assert max(note.end for note in notes) <= 8.0 + 1e-6
    assert any(7.0 < note.start < 8.0 for note in notes)


def test_the_shows_own_quantisation_is_for_modes_and_scenes_and_not_for_faders():
    graph = offline(mode="harmonise")
    graph.session.values["/performer/tempo/quantise"] = "bar"
    graph.play([BEGIN, Timed(0.5, ParameterSet(SPEED, 1.5)), Timed(0.5, ParameterSet(MODE, "mute"))], until=1.0)
    assert graph.session.values[SPEED] == 1.5 and graph.session.values[MODE] == "harmonise"
    graph.play([], until=2.01)
    assert graph.session.values[MODE] == "mute"


def test_what_was_armed_and_then_called_off_does_not_play():
    graph = offline()
    events = [BEGIN, Timed(0.2, ParameterSet(MODE, "autonomous", "", "4 bars")), Timed(0.4, ParameterSet(MODE, "call", "", "4 bars"))]
    assert graph.play(events, until=12.0) == []
    assert graph.session.room.lanes == []


@pytest.mark.parametrize("instead", ["mute", "call"])
def test_what_was_armed_and_is_called_off_at_once_does_not_play(instead):
    graph = offline()
    events = [BEGIN, Timed(0.2, ParameterSet(MODE, "autonomous", "", "4 bars")), Timed(0.4, ParameterSet(MODE, instead))]
    assert graph.play(events, until=12.0) == []
    assert graph.session.room.lanes == []


def test_another_channel_is_not_the_beat_that_an_armed_mode_waits_for():
    graph = offline(strength=1.0)
    events = [BEGIN, Timed(0.2, ParameterSet(MODE, "autonomous", "", "2 bars")), Timed(0.4, ParameterSet("/performer/voice/1/channel", 5))]
    notes = graph.play(events, until=8.0)
    assert min(note.start for note in notes) == pytest.approx(4.0, abs=1e-6)


def test_a_scene_is_stored_and_called_up_on_the_bar():
    graph = offline(temperature=0.5)
    graph.play([
        BEGIN, Timed(0.1, Store("calm")), Timed(0.2, ParameterSet("/performer/voice/1/temperature", 1.9)),
        Timed(0.3, ParameterSet(SPEED, 2.0)), Timed(2.2, Recall("calm", "", "bar")),
    ], until=3.9)  # fmt: skip
    assert graph.session.values[SPEED] == 2.0
    graph.play([], until=4.01)
    assert (graph.session.values[SPEED], graph.session.values["/performer/voice/1/temperature"]) == (0.3, 0.5)
    assert told(graph, "/performer/scene") == [("calm", "bar")]


def test_a_scene_of_the_show_file_and_one_that_is_not_there():
    session = Session(Table(1), Parts.named(("keys",)), 7, {}, {"loud": {"/performer/voice/1/velocity": 0.0, MODE: "harmonise"}})
    graph = Offline(session, StepMind())
    graph.play([BEGIN, Timed(0.5, Recall("lost", "a:1")), Timed(1.0, Recall("loud"))], until=1.5)
    assert (session.values[MODE], session.values["/performer/voice/1/velocity"]) == ("harmonise", 0.0)
    errors = [effect for effect in graph.said if isinstance(effect, Say) and effect.address == "/performer/error"]
    assert [error.sender for error in errors] == ["a:1"] and "loud" in errors[0].arguments[1]


def test_a_call_is_cut_at_the_bar_by_the_mode_that_follows():
    graph = offline(mode="call", patience=0.3, length=4.0)
    notes = graph.play([*melody(*(60, 62, 64, 65) * 3), Timed(5.0, ParameterSet(MODE, "mute", "", "bar"))], until=12.0)
    assert notes and max(note.end for note in notes) <= 6.0 + 1e-6


def test_a_change_that_waits_for_a_bar_comes_after_the_song_jumped_too():
    graph = offline(mode="autonomous")
    events = [
        BEGIN,
        Timed(101.0, ParameterSet("/performer/voice/1/mode", "mute", when="8 bars")),
        Timed(101.1, Transport("start", 0, "osc")),
    ]
    notes = graph.play(events, until=140.0)
    assert 105.0 < max(note.start for note in notes) < 121.0


def test_what_the_picture_is_asked_for_is_told_to_it_with_who_asked_and_to_no_client():
    graph = offline()
    graph.play([BEGIN, Timed(0.1, Wish("keyframe/recall", "verse", "a:1"))], until=1.0)
    assert told(graph, "/performer/visuals/keyframe/recall") == [("verse", "a:1")]
    assert "desk" in [say.sender for say in graph.said if isinstance(say, Say) and say.address == "/performer/visuals/keyframe/recall"]


def test_a_question_is_answered_to_the_one_who_asked():
    graph = offline()
    graph.play([BEGIN, Timed(0.1, ParameterSet("/performer/visuals/speed", 0.7)), Timed(0.2, Query("/performer/visuals/speed", "a:1"))], until=1.0)
    assert [say for say in graph.said if isinstance(say, Say) and say.sender == "a:1"] == [Say("/performer/visuals/speed", (0.7,), "a:1")]
