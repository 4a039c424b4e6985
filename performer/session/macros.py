"""Controls that a musician understands, each a hand on several others: moving it moves them, in sight."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Moved:
    """A parameter of the voice that goes from `least` to `most` with the control."""

    name: str
    least: float
    most: float


MACROS: Mapping[str, tuple[Moved, ...]] = MappingProxyType({
    "energy": (Moved("density", 1.0, 16.0), Moved("loudness", -30, 24)),
    "complexity": (Moved("polyphony", 1, 8), Moved("novelty", -0.5, 0.5), Moved("harmony", 0.8, 0.0)),
    "freedom": (
        Moved("temperature", 0.6, 1.5), Moved("time_temperature", 0.5, 1.4), Moved("velocity_temperature", 0.5, 1.4), Moved("top_p", 0.8, 1.0),
        Moved("strength", 1.0, 0.2),
    ),
})  # fmt: skip


def moved_by(name: str, value: float) -> Iterator[tuple[str, float]]:
    """The parameters that the control of this name moves, with their values where it stands at `value` (0 to 1); none for another name."""
    for each in MACROS.get(name, ()):
        yield each.name, each.least + value * (each.most - each.least)
