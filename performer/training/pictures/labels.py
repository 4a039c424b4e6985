"""What is known about a made picture: the maker's numbers, drawn at random, and four that are measured on the result.

The label vector is (LABEL_DIM,) float32: family one-hot, palette phases as cosine and sine, symmetry one-hot, then amounts in -1 ... 1.
"""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

FAMILIES = ("flame", "smoke", "mandala", "streams", "crystal", "rings", "julia")
FAMILY_WEIGHTS = (0.24, 0.13, 0.16, 0.13, 0.11, 0.10, 0.13)
ORDERS = (1, 2, 3, 4, 5, 6, 8)  # of the symmetry: how often the picture repeats around its centre
AMOUNTS = ("density", "warp", "zoom", "spread", "glow")  # the maker's
MEASURES = ("brightness", "contrast", "detail", "saturation")  # of the finished picture
MEASURE_CENTRES = (0.16, 0.17, 0.045, 0.16)  # typical value and reach of each measure, so that most lie in -1 ... 1
MEASURE_REACHES = (0.13, 0.09, 0.035, 0.12)

LAYOUT: dict[str, tuple[int, int]] = {}  # name -> (start, stop) in the vector
for _name, _width in (("family", len(FAMILIES)), ("palette", 6), ("symmetry", len(ORDERS)), *((name, 1) for name in AMOUNTS + MEASURES)):
    _start = max((stop for _, stop in LAYOUT.values()), default=0)
    LAYOUT[_name] = (_start, _start + _width)
LABEL_DIM = max(stop for _, stop in LAYOUT.values())
NAMES = (
    *(f"family {name}" for name in FAMILIES),
    *(f"palette {wave} {channel}" for wave in ("cosine", "sine") for channel in ("red", "green", "blue")),
    *(f"symmetry {order}" for order in ORDERS),
    *AMOUNTS,
    *MEASURES,
)  # of each number of the vector


@dataclass(frozen=True, slots=True)
class Recipe:
    """The numbers of a batch of one family, all (batch,) or (batch, 3): palette phases in turns, order, amounts in 0 ... 1."""

    family: int
    palette: Tensor
    order: Tensor
    density: Tensor
    warp: Tensor
    zoom: Tensor
    spread: Tensor
    glow: Tensor

    @classmethod
    def draw(cls, family: int, count: int, generator: torch.Generator) -> Self:
        """Random numbers for `count` pictures: phases of a vivid palette, order 1 in a third of the cases (never for a mandala)."""
        device = generator.device

        def uniform(*shape: int) -> Tensor:
            return torch.rand(*shape, generator=generator, device=device)

        gaps = 0.08 + 0.26 * uniform(count, 2)
        turn = torch.where(uniform(count, 1) < 0.5, 1.0, -1.0)
        phases = uniform(count, 1) + turn * torch.cat([torch.zeros(count, 1, device=device), gaps.cumsum(1)], 1)
        alone = 0.0 if FAMILIES[family] == "mandala" else 0.35
        draw = torch.where(uniform(count) < alone, 0, 1 + (uniform(count) * (len(ORDERS) - 1)).long())
        order = torch.tensor(ORDERS, device=device)[draw]
        return cls(family, phases % 1.0, order, uniform(count), uniform(count), uniform(count), uniform(count), uniform(count))

    def vectors(self, measures: Tensor) -> Tensor:
        """(batch, LABEL_DIM); measures (batch, 4) as `measure` in gallery.py gives them."""
        batch, device = self.order.shape[0], self.order.device
        out = torch.zeros(batch, LABEL_DIM, device=device)
        out[:, LAYOUT["family"][0] + self.family] = 1.0
        turns = self.palette * 2 * torch.pi
        out[:, slice(*LAYOUT["palette"])] = torch.cat([turns.cos(), turns.sin()], 1)
        orders = torch.tensor(ORDERS, device=device)
        out[:, slice(*LAYOUT["symmetry"])] = (self.order[:, None] == orders).float()
        for name in AMOUNTS:
            out[:, LAYOUT[name][0]] = getattr(self, name) * 2 - 1
        centres, reaches = torch.tensor(MEASURE_CENTRES, device=device), torch.tensor(MEASURE_REACHES, device=device)
        first, last = LAYOUT[MEASURES[0]][0], LAYOUT[MEASURES[-1]][1]
        out[:, first:last] = ((measures - centres) / reaches).clamp(-1.5, 1.5)
        return out
