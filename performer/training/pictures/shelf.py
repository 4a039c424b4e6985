"""Fields as they are made: a shelf that holds the newest, so that a training sees pictures for a while and then never again."""

import torch
from torch import Tensor

from performer.training.pictures.labels import FAMILIES
from performer.training.pictures.negatives import LAYOUTS, Negatives


class Shelf:
    """Up to `room` fields of `px`; the oldest make room. `made` counts all that ever lay here, by family."""

    def __init__(self, room: int, px: int, device: torch.device | str = "cpu") -> None:
        self.px = px
        self.made = [0] * len(FAMILIES)
        self._room, self._next, self._filled = room, 0, 0
        plane = (room, px, px)
        self._all = Negatives(
            torch.zeros(plane, dtype=torch.float16, device=device), torch.zeros(plane, dtype=torch.float16, device=device),
            torch.zeros(room, dtype=torch.int64, device=device), torch.zeros(room, len(LAYOUTS), device=device),
        )  # fmt: skip

    def __len__(self) -> int:
        return self._filled

    def put(self, new: Negatives) -> None:
        """In place of the oldest."""
        places = (self._next + torch.arange(len(new))) % self._room
        for name in Negatives.__slots__:
            getattr(self._all, name)[places] = getattr(new, name)
        self._next = (self._next + len(new)) % self._room
        self._filled = min(self._room, self._filled + len(new))
        for family in new.family.tolist():
            self.made[family] += 1

    def draw(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """`count` pictures (count, 3, px, px) in -1 ... 1, in colours never seen before, turned and mirrored at random, and their labels."""
        lying = Negatives(*(getattr(self._all, name)[: self._filled] for name in Negatives.__slots__))
        pictures, labels = lying.developed(lying.draw(count, generator), generator)
        turns, mirrored = torch.rand(2).tolist()  # of the processor's, which waits for no GPU
        pictures = torch.rot90(pictures * 2 - 1, int(4 * turns), (2, 3))
        return (pictures.flip(3) if mirrored < 0.5 else pictures), labels
