"""What a model can do once it is at work. Implemented by `lstm`, by `echo`, and by the blends of `styles`; `lstm` and the blends are Gradual."""

from typing import Protocol, runtime_checkable

from performer.constraints import Chance, Constraints
from performer.events import ModelNote
from performer.inference.sampling import Drawing


class Mind(Protocol):
    """`query` draws the next note, inside the constraints; `prepare` thinks of what the next `feed` needs, whatever it will be; `fork` copies the
    state cheaply."""

    name: str

    def feed(self, note: ModelNote) -> None: ...
    def prepare(self) -> None: ...
    def query(self, constraints: Constraints, rng: Chance) -> ModelNote: ...
    def fork(self) -> "Mind": ...
    def reset(self) -> None: ...
    def warm(self) -> None: ...


@runtime_checkable
class Gradual(Protocol):
    """A mind that can draw a note in small steps: who cannot wait comes in between."""

    def drawing(self, constraints: Constraints, rng: Chance) -> Drawing: ...
