"""What the hand asks of the picture: labels held or pushed, styles leaned on, features bent. Pure; the process `visuals` asks once a frame.

A choice (family, symmetry, palette) glides like a number: what is chosen takes hold of its labels while what was chosen lets go.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from performer.parameters import AMOUNTS, COMPONENTS, FAMILIES, PALETTES, SYMMETRIES, WALK

PREFIX = "/performer/visuals/"
QUICK = 0.35  # seconds in which a choice takes hold of 1 - 1/e, where no glide is asked for
GONE = 1e-3
GROUPS: Mapping[str, tuple[str, ...]] = {
    "family": tuple(f"family {name}" for name in FAMILIES if name != WALK),
    "symmetry": tuple(f"symmetry {order}" for order in SYMMETRIES if order != WALK),
    "palette": tuple(f"palette {wave} {channel}" for wave in ("cosine", "sine") for channel in ("red", "green", "blue")),
}  # the labels that a choice holds


@dataclass(frozen=True, slots=True)
class Ask:
    """`held`: label -> (value, how firmly from 0 to 1); `pushed`: label -> what is added; `hue`: turns of the palette; `components`: along the
    principal directions of the styles, 1 is two deviations; `mixed`: the layers from and to which the second style is mixed in, 0 coarse to
    1 fine; `noise`: of the grain's strength; spin and turn in radians, x and y in half sides and scale bend the features."""

    held: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    pushed: Mapping[str, float] = field(default_factory=dict)
    hue: float = 0.0
    components: tuple[float, ...] = (0.0,) * COMPONENTS
    mixed: tuple[float, float] = (0.35, 1.0)
    noise: float = 1.0
    spin: float = 0.0
    turn: float = 0.0
    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0


class Hand:
    """The choices on their way."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[float, float]] = {}

    def ask(self, values: Mapping[str, Any], passed: float, beat_s: float) -> Ask:
        """What the values ask for, `passed` seconds after the last time."""
        share = 1.0 - math.exp(-max(0.0, passed) / max(QUICK, float(values[PREFIX + "glide"]) * beat_s / 3))
        for group, labels in GROUPS.items():
            aims = _aims(group, values[PREFIX + group])
            for label in labels:
                value, firmness = self._held.get(label, (aims.get(label, 0.0), 0.0))
                value += (aims.get(label, value) - value) * share
                firmness += (float(bool(aims)) - firmness) * share
                self._held[label] = (value, firmness)
                if firmness < GONE:
                    del self._held[label]
        bend = PREFIX + "bend/"
        return Ask(
            dict(self._held),
            {name: values[f"{PREFIX}direction/{name}"] for name in AMOUNTS if values[f"{PREFIX}direction/{name}"]},
            values[PREFIX + "direction/hue"],
            tuple(values[f"{PREFIX}direction/pc{number}"] for number in range(1, COMPONENTS + 1)),
            (values[PREFIX + "mix_from"], values[PREFIX + "mix_to"]),
            values[PREFIX + "noise"],
            math.pi * values[bend + "spin"], math.pi * values[bend + "turn"], values[bend + "x"], values[bend + "y"],
            2.0 ** values[bend + "scale"],
        )  # fmt: skip


def _aims(group: str, choice: str) -> dict[str, float]:
    """What the labels of a group shall be; nothing where the walk has them."""
    if choice == WALK:
        return {}
    if group == "palette":
        waves = ((wave, math.cos if wave == "cosine" else math.sin) for wave in ("cosine", "sine"))
        phases = dict(zip(("red", "green", "blue"), PALETTES[choice], strict=True))
        return {f"palette {wave} {channel}": turn(2 * math.pi * phase) for wave, turn in waves for channel, phase in phases.items()}
    return {label: float(label == f"{group} {choice}") for label in GROUPS[group]}
