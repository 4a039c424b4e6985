"""The graph on a virtual clock: the same events give the same notes, at their times to the bit; and a take is told again."""

from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from performer.effects import Ask, Compensate, Drop, Effect, Play, Wake
from performer.events import Answer, NoteOff, NoteOn, Panic, ParameterSet, Timed
from performer.inference.echo import Echo
from performer.offline import Offline, tell_again
from performer.outputs.take import Sounded, sounded
from performer.parameters import Table
from performer.scheduler import Applied, Ended, Played, Report, Stage
from performer.session.parts import Parts
from performer.session.room import DELAY
from performer.session.state import Session
from tests.stagehands import StepMind, WrittenOutput, melody, offline

PHRASES = (*melody(60, 62, 64, 65), *melody(67, 69, 71, start=9.0), *melody(72, start=11.0), Timed(16.0, Panic()), *melody(50, 52, start=17.0))
HARMONISE = {"/performer/voice/1/mode": "harmonise", "/performer/voice/1/notes": 3}


CHOIR = {f"/performer/voice/{number}/mode": "harmonise" for number in (1, 2, 3)}


def session(seed: int = 7, values: dict[str, Any] | None = None) -> Session:
    voices = 3 if values == CHOIR else 1
    return Session(Table(voices), Parts.named(("keys",) * voices), seed, values or {})


class Recorded(Offline):
    """Keeps the lines of a take beside the notes."""

    def __init__(self, session: Session, mind: object) -> None:
        super().__init__(session, mind)
        self.lines: list[dict[str, Any]] = []
        self.stage = _Batches((), self._left, self._wake)

    def handle(self, timed: Timed) -> None:
        self.lines.append({"t": timed.time, "in": timed.event})
        super().handle(timed)

    def _left(self, report: Report) -> None:
        match report:
            case Applied(done):
                self.lines.append({"applied": done})
            case Played(_, play, _):
                self.lines.append({"t": play.time, "on": [play.voice, play.channel, play.pitch, play.velocity, play.model]})
            case Ended(time, play):
                self.lines.append({"t": time, "off": [play.voice, play.channel, play.pitch, play.velocity, play.model]})
        self.score(report)


class _Batches(Stage):
    """A stage that, as in a show, hears only of events that have something for it."""

    def apply(self, effects: Iterable[Effect]) -> None:
        batch = list(effects)
        if batch:
            super().apply(batch)


def recorded(values: dict[str, Any] | None = None, until: float = 30.0) -> tuple[list[Sounded], list[dict[str, Any]]]:
    graph = Recorded(session(values=values), StepMind())
    notes = graph.play(PHRASES, until)
    return notes, [*graph.lines, {"t": until, "end": True, "done": graph.stage.done}]


def test_the_same_events_give_the_same_notes_and_another_seed_others():
    one, same, other = (offline(seed=seed).play(PHRASES, 30.0) for seed in (7, 7, 8))
    assert one == same
    assert one != other
    assert len(one) > 5


def test_what_leaves_is_what_the_score_has():
    output = WrittenOutput()
    graph = offline(outputs=[output])
    notes = graph.play(PHRASES, 30.0)
    assert [line[1:3] for line in output.lines if line[0] == "off"] == [(note.channel, note.pitch) for note in notes]
    assert [line[1:] for line in output.lines if line[0] == "on"] == [
        (each.play.channel, each.play.pitch, each.play.velocity) for each in graph.score.begun
    ]
    assert all(each.sent == each.play.time for each in graph.score.begun), "a virtual clock is never late"


def test_the_time_goes_to_the_end_and_what_sounds_then_is_ended():
    graph = offline(mode="harmonise")
    notes = graph.play([Timed(1.0, NoteOn(60, 90))], until=4.0)
    assert graph.clock.now() == 4.0
    assert notes and {note.end for note in notes} == {4.0}
    assert len(graph.stage.ledger) == 0


def test_a_tick_comes_at_its_own_time_before_a_later_event():
    graph = offline(patience=0.5)
    graph.play([*melody(60, 62, 64), Timed(20.0, ParameterSet("/performer/voice/1/patience", 5.0))], until=20.5)
    assert min(each.play.time for each in graph.score.begun) < 3.0


class DroppingSession:
    """Asks for ten notes and has enough after the third."""

    delay = 0.0
    port_delays = ()

    def __init__(self) -> None:
        self.heard: list[Answer] = []

    def handle(self, timed: Timed) -> Sequence[Effect]:
        match timed.event:
            case NoteOn():
                return [Ask(1, 1, 3, 10, 9.0, 0, 40, 80, (), 1.0, 1.0, (0.0, 1.0), (0.0, 1.0)), Wake(5.0, "later")]
            case Answer() as answer:
                self.heard.append(answer)
                play = Play(timed.time + answer.index, 1, 1, answer.note.pitch, 90, 0.5, "a")
                return [play, Drop(1, 1)] if answer.index == 2 else [play]
        return []


def test_an_answer_that_is_dropped_ends_there():
    dropping = DroppingSession()
    notes = Offline(dropping, StepMind()).play([Timed(1.0, NoteOn(60, 90))], until=9.0)
    assert [answer.index for answer in dropping.heard] == [0, 1, 2]
    assert [note.start for note in notes] == [1.0, 2.0, 3.0]


class PlanningSession(Session):
    """Plans a note for half a second after each key, and reacts with its octave 0.3 s after the key."""

    def handle(self, timed: Timed) -> list[Effect]:
        effects = super().handle(timed)
        if isinstance(timed.event, NoteOn):
            effects.append(Play(timed.time + 0.5, 1, 1, timed.event.pitch, 90, 0.2, "plan", late="drop"))
            effects.append(Play(timed.time + 0.3, 1, 1, timed.event.pitch + 12, 90, 0.2, "live"))
        return effects


def test_planned_notes_leave_by_the_delay_that_the_show_begins_with_and_by_the_one_that_is_set_later():
    planning = PlanningSession(Table(1), Parts.named(("keys",)), 7, {"/performer/voice/1/mode": "mute", DELAY: -20.0})
    graph = Offline(planning, StepMind())
    notes = graph.play([Timed(1.0, NoteOn(60, 90)), Timed(2.0, ParameterSet(DELAY, 35.0)), Timed(3.0, NoteOn(62, 90))], until=5.0)
    assert [round(each.sent, 9) for each in graph.score.begun] == [1.3, 1.48, 3.3, 3.535]
    assert [note.start for note in notes] == [1.3, 1.5, 3.3, 3.5], "a take has the musical times"
    assert Compensate(0.035) in graph.said


def test_a_take_is_told_again_with_the_delay_it_began_with():
    values = {"/performer/voice/1/mode": "mute", DELAY: -400.0}
    lines = [{"t": 1.0, "in": NoteOn(60, 90)}, {"applied": 0}, {"t": 1.15, "end": True, "done": 1}]
    told = tell_again(PlanningSession(Table(1), Parts.named(("keys",)), 7, values), {}, lines)
    assert [note.pitch for note in told.notes] == [60], "the planned note leaves at 1.1, the live one at 1.3"


def test_a_choir_sings_with_the_key_and_not_when_something_else_comes():
    notes = Offline(session(values=CHOIR), StepMind()).play(melody(60, 62, step=1.0, length=0.5), until=9.0)
    assert {(note.voice, note.start, note.end) for note in notes} == {(voice, at, at + 0.5) for voice in (1, 2, 3) for at in (1.0, 2.0)}


@pytest.mark.parametrize("values", [None, HARMONISE, CHOIR])
def test_a_take_is_told_again_to_the_bit(values: dict[str, Any] | None):
    notes, lines = recorded(values)
    answers = sum(isinstance(line.get("in"), Answer) and line["in"].note is not None for line in lines)
    told = tell_again(session(values=values), {"": StepMind()}, lines)
    assert told.notes == notes == sounded(lines)
    assert (told.answers, told.differing) == (answers, 0)
    assert answers > 5


@pytest.mark.parametrize("mind", [None, Echo()])
def test_without_its_model_the_takes_own_answers_are_played(mind: Echo | None):
    notes, lines = recorded()
    told = tell_again(session(), {} if mind is None else {"": mind}, lines)
    assert told.notes == notes
    assert bool(told.differing) is (mind is not None)
    assert bool(told.answers) is (mind is not None)


def test_another_seed_is_noticed():
    _, lines = recorded()
    assert tell_again(session(seed=8), {"": StepMind()}, lines).differing > 0


def test_keys_that_were_not_in_the_take_give_other_notes():
    notes, lines = recorded(HARMONISE)
    changed = [{**line, "in": NoteOff(61)} if line.get("in") == NoteOff(60) else line for line in lines]
    assert tell_again(session(values=HARMONISE), {}, changed).notes != notes


def begin(notes: Iterable[Sounded]) -> set[tuple[float, int, int]]:
    return {(note.start, note.pitch, note.velocity) for note in notes}


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_take_that_breaks_off_is_told_as_far_as_it_goes_and_what_was_planned_plays_out(share: float):
    notes, lines = recorded()
    kept = lines[: int(len(lines) * share)]
    last = max(line["t"] for line in kept if "t" in line)
    told = tell_again(session(), {"": StepMind()}, kept).notes
    assert begin(sounded(kept)) <= begin(told)
    assert begin(note for note in told if note.start <= last) <= begin(notes)
    assert sum(note.end > last for note in told) >= sum("on" in line for line in kept) - len(sounded(kept))
