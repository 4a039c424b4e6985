"""Sixteen voices in every mode at once, switched live and on the bar; what nobody should send, sent."""

import random

import pytest

from performer.events import Control, NoteOff, NoteOn, ParameterSet, Suggest, Sync, Timed
from performer.inference.lstm import load_mind
from performer.offline import Offline
from performer.parameters import MODES, SCALES, Table
from performer.session.parts import Parts
from performer.session.state import Session
from performer.session.tonality import Tonality
from tests.inference.conftest import TINY
from tests.stagehands import StepMind, WrittenOutput, melody, offline, overdue

BEGIN = Timed(0.0, Sync())
VOICES = 16


def band(mind=None, outputs=(), seed=3, **settings):
    """Sixteen voices; voice n is in the n-th mode, over again."""
    values = {f"/performer/voice/{number}/mode": MODES[number % len(MODES)] for number in range(1, VOICES + 1)}
    values |= {f"/performer/voice/{number}/{name}": value for number in range(1, VOICES + 1) for name, value in settings.items()}
    instruments = ["drums" if mode == "drums" else "keys" for mode in (MODES[number % len(MODES)] for number in range(1, VOICES + 1))]
    return Offline(Session(Table(VOICES), Parts.named(instruments), seed, values), mind or StepMind(), outputs)


def playing(seconds, step=0.25):
    return list(melody(*(60 + (0, 2, 4, 7, 9, 7, 4, 2)[place % 8] for place in range(int(seconds / step))), step=step, length=step * 0.8))


def test_sixteen_voices_in_all_modes_play_each_on_its_channel():
    graph = band()
    notes = graph.play([BEGIN, *playing(8.0)], until=14.0)
    sounded = {note.voice for note in notes}
    silent = {number for number in range(1, VOICES + 1) if MODES[number % len(MODES)] == "mute"}
    assert sounded == set(range(1, VOICES + 1)) - silent
    assert all(note.channel == note.voice for note in notes)


@pytest.mark.parametrize("when", ["now", "beat", "bar"])
def test_all_of_them_change_modes_all_the_time_and_nothing_hangs(when):
    graph, rng = band(), random.Random(2)
    changes = [
        Timed(1.0 + 0.21 * place, ParameterSet(f"/performer/voice/{rng.randrange(1, VOICES + 1)}/mode", rng.choice(MODES), "", when))
        for place in range(60)
    ]
    mutes = [Timed(15.0, ParameterSet(f"/performer/voice/{number}/mode", "mute", "", "now")) for number in range(1, VOICES + 1)]
    graph.play_on(sorted([BEGIN, *playing(13.0), *changes], key=lambda timed: timed.time), until=15.0)
    assert graph.score.begun
    graph.play_on(mutes, until=24.0)
    assert len(graph.stage.ledger) == 0 and graph.session.room.lanes == []
    assert max(each.play.time for each in graph.score.begun) < 15.01


def test_a_mode_on_the_bar_begins_on_the_bar_and_the_old_one_plays_up_to_it():
    graph = offline(mode="autonomous", strength=1.0)
    graph.play([BEGIN, Timed(3.1, ParameterSet("/performer/voice/1/mode", "mute", "", "bar"))], until=8.0)
    starts = [each.play.time for each in graph.score.begun]
    assert 3.4 < max(starts) < 4.0
    again = offline(mode="mute")
    again.play([BEGIN, Timed(3.1, ParameterSet("/performer/voice/1/mode", "autonomous", "", "bar"))], until=8.0)
    assert min(each.play.time for each in again.score.begun) == pytest.approx(4.0, abs=0.03)


@pytest.mark.parametrize("mode", MODES)
def test_a_hundred_keys_at_once_in_every_mode(mode):
    output = WrittenOutput()
    graph = offline(mode=mode, outputs=[output])
    down = [Timed(1.0, NoteOn(pitch, 127)) for pitch in range(14, 114)]
    graph.play_on([BEGIN, *down, *(Timed(1.4, NoteOff(pitch)) for pitch in range(14, 114)), *melody(60, 62, start=3.0)], until=9.0)
    assert overdue(graph) == [] and not graph.session.room.held
    begun, ended = (sum(line[0] == word for line in output.lines) for word in ("on", "off"))
    assert begun - ended == len(graph.stage.ledger)


@pytest.mark.parametrize("mode", ["call", "harmonise", "accompany", "continue", "drums"])
def test_a_cluster_that_is_held_for_minutes_and_let_go(mode):
    graph = offline(mode=mode, polyphony=4)
    down = [Timed(1.0, NoteOn(pitch, 100)) for pitch in range(48, 60)]
    graph.play_on([BEGIN, *down, *(Timed(121.0, NoteOff(pitch)) for pitch in range(48, 60))], until=130.0)
    assert graph.score.begun and overdue(graph) == [] and not graph.session.room.held


@pytest.mark.parametrize("mode", ["call", "accompany", "continue", "autonomous", "drums", "harmonise"])
def test_an_hour_of_silence_and_the_next_key_is_answered(mode):
    graph = offline(mode=mode, ahead=2.0, density=0.5)
    graph.play_on([BEGIN, *melody(60, 64, 67)], until=3600.0)
    said, asks = len(graph.said), graph.session.room.asks
    if mode not in ("continue", "autonomous"):
        assert asks < 40 and not [each for each in graph.score.begun if each.play.time > 30.0]
    graph.play_on(melody(60, 62, 64, 65, start=3601.0), until=3606.0)
    assert [each for each in graph.score.begun if each.play.time > 3600.9] and len(graph.said) > said


def test_keys_outside_the_range_of_a_voice_are_heard_and_answered_inside_it():
    graph = offline(mode="harmonise", low=60, high=66)
    notes = graph.play([event for pitch in (0, 5, 120, 127) for event in melody(pitch, start=1.0 + pitch / 50)], until=6.0)
    assert notes and all(60 <= note.pitch <= 66 for note in notes)


def test_a_range_upside_down_and_of_one_note_still_plays():
    for low, high in ((70, 50), (61, 61)):
        notes = offline(mode="autonomous", low=low, high=high, mind=load_mind(TINY)).play([BEGIN], until=6.0)
        assert notes and all(min(low, high) <= note.pitch <= max(low, high) for note in notes)


def test_a_note_off_without_a_note_on_and_a_key_that_is_struck_twice():
    graph = offline(mode="input")
    events = [NoteOff(60), NoteOn(60, 90), NoteOn(60, 70), NoteOff(60), NoteOff(60), Control(64, 127), NoteOff(61)]
    graph.play_on([Timed(1.0 + place / 10, event) for place, event in enumerate(events)], until=4.0)
    assert len(graph.score.begun) == 2 and len(graph.stage.ledger) == 0


class Poisoned(StepMind):
    """Gives no numbers in every third question, as a model would whose arithmetic overflows."""

    def query(self, constraints, rng):
        self.asked[0] += 1
        if self.asked[0] % 3 == 0:
            raise ValueError("nothing is allowed, or the model gives numbers that are not finite")
        return super().query(constraints, rng)

    def __init__(self, fed=None, asked=None):
        super().__init__(fed)
        self.asked = asked if asked is not None else [0]

    def fork(self):
        return Poisoned(list(self.fed), self.asked)


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode not in ("input", "mute")])
def test_a_model_that_gives_no_numbers_now_and_then_leaves_no_hole_in_the_show(mode):
    graph = offline(mode=mode, mind=Poisoned(), patience=0.3)
    graph.play_on([BEGIN, *playing(6.0), Timed(5.0, Suggest(1, 2)), *melody(60, 64, start=12.0)], until=16.0)
    assert graph.score.begun and overdue(graph) == []
    told = [effect.arguments for effect in graph.said if getattr(effect, "address", "") == "/performer/error"]
    assert told and all("not finite" in words for _, words in told)


@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize("step", [1, 3, 4, 6, -2])
def test_any_modulation_is_followed_within_two_bars_of_eighths(mode, step):
    ear = Tonality()
    degrees = SCALES[mode]
    tune = (0, 2, 4, 3, 1, 6, 0, 4, 5, 3, 2, 1, 4, 6, 7, 4)

    def play(tonic, places):
        for place in places:
            ear.hear(60 + tonic + degrees[place % 7] + 12 * (place // 7), 80)

    play(0, tune * 2)
    assert set(ear.classes()) <= {degree % 12 for degree in degrees}
    play(step, tune)
    inside = {(degree + step) % 12 for degree in degrees}
    assert len(set(ear.classes()) - inside) <= 1 and len(set(ear.classes()) & inside) >= 5
