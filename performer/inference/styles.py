"""Styles at sampling time: a model told one style, or several minds of the same model, each told another, that agree on every note.

A model hears its style with every event, so each style has a memory of its own. A blend multiplies what its minds think likely, each to the power
of its weight (a logarithmic opinion pool: Genest and Zidek 1986), before anything is drawn; limits hold for it as for one mind. It costs
what its minds cost together, and only the voices that ask for it pay.
"""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy.typing as npt

from performer.constraints import Chance, Constraints
from performer.events import ModelNote
from performer.inference.sampling import Drawing, drawing_later, drawn

Styles = tuple[tuple[int, float], ...]  # numbers of encoding.STYLES and their weights, which sum to 1


@runtime_checkable
class Stylish(Protocol):
    """A mind that can be told a style. `in_style` gives a fresh one that has heard nothing; `logits` as of LstmMind."""

    name: str

    def in_style(self, style: int) -> "Stylish": ...
    def logits(self, known: npt.NDArray[Any]) -> npt.NDArray[Any]: ...
    def feed(self, note: ModelNote) -> None: ...
    def prepare(self) -> None: ...
    def query(self, constraints: Constraints, rng: Chance) -> ModelNote: ...
    def fork(self) -> "Stylish": ...
    def reset(self) -> None: ...
    def warm(self) -> None: ...


class Blend:
    """A Mind (see `thinker`) made of others. `minds` and `weights` are as many."""

    def __init__(self, minds: Sequence[Stylish], weights: Sequence[float]) -> None:
        self.name = minds[0].name
        self._minds, self._weights = tuple(minds), tuple(weights)

    def feed(self, note: ModelNote) -> None:
        """All of them hear it."""
        for mind in self._minds:
            mind.feed(note)

    def prepare(self) -> None:
        """Each thinks of what it needs next."""
        for mind in self._minds:
            mind.prepare()

    def query(self, constraints: Constraints, rng: Chance) -> ModelNote:
        """Draw the next note, on which they agree."""
        return drawn(self.drawing(constraints, rng))

    def drawing(self, constraints: Constraints, rng: Chance) -> Drawing:
        """The same in small steps."""
        return drawing_later(self.logits, constraints, rng, getattr(self._minds[0], "passed", 0.0))

    def logits(self, known: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """(1, 5) as LstmMind.logits takes it -> (1, 400): the weighted sum; what softmax divides by may be left out."""
        first, *others = (weight * mind.logits(known) for mind, weight in zip(self._minds, self._weights, strict=True))
        return sum(others, first)

    def fork(self) -> "Blend":
        """A blend of forks."""
        return Blend([mind.fork() for mind in self._minds], self._weights)

    def reset(self) -> None:
        """All of them forget."""
        for mind in self._minds:
            mind.reset()

    def warm(self) -> None:
        """One of them is enough: they are the same model."""
        self._minds[0].warm()
