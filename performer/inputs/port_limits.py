"""How many MIDI ports the show has: a voice's port beyond them is refused, since it would play to nobody. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from performer.errors import ParameterError
from performer.events import ParameterSet
from performer.show_ports import MOST_PORTS


@dataclass(frozen=True, slots=True)
class PortLimits:
    """The numbers of MIDI inputs and outputs of a show."""

    inputs: int = MOST_PORTS
    outputs: int = MOST_PORTS

    def check(self, event: ParameterSet, arguments: Sequence[Any]) -> None:
        """Raises ParameterError where a voice would have a port that is not there; `arguments` are those that were sent."""
        for ending, kind, count in (("/input_port", "input", self.inputs), ("/output_port", "output", self.outputs)):
            if event.address.endswith(ending) and event.value > count:
                sent = arguments[0] if arguments else event.value
                number = f"{sent:g}" if isinstance(sent, (int, float)) and math.isfinite(sent) else str(event.value)
                there = f"this show has {count} MIDI {kind}{'s' if count != 1 else ''}"
                most = f"a number up to {count}" if count > 1 else "1" if kind == "output" else "0 or 1"
                remedy = f"Send {most}, or add [[midi.{kind}s]] to the show file."
                raise ParameterError(f"{event.address}: there is no {kind} {number}; {there}.", remedy)
