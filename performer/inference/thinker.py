"""A model at work: it hears what sounds and answers what it is asked. `Thinker` is pure; `Thinking` is its thread.

The mind's true state holds exactly what was heard, the human's notes and Performer's own. An answer is composed on a copy of that state, so
one that is broken off leaves no trace, and the same history with the same seed gives the same notes.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np

from performer.clock import Clock
from performer.constraints import Constraints
from performer.effects import Ask, Drop, Effect, Feed, Forget
from performer.events import Answer, ModelFailed, ModelNote, Timed
from performer.worker import Worker

LONG_AGO = 4.0  # seconds: the models know no longer gap


class Mind(Protocol):
    """What a model can do. `query` draws the next note, inside the constraints; `fork` copies the state cheaply."""

    name: str

    def feed(self, note: ModelNote) -> None: ...
    def query(self, constraints: Constraints, rng: np.random.Generator) -> ModelNote: ...
    def fork(self) -> "Mind": ...
    def reset(self) -> None: ...
    def warm(self) -> None: ...


class Thinker:
    """Feeds and asks, in order, on one mind."""

    def __init__(self, mind: Mind) -> None:
        self.mind = mind

    def hear(self, note: ModelNote) -> None:
        """A note that really sounded."""
        self.mind.feed(note)

    def forget(self) -> None:
        """Start again from silence."""
        self.mind.reset()

    def answer(self, ask: Ask) -> Iterator[ModelNote]:
        """The notes that answer the ask, one by one. The state is copied at the call, not at the first note."""
        return self._compose(ask, self.mind.fork())

    @staticmethod
    def _compose(ask: Ask, mind: Mind) -> Iterator[ModelNote]:
        rng = np.random.default_rng(ask.seed)
        for note in ask.heard:
            mind.feed(note)
        classes = set(ask.classes or range(12))
        used = {note.pitch % 12 for note in ask.heard} if ask.distinct else set()
        for index in range(ask.count):
            free = classes - used or classes
            note = mind.query(constraints_of(ask, free, index), rng)
            if ask.distinct:
                used.add(note.pitch % 12)
            yield note  # at once: what comes after it is thought of while it leaves
            mind.feed(note)


def constraints_of(ask: Ask, classes: set[int], index: int) -> Constraints:
    """What the ask allows for its note number `index`: the pitches of these classes in its range (all of the range if none is)."""
    pitches = tuple(pitch for pitch in range(ask.low, ask.high + 1) if pitch % 12 in classes) or tuple(range(ask.low, ask.high + 1))
    return Constraints(
        voice=ask.part,
        gap=ask.first_gap if index == 0 else ask.gap,
        pitches=pitches,
        temperature=ask.temperature,
        time_temperature=min(1.0, ask.temperature),
        velocity_temperature=min(1.0, ask.temperature),
        top_p=ask.top_p,
    )


class Thinking:
    """The thread of one model. Feeds are never lost; an ask whose time is over, or that was dropped, is not answered."""

    def __init__(self, thinker: Thinker, clock: Clock, post: Callable[[Timed], object]) -> None:
        self.thinker = thinker
        self.skipped = 0
        self._clock = clock
        self._post = post
        self._dropped: dict[int, int] = {}  # voice -> the last ask that is not wanted
        self._worker = Worker("inference", self._handle)

    def start(self) -> None:
        self.thinker.mind.warm()
        self._worker.start()

    def stop(self) -> None:
        self._worker.stop()

    def post(self, effect: Effect) -> None:
        """Hand over a Feed, Forget, Ask or Drop. A Drop acts at once, even on an answer that is being composed. Thread-safe."""
        if isinstance(effect, Drop):
            self._dropped[effect.voice] = effect.id
        else:
            self._worker.post(effect)

    def _handle(self, effect: Effect) -> None:
        match effect:
            case Feed(note):
                self.thinker.hear(note)
            case Forget():
                self.thinker.forget()
            case Ask():
                self._answer(effect)

    def _answer(self, ask: Ask) -> None:
        index = 0
        try:
            if self._clock.now() > ask.expires:
                self.skipped += 1
            else:
                for note in self.thinker.answer(ask):
                    if self._dropped.get(ask.voice, 0) >= ask.id:
                        return
                    self._say(Answer(ask.id, index, note, self.thinker.mind.name))
                    index += 1
        except Exception as error:
            self._post(Timed(self._clock.now(), ModelFailed(ask.id, f"{self.thinker.mind.name}: {error}")))
            return
        self._say(Answer(ask.id, index, None, self.thinker.mind.name))

    def _say(self, answer: Answer) -> None:
        self._post(Timed(self._clock.now(), answer))
