"""The planned lane: composed ahead, told before it sounds, committed just before it is due, replanned when the player does something new."""

from itertools import pairwise

import pytest

from performer.effects import Expect, Feed, Play, Say, Wake
from performer.events import ModelNote, NoteOn, ParameterSet, Sync, Timed, Transport
from performer.offline import Offline
from performer.parameters import Table
from performer.session.lane import COMMIT, LEAD
from performer.session.parts import Parts
from performer.session.room import DELAY
from performer.session.state import Session
from tests.stagehands import StepMind, melody, offline

BEGIN = Timed(0.0, Sync())
MODE = "/performer/voice/1/mode"


def told(graph, address):
    return [effect.arguments for effect in graph.said if isinstance(effect, Say) and effect.address == address]


class Fragile(StepMind):
    """Fails from its n-th question on, until it is mended."""

    def __init__(self, good: int) -> None:
        super().__init__()
        self.left = [good]

    def query(self, constraints, rng):
        self.left[0] -= 1
        if self.left[0] < 0:
            raise ValueError("numbers that are not finite")
        return super().query(constraints, rng)

    def fork(self):
        other = Fragile(0)
        other.fed, other.left = list(self.fed), self.left
        return other


def test_a_voice_that_plays_by_itself_stands_on_the_grid_and_keeps_on():
    graph = offline(mode="autonomous", strength=1.0)
    notes = graph.play([BEGIN], until=30.0)
    assert len(notes) > 50
    beats = [note.start * 2 for note in notes]
    assert all(abs(beat * 4 - round(beat * 4)) < 1e-6 for beat in beats)
    assert max(b - a for a, b in pairwise(beats)) <= 2.0
    assert notes[0].start < LEAD + 1.0


def test_a_free_grid_leaves_the_models_own_time():
    notes = offline(mode="autonomous", grid="free").play([BEGIN], until=5.0)
    assert abs(notes[0].start - LEAD) < 0.3
    gaps = [b.start - a.start for a, b in pairwise(notes)]
    assert all(abs(gap - 0.25) < 1e-6 for gap in gaps)


def test_every_note_is_told_before_it_sounds_and_committed_just_before_it_is_due():
    graph = offline(mode="autonomous")
    notes = graph.play([BEGIN], until=20.0)
    plans = {(pitch, round(time, 6)) for _, pitch, _, time, _, _ in told(graph, "/performer/plan")}
    committed = told(graph, "/performer/plan/committed")
    assert {(note.pitch, round(note.start, 6)) for note in notes} <= plans
    assert [(note.pitch, note.start) for note in sorted(notes, key=lambda n: n.start)] == [(c[1], c[3]) for c in committed][: len(notes)]
    plays = [effect for effect in graph.said if isinstance(effect, Play)]
    assert plays and all(play.planned and play.late == "drop" for play in plays)
    assert max(time for _, _, _, time, _, _ in told(graph, "/performer/plan")) >= 20.0 + 1.0  # four beats ahead


def test_models_have_thought_of_what_a_lane_plays_when_a_key_comes():
    table = Table(2)
    session = Session(table, Parts.named(("keys", "bass")), 7, {MODE: "harmonise", "/performer/voice/2/mode": "autonomous"})
    graph, handle = Offline(session, StepMind()), session.handle
    ready: list[ModelNote] = []  # what models have thought of and was not fed yet
    found = []

    def watched(timed):
        effects = handle(timed)
        for effect in effects:
            if isinstance(effect, Feed):
                if isinstance(timed.event, NoteOn) and effect.note.own:
                    found.append(ready[:1] == [effect.note])
                ready[:] = ready[1:] if ready[:1] == [effect.note] else []
            elif isinstance(effect, Expect):
                ready[:] = effect.heard
        return effects

    session.handle = watched
    graph.play(melody(*range(24, 104), step=0.23), until=20.0)
    assert len(found) > 5 and all(found)


def test_no_note_is_committed_earlier_than_it_must_be():
    graph = offline(mode="autonomous")
    commits = []
    handle = graph.session.handle

    def watched(timed):
        effects = handle(timed)
        commits.extend(effect.time - timed.time for effect in effects if isinstance(effect, Play))
        return effects

    graph.session.handle = watched
    graph.play([BEGIN], until=20.0)
    assert 0.5 * COMMIT < min(commits) <= max(commits) < COMMIT + 0.01


@pytest.mark.parametrize("delay_ms", [-500.0, -150.0, 200.0])
def test_notes_that_leave_earlier_or_later_are_committed_so_that_each_leaves_in_time(delay_ms: float):
    graph = Offline(Session(Table(1), Parts.named(("keys",)), 7, {MODE: "autonomous", DELAY: delay_ms}), StepMind())
    notes = graph.play([BEGIN], until=20.0)
    assert len(notes) > 40
    assert max(each.lateness for each in graph.score.begun) < 0.001
    assert all(each.sent == pytest.approx(each.play.time + delay_ms / 1000, abs=0.001) for each in graph.score.begun)


def test_a_new_key_in_the_middle_of_a_phrase_replans_what_is_not_committed_and_nothing_else():
    graph = offline(mode="accompany", scale="follow")
    c_major, f_sharp_major = (60, 62, 64, 65, 67, 69, 71, 72), (66, 68, 70, 71, 73, 75, 77, 78)
    turn = 1.0 + 16 * 0.25
    events = [*melody(*c_major * 2), *melody(*f_sharp_major * 4, start=turn)]
    notes = graph.play(events, until=14.0)
    sounded = {(note.pitch, round(note.start, 6)) for note in notes}
    committed = {(c[1], round(c[3], 6)) for c in told(graph, "/performer/plan/committed")}
    planned = {(p[1], round(p[3], 6)) for p in told(graph, "/performer/plan")}
    assert committed == sounded
    assert told(graph, "/performer/plan/cleared")
    forgotten = planned - committed
    assert forgotten and not forgotten & sounded
    late = [note.pitch % 12 for note in notes if note.start > turn + 4.0]
    assert late and {6, 8, 10, 11, 1, 3, 5} >= set(late), "the accompaniment did not go with the player into the new key"


def test_an_accompaniment_rests_when_the_player_does():
    graph = offline(mode="accompany")
    notes = graph.play(melody(*(60, 64, 67, 72) * 4), until=30.0)
    last_key = 1.0 + 15 * 0.25 + 0.2
    assert notes and min(note.start for note in notes) >= 1.0
    assert last_key < max(note.start for note in notes) < last_key + 4.0 + 1.5


def test_continue_plays_on_after_the_rest_and_stops_at_the_next_key():
    graph = offline(mode="continue", patience=0.5)
    notes = graph.play([*melody(60, 64, 67, 72), Timed(8.0, NoteOn(60, 90))], until=12.0)
    ended = 1.0 + 3 * 0.25 + 0.2
    assert min(note.start for note in notes) >= ended + 0.5
    assert len(notes) > 8 and all(note.start < 8.0 and note.end <= 8.0 for note in notes)


def test_where_the_model_fails_the_last_bar_comes_again_and_then_the_model():
    mind = Fragile(24)
    graph = offline(mode="autonomous", mind=mind)
    graph.play([BEGIN], until=12.0)
    rungs = [rung for _, rung in told(graph, "/performer/rung")]
    assert rungs[:2] == ["plan", "pattern"]
    committed = told(graph, "/performer/plan/committed")
    gaps = [b[3] - a[3] for a, b in pairwise(committed)]
    assert max(gaps) < 1.0 and committed[-1][3] > 11.0, "the pattern left a hole"
    mind.left[0] = 10_000
    graph.play([], until=16.0)
    assert [rung for _, rung in told(graph, "/performer/rung")][-1] == "plan"


def test_a_model_that_never_answers_leaves_a_rest_and_no_flood():
    graph = offline(mode="autonomous", mind=Fragile(0))
    notes = graph.play([BEGIN], until=10.0)
    assert notes == []
    assert [rung for _, rung in told(graph, "/performer/rung")] == ["rest"]
    assert sum(isinstance(effect, Wake) for effect in graph.said) < 10.0 * 10


def test_a_setting_acts_on_what_is_not_committed_yet():
    graph = offline(mode="autonomous", low=60, high=72)
    change = [Timed(5.0, ParameterSet("/performer/voice/1/low", 80)), Timed(5.0, ParameterSet("/performer/voice/1/high", 90))]
    notes = graph.play([BEGIN, *change], until=10.0)
    assert all(note.pitch >= 80 for note in notes if note.start > 5.0 + 0.5)
    assert all(note.pitch <= 72 for note in notes if note.start < 5.0)


def test_several_voices_hear_each_others_plans():
    mind = StepMind()
    graph = offline(voices=2, mode="autonomous", mind=mind)
    second = (("mode", "autonomous"), ("high", 90), ("low", 80))  # in another octave: what they play in unison is heard as one note
    graph.play([BEGIN, *(Timed(0.0, ParameterSet(f"/performer/voice/2/{name}", value)) for name, value in second)], until=8.0)
    asks = [effect for effect in graph.said if type(effect).__name__ == "Ask" and effect.voice == 2]
    assert len(graph.score.begun) > 40 and any(len(ask.heard) > 8 for ask in asks)


def test_a_plan_keeps_its_beats_when_the_tempo_changes():
    graph = offline(mode="autonomous", strength=1.0)
    notes = graph.play([BEGIN, Timed(4.0, ParameterSet("/performer/tempo/bpm", 60.0))], until=20.0)
    later = sorted(note.start for note in notes if note.start > 4.5)
    assert len(later) > 10
    beats = [8.0 + (start - 4.0) for start in later]  # eight beats were over at 120 bpm
    assert all(abs(beat * 4 - round(beat * 4)) < 1e-6 for beat in beats)


def test_a_daw_that_stops_stops_the_voices_and_one_that_goes_on_lets_them():
    tick = 60 / 120 / 24
    graph = offline(mode="autonomous")
    song = [BEGIN, Timed(0.99, Transport("start")), *(Timed(1.0 + n * tick, Transport("clock")) for n in range(24 * 12))]
    stop = 1.0 + 24 * 12 * tick
    still = [Timed(stop + n * tick, Transport("clock")) for n in range(24 * 8)]
    again = stop + 24 * 8 * tick
    on = [Timed(again, Transport("continue")), *(Timed(again + 0.001 + n * tick, Transport("clock")) for n in range(24 * 8))]
    notes = graph.play([*song, Timed(stop, Transport("stop")), *still, *on], until=again + 4.0)
    starts = [note.start for note in notes]
    assert any(2.0 < start < stop for start in starts) and any(start > again for start in starts)
    assert not [start for start in starts if stop + 0.01 < start < again]
    assert not [note for note in notes if note.start < stop and note.end > stop + 0.01]
