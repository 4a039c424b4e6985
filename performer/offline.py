"""The same session, model and stage on a virtual clock: how a take is told again, and how the tests play. Nothing here waits."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from performer.clock import VirtualClock
from performer.effects import Ask, AskChords, Drop, Effect, Feed, Forget, Soon
from performer.events import Answer, ChordAnswer, Event, ModelFailed, ModelNote, Tick, Timed
from performer.inference.chords import Harmonist, Plain
from performer.inference.thinker import Mind, Thinker
from performer.ledger import Slot, slot_of
from performer.outputs.take import Sounded
from performer.outputs.take_writer import TakeWriter
from performer.progress import Watch, unwatched, watched
from performer.scheduler import NOTES, Ended, Output, Planned, Played, Report, Stage
from performer.session.state import Session


@dataclass(slots=True)
class Score:
    """What a stage reports, gathered: the notes that sounded, in the order of their ends, and the note-ons with their times."""

    notes: list[Sounded] = field(default_factory=list)
    begun: list[Played] = field(default_factory=list)
    _open: dict[Slot, Played] = field(default_factory=dict)

    def __call__(self, report: Report) -> None:
        match report:
            case Played(_, play, _):
                self.begun.append(report)
                self._open[slot_of(play)] = report
            case Ended(time, play):
                del self._open[slot_of(play)]
                self.notes.append(Sounded(play.voice, play.channel, play.pitch, play.velocity, play.time, time, play.port))


class Offline:
    """Plays events at their times, with every answer of the model there at once."""

    def __init__(self, session: Session, mind: Mind, outputs: Sequence[Output] = (), harmonist: Harmonist | None = None) -> None:
        self.clock = VirtualClock()
        self.session = session
        self.score = Score()
        self.take: TakeWriter | None = None
        """The take that is written of it, if any; see `TakeWriter.drain`."""
        self.said: list[Effect] = []
        self.stage = Stage(outputs, self._report, self._wake, delay=session.delay, port_delays=session.port_delays)
        self._thinker = Thinker(mind)
        self._harmonist = harmonist or Plain()
        self._ticks: list[Timed] = []

    def play(self, events: Iterable[Timed], until: float) -> list[Sounded]:
        """Handle the events in order and what they bring about, to the time `until`; then silence. Returns the notes that sounded."""
        self.play_on(events, until)
        self.stage.silence(until)
        return self.score.notes

    def play_on(self, events: Iterable[Timed], until: float) -> None:
        """The same without the silence: what sounds at `until` sounds on, so that a test sees what does."""
        for timed in events:
            self.advance(timed.time)
            self.handle(timed)
        self.advance(until)

    def handle(self, timed: Timed) -> None:
        """One event now, and the model's answers to it."""
        effects = self.session.handle(timed) if self.take is None else self.take.handle(self.session, timed)
        self.said.extend(effects)
        self.stage.apply([effect for effect in effects if isinstance(effect, Planned)])
        for effect in effects:
            match effect:
                case Feed(note):
                    self._thinker.hear(note)
                case Forget():
                    self._thinker.forget()
                case Ask():
                    self._answer(timed.time, effect)
                case Soon(tag):
                    self._wake(timed.time, tag)
                case AskChords():
                    self.handle(Timed(timed.time, ChordAnswer(effect.id, self._harmonist.answer(effect))))
        self.stage.run_due(timed.time)

    def _answer(self, time: float, ask: Ask) -> None:
        composed: Iterator[ModelNote] = self._thinker.answer(ask)
        before = len(self.said)
        for index in itertools.count():
            try:
                note = next(composed, None)
            except Exception as error:
                self.handle(Timed(time, ModelFailed(ask.id, f"{self._thinker.mind.name}: {error}")))
                return
            if note is None:
                break
            self.handle(Timed(time, Answer(ask.id, index, note, self._thinker.mind.name)))
            if any(isinstance(effect, Drop) and effect.voice == ask.voice and effect.id >= ask.id for effect in self.said[before:]):
                return
        self.handle(Timed(time, Answer(ask.id, ask.most, None, self._thinker.mind.name)))

    @property
    def next_time(self) -> float | None:
        """When the next thing is due (seconds); None where nothing is."""
        return self.clock.now() if self._ticks else self.stage.agenda.next_time

    def advance(self, until: float) -> None:
        """Do all that is due up to `until` (seconds), each at its own time; the clock stands there then."""
        self._tick()
        while (due := self.stage.agenda.next_time) is not None and due <= until:
            self.clock.advance_to(due)
            self.stage.run_due(due)
            self._tick()
        self.clock.advance_to(until)

    def _tick(self) -> None:
        while self._ticks:
            self.handle(self._ticks.pop(0))

    def _report(self, report: Report) -> None:
        self.score(report)
        if self.take is not None:
            self.take.left(report)

    def _wake(self, time: float, tag: str) -> None:
        self._ticks.append(Timed(time, Tick(tag)))


@dataclass(frozen=True, slots=True)
class Told:
    """A take told again: its notes, how many answers the model gave again, how many of them were other than in the take, and a sentence for
    each event that the session could not handle."""

    notes: list[Sounded]
    answers: int
    differing: int
    faults: list[str] = field(default_factory=list)


def tell_again(
    session: Session, minds: Mapping[str, Mind], lines: Sequence[dict[str, Any]], counts: tuple[type, ...] = NOTES, watch: Watch = unwatched,
    awaits: tuple[type, ...] = Planned,
) -> Told:
    """Handle what a take's lines say reached the session, in that order, and do what left, in the order in which it left.

    `counts` is what the take counted as done, `awaits` are the effects whose moment it tells (`Opening.counts`, `Opening.awaits`).

    The models (by the name that asks have for them) answer again from the take's seeds; their answers are held against those of the take, which
    count where they differ (another machine's arithmetic) or where the model is not there."""
    score = Score()
    stage = Stage((), score, lambda time, tag: None, delay=session.delay, port_delays=session.port_delays)
    stage.counts = counts
    thinkers = {name: Thinker(mind) for name, mind in minds.items()}
    composing: dict[int, Iterator[ModelNote]] = {}
    applied = iter([line["applied"] for line in lines if "applied" in line])
    late = {int(line["done"]): float(line["now"]) for line in lines if "missed" in line}
    answers = differing = 0
    faults: list[str] = []
    for line in watched(lines, watch, "playing the take again"):
        if "in" not in line:
            continue
        event: Event = line["in"]
        if isinstance(event, Answer) and event.note is not None and event.ask in composing:
            answers += 1
            differing += next(composing[event.ask], None) != event.note
        try:
            effects = session.handle(Timed(line["t"], event))
        except Exception as error:  # no session wrote this, whatever it is: what comes after it may still be told
            faults.append(f"{type(event).__name__} at {line['t']:.3f} s ({type(error).__name__}: {error})")
            continue
        planned = [effect for effect in effects if isinstance(effect, Planned)]
        if any(isinstance(effect, awaits) for effect in planned):
            done = next(applied, None)
            if done is None:
                break
            stage.run_until(done, late)
        if planned:
            stage.apply(planned)
        _think(thinkers, effects, composing)
    end = lines[-1] if lines and "end" in lines[-1] else None
    stage.run_until(end["done"] if end else stage.done + len(stage.agenda) * 2, late)
    stage.silence(end["t"] if end else 0.0)
    return Told(score.notes, answers, differing, faults)


def _think(thinkers: Mapping[str, Thinker], effects: Iterable[Effect], composing: dict[int, Iterator[ModelNote]]) -> None:
    for effect in effects:
        match effect:
            case Feed(note):
                for thinker in thinkers.values():
                    thinker.hear(note)
            case Forget():
                for thinker in thinkers.values():
                    thinker.forget()
            case Ask(model=model) if model in thinkers:
                composing[effect.id] = thinkers[model].answer(effect)
