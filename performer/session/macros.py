"""Controls that a musician understands, each a hand on several others: moving it moves them, in sight."""

from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from performer.effects import Say
from performer.events import ParameterSet
from performer.parameters import Table


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


def move_others(event: ParameterSet, table: Table, values: MutableMapping[str, Any]) -> Iterator[Say]:
    """The parameters of the same voice that the control which was set (0 to 1) moves go there too, and say so; none for what is no such control."""
    prefix, _, name = event.address.rpartition("/")
    for each in MACROS.get(name, ()):
        row, value = table.rows[f"{prefix}/{each.name}"], each.least + event.value * (each.most - each.least)
        values[row.address] = row.check(round(value) if row.kind == "int" else round(value, 3))
        yield Say(row.address, (values[row.address],))
