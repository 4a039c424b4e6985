"""The families other than flames, each a function of a recipe and a generator to a field of light and a field of hue, (batch, px, px).

All share the plane of `_ground`: folded by the symmetry, turned, zoomed, bent by the warp. They differ in what is drawn on it.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from performer.training.pictures.fields import TABLE, fbm, fold, noise, noise_tables, plane, rotate, uniform, warp_plane
from performer.training.pictures.flame import flame_fields
from performer.training.pictures.labels import FAMILIES, Recipe


def _column(value: Tensor) -> Tensor:
    return value[:, None, None]


def _ground(recipe: Recipe, px: int, generator: torch.Generator, warp: float, widest: float, closest: float) -> tuple[Tensor, Tensor, Tensor]:
    """A noise table and the plane x, y: folded, zoomed (`widest` units across at zoom 0, `closest` at 1), moved to a random place, bent."""
    count = recipe.order.shape[0]
    table = noise_tables(count, generator)
    x, y = plane(count, px, generator.device)
    x, y = rotate(x, y, uniform(generator, count, 0, 2 * math.pi))
    x, y = fold(x, y, recipe.order)
    reach = _column(widest * (closest / widest) ** recipe.zoom)
    x, y = x * reach, y * reach
    x, y = rotate(x, y, uniform(generator, count, 0, 2 * math.pi))
    amount = warp * _column(recipe.warp)
    x, y = x + uniform(generator, count, -0.4, 0.4), y + uniform(generator, count, -0.4, 0.4)
    x, y = warp_plane(table, x, y, amount)
    return table, x, y


def smoke(recipe: Recipe, px: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Domain-warped noise: veils with bright ridges where the noise passes through zero."""
    table, x, y = _ground(recipe, px, generator, 0.6, 2.6, 0.9)
    ax, ay = fbm(table, x, y), fbm(table, x + 5.2, y + 1.3)
    strength = _column(0.8 + 2.4 * recipe.warp)
    bx, by = fbm(table, x + strength * ax + 1.7, y + strength * ay + 9.2), fbm(table, x + strength * ax + 8.3, y + strength * ay + 2.8)
    f = fbm(table, x + strength * bx, y + strength * by, 6)
    cover = _column(0.25 - 0.5 * recipe.density)
    veil = torch.relu(f - cover + 0.1) ** 1.4
    ridge = torch.exp(-torch.abs(f - cover) * 22) * 0.75 + torch.exp(-torch.abs(bx) * 30) * 0.5 * torch.sigmoid(6 * (f - cover))
    return 1.5 * veil + ridge, 0.9 * ax + 0.8 * by + 0.6 * f


def mandala(recipe: Recipe, px: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Repeated folds and inversions (Kalibox sets), drawn by how near the orbit comes to axes and circles: lace with a symmetry."""
    count = recipe.order.shape[0]
    _, x, y = _ground(recipe, px, generator, 0.35, 1.7, 0.75)
    cx, cy = uniform(generator, count, 0.45, 0.95), uniform(generator, count, 0.25, 0.85)
    turn = uniform(generator, count, -0.6, 0.6)
    light, hue = torch.zeros_like(x), torch.zeros_like(x)
    width = _column(34 - 22 * recipe.density)
    radius = uniform(generator, count, 0.3, 0.8)
    for i in range(7):
        scale = 1 / (x * x + y * y).clamp(min=0.04)
        x, y = torch.abs(x) * scale - cx, torch.abs(y) * scale - cy
        x, y = rotate(x, y, turn)
        distance = torch.sqrt(x * x + y * y + 1e-8)
        near = torch.exp(-width * torch.abs(distance - radius)) + 0.8 * torch.exp(-width * torch.minimum(x.abs(), y.abs()))
        light = light + near * 0.72**i
        hue = hue + 0.35 * torch.exp(-1.2 * distance) + 0.12 * i * near.clamp(max=1) * 0.6**i
    return 0.62 * light**1.25, hue


def streams(recipe: Recipe, px: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Sparks carried along the curl of a noise field: line integral convolution of scattered points, brighter towards the head."""
    count = recipe.order.shape[0]
    table, x, y = _ground(recipe, px, generator, 0.5, 2.4, 0.9)
    seeds = noise_tables(count, generator)
    step, bend = _column(0.011 * 2.0 * (0.4 / 1.0) ** recipe.zoom), 0.02
    frequency = uniform(generator, count, 0.5, 1.0)
    light, weight = torch.zeros_like(x), 0.0
    grain = uniform(generator, count, 18, 30)
    cover = _column(0.42 - 0.4 * recipe.density)
    px_, py_ = x, y
    speed = torch.zeros_like(x)
    for i in range(28):
        fx, fy = px_ * frequency, py_ * frequency
        here = fbm(table, fx, fy, 3)
        dx, dy = (fbm(table, fx, fy + bend, 3) - here) / bend, -(fbm(table, fx + bend, fy, 3) - here) / bend
        length = torch.sqrt(dx * dx + dy * dy + 1e-4)
        px_, py_ = px_ + step * dx / length, py_ + step * dy / length
        if i == 0:
            speed = length
        fade = 1 - i / 28
        light = light + fade * torch.relu(noise(seeds, px_ * grain, py_ * grain) - cover)
        weight += fade
    hue_noise = fbm(table, px_ * 1.1 + 40.1, py_ * 1.1 + 11.7, 3)
    light = (light / weight * 5.2) ** 1.9 * (0.25 + 0.75 * torch.sigmoid(3 * (fbm(table, x * 0.8 + 9.9, y * 0.8, 3) + 0.15)) * 1.3)
    return light * (0.55 + 0.45 * torch.tanh(speed)), 1.4 * hue_noise + 0.35 * speed


def crystal(recipe: Recipe, px: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Voronoi cells at two sizes: bright seams, facets lit from one side, a colour for each cell."""
    count = recipe.order.shape[0]
    table, x, y = _ground(recipe, px, generator, 0.45, 1.6, 0.7)
    number = 12
    jitter = torch.rand(count, TABLE, TABLE, 3, generator=generator, device=generator.device).flatten(1, 2)  # (batch, cells, 3)
    light, hue = torch.zeros_like(x), torch.zeros_like(x)
    metric = uniform(generator, count, 0.0, 1.0)  # from round towards diamond-shaped cells
    for size, share in ((1.0, 1.0), (2.6, 0.42)):
        scale = _column(1.6 + 2.6 * recipe.density) * size
        gx, gy = x * scale + 31.5, y * scale + 31.5
        base_x, base_y = gx.floor(), gy.floor()
        first, second = torch.full_like(x, 9.0), torch.full_like(x, 9.0)
        tint, side = torch.zeros_like(x), torch.zeros_like(x)
        for j in (-1, 0, 1):
            for i in (-1, 0, 1):
                cell = (torch.remainder(base_y + j, TABLE) * TABLE + torch.remainder(base_x + i, TABLE)).long().flatten(1)
                place = torch.gather(jitter, 1, cell[:, :, None].expand(-1, -1, 3)).view(*x.shape, 3)
                dx, dy = base_x + i + place[..., 0] - gx, base_y + j + place[..., 1] - gy
                distance = (1 - metric) * torch.sqrt(dx * dx + dy * dy + 1e-6) + metric * 0.75 * (dx.abs() + dy.abs())
                closer = distance < first
                second = torch.where(closer, first, torch.minimum(second, distance))
                first = torch.where(closer, distance, first)
                tint, side = torch.where(closer, place[..., 2], tint), torch.where(closer, dx + 0.6 * dy, side)
        seam = second - first
        edge = torch.exp(-number * seam) + 0.5 * torch.exp(-60 * seam)
        facet = torch.relu(0.22 + 0.4 * side) * (0.25 + 1.1 * tint**2)
        light = light + share * (0.75 * edge + facet + 0.6 * torch.exp(-9 * first) * tint)
        hue = hue + share * (0.7 * tint + 0.35 * first)
    shade = torch.sigmoid(4 * (fbm(table, x * 0.9 + 3.3, y * 0.9 + 14.1, 3) + 0.12))
    return light * (0.12 + 1.05 * shade), hue


def rings(recipe: Recipe, px: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Interference of circular waves: fine fringes where they meet, over a slow plasma."""
    count = recipe.order.shape[0]
    table, x, y = _ground(recipe, px, generator, 0.7, 1.5, 0.7)
    wave, slow = torch.zeros_like(x), torch.zeros_like(x)
    frequency = _column(7 + 20 * recipe.density)
    for _ in range(4):
        sx, sy = uniform(generator, count, -1.1, 1.1), uniform(generator, count, -1.1, 1.1)
        distance = torch.sqrt((x - sx) ** 2 + (y - sy) ** 2 + 1e-4)
        wave = wave + torch.sin(frequency * distance + uniform(generator, count, 0, 6.28)) / (1 + 0.6 * distance)
        slow = slow + torch.cos(2.2 * distance + uniform(generator, count, 0, 6.28))
    fringe = torch.exp(-torch.abs(wave) * 5.5) + 0.7 * torch.sigmoid(5 * (wave - 1.1))
    cloud = torch.sigmoid(5 * (fbm(table, x + 7.7, y + 2.2, 4) + 0.12 * slow - 0.02))
    return fringe * (0.04 + 1.3 * cloud**1.5), 0.22 * slow + 0.25 * wave + 0.5 * fbm(table, x * 0.7 + 50, y * 0.7, 3)


def julia(recipe: Recipe, px: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Orbit traps in the sets of z -> z^n + c: filaments where the orbit nears a cross or a circle."""
    count = recipe.order.shape[0]
    _, x, y = _ground(recipe, px, generator, 0.3, 1.5, 0.55)
    angle = uniform(generator, count, 0, 2 * math.pi)
    power = 2.0 + (uniform(generator, count) * 3).floor()
    reach = torch.where(power < 2.5, 0.74, 0.66) + uniform(generator, count, -0.05, 0.1)
    cx, cy = reach * torch.cos(angle), reach * torch.sin(angle)
    trap_turn = uniform(generator, count, 0, math.pi)
    ring = uniform(generator, count, 0.2, 0.9)
    line, circle = torch.full_like(x, 9.0), torch.full_like(x, 9.0)
    hue, age = torch.zeros_like(x), torch.zeros_like(x)
    for i in range(16):
        r2 = (x * x + y * y).clamp(min=1e-9, max=1e6)
        alive = r2 < 30
        size, phi = torch.exp(0.5 * power * torch.log(r2)).clamp(max=1e4), torch.atan2(y, x) * power
        x, y = torch.where(alive, size * torch.cos(phi) + cx, x), torch.where(alive, size * torch.sin(phi) + cy, y)
        u, v = rotate(x, y, trap_turn)
        near = torch.minimum(u.abs(), v.abs()) * (1 + 0.06 * i)
        line = torch.where(alive & (near < line), near, line)
        circle = torch.where(alive, torch.minimum(circle, (torch.sqrt(x * x + y * y) - ring).abs()), circle)
        hue = hue + torch.where(alive, torch.exp(-1.5 * r2.clamp(max=30)) * 0.35, 0.0)
        age = age + alive.float()
    width = _column(26 - 18 * recipe.density)
    light = torch.exp(-width * line) * 1.1 + 0.8 * torch.exp(-width * circle)
    light = light * (0.15 + 0.85 * (age / 16) ** 0.7) + 0.25 * (age / 16) ** 6 * torch.exp(-2 * circle)
    return light**1.2 * 1.1, hue + 0.05 * age + 0.3 * circle.clamp(max=1)


FIELDS: dict[str, Callable[[Recipe, int, torch.Generator], tuple[Tensor, Tensor]]] = {
    "flame": flame_fields, "smoke": smoke, "mandala": mandala, "streams": streams,
    "crystal": crystal, "rings": rings, "julia": julia,
}  # fmt: skip
assert tuple(FIELDS) == FAMILIES


DRAWN_AT_SIZE = ("flame", "streams")  # both are sums of many footprints, smooth already


def fields(recipe: Recipe, px: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Light and hue of a batch at `px`. Most families are drawn at twice the size and averaged, so that lines do not step."""
    name = FAMILIES[recipe.family]
    if name in DRAWN_AT_SIZE:
        return FIELDS[name](recipe, px, generator)
    light, hue = FIELDS[name](recipe, 2 * px, generator)
    light = light.clamp(0, 6)
    weighted = F.avg_pool2d((light + 1e-3) * hue, 2) / F.avg_pool2d(light + 1e-3, 2)  # the hue of what shines
    return F.avg_pool2d(light, 2), weighted
