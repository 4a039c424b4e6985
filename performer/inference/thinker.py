"""A model at work: it hears what sounds and answers what it is asked. Pure; the thread around it is `thinking`.

The mind's true state holds exactly what was heard, the human's notes and Performer's own. An answer is composed on a copy of that state, so
one that is broken off leaves no trace, and the same history with the same seed gives the same notes.
"""

import random
from collections.abc import Iterator
from typing import Protocol

from performer.constraints import Chance, Constraints
from performer.effects import Ask
from performer.events import ModelNote
from performer.inference.direction import Direction

REHEARSED = ModelNote(0.2, 60, 80, None)
ANSWERED = Constraints(voice=0, gap=(0.0, 0.0), pitches=tuple(range(36, 97)), velocity=(80, 80), top_p=0.9, held=True)


class Mind(Protocol):
    """What a model can do. `query` draws the next note, inside the constraints; `fork` copies the state cheaply."""

    name: str

    def feed(self, note: ModelNote) -> None: ...
    def query(self, constraints: Constraints, rng: Chance) -> ModelNote: ...
    def fork(self) -> "Mind": ...
    def reset(self) -> None: ...
    def warm(self) -> None: ...


class Thinker:
    """Feeds and asks, in order, on one mind."""

    def __init__(self, mind: Mind) -> None:
        self.mind = mind
        # Sixteen voices ask about the same key: what the mind is after hearing it is thought of once, and is the truth when the key is fed.
        self._heard: tuple[ModelNote, ...] = ()
        self._ahead: Mind | None = None

    def hear(self, note: ModelNote) -> None:
        """A note that really sounded."""
        if self._ahead is not None and self._heard == (note,):
            self.mind = self._ahead
        else:
            self.mind.feed(note)
        self._ahead = None

    def forget(self) -> None:
        """Start again from silence."""
        self.mind.reset()
        self._ahead = None

    def answer(self, ask: Ask) -> Iterator[ModelNote]:
        """The notes that answer the ask, one by one. The state is copied at the call, not at the first note."""
        return self._compose(ask, self._after(ask.heard))

    def plan(self, ask: Ask) -> Iterator[ModelNote | None]:
        """The same notes in small steps, for whoever has to look up in between: None after each note of `heard`."""
        return self._step_by_step(ask, self.mind.fork())

    def rehearse(self) -> None:
        """Hear and answer for nothing, by the way of every other answer: what the processor has not seen for long it fetches slowly."""
        fork = self.mind.fork()
        fork.feed(REHEARSED)
        fork.query(ANSWERED, random.Random(0))

    def _after(self, heard: tuple[ModelNote, ...]) -> Mind:
        """A copy of the mind that has heard this too."""
        known = len(self._heard)
        if self._ahead is None or heard[:known] != self._heard:
            self._ahead, known = self.mind.fork(), 0
        for note in heard[known:]:
            self._ahead.feed(note)
        self._heard = heard
        return self._ahead.fork()

    def _step_by_step(self, ask: Ask, mind: Mind) -> Iterator[ModelNote | None]:
        for note in ask.heard:
            mind.feed(note)
            yield None
        yield from self._compose(ask, mind)

    @staticmethod
    def _compose(ask: Ask, mind: Mind) -> Iterator[ModelNote]:
        rng = random.Random(ask.seed)  # set up in a fifth of the time that numpy's takes after a pause
        direction = Direction(ask)
        for index in range(ask.count):
            note = mind.query(direction.constraints(index), rng)
            direction.took(note)
            yield note  # at once: what comes after it is thought of while it leaves
            if index + 1 < ask.count:
                mind.feed(note)
