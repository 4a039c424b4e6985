"""A model at work, on its thread `inference`: what it is fed and asked in the order in which it is said, composed material in the gaps.

Who waits is served first: a live ask gets its first note at once, on the thread that brought it where the model is free, the live answers go
on note by note in turn, and only where none is under way is what will be heard next thought of, is it wondered about what was played, and does a
planned one go on, by one note or one step of listening. Whatever comes in is looked at between any two of these; a
planned note takes several, one look at the model each.
"""

import contextlib
import math
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from performer.clock import Clock
from performer.effects import Ask, Drop, Effect, Expect, Feed, Forget, Say, Wonder
from performer.events import Answer, ModelFailed, ModelNote, Timed
from performer.inference.surprise import Judge, Verdict, judge
from performer.inference.thinker import Thinker
from performer.worker import Worker

REHEARSAL_S = 0.003  # between two rehearsals in silence: a tenth of a core; three times as often saved an answer 0.2 ms and took half a core
QUIET_S = 5.0  # seconds without anything to hear or to answer after which nobody plays
QUIET_REHEARSAL_S = 0.5  # between two rehearsals then
TRYING_S = 0.012  # seconds that keys which may come are tried for: all sixteen, where nobody else wants the processor
LENT = 0.02  # seconds for which the thread leaves rehearsing to whoever rehearsed last
MOST_ASIDE = 4  # times in a row that the thread stays out of the way
REHEARSE = object()  # what is brought in order to rehearse


@dataclass(slots=True)
class _Answering:
    """An answer under way: who asked, what comes, the number of its next note."""

    ask: Ask
    notes: Iterator[ModelNote | None]
    index: int = 0


class Thinking:
    """Feeds are never lost; an ask whose time is over, or that was dropped, is not answered. `tell` hears how surprising the human's last note
    was, as soon as there is time for that; of several notes in a hurry only the last is judged. A model that nobody waits for `rehearses` not.
    `clear_in`: the seconds to stay out of the way of a note that leaves in a moment, or of somebody more urgent, MOST_ASIDE times at most."""

    def __init__(
        self,
        thinker: Thinker,
        clock: Clock,
        post: Callable[[Timed], object],
        tell: Callable[[Say], object] = lambda said: None,
        rehearses: bool = True,
        clear_in: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.thinker = thinker
        self.skipped = 0
        self._clock, self._rehearses, self._clear_in = clock, rehearses, clear_in
        self._used = clock.now()  # when something was heard or asked last
        self._lent = -math.inf  # when somebody else rehearsed last
        self._aside = 0  # how often it stayed out of the way since it went on last
        self._post, self._tell = post, tell
        self._dropped: dict[int, int] = {}  # voice -> the last ask that is not wanted
        self._live: deque[_Answering] = deque()
        self._planned: deque[_Answering] = deque()
        self._expected: Expect | None = None
        self._expecting: Iterator[None] | None = None  # thinking of it
        self._thought_of = 0  # steps of that
        self._trying = 0.0  # seconds that the keys among them took
        self._wondering: Iterator[Verdict | None] | None = None
        self._worker = Worker("inference", self._handle, idle=self._go_on)

    def start(self) -> None:
        self.thinker.mind.warm()
        self._worker.start()

    def stop(self) -> None:
        """End what is being answered, then the thread."""
        self._worker.stop()

    def post(self, effect: Effect, ring: bool = True) -> None:
        """Hand over a Feed, Forget, Ask, Expect, Wonder or Drop. A Drop acts at once, even on an answer that is being composed. Without `ring` it
        is looked at after the next `go_on`. Thread-safe."""
        if isinstance(effect, Drop):
            self._dropped[effect.voice] = effect.id
        else:
            self._worker.post(effect, ring)

    def bring(self, ask: Ask) -> None:
        """Have the first note of the answer before this returns, where nobody else has the turn. Thread-safe, never waits."""
        self._worker.bring(ask)

    @property
    def busy(self) -> bool:
        """Whether somebody waits for an answer, or something waits to be heard. Thread-safe."""
        return bool(self._live) or self._worker.waiting

    def go_on(self) -> None:
        """Look at what was handed over and go on with what is under way. Thread-safe."""
        self._worker.ring()

    def _handle(self, effect: Effect) -> None:
        if effect is not REHEARSE:
            self._used = self._clock.now()
        match effect:
            case _ if effect is REHEARSE:
                self._rehearse()
            case Ask():
                self._begin(effect)
            case Feed(note):
                expected = self._expected
                self.thinker.hear(note)
                if expected is not None and expected.heard[:1] == (note,):
                    self._begin_to_expect(replace(expected, heard=expected.heard[1:]))
                else:
                    self._begin_to_expect(None)
            case Expect():
                self._begin_to_expect(effect)
            case Wonder(heard):
                fork = self.thinker.mind.fork()
                self._wondering = judge(fork, heard) if heard and isinstance(fork, Judge) else None
            case Forget():
                self._begin_to_expect(None)
                self.thinker.forget()

    def _begin_to_expect(self, expected: Expect | None) -> None:
        """What of it was thought of already is found, not thought of again."""
        self._expected, self._thought_of, self._trying = expected, 0, 0.0
        self._expecting = self.thinker.expect(expected) if expected is not None else None

    def _go_on(self) -> float:
        """Nothing came in: the next note of whoever's turn it is. Returns the seconds that the thread may wait for more."""
        if not self._live:
            wait = self._clear_in() if self._aside < MOST_ASIDE else 0.0
            self._aside = self._aside + 1 if wait > 0.0 else 0
            if wait > 0.0:
                return wait
            if self._expecting is not None:
                self._expect(self._expecting)
                return 0.0
            if self._wondering is not None:
                self._wonder(self._wondering)
                return 0.0
        answers = self._live or self._planned
        if answers:
            if self._advance(answers[0]):
                answers.rotate(-1)
            else:
                answers.popleft()
            return 0.0
        if not self._rehearses:
            return QUIET_REHEARSAL_S
        now = self._clock.now()
        is_quiet = now - self._used > QUIET_S
        if now - self._lent < LENT:
            return QUIET_REHEARSAL_S if is_quiet else LENT
        self._rehearse()
        return QUIET_REHEARSAL_S if is_quiet else REHEARSAL_S

    def rehearse(self) -> None:
        """Stay warm, on the thread that is going to ask: Python's lock is not fought for then, and what is warm is where it is wanted. Thread-safe,
        never waits."""
        self._lent = self._clock.now()
        self._worker.offer(REHEARSE)

    def _rehearse(self) -> None:
        if self._live or self._planned or self._expecting is not None:
            return  # warm enough
        with contextlib.suppress(Exception):  # whoever asks next is told
            self.thinker.rehearse()

    def _expect(self, steps: Iterator[None]) -> None:
        began = self._clock.now()
        try:
            next(steps)
        except Exception:  # all is thought of, or the model fails: whoever asks it next is told
            self._expecting = None
            return
        self._thought_of += 1
        if self._expected is not None and self._thought_of > len(self._expected.heard):
            self._trying += self._clock.now() - began
            if self._trying > TRYING_S:
                self._expecting = None

    def _wonder(self, steps: Iterator[Verdict | None]) -> None:
        try:
            verdict = next(steps)
        except Exception:  # the picture does without; whoever asks the model next is told
            self._wondering = None
            return
        if verdict is not None:
            self._wondering = None
            self._tell(Say("/performer/surprise", (verdict.surprise, verdict.surprise_nats, verdict.pitch)))
            self._tell(Say("/performer/entropy", (verdict.entropy, verdict.entropy_nats)))

    def _begin(self, ask: Ask) -> None:
        if self._clock.now() > ask.expires:
            self.skipped += 1
            self._say(Answer(ask.id, 0, None, self.thinker.mind.name))
            return
        try:
            answering = _Answering(ask, self.thinker.plan(ask) if ask.ahead else self.thinker.answer(ask))
        except Exception as error:
            self._fail(ask, error)
            return
        if ask.ahead:
            self._planned.append(answering)
        elif self._advance(answering):
            self._live.append(answering)

    def _advance(self, answering: _Answering) -> bool:
        """One step. Returns whether the answer goes on after it."""
        ask = answering.ask
        if self._unwanted(ask):
            return False
        try:
            note = next(answering.notes)
        except StopIteration:
            self._say(Answer(ask.id, answering.index, None, self.thinker.mind.name))
            return False
        except Exception as error:
            self._fail(ask, error)
            return False
        if self._unwanted(ask):
            return False
        if note is None:
            return True
        answering.index += 1
        is_last = answering.index == ask.most
        self._say(Answer(ask.id, answering.index - 1, note, self.thinker.mind.name, is_last))
        return not is_last

    def _unwanted(self, ask: Ask) -> bool:
        return self._dropped.get(ask.voice, 0) >= ask.id

    def _fail(self, ask: Ask, error: Exception) -> None:
        self._post(Timed(self._clock.now(), ModelFailed(ask.id, f"{self.thinker.mind.name}: {error}")))

    def _say(self, answer: Answer) -> None:
        self._post(Timed(self._clock.now(), answer))
