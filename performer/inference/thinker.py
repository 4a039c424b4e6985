"""A model at work: it hears what sounds and answers what it is asked. Pure; the thread around it is `thinking`.

The mind's true state holds exactly what was heard, the human's notes and Performer's own. An answer is composed on a copy of that state, so
one that is broken off leaves no trace, and the same history with the same seed gives the same notes.
"""

import random
from collections import deque
from collections.abc import Iterator

from performer.effects import Ask, Expect
from performer.encoding import VOICES
from performer.events import ModelNote
from performer.inference.direction import Direction
from performer.inference.ear import Ear
from performer.inference.mind import Gradual, Mind
from performer.inference.styles import Blend, Stylish

__all__ = ("Mind", "Thinker")
REHEARSED = Ask(
    0, 0, 0, 1, 0.0, 0, 36, 96, tuple(range(12)), 1.0, 0.9, (0.0, 0.0), (0.0, 0.0), (ModelNote(0.2, 38, 80, None, VOICES.index("drums")),),
    distinct=True, held=True, at_once=True,
)  # fmt: skip
# as a voice asks that harmonises, after a note that a model of drums hears too
REMEMBERED = 64  # notes that a style hears which is asked for in the middle of a show
MOST_TRIED = 16  # keys: nine in ten of the human's, in pop; four in five in piano music
MOST_STYLES = 6  # that are kept awake; each costs a step at every note
FORGOTTEN = 256  # notes after which a style that nobody asked for is let go


class Thinker:
    """Feeds and asks, in order, on one mind, and on one more for each style that voices ask for."""

    def __init__(self, mind: Mind) -> None:
        self._ear = Ear(mind)
        self._styles: dict[int, tuple[Ear, int]] = {}  # a style's ear, and how many notes had been heard when it was asked for last
        self._past: deque[ModelNote] = deque(maxlen=REMEMBERED)
        self._count = 0
        self._rehearsing: Iterator[ModelNote] | None = None  # what was heard for nothing is answered next

    @property
    def mind(self) -> Mind:
        """The mind that is told no style."""
        return self._ear.mind

    @property
    def dropped(self) -> int:
        """Notes that were not heard, since the model's memory would have been no numbers."""
        return self._ear.dropped + sum(ear.dropped for ear, _ in tuple(self._styles.values()))

    def hear(self, note: ModelNote) -> None:
        """A note that really sounded."""
        self._ear.hear(note)
        self._past.append(note)
        self._count += 1
        for style, (ear, asked) in tuple(self._styles.items()):
            if self._count - asked > FORGOTTEN:
                del self._styles[style]
            else:
                ear.hear(note)

    def forget(self) -> None:
        """Start again from silence."""
        self._ear.forget()
        self._styles.clear()
        self._past.clear()

    def expect(self, expected: Expect, most: int = MOST_TRIED) -> Iterator[None]:
        """Think ahead of what will probably be heard next, a note a step: where it comes so, it was thought of before. Then of so many keys that may
        come after it."""
        heard = expected.heard
        for place in range(len(heard)):
            for ear in (self._ear, *(ear for ear, _ in self._styles.values())):
                ear.after(heard[: place + 1]).prepare()
            yield None
        if expected.key is None:
            return
        ears = [self._styles[style][0] if style in self._styles else self._ear for style in expected.styles]
        going = [ear.try_keys(heard, expected.key, expected.parts, most // len(ears)) for ear in dict.fromkeys(ears)]
        while going:
            going = [steps for steps in going if next(steps, self) is None]
            yield None

    def answer(self, ask: Ask) -> Iterator[ModelNote]:
        """The notes that answer the ask, one by one. The state is copied at the call, not at the first note."""
        if not self._is_styled(ask):
            return _notes(self._compose(ask, self._ear.after(ask.heard)))
        for style, _ in ask.styles:
            for _ in self._listen_in(style):
                pass
        return _notes(self._compose(ask, self._blended(ask, [self._styles[style][0].after(ask.heard) for style, _ in ask.styles])))

    def plan(self, ask: Ask) -> Iterator[ModelNote | None]:
        """The same notes in small steps, for whoever has to look up in between: None after each note that is heard first, and before each look at the
        model where a note is drawn gradually."""
        if self._is_styled(ask):
            return self._in_styles(ask)
        return self._step_by_step(ask, self.mind.fork())

    def rehearse(self) -> None:
        """Hear for nothing or, the next time, answer, by the way of every other answer: what the processor has not seen for long it fetches
        slowly."""
        rehearsing, self._rehearsing = self._rehearsing, None
        if rehearsing is None:
            ear = Ear(self.mind.fork())
            self._rehearsing = _notes(self._compose(REHEARSED, ear.after(REHEARSED.heard)))
        else:
            next(rehearsing)

    def _is_styled(self, ask: Ask) -> bool:
        return bool(ask.styles) and isinstance(self.mind, Stylish)

    def _listen_in(self, style: int) -> Iterator[None]:
        """Have an ear for the style; one that is new hears what was played last first, a note a step."""
        if style in self._styles:
            self._styles[style] = self._styles.pop(style)[0], self._count  # the last of all: what was not asked for longest goes first
            return
        assert isinstance(self.mind, Stylish)
        ear, waiting, count = Ear(self.mind.in_style(style)), list(self._past), self._count
        while waiting or count < self._count:
            if not waiting:  # somebody played meanwhile
                waiting, count = list(self._past)[count - self._count :], self._count
            ear.hear(waiting.pop(0))
            yield None
        if style not in self._styles and len(self._styles) >= MOST_STYLES:
            del self._styles[min(self._styles, key=lambda each: self._styles[each][1])]
        self._styles.setdefault(style, (ear, self._count))

    @staticmethod
    def _blended(ask: Ask, minds: list[Mind]) -> Mind:
        stylish = [mind for mind in minds if isinstance(mind, Stylish)]
        return stylish[0] if len(stylish) == 1 else Blend(stylish, [weight for _, weight in ask.styles])

    def _in_styles(self, ask: Ask) -> Iterator[ModelNote | None]:
        minds: list[Mind] = []
        for style, _ in ask.styles:
            yield from self._listen_in(style)
            minds.append(self._styles[style][0].mind.fork())
        yield from self._step_by_step(ask, self._blended(ask, minds))

    def _step_by_step(self, ask: Ask, mind: Mind) -> Iterator[ModelNote | None]:
        for note in ask.heard:
            mind.feed(note)
            yield None
        yield from self._compose(ask, mind, mind if isinstance(mind, Gradual) else None)

    @staticmethod
    def _compose(ask: Ask, mind: Mind, gradual: Gradual | None = None) -> Iterator[ModelNote | None]:
        rng = random.Random(ask.seed)  # set up in a fifth of the time that numpy's takes after a pause
        direction = Direction(ask)
        for index in range(ask.most):
            wanted = direction.constraints(index)
            note = mind.query(wanted, rng) if gradual is None else (yield from gradual.drawing(wanted, rng))
            direction.took(note)
            yield note  # at once: what comes after it is thought of while it leaves
            if index + 1 < ask.most:
                mind.feed(note)


def _notes(steps: Iterator[ModelNote | None]) -> Iterator[ModelNote]:
    """The notes alone."""
    return (note for note in steps if note is not None)
