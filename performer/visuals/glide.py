"""The picture's numbers on their way: what is set jumps, what is seen glides, so that a scene morphs and a fader makes no steps. Pure.

Only numbers of the picture glide; switches, choices and whole numbers come at once, and so does what a performer needs at once (AT_ONCE).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from performer.parameters import Table

PREFIX = "/performer/visuals/"
GLIDE = PREFIX + "glide"
AT_ONCE = (GLIDE, PREFIX + "fade")
LEAST = 0.06  # seconds: from one message of a fader to the next


@dataclass(frozen=True, slots=True)
class Ramp:
    """From one value to another, beginning at a moment and lasting so many seconds."""

    start: float
    end: float
    begun: float
    length: float

    def at(self, now: float) -> float:
        share = min(1.0, max(0.0, (now - self.begun) / self.length))
        return self.start + (self.end - self.start) * share * share * (3.0 - 2.0 * share)


class Glide:
    """Every value that glides, and where it is."""

    def __init__(self) -> None:
        rows = Table().rows.values()
        self._gliding = tuple(row.address for row in rows if row.kind == "float" and row.address.startswith(PREFIX) and row.address not in AT_ONCE)
        self._seen: dict[str, float] = {}  # what was set last
        self._ramps: dict[str, Ramp] = {}

    def at(self, values: Mapping[str, Any], beat_s: float, now: float) -> Mapping[str, Any]:
        """The values of the moment `now`; a beat takes `beat_s` seconds. `values` themselves where nothing is on its way."""
        length = max(LEAST, float(values[GLIDE]) * beat_s)
        for address in self._gliding:
            value = values[address]
            before = self._seen.get(address)
            if value != before:
                if before is not None:
                    ramp = self._ramps.get(address)
                    self._ramps[address] = Ramp(before if ramp is None else ramp.at(now), value, now, length)
                self._seen[address] = value
        if not self._ramps:
            return values
        moved = {address: ramp.at(now) for address, ramp in self._ramps.items()}
        self._ramps = {address: ramp for address, ramp in self._ramps.items() if now < ramp.begun + ramp.length}
        return {**values, **moved}
