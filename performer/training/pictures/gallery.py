"""Thousands of made pictures in memory: drawn by family, the black, flat and blown ones rejected and counted, labels beside them.

`python -m performer.training.pictures.gallery --count 64 --sheet sheet.png` draws a contact sheet.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from performer.training.pictures.families import fields
from performer.training.pictures.fields import develop, palette
from performer.training.pictures.labels import FAMILIES, FAMILY_WEIGHTS, LABEL_DIM, Recipe

LUMA = (0.299, 0.587, 0.114)


@dataclass(frozen=True, slots=True)
class Gallery:
    """pictures (count, 3, px, px) uint8, labels (count, LABEL_DIM) float32, on one device, families by turns; and how many were drawn and
    kept of each."""

    pictures: Tensor
    labels: Tensor
    drawn: dict[str, int]
    kept: dict[str, int]


def measure(pictures: Tensor) -> Tensor:
    """Brightness, contrast, detail and saturation of pictures (batch, 3, h, w) in 0 ... 1 -> (batch, 4): mean and deviation of luma,
    mean step between neighbours 1/128 of the side apart or nearer, mean distance of the largest from the smallest channel."""
    luma = (pictures * torch.tensor(LUMA, device=pictures.device)[:, None, None]).sum(1)
    gap = max(1, pictures.shape[-1] // 128)
    steps = (luma[:, :, gap:] - luma[:, :, :-gap]).abs().mean((1, 2)) + (luma[:, gap:] - luma[:, :-gap]).abs().mean((1, 2))
    saturation = (pictures.amax(1) - pictures.amin(1)).mean((1, 2))
    return torch.stack([luma.mean((1, 2)), luma.std((1, 2)), steps / 2, saturation], 1)


def worth_keeping(pictures: Tensor) -> Tensor:
    """(batch,) bool: not nearly black, not flat, not blown out, not mere grain. Pictures (batch, 3, h, w) in 0 ... 1."""
    luma = (pictures * torch.tensor(LUMA, device=pictures.device)[:, None, None]).sum(1)
    brightness, contrast, detail, _ = measure(pictures).unbind(1)
    lit = (luma > 0.12).float().mean((1, 2))
    blown = (luma > 0.85).float().mean((1, 2))
    dark = (luma < 0.10).float().mean((1, 2))
    return (
        (brightness > 0.045) & (brightness < 0.48) & (contrast > 0.055) & (lit > 0.1) & (blown < 0.12) & (dark > 0.08)
        & (detail > 0.006) & (detail < 0.16) & torch.isfinite(brightness)
    )  # fmt: skip


def paint(recipe: Recipe, px: int, generator: torch.Generator) -> Tensor:
    """One batch of one family, (batch, 3, px, px) in 0 ... 1."""
    light, hue = fields(recipe, px, generator)
    light, hue = torch.nan_to_num(light, 0, 0, 0).clamp(0, 6), torch.nan_to_num(hue, 0, 0, 0)
    vignette = torch.rand(light.shape[0], 1, 1, generator=generator, device=generator.device) * 1.5 + 0.3
    return develop(light, palette(hue, recipe.palette, recipe.spread), recipe.glow, vignette)


@torch.no_grad()
def make_gallery(
    count: int, px: int, seed: int, device: torch.device | str = "cpu", batch: int | None = None, seconds: float = float("inf")
) -> Gallery:
    """`count` pictures and labels, fewer if they are not made within `seconds`. The same seed, px, batch and kind of device give the same
    ones (on CUDA up to the order of sums)."""
    device = torch.device(device)
    end = time.monotonic() + seconds
    generator = torch.Generator(device).manual_seed(seed)
    batch = batch or (128 if device.type == "cuda" else 8)
    pictures = torch.empty(count, 3, px, px, dtype=torch.uint8, device=device)
    labels = torch.empty(count, LABEL_DIM, device=device)
    drawn, kept, filled = dict.fromkeys(FAMILIES, 0), dict.fromkeys(FAMILIES, 0), 0
    while filled < count and (filled == 0 or time.monotonic() < end):
        family = max(range(len(FAMILIES)), key=lambda i: FAMILY_WEIGHTS[i] * (filled + batch) - kept[FAMILIES[i]])  # the one most behind
        recipe = Recipe.draw(family, batch, generator)
        made = paint(recipe, px, generator)
        good = worth_keeping(made)
        chosen, vectors = made[good][: count - filled], recipe.vectors(measure(made))[good][: count - filled]
        pictures[filled : filled + len(chosen)] = (chosen * 255 + 0.5).to(torch.uint8)
        labels[filled : filled + len(chosen)] = vectors
        filled += len(chosen)
        drawn[FAMILIES[family]] += batch
        kept[FAMILIES[family]] += len(chosen)
    return Gallery(pictures[:filled], labels[:filled], drawn, kept)


def contact_sheet(pictures: Tensor, columns: int, path: Path) -> None:
    """A PNG of pictures (count, 3, h, w), uint8 or float in -1 ... 1, in rows of `columns`."""
    if pictures.dtype != torch.uint8:
        pictures = ((pictures.float().clamp(-1, 1) + 1) * 127.5 + 0.5).to(torch.uint8)
    pictures = pictures.cpu()
    count, _, height, width = pictures.shape
    rows = -(-count // columns)
    sheet = torch.zeros(3, rows * (height + 2), columns * (width + 2), dtype=torch.uint8)
    for i in range(count):
        top, left = i // columns * (height + 2), i % columns * (width + 2)
        sheet[:, top : top + height, left : left + width] = pictures[i]
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(sheet.permute(1, 2, 0).numpy()).save(path)


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw made pictures and look at them.")
    parser.add_argument("--count", type=int, default=64)
    parser.add_argument("--px", type=int, default=256)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--family", choices=FAMILIES, help="only this family")
    parser.add_argument("--columns", type=int, default=8)
    parser.add_argument("--sheet", type=Path, required=True, help="PNG to write")
    arguments = parser.parse_args()
    begin = time.perf_counter()
    if arguments.family:
        generator = torch.Generator(arguments.device).manual_seed(arguments.seed)
        recipe = Recipe.draw(FAMILIES.index(arguments.family), arguments.count, generator)
        with torch.no_grad():
            made = paint(recipe, arguments.px, generator)
        print("worth keeping:", int(worth_keeping(made).sum()), "of", len(made), "mean measures:", measure(made).mean(0).tolist())
        contact_sheet(made * 2 - 1, arguments.columns, arguments.sheet)
    else:
        gallery = make_gallery(arguments.count, arguments.px, arguments.seed, arguments.device)
        print("drawn", gallery.drawn, "kept", gallery.kept)
        contact_sheet(gallery.pictures, arguments.columns, arguments.sheet)
    print(f"{time.perf_counter() - begin:.1f} s")


if __name__ == "__main__":
    main()
