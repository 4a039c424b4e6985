"""Finds a line that keeps its rules: samples token by token among those that the rules allow, goes back where
none is left, and takes the likeliest of a few drafts.

The work is bounded by steps (tokens that the model reads), not by a clock, so that a seed gives the same line
on every machine; `deadline` ends it earlier. Nothing is asked from the model again that a step can go back to.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from performer.words.verse import VerseModel

Array = npt.NDArray[Any]
WIDE = 120  # tokens that are tried before a poor choice is taken for none
BRANCHES = 3  # tokens that are tried at one place before the search goes back further
# The least chance of all allowed tokens together at which a place is worth going on from.
FLOOR, RELAX = 4e-3, 0.1
# How much the chance that the line ends, and that of its least likely token, count besides the mean.
WHOLE, WEAKEST = 0.15, 0.15
ROUNDS = 4  # the floor sinks so often


class Rules(Protocol):
    """What a line must keep, token by token."""

    @property
    def start(self) -> Any:
        """The state before the first token."""

    @property
    def ends(self) -> Sequence[int]:
        """Tokens that come after the line; their chances tell whether it may end."""

    def narrow(self, state: Any) -> Sequence[int] | None:
        """The only tokens that may come, if they are few; None where any may."""

    def advance(self, state: Any, token: int) -> Any | None:
        """The state after the token; None where it may not come."""

    def end(self, state: Any) -> Any | None:
        """The state when the line ends; None where it may not."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long a line is looked for."""

    steps: int = 360
    """Tokens that the model reads at most."""
    drafts: int = 4
    """Complete lines of which the likeliest is taken."""
    deadline: float = float("inf")
    """The time by `time.monotonic` at which the search ends."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A line that keeps its rules."""

    tokens: tuple[int, ...]
    state: Any
    score: float
    """Mean log chance of a token as the model sees it, with weights for its end and its least likely token."""
    memory: Any
    """What `VerseModel.save` returned after the line."""


@dataclass(slots=True)
class _Place:
    state: Any
    memory: Any
    total: float
    """Log chance of the tokens up to here."""
    options: list[tuple[int, float, float, Any]]
    """Token (-1: the end), chance, log chance as the model sees it, state after it."""
    weakest: float
    """Log chance of the least likely token up to here."""
    tried: int = 0


class LineSearch:
    """Searches one line. One thread at a time, that of the model."""

    def __init__(
        self,
        model: VerseModel,
        rules: Rules,
        rng: np.random.Generator,
        temperature: float = 0.8,
        top_p: float = 0.9,
        bias: Callable[[], Array] | None = None,
    ) -> None:
        """`bias` gives what is added to the logits."""
        self._model, self._rules, self._rng = model, rules, rng
        self._temperature, self._top_p = max(temperature, 1e-3), top_p
        self._bias = bias() if bias else np.zeros(len(model.tokenizer))
        self._ends = list(rules.ends)
        self.steps = 0
        """Tokens that the model read."""

    def find(self, effort: Effort) -> Draft | None:
        """The line; None if none was found within the effort. The model is left where it was."""
        before = self._model.save()
        drafts: list[Draft] = []
        for number in range(ROUNDS * effort.drafts):
            if self._over(effort, effort.steps):
                break
            allowed = effort.steps * (number + 1) // (ROUNDS * effort.drafts)
            floor = FLOOR * RELAX ** (4 * self.steps / effort.steps)
            self._model.restore(before)
            draft = self._draft(floor, effort, max(allowed, self.steps + 40))
            if draft:
                drafts.append(draft)
            if len(drafts) == effort.drafts:
                break
        self._model.restore(before)
        return max(drafts, key=lambda draft: draft.score, default=None)

    def _over(self, effort: Effort, steps: int) -> bool:
        return self.steps >= min(steps, effort.steps) or time.monotonic() >= effort.deadline

    def _draft(self, floor: float, effort: Effort, steps: int) -> Draft | None:
        """One line, depth first."""
        path = [self._place(self._rules.start, 0.0, 0.0, floor)]
        tokens: list[int] = []
        while path:
            place = path[-1]
            if not place.options or place.tried >= BRANCHES:
                path.pop()
                if tokens:
                    tokens.pop()
                continue
            token, _, logged, state = place.options.pop(self._draw(place))
            place.tried += 1
            total = place.total + logged
            if token < 0:
                # A line whose end the model expects is a whole one.
                score = total / (len(tokens) + 1) + WHOLE * logged + WEAKEST * min(place.weakest, logged)
                return Draft(tuple(tokens), state, score, place.memory)
            if self._over(effort, steps):
                return None
            self._model.restore(place.memory)
            self._model.feed([token])
            self.steps += 1
            tokens.append(token)
            path.append(self._place(state, total, min(place.weakest, logged), floor))
        return None

    def _draw(self, place: _Place) -> int:
        chances = np.array([chance for _, chance, _, _ in place.options])
        return int(self._rng.choice(len(chances), p=chances / chances.sum()))

    def _place(self, state: Any, total: float, weakest: float, floor: float) -> _Place:
        logits = self._model.next_logits.astype(np.float64)
        plain = logits - logits.max()
        plain -= np.log(np.exp(plain).sum())
        steered = (logits + self._bias) / self._temperature
        chances = np.exp(steered - steered.max())
        chances /= chances.sum()
        options: list[tuple[int, float, float, Any]] = []
        ending = self._rules.end(state)
        if ending is not None:
            chance = float(chances[self._ends].sum())
            options.append((-1, chance, float(np.logaddexp.reduce(plain[self._ends])), ending))
        options += self._allowed(state, chances, plain, sum(option[1] for option in options))
        # The first token of an acrostic is given, however unlikely.
        forced = state == self._rules.start and self._rules.narrow(state) is not None
        if options and not forced and np.exp([option[2] for option in options]).sum() < floor:
            options = []
        return _Place(state, self._model.save(), total, options, weakest)

    def _allowed(
        self, state: Any, chances: Array, plain: Array, kept: float
    ) -> list[tuple[int, float, float, Any]]:
        """The likeliest allowed tokens, until they have `top_p` of the chances of all allowed ones."""
        narrow = self._rules.narrow(state)
        if narrow is None:
            order = np.argsort(-chances, kind="stable")
            left = 1.0 - float(chances[self._ends].sum())
        else:
            order = np.asarray(narrow, np.int64)
            order = order[np.argsort(-chances[order], kind="stable")]
            left = float(chances[order].sum())
        options: list[tuple[int, float, float, Any]] = []
        for number, token in enumerate(order.tolist()):
            if options and (kept >= self._top_p * (kept + left) or number >= WIDE):
                break
            chance = float(chances[token])
            left -= chance if token not in self._ends else 0.0
            if (after := self._rules.advance(state, token)) is not None:
                options.append((token, chance, float(plain[token]), after))
                kept += chance
        return options
