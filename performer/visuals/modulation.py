"""The modulation matrix: a source through a curve, smoothed, by a depth, onto a parameter. Rows of the table are all that it is made of.

Pure, with the time as an argument. A slot reads its rows `/performer/modulation/N/...` at every frame, so it is edited live by whatever sets
parameters: OSC, the desk, a show file's [[modulation]].
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from performer.movers import SLOTS
from performer.parameter import Parameter
from performer.parameters import Table
from performer.visuals.sources import Sources

PREFIX = "/performer/modulation/"
REST = 1e-3  # nearer to its source a smoothed value is there
CURVES: Mapping[str, Callable[[float], float]] = {  # of 0 to 1 onto 0 to 1
    "linear": lambda x: x,
    "slow start": lambda x: x * x,
    "fast start": math.sqrt,
    "s": lambda x: x * x * (3.0 - 2.0 * x),
    "inverse": lambda x: 1.0 - x,
    "gate": lambda x: float(x >= 0.5),
}


class Matrix:
    """All slots, and where each is on its way."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._rows: Mapping[str, Parameter] = Table().rows
        self._slots = [Slot(number) for number in range(1, SLOTS + 1)]

    def moved(self, values: Mapping[str, Any], now: float) -> Mapping[str, Any]:
        """The values with what the slots add to them at the moment `now`, each inside its own range; `values` themselves if nothing does."""
        added: dict[str, float] = {}
        for slot in self._slots:
            target, share = slot.at(values, self._sources, now)
            if target:
                added[target] = added.get(target, 0.0) + share
        return {**values, **{address: self._within(address, values[address], share) for address, share in added.items()}} if added else values

    def _within(self, address: str, value: float, share: float) -> float | int:
        row = self._rows[address]
        moved = min(row.high, max(row.low, value + share * (row.high - row.low)))
        return round(moved) if row.kind == "int" else moved


class Slot:
    """One line of the matrix."""

    def __init__(self, number: int) -> None:
        self._prefix = f"{PREFIX}{number}/"
        self._smooth = 0.0
        self._time: float | None = None

    def at(self, values: Mapping[str, Any], sources: Sources, now: float) -> tuple[str, float]:
        """The address that it moves and the share of that row's range that it adds; no address while it is off."""
        source, target = values[self._prefix + "source"], values[self._prefix + "target"]
        if source == "none" or target == "none":
            self._time = None
            return "", 0.0
        value = sources.value(source, values[self._prefix + "number"], values[self._prefix + "beats"], now)
        value = CURVES[values[self._prefix + "curve"]](min(1.0, max(0.0, value)))
        smoothing = values[self._prefix + "smoothing"]
        if self._time is None or smoothing <= 0.0:
            self._smooth = value
        else:
            self._smooth = value + (self._smooth - value) * math.exp(-max(0.0, now - self._time) / smoothing)
            self._smooth = value if abs(self._smooth - value) < REST else self._smooth
        self._time = now
        return f"/performer/visuals/{target}", self._smooth * values[self._prefix + "depth"]
