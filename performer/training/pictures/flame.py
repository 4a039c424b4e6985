"""Fractal flames (Draves and Reckase 2008): a chaos game over random affine maps bent by variations, drawn as log density.

Thousands of walkers per picture step together; their footprints are added up in one histogram of hits and one of colour.
"""

import math

import torch
from torch import Tensor

from performer.training.pictures.fields import soften
from performer.training.pictures.labels import Recipe

MAPS = 5
WALKERS = 8192
BURN_IN = 14


def _variations(x: Tensor, y: Tensor, toss: Tensor) -> tuple[Tensor, ...]:
    """Ten bendings of the plane; each returns x' and y' stacked, (10, 2) planes flat in order."""
    r2 = x * x + y * y + 1e-6
    r = torch.sqrt(r2)
    angle = torch.atan2(x, y)
    sin2, cos2 = torch.sin(r2), torch.cos(r2)
    sin_a, cos_a = x / r, y / r
    half = angle / 2 + math.pi * toss
    root = torch.sqrt(r)
    disc = angle / math.pi
    bubble = 4 / (r2 + 4)
    eye = 2 / (r + 1)
    return (
        x, y,
        torch.sin(x), torch.sin(y),
        x / r2, y / r2,
        x * sin2 - y * cos2, x * cos2 + y * sin2,
        (x - y) * (x + y) / r, 2 * x * y / r,
        disc * torch.sin(math.pi * r), disc * torch.cos(math.pi * r),
        (cos_a + torch.sin(r)) / (r + 0.1), (sin_a - torch.cos(r)) / (r + 0.1),
        root * torch.cos(half), root * torch.sin(half),
        bubble * x, bubble * y,
        eye * x, eye * y,
    )  # fmt: skip


VARIATIONS = 10


def _systems(recipe: Recipe, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Random maps: affine (batch, MAPS, 6), weights of the variations (batch, MAPS, VARIATIONS), odds (batch, MAPS) summing to 1."""
    batch, device = recipe.order.shape[0], generator.device

    def rand(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator, device=device)

    angle, shear = rand(batch, MAPS) * 2 * math.pi, (rand(batch, MAPS) - 0.5) * 1.2
    size = 0.45 + 0.55 * rand(batch, MAPS)
    squash = 0.55 + 0.45 * rand(batch, MAPS)
    a, b = size * torch.cos(angle), -size * squash * torch.sin(angle + shear)
    c, d = size * torch.sin(angle), size * squash * torch.cos(angle + shear)
    offset = (rand(batch, MAPS, 2) - 0.5) * 2.2
    affine = torch.stack([a, b, offset[..., 0], c, d, offset[..., 1]], -1)
    first = torch.nn.functional.one_hot((rand(batch, MAPS) * (VARIATIONS - 1)).long() + 1, VARIATIONS).float()
    shared = torch.nn.functional.one_hot((rand(batch, 1) * (VARIATIONS - 1)).long() + 1, VARIATIONS).float()
    first = torch.where(rand(batch, MAPS, 1) < 0.5, shared, first)  # half of the maps share one bending: a picture with a character
    bend = (0.15 + 0.85 * recipe.warp)[:, None, None] * (0.5 + 0.5 * rand(batch, MAPS, 1))
    weights = first * bend
    weights[..., 0] += 1 - bend[..., 0]
    odds = 0.15 + rand(batch, MAPS)
    used = torch.arange(MAPS, device=device) < 2 + (rand(batch, 1) * (MAPS - 1)).long()
    odds = odds * used
    return affine, weights, odds / odds.sum(1, keepdim=True)


def flame_fields(recipe: Recipe, px: int, generator: torch.Generator, steps: int | None = None) -> tuple[Tensor, Tensor]:
    """Light and hue fields (batch, px, px) of a batch of flames. `steps` footprints a walker (default by the area of the picture)."""
    batch, device = recipe.order.shape[0], generator.device
    steps = max(24, 160 * px * px // 65536) if steps is None else steps
    affine, weights, odds = _systems(recipe, generator)
    reach = odds.cumsum(1)[:, None, :]  # (batch, 1, MAPS)
    hue_of = torch.rand(batch, MAPS, generator=generator, device=device)
    table = torch.cat([affine, weights, hue_of[..., None]], -1)  # (batch, MAPS, 17)
    x = torch.rand(batch, WALKERS, generator=generator, device=device) * 2 - 1
    y = torch.rand(batch, WALKERS, generator=generator, device=device) * 2 - 1
    hue = torch.rand(batch, WALKERS, generator=generator, device=device)
    order = recipe.order[:, None].float()
    hits = torch.zeros(batch, px * px, device=device)
    tint = torch.zeros(batch, px * px, device=device)
    centre_x = centre_y = extent = None
    for step in range(BURN_IN + steps):
        draws = torch.rand(3, batch, WALKERS, generator=generator, device=device)
        pick = (draws[0, :, :, None] > reach).sum(-1).clamp(max=MAPS - 1)
        row = torch.gather(table, 1, pick[:, :, None].expand(-1, -1, table.shape[-1])).unbind(-1)
        u = row[0] * x + row[1] * y + row[2]
        v = row[3] * x + row[4] * y + row[5]
        bent = _variations(u, v, (draws[1] > 0.5).float())
        x, y = torch.zeros_like(u), torch.zeros_like(v)
        for i in range(VARIATIONS):
            x, y = torch.addcmul(x, row[6 + i], bent[2 * i]), torch.addcmul(y, row[6 + i], bent[2 * i + 1])
        lost = ~(torch.abs(x) + torch.abs(y) < 60)  # also catches NaN
        x, y = torch.where(lost, draws[0] * 2 - 1, x), torch.where(lost, draws[1] * 2 - 1, y)
        hue = (hue + row[-1]) / 2
        turn = torch.floor(draws[2] * order) * (2 * math.pi / order)  # the symmetry: a copy of the walker in a random sector
        sx, sy = torch.cos(turn) * x - torch.sin(turn) * y, torch.sin(turn) * x + torch.cos(turn) * y
        if step + 1 == BURN_IN:  # the camera: the middle nine tenths of the walkers, closer or wider by the zoom
            alone = (order == 1).float()
            middle_x, middle_y = sx.median(1, keepdim=True).values * alone, sy.median(1, keepdim=True).values * alone
            far = torch.quantile(torch.maximum((sx - middle_x).abs(), (sy - middle_y).abs()), 0.93, dim=1, keepdim=True)
            centre_x, centre_y, extent = middle_x, middle_y, far.clamp(min=0.05) * (1.35 - 0.75 * recipe.zoom[:, None])
        if step >= BURN_IN:
            column, line = ((sx - centre_x) / extent + 1) * (px / 2), ((sy - centre_y) / extent + 1) * (px / 2)
            inside = (column >= 0) & (column < px) & (line >= 0) & (line < px)
            place = torch.where(inside, line.floor() * px + column.floor(), 0).long()
            value = inside.float()
            hits.scatter_add_(1, place, value)
            tint.scatter_add_(1, place, value * hue)
    hits, tint = hits.view(batch, 1, px, px), tint.view(batch, 1, px, px)
    smooth_hits, smooth_tint = soften(hits, 0.9 * px / 256 + 0.25), soften(tint, 0.9 * px / 256 + 0.25)
    trust = hits / (hits + 8.0)  # grain is smoothed where hits are few
    count = (trust * hits + (1 - trust) * smooth_hits)[:, 0]
    hue_field = ((trust * tint + (1 - trust) * smooth_tint) / (trust * hits + (1 - trust) * smooth_hits + 1e-3))[:, 0]
    mean = hits.mean((1, 2, 3))[:, None, None] + 1e-3
    gain = torch.exp(0.4 + 2.4 * recipe.density)[:, None, None]
    brightest = torch.quantile((count / mean).flatten(1), 0.995, dim=1)[:, None, None]
    peak = torch.log1p(gain * brightest).clamp(min=0.2)
    light = (torch.log1p(gain * count / mean) / peak) ** 1.25 * 1.35
    return light, hue_field * 1.3 + 0.25 * light
