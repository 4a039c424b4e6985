"""Made pictures before they are developed: light and hue without a palette, each good for many pictures of other colours, glow and turn.

A field of light costs thirty times what its development costs, so a training on a CPU keeps fields and develops them anew at each sight:
the palette, its spread, the glow and the vignette are drawn fresh, and the labels say what was drawn.

    python -m performer.training.pictures.negatives --count 5000 --px 256 --seconds 1200 --out .work/negatives.pt
"""

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import torch
from torch import Tensor
from torch.nn import functional as F

from performer.training.pictures.families import FIELDS, fields
from performer.training.pictures.fields import develop, palette
from performer.training.pictures.gallery import measure, worth_keeping
from performer.training.pictures.labels import FAMILIES, FAMILY_WEIGHTS, Recipe

SHARES = (0.10, 0.15, 0.17, 0.12, 0.15, 0.13, 0.18)  # of each family: flames and streams cost ten times a mandala
LAYOUTS = ("order", "density", "warp", "zoom")  # the numbers of a recipe that are in the fields already
COLOURS = ("palette", "spread", "glow")  # those that the development draws
HALF_PX = ("streams",)  # drawn at half the side and enlarged: smooth, and four times as dear


@dataclass(frozen=True, slots=True)
class Negatives:
    """light and hue (count, px, px) float16, family (count,) int64, layout (count, len(LAYOUTS)) float32."""

    light: Tensor
    hue: Tensor
    family: Tensor
    layout: Tensor

    def __len__(self) -> int:
        return len(self.family)

    def at(self, px: int) -> Self:
        """Averaged down to `px`; the hue is that of what shines."""
        times = self.light.shape[-1] // px
        if times == 1:
            return self
        parts = [_smaller(light.float(), hue.float(), times) for light, hue in zip(self.light.split(64), self.hue.split(64), strict=True)]
        light, hue = (torch.cat(fields).half() for fields in zip(*parts, strict=True))
        return type(self)(light, hue, self.family, self.layout)

    def developed(self, places: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """The fields at `places` in colours drawn afresh: pictures (batch, 3, px, px) in 0 ... 1 and their labels (batch, LABEL_DIM)."""
        drawn = Recipe.draw(1, len(places), generator)
        layout = {name: self.layout[places, i] for i, name in enumerate(LAYOUTS)}
        light, hue = self.light[places].float(), self.hue[places].float()
        vignette = torch.rand(len(places), 1, 1, generator=generator, device=generator.device) * 1.5 + 0.3
        pictures = develop(light, palette(hue, drawn.palette, drawn.spread), drawn.glow, vignette)
        measures = measure(pictures)
        colours = {name: getattr(drawn, name) for name in COLOURS}
        vectors = Recipe(0, **colours, **{**layout, "order": layout["order"].long()}).vectors(measures)
        vectors[:, : len(FAMILIES)] = F.one_hot(self.family[places], len(FAMILIES)).float()
        return pictures, vectors

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """(count,) places, families in the shares of a gallery however many of each there are."""
        kinds = torch.arange(len(FAMILIES), device=self.family.device)
        weights = torch.tensor(FAMILY_WEIGHTS, device=self.family.device) / (self.family[:, None] == kinds).sum(0).clamp(min=1)
        return torch.multinomial(weights[self.family], count, replacement=True, generator=generator)


def _smaller(light: Tensor, hue: Tensor, times: int) -> tuple[Tensor, Tensor]:
    weighted = F.avg_pool2d((light + 1e-3) * hue, times) / F.avg_pool2d(light + 1e-3, times)
    return F.avg_pool2d(light, times), weighted


def _drawn(recipe: Recipe, px: int, generator: torch.Generator, quickly: bool) -> tuple[Tensor, Tensor]:
    name = FAMILIES[recipe.family]
    half = quickly and name in HALF_PX
    light, hue = FIELDS[name](recipe, px // 2 if half else px, generator) if quickly else fields(recipe, px, generator)
    light, hue = torch.nan_to_num(light, 0, 0, 0).clamp(0, 6), torch.nan_to_num(hue, 0, 0, 0).clamp(-100, 100)
    if half:
        light, hue = (F.interpolate(each[:, None], size=px, mode="bicubic", align_corners=False)[:, 0] for each in (light, hue))
    return light.clamp(0, 6), hue


@torch.no_grad()
def batches(
    px: int, seed: int, batch: int = 8, shares: Sequence[float] = SHARES, device: torch.device | str = "cpu", quickly: bool = True
) -> Iterator[Negatives]:
    """Fields without end, `batch` of one family at a time less those whose picture is not worth keeping, families by turns in their shares.
    `quickly`: not as a gallery draws them, with four times the pixels, but fast enough for a CPU."""
    generator, made = torch.Generator(device).manual_seed(seed), [0] * len(FAMILIES)
    while True:
        family = max(range(len(FAMILIES)), key=lambda i: shares[i] * (sum(made) + batch) - made[i])
        recipe = Recipe.draw(family, batch, generator)
        light, hue = _drawn(recipe, px, generator, quickly)
        good = worth_keeping(develop(light, palette(hue, recipe.palette, recipe.spread), recipe.glow, torch.ones(batch, 1, 1, device=device)))
        layout = torch.stack([getattr(recipe, name).float() for name in LAYOUTS], 1)
        made[family] += int(good.sum())
        yield Negatives(light[good].half(), hue[good].half(), torch.full((int(good.sum()),), family, device=device), layout[good])


def make_negatives(count: int, px: int, seed: int, batch: int = 8, seconds: float = float("inf")) -> Negatives:
    """`count` fields, fewer if they are not made within `seconds`."""
    end, kept = time.monotonic() + seconds, list[Negatives]()
    for new in batches(px, seed, batch):
        kept.append(new)
        if sum(map(len, kept)) >= count or time.monotonic() > end:
            break
    whole = join(kept)
    return Negatives(*(getattr(whole, name)[:count] for name in Negatives.__slots__))


def save(negatives: Negatives, path: Path) -> None:
    part = path.with_suffix(".part")
    torch.save({name: getattr(negatives, name) for name in Negatives.__slots__}, part)
    part.replace(path)


def load(path: Path) -> Negatives:
    return Negatives(**torch.load(path, map_location="cpu", weights_only=True))


def join(parts: list[Negatives]) -> Negatives:
    return Negatives(*(torch.cat([getattr(part, name) for part in parts]) for name in Negatives.__slots__))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--px", type=int, default=256)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    begin = time.perf_counter()
    negatives = make_negatives(options.count, options.px, options.seed, seconds=options.seconds)
    save(negatives, options.out)
    print(f"{options.out}: {len(negatives)} fields in {time.perf_counter() - begin:.0f} s")


if __name__ == "__main__":
    main()
