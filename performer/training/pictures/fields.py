"""The brushes of the picture makers: coordinates, folds, noise, palettes, tone. Everything is batched: (batch, px, px) fields, planes x and y apart.

Sources: domain warping and cosine palettes after Inigo Quilez (iquilezles.org/articles/warp, /palettes).
"""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

TABLE = 64  # side of a noise texture; noise repeats after that many units


def uniform(generator: torch.Generator, count: int, low: float = 0.0, high: float = 1.0) -> Tensor:
    """(count, 1, 1): one random number a picture, shaped to meet a field."""
    return low + (high - low) * torch.rand(count, 1, 1, generator=generator, device=generator.device)


def plane(count: int, px: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """x and y in -1 ... 1, (count, px, px) each."""
    axis = (torch.arange(px, device=device) + 0.5) / px * 2 - 1
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    return x.expand(count, px, px), y.expand(count, px, px)


def rotate(x: Tensor, y: Tensor, angle: Tensor) -> tuple[Tensor, Tensor]:
    cos, sin = torch.cos(angle), torch.sin(angle)
    return cos * x - sin * y, sin * x + cos * y


def fold(x: Tensor, y: Tensor, order: Tensor) -> tuple[Tensor, Tensor]:
    """A kaleidoscope: the plane folded into one mirrored sector of a turn / order. Order 1 leaves it as it is."""
    sector = 2 * math.pi / order[:, None, None]
    angle = torch.atan2(y, x)
    folded = torch.abs(torch.remainder(angle + sector / 2, sector) - sector / 2)
    radius = torch.sqrt(x * x + y * y)
    alone = (order == 1)[:, None, None]
    return torch.where(alone, x, radius * torch.cos(folded)), torch.where(alone, y, radius * torch.sin(folded))


def noise_tables(count: int, generator: torch.Generator, channels: int = 1) -> Tensor:
    """Periodic random textures (count, channels, TABLE + 4, TABLE + 4), values about -1 ... 1."""
    table = torch.rand(count, channels, TABLE, TABLE, generator=generator, device=generator.device) * 2 - 1
    return F.pad(table, (2, 2, 2, 2), mode="circular")


def noise(table: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Smooth noise of one unit's wavelength at the places x, y (batch, h, w) -> (batch, h, w); channel 0 of the table."""
    side = TABLE + 4
    places = torch.stack([torch.remainder(x, TABLE) + 2.5, torch.remainder(y, TABLE) + 2.5], -1) * (2 / side) - 1
    return F.grid_sample(table[:, :1], places, mode="bicubic", align_corners=False)[:, 0]


def fbm(table: Tensor, x: Tensor, y: Tensor, octaves: int = 5) -> Tensor:
    """Fractal sum of noise, about -1 ... 1; each octave turned, so that the lattice does not show."""
    total, amplitude = torch.zeros_like(x), 0.55
    for _ in range(octaves):
        total = total + amplitude * noise(table, x, y)
        x, y = 1.6 * x - 1.2 * y + 17.3, 1.2 * x + 1.6 * y + 5.1  # twice the size, turned by 37 degrees
        amplitude *= 0.5
    return total


def warp_plane(table: Tensor, x: Tensor, y: Tensor, amount: Tensor, frequency: float = 1.3) -> tuple[Tensor, Tensor]:
    """The plane bent by noise: amount (batch, 1, 1) in units of the plane."""
    dx = fbm(table, x * frequency + 3.1, y * frequency + 8.7, 3)
    dy = fbm(table, x * frequency + 21.9, y * frequency + 33.3, 3)
    return x + amount * dx, y + amount * dy


def palette(t: Tensor, phases: Tensor, spread: Tensor) -> Tensor:
    """Cosine palette: hue field t (batch, h, w), phases (batch, 3) in turns, spread (batch,) 0 ... 1 -> colour (batch, 3, h, w) in 0 ... 1."""
    frequency = (0.25 + 0.75 * spread)[:, None, None, None]
    wave = 0.5 + 0.5 * torch.cos(2 * math.pi * (frequency * t[:, None] + phases[:, :, None, None]))
    return 0.02 + 0.98 * wave**1.6  # the power keeps the darks of a channel dark: deeper saturation


def soften(picture: Tensor, sigma: float) -> Tensor:
    """Gaussian blur of (batch, channels, h, w) by two one-dimensional passes; sigma in pixels."""
    reach = max(1, math.ceil(2.5 * sigma))
    offsets = torch.arange(-reach, reach + 1, device=picture.device, dtype=picture.dtype)
    kernel = torch.exp(-0.5 * (offsets / sigma) ** 2)
    kernel = (kernel / kernel.sum()).expand(picture.shape[1], 1, -1)
    picture = F.conv2d(F.pad(picture, (reach, reach, 0, 0), mode="replicate"), kernel[:, :, None, :], groups=picture.shape[1])
    return F.conv2d(F.pad(picture, (0, 0, reach, reach), mode="replicate"), kernel[:, :, :, None], groups=picture.shape[1])


def develop(light: Tensor, colour: Tensor, glow: Tensor, vignette: Tensor) -> Tensor:
    """Light (batch, h, w) >= 0 and colour (batch, 3, h, w) -> picture in 0 ... 1: hot places go towards white, a bloom around them, a vignette."""
    px = light.shape[-1]
    x, y = plane(light.shape[0], px, light.device)
    light = light * torch.exp(-vignette * torch.relu(torch.sqrt(x * x + y * y) - 0.35) ** 2 * 2.2)
    hot = torch.relu(light - 0.9)[:, None]
    rgb = colour * light[:, None] + 0.55 * hot
    amount = (0.1 + 0.7 * glow)[:, None, None, None]
    bloom = F.avg_pool2d(rgb, 4)
    bloom = 0.6 * soften(bloom, px / 256) + 0.4 * soften(bloom, px / 64)
    rgb = rgb + amount * F.interpolate(bloom, size=px, mode="bilinear", align_corners=False)
    rgb = torch.relu(rgb - 0.015)
    return 1 - torch.exp(-1.35 * rgb)
