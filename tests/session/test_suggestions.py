"""Suggestions: alternatives that are seen, heard and chosen, and the way back to an earlier idea; held against what sounds."""

from collections import defaultdict

import pytest

from performer.effects import Ask, Drop, Play, Say
from performer.events import Choose, Listen, Panic, ParameterSet, Suggest, Sync, Timed
from performer.inference.lstm import load_mind
from performer.parameters import QUANTISE
from tests.inference.conftest import TINY
from tests.stagehands import StepMind, melody, offline

BEGIN = Timed(0.0, Sync())
BAR = 2.0  # seconds


def told(graph, address):
    return [effect.arguments for effect in graph.said if isinstance(effect, Say) and effect.address == address]


def phrases(graph):
    """Each suggestion as it was told last: (pitch, velocity, beat, beats) by number."""
    found = defaultdict(list)
    for _, number, *note in told(graph, "/performer/suggestion"):
        found[number].append(tuple(note))
    return found


def tiny(**settings):
    return offline(mind=load_mind(TINY), **settings)


def onsets(notes, first, last):
    return sorted((round((note.start - first) * 2, 3), note.pitch) for note in notes if first - 0.001 <= note.start < last - 0.001)


def test_as_many_different_phrases_as_were_asked_for():
    graph = tiny(mode="autonomous")
    graph.play([BEGIN, Timed(3.0, Suggest(1, 5))], until=3.1)
    found = phrases(graph)
    assert sorted(found) == [1, 2, 3, 4, 5]
    assert [row[:2] for row in told(graph, "/performer/suggestion/ready")] == [(1, number) for number in range(1, 6)]
    assert len({tuple(notes) for notes in found.values()}) == 5
    assert all(0.0 <= beat < 8.0 and beat + beats <= 8.0 + 1e-6 for notes in found.values() for _, _, beat, beats in notes)


def test_they_keep_to_what_the_voice_may_play():
    graph = tiny(mode="accompany", scale="minor", key="F", low=50, high=70, polyphony=2)
    graph.play([*melody(60, 62, 64), Timed(3.0, Suggest(1, 3))], until=3.1)
    pitches = {pitch for notes in phrases(graph).values() for pitch, *_ in notes}
    assert pitches and all(50 <= pitch <= 70 and (pitch - 5) % 12 in (0, 2, 3, 5, 7, 8, 10) for pitch in pitches)


def test_the_plan_goes_on_as_if_nobody_had_asked():
    plain, asked = tiny(mode="autonomous"), tiny(mode="autonomous")
    plain.play([BEGIN], until=3.0)
    asked.play([BEGIN, Timed(2.9, Suggest(1, 3))], until=3.0)
    assert asked.score.notes == plain.score.notes
    asks = {effect.id for effect in asked.said if isinstance(effect, Ask) and effect.voice == 1}
    assert not [effect for effect in asked.said if isinstance(effect, Drop) and effect.voice == -1 and effect.id in asks]


def test_a_chosen_one_is_the_plan_from_the_next_bar_and_no_committed_note_is_lost():
    graph = tiny(mode="autonomous", strength=1.0)
    graph.play_on([BEGIN, Timed(3.0, Suggest(1, 3)), Timed(4.7, Choose(1, 2, "", "bar"))], until=20.0)
    assert told(graph, "/performer/suggestion/begins") == [(1, 6.0, 12.0)]
    chosen = sorted((round(beat, 3), pitch) for pitch, _, beat, _ in phrases(graph)[2])
    assert chosen and onsets(graph.score.notes, 6.0, 10.0) == chosen
    committed = [(c[1], round(c[3], 6)) for c in told(graph, "/performer/plan/committed") if c[3] < 19.0]
    sounded = {(each.play.pitch, round(each.play.time, 6)) for each in graph.score.begun}
    assert set(committed) <= sounded
    assert onsets(graph.score.notes, 4.8, 6.0) and onsets(graph.score.notes, 10.0, 14.0), "nothing before it or nothing after it"


def test_the_player_who_plays_on_does_not_take_it_away():
    graph = tiny(mode="accompany", strength=1.0)
    keys = melody(*(60, 62, 64, 65, 67, 69, 71, 72) * 6, step=0.25)
    events = sorted([*keys, Timed(3.0, Suggest(1, 3)), Timed(4.7, Choose(1, 1, "", "bar"))], key=lambda timed: timed.time)
    notes = graph.play(events, until=14.0)
    assert onsets(notes, 6.0, 10.0) == sorted((round(beat, 3), pitch) for pitch, _, beat, _ in phrases(graph)[1])
    assert onsets(notes, 10.0, 13.0)


def test_now_is_the_next_place_that_can_be_reached():
    graph = tiny(mode="autonomous")
    graph.play([BEGIN, Timed(3.0, Suggest(1, 2)), Timed(4.0, Choose(1, 1, "", "now"))], until=9.0)
    ((_, time, _),) = told(graph, "/performer/suggestion/begins")
    assert 4.15 <= time < 4.5


def test_the_shows_own_quantisation_counts_where_nobody_says_when():
    graph = tiny(mode="autonomous")
    graph.session.values[QUANTISE] = "4 bars"
    graph.play([BEGIN, Timed(3.0, Suggest(1, 1)), Timed(4.0, Choose(1, 1))], until=9.0)
    assert told(graph, "/performer/suggestion/begins") == [(1, 8.0, 16.0)]


@pytest.mark.parametrize("mode", ["call", "harmonise", "input"])
def test_a_voice_that_plans_nothing_plays_it_once(mode):
    graph = tiny(mode=mode, strength=1.0)
    notes = graph.play([BEGIN, Timed(3.0, Suggest(1, 2)), Timed(3.5, Choose(1, 2, "", "bar"))], until=20.0)
    assert onsets(notes, 4.0, 20.0) == sorted((round(beat, 3), pitch) for pitch, _, beat, _ in phrases(graph)[2])
    assert graph.session.room.lanes == []


def test_one_that_is_heard_sounds_softly_and_once_on_its_channel_and_no_model_hears_it():
    mind = StepMind()
    graph = offline(mode="call", mind=mind)
    graph.session.values["/performer/suggest/channel"] = 9
    graph.play([BEGIN, Timed(3.0, Suggest(1, 2)), Timed(3.5, Listen(1, 1))], until=12.0)
    wanted = phrases(graph)[1]
    plays = [effect for effect in graph.said if isinstance(effect, Play)]
    assert [(play.channel, play.pitch) for play in plays] == [(9, pitch) for pitch, *_ in wanted]
    assert all(play.velocity < velocity for play, (_, velocity, _, _) in zip(plays, wanted, strict=True))
    assert mind.fed == []
    assert max(note.end for note in graph.score.notes) < 3.55 + 4.0 + 0.01


def test_back_is_what_it_played_before_and_again_what_it_played_before_that():
    graph = tiny(mode="autonomous", strength=1.0)
    graph.play_on([BEGIN], until=9.0)
    early = onsets(graph.score.notes, 4.0, 8.0), onsets(graph.score.notes, 0.0, 4.0)
    graph.play_on([Timed(9.0, Choose(1, 0, "", "bar"))], until=14.1)
    assert onsets(graph.score.notes, 10.0, 14.0) == early[0]
    graph.play_on([Timed(15.0, Choose(1, 0, "", "bar"))], until=20.1)
    assert onsets(graph.score.notes, 16.0, 20.0) == early[1]
    assert {number for _, number, *_ in told(graph, "/performer/suggestion")} == {0}


def test_a_phrase_that_was_chosen_is_an_idea_to_go_back_to():
    graph = tiny(mode="call", strength=1.0)
    choose = [Timed(3.0, Suggest(1, 2)), Timed(3.5, Choose(1, 2, "", "bar"))]
    graph.play_on([BEGIN, *choose, Timed(21.0, Choose(1, 0, "", "bar"))], until=30.0)
    wanted = sorted((round(beat, 3), pitch) for pitch, _, beat, _ in phrases(graph)[2])
    assert wanted and onsets(graph.score.notes, 22.0, 30.0) == wanted


@pytest.mark.parametrize(("event", "word"), [
    (Choose(1, 7, "a:1"), "no suggestion 7"), (Listen(1, 1, "a:1"), "none yet"), (Choose(1, 0, "a:1"), "no idea"),
    (Suggest(5, 3, "a:1"), "no voice 5"),
])  # fmt: skip
def test_what_is_not_there_is_said_to_who_asked(event, word):
    graph = tiny(mode="call")
    graph.play([Timed(1.0, event)], until=2.0)
    (error,) = [effect for effect in graph.said if isinstance(effect, Say) and effect.address == "/performer/error"]
    assert word in error.arguments[1] and error.sender == "a:1"


def test_a_mute_voice_says_so_and_a_panic_ends_all_of_it():
    graph = tiny(mode="autonomous")
    graph.play_on([BEGIN, Timed(3.0, Suggest(1, 2)), Timed(3.5, Listen(1, 1)), Timed(4.0, Panic())], until=4.1)
    assert not [note for note in graph.score.notes if note.end > 4.001]
    mute = Timed(5.0, ParameterSet("/performer/voice/1/mode", "mute"))
    graph.play_on([mute, Timed(5.1, Choose(1, 1))], until=6.0)
    assert "mute" in told(graph, "/performer/error")[-1][1]


def test_a_change_of_tempo_moves_a_chosen_phrase_with_its_beats():
    graph = tiny(mode="call", strength=1.0)
    events = [BEGIN, Timed(3.0, Suggest(1, 1)), Timed(3.5, Choose(1, 1, "", "bar")), Timed(4.0, ParameterSet("/performer/tempo/bpm", 60.0))]
    notes = graph.play(events, until=20.0)
    beats = sorted((round(note.start - 4.0, 1), note.pitch) for note in notes if note.start > 4.2)
    assert beats == sorted((round(beat, 1), pitch) for pitch, _, beat, _ in phrases(graph)[1] if beat > 0.2)
