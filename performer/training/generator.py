"""The networks of the light that are shipped: mapping and synthesis. Trained by `gan.py` and `gan_whole.py` against `critic.py`.

The synthesis is a StyleGAN2 (Karras et al. 2020) made light after MobileStyleGAN (Belousov 2021): convolutions are dense only where the
picture is small, above that depthwise then pointwise; the last doubling is a pixel shuffle. Since a depthwise filter commutes with a
scale for each channel, style and demodulation both go into the pointwise weights. Polar coordinates with the harmonics of the angle join
each level by as much as the style wants, so that a symmetry of order k is one number away.

With `fields`, the picture is drawn from smooth fields instead: the last features are enlarged and a small network with cosines turns what
they are at a pixel into its colour, as the makers of the pictures do it (palettes are cosines, lines are where a field is nought). It
knows no size, so that what was learned at 128 px draws at 256, and it has no grid to hide.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from performer.training.critic import Reader
from performer.training.pictures.labels import LABEL_DIM, LAYOUT, ORDERS
from performer.visuals.bend import ALONE, FIRST, FOLDED, LEAST, SIDE, SPIN


@dataclass(frozen=True, slots=True)
class Shape:
    """The numbers of an architecture. `channels[i]` belongs to features of `base * 2**i` pixels; the picture is `enlarged` times the last of
    them. Convolutions on features of up to `dense_px` pixels are dense. The defaults take 14 ms a picture of 256 px on one core of an EPYC.
    `fields` is the number of smooth fields that the pixels are drawn from (0: a pixel shuffle), `hidden` what lies between them and colour. Features
    of `bent_px` pixels are bent by a map (0: none are); see performer.visuals.bend."""

    z_dim: int = 96
    label_dim: int = LABEL_DIM
    w_dim: int = 192
    mapping_layers: int = 3
    base: int = 8
    channels: tuple[int, ...] = (256, 192, 144, 96, 48)
    dense_px: int = 16
    harmonics: int = 8
    fields: int = 0
    hidden: int = 32
    enlarged: int = 2
    bent_px: int = 0

    @property
    def px(self) -> int:
        return self.base * 2 ** (len(self.channels) - 1) * self.enlarged

    def times(self, px: int) -> int:
        """The side `px` of a picture over that of the last features. Raises ValueError for one that is not painted by doubling them."""
        times, rest = divmod(px * self.enlarged, self.px)
        if rest or times < 1 or times & (times - 1) or (times != self.enlarged and not self.fields):
            raise ValueError(f"This light is not painted at {px} px.")
        return times

    @property
    def layers(self) -> int:
        """Style inputs: two convolutions a level (the first level too)."""
        return 2 * len(self.channels)


def place_maps(px: int, harmonics: int) -> Tensor:
    """Constant maps of the place, (2 + 2 * harmonics + 6 + 10, px, px): radius, edge, cos and sin of k times the angle (fading to 0 at the
    centre), rings, then across and down: the axis and two waves."""
    axis = (torch.arange(px) + 0.5) / px * 2 - 1
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    radius, angle = torch.sqrt(x * x + y * y), torch.atan2(y, x)
    maps = [radius - 0.7, 1.5 * (radius.clamp(max=1.2) ** 4 - 0.4)]
    for k in range(1, harmonics + 1):
        fade = torch.tanh(radius * px / 2 / k)
        maps += [torch.cos(k * angle) * fade, torch.sin(k * angle) * fade]
    maps += [torch.cos(f * math.pi * radius + p) for f in (1.0, 2.0, 4.0) for p in (0.0, math.pi / 2)]
    for along in (x, y):
        maps += [along, *(torch.cos(f * math.pi * along + p) for f in (1.0, 2.0) for p in (0.0, math.pi / 2))]
    return torch.stack(maps)


LABEL_LENGTH = 3.0  # of a typical label vector: one family, one symmetry, three phases, nine amounts


def _style(w_dim: int, channels: int) -> nn.Linear:
    """w -> a scale for each channel, about 1 +- 0.5 at the start."""
    layer = nn.Linear(w_dim, channels)
    nn.init.normal_(layer.weight, std=0.5 * w_dim**-0.5)
    nn.init.ones_(layer.bias)
    return layer


class Mapping(nn.Module):
    """(z (batch, z_dim), labels (batch, label_dim)) -> w (batch, w_dim). `w_mean` is a moving average, for truncation."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.z_in = nn.Linear(shape.z_dim, shape.w_dim)
        self.label_in = nn.Linear(shape.label_dim, shape.w_dim)
        self.hidden = nn.ModuleList(nn.Linear(2 * shape.w_dim if i == 0 else shape.w_dim, shape.w_dim) for i in range(shape.mapping_layers))
        self.register_buffer("w_mean", torch.zeros(shape.w_dim))
        nn.init.normal_(self.z_in.weight, std=shape.z_dim**-0.5)
        nn.init.normal_(self.label_in.weight, std=LABEL_LENGTH**-1)
        for i, layer in enumerate(self.hidden):
            gain = 1.0 if i + 1 == len(self.hidden) else nn.init.calculate_gain("leaky_relu", 0.2)
            nn.init.normal_(layer.weight, std=gain * layer.in_features**-0.5)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        z = z * torch.rsqrt(z.square().mean(1, keepdim=True) + 1e-8)
        x = torch.cat([self.z_in(z), self.label_in(labels)], 1)
        for i, layer in enumerate(self.hidden):
            x = layer(x)
            if i + 1 < len(self.hidden):
                x = F.leaky_relu(x, 0.2)
        return x


class StyledConv(nn.Module):
    """Depthwise 3x3, then a pointwise convolution whose weights the style scales and demodulates; then noise, bias, leaky ReLU."""

    def __init__(self, inputs: int, outputs: int, w_dim: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False)
        with torch.no_grad():
            self.depthwise.weight.mul_(0.5)
            self.depthwise.weight[:, :, 1, 1] += 0.7
        self.style = _style(w_dim, inputs)
        self.weight = nn.Parameter(torch.randn(outputs, inputs))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.noise = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor, w: Tensor, noise: Tensor | None) -> Tensor:
        """x (batch, inputs, h, w), w (batch, w_dim), noise (batch or 1, 1, h, w) or None -> (batch, outputs, h, w)."""
        style = self.style(w)  # (batch, inputs)
        x = self.depthwise(x)
        if w.shape[0] == 1:  # the shipped path: everything into the weights
            weight = self.weight * style
            weight = weight * (torch.rsqrt(weight.square().sum(1, keepdim=True) + 1e-8) * KEPT)
            x = F.conv2d(x, weight[:, :, None, None], self.bias * KEPT if noise is None else None)
            return F.leaky_relu(x, 0.2) if noise is None else _finish(x, self.bias, self.noise, noise)
        scale = torch.rsqrt(style.float().square() @ self.weight.float().square().t() + 1e-8).to(x.dtype) * KEPT
        x = F.conv2d(x * style.to(x.dtype)[:, :, None, None], self.weight[:, :, None, None]) * scale[:, :, None, None]
        return _finish(x, self.bias, self.noise, noise)


KEPT = math.sqrt(2)  # times what is left of a leaky ReLU: the variance stays


def _finish(x: Tensor, bias: Tensor, strength: Tensor, noise: Tensor | None) -> Tensor:
    """Features KEPT times as large, bias (channels,), noise (batch or 1, 1, h, w) times its learned strength (channels,), leaky ReLU."""
    offset = bias[:, None, None] if noise is None else bias[:, None, None] + noise * strength[:, None, None]
    return F.leaky_relu(x + (offset * KEPT).to(x.dtype), 0.2)


class DenseConv(nn.Module):
    """3x3 over all channels: the style scales what goes in, the demodulation what comes out, so that the weights stay constant."""

    def __init__(self, inputs: int, outputs: int, w_dim: int) -> None:
        super().__init__()
        self.style = _style(w_dim, inputs)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.noise = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor, w: Tensor, noise: Tensor | None) -> Tensor:
        """As StyledConv.forward."""
        style = self.style(w)
        scale = torch.rsqrt(style.float().square() @ self.weight.float().square().sum((2, 3)).t() + 1e-8).to(x.dtype) * KEPT
        x = F.conv2d(x * style.to(x.dtype)[:, :, None, None], self.weight, padding=1) * scale[:, :, None, None]
        return _finish(x, self.bias, self.noise, noise)


class Picture(nn.Module):
    """Features -> 12 channels -> twice the side in colour (pixel shuffle); the style scales the inputs, without demodulation. `smooth`: 3 channels,
    enlarged, which have no grid of pixels to show."""

    def __init__(self, inputs: int, w_dim: int, smooth: bool = False) -> None:
        super().__init__()
        self.style, self.smooth = _style(w_dim, inputs), smooth
        weight = torch.randn(3, inputs) / math.sqrt(inputs) * 0.3
        self.weight = nn.Parameter(weight if smooth else weight.repeat_interleave(4, 0))
        self.bias = nn.Parameter(torch.zeros(len(self.weight)))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        picture = _styled(x, self.weight, self.bias, self.style(w))
        return _doubled(picture) if self.smooth else F.pixel_shuffle(picture, 2)


class Fine(nn.Module):
    """Features and the picture so far, (batch, inputs, h, w) and (batch, 3, h, w) -> what is to be added to the picture at `times` their side:
    smooth fields, then for each pixel one hidden layer, half of it cosines. Begins as nothing."""

    def __init__(self, inputs: int, shape: Shape) -> None:
        super().__init__()
        half, fields = shape.hidden // 2, shape.fields
        self.style, self.field_style = _style(shape.w_dim, inputs + 3), _style(shape.w_dim, fields)
        self.wave_style, self.edge_style = _style(shape.w_dim, half), _style(shape.w_dim, half)
        self.fields = nn.Parameter(torch.randn(fields, inputs + 3) / math.sqrt(inputs + 3))
        self.smooth = nn.Conv2d(fields, fields, 3, padding=1, groups=fields)
        self.wave_in, self.edge_in = (nn.Parameter(torch.randn(half, fields) / math.sqrt(fields)) for _ in range(2))
        self.wave_bias, self.edge_bias = nn.Parameter(torch.randn(half)), nn.Parameter(torch.zeros(half))
        self.wave_out, self.edge_out = (nn.Parameter(torch.zeros(3, half)) for _ in range(2))
        with torch.no_grad():
            row = torch.tensor([0.25, 0.5, 0.25])
            self.smooth.weight.copy_((row[:, None] * row).expand(fields, 1, 3, 3))
            self.smooth.bias.zero_()

    def forward(self, x: Tensor, picture: Tensor, w: Tensor, times: int) -> Tensor:
        fields = torch.cat([x, torch.tanh(picture).to(x.dtype)], 1)
        fields = _enlarged(self.smooth(_styled(fields, self.fields, None, self.style(w))), times)
        style = self.field_style(w)
        waves = torch.cos(_styled(fields, self.wave_in, self.wave_bias, style))
        edges = F.leaky_relu(_styled(fields, self.edge_in, self.edge_bias, style), 0.2)
        return _styled(waves, self.wave_out, None, self.wave_style(w)) + _styled(edges, self.edge_out, None, self.edge_style(w))


def _styled(x: Tensor, weight: Tensor, bias: Tensor | None, style: Tensor) -> Tensor:
    """A pointwise convolution, weight (outputs, inputs), whose inputs the style (batch, inputs) scales."""
    if style.shape[0] == 1:  # the shipped path
        return F.conv2d(x, (weight * style)[:, :, None, None], bias)
    return F.conv2d(x * style.to(x.dtype)[:, :, None, None], weight[:, :, None, None], bias)


def _doubled(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


def _enlarged(x: Tensor, times: int) -> Tensor:
    """By a power of two, doubling by doubling."""
    for _ in range(int(math.log2(times))):
        x = _doubled(x)
    return x


class Level(nn.Module):
    """One side length: (pointwise to fewer channels at the smaller side, doubled,) place maps added as the style likes them, two styled
    convolutions (noise in the first), a picture."""

    def __init__(self, inputs: int, outputs: int, px: int, shape: Shape, draws: bool = True, smooth: bool = False) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(inputs, outputs, 1) if inputs else None
        self.start = None if inputs else nn.Parameter(torch.randn(1, outputs, px, px) * 0.1)
        self.register_buffer("place", place_maps(px, shape.harmonics), persistent=False)
        self.place_style = _style(shape.w_dim, self.place.shape[0])
        self.place_in = nn.Parameter(torch.randn(outputs, self.place.shape[0]) * 0.1)
        conv = DenseConv if px <= shape.dense_px else StyledConv
        self.first, self.second = conv(outputs, outputs, shape.w_dim), conv(outputs, outputs, shape.w_dim)
        self.picture = Picture(outputs, shape.w_dim, smooth) if draws else None

    def forward(self, x: Tensor | None, w: Tensor, noise: Tensor | None, place: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """`place`: the maps of a piece of the plane, where x is one."""
        x = self.start.expand(w.shape[0], -1, -1, -1) if x is None else _doubled(self.narrow(x))
        x = x + _styled((self.place if place is None else place)[None], self.place_in, None, self.place_style(w[:, 0])).to(x.dtype)
        x = self.first(x, w[:, 0], noise)
        x = self.second(x, w[:, 1], None)
        return x, None if self.picture is None else self.picture(x, w[:, 1])


class Synthesis(nn.Module):
    """(ws (batch, layers, w_dim), noise maps, one a level) -> picture (batch, 3, px, px) in -1.03 ... 1.03."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        inputs, last = (0, *shape.channels[:-1]), len(shape.channels) - 1
        self.levels = nn.ModuleList(
            Level(inputs[i], channels, shape.base * 2**i, shape, draws=i < last or not shape.fields, smooth=bool(shape.fields) and i + 1 == last)
            for i, channels in enumerate(shape.channels)
        )
        self.fine = Fine(shape.channels[-1], shape) if shape.fields else None

    def noises(self, batch: int, generator: torch.Generator | None = None) -> list[Tensor]:
        """Fresh noise maps (batch, 1, h, w) on the synthesis' device."""
        device = next(self.parameters()).device
        return [torch.randn(batch, 1, *level.place.shape[1:], device=device, generator=generator) for level in self.levels]

    def forward(
        self, ws: Tensor, noises: Sequence[Tensor] | None, bend: Tensor | None = None, times: int = 0, window: tuple[int, int, int] | None = None
    ) -> Tensor:
        """`bend` (batch or 1, 2 * bent_px, 2 * bent_px, 2): where the features and the picture so far are taken from. `times`: another side of
        the picture over that of the last features than `enlarged`, of a light with fields; those know no size. `window`: only a piece is
        painted, first row, first column and side in cells of the bent features; its noises are for the whole."""
        x, picture = None, None
        for i, level in enumerate(self.levels):
            cells = level.place.shape[-1] // (self.shape.bent_px or 1)
            noise = None if noises is None else noises[i]
            if window is None or cells < 2:
                x, part = level(x, ws[:, 2 * i : 2 * i + 2], noise)
            else:
                x, part = level(x, ws[:, 2 * i : 2 * i + 2], None if noise is None else _cut(noise, window, cells), _cut(level.place, window, cells))
            if part is not None:
                picture = part if picture is None else _doubled(picture) + part
            if bend is not None and level.place.shape[-1] == self.shape.bent_px:
                x, picture = bent(x, picture, bend)
                x, picture = (x, picture) if window is None else (_cut(x, window, 1), _cut(picture, window, 2))
        if self.fine is not None:
            times = times or self.shape.enlarged
            picture = _enlarged(picture, times) + self.fine(x, picture, ws[:, -1], times)
        return torch.tanh(picture.float()) * 1.03  # a little beyond white and black, so that both are reached


def _cut(plane: Tensor, window: tuple[int, int, int], scale: int) -> Tensor:
    top, left, side = (scale * each for each in window)
    return plane[..., top : top + side, left : left + side]


def bent(x: Tensor, picture: Tensor, bend: Tensor) -> tuple[Tensor, Tensor]:
    """Features (batch, channels, h, w) and the picture so far (batch, 3, 2h, 2w), sampled where `bend` (batch, 2h, 2w, 2) says."""
    coarse = F.avg_pool2d(bend.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1)
    if len(x) == 1:
        return gathered(x, coarse), gathered(picture, bend)  # the shipped path
    return (
        F.grid_sample(x.float(), coarse, padding_mode="reflection", align_corners=False).to(x.dtype),
        F.grid_sample(picture.float(), bend, padding_mode="reflection", align_corners=False),
    )


def gathered(plane: Tensor, at: Tensor) -> Tensor:
    """What F.grid_sample(plane, at, padding_mode="reflection", align_corners=False) gives for one plane (1, channels, h, w), at (1, side, side, 2):
    all channels of a place are taken at once, which ONNX Runtime does in a tenth of the time on a CPU."""
    height, width = plane.shape[-2:]
    rows = plane[0].flatten(1).t()  # (h * w, channels)
    (left, right, x), (above, below, y) = (_neighbours(at[0, :, :, i].flatten(), size) for i, size in enumerate((width, height)))
    upper = rows[above * width + left] * (1 - x) + rows[above * width + right] * x
    lower = rows[below * width + left] * (1 - x) + rows[below * width + right] * x
    return (upper * (1 - y) + lower * y).t().reshape(1, -1, *at.shape[1:3])


def _neighbours(at: Tensor, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Places (count,) in -1 ... 1 from edge to edge -> the cells before and after each (count,), and the share of the one after (count, 1)."""
    place = (at + 1) * (size / 2)  # 0 ... size, mirrored at both ends
    turn = torch.remainder(place, 2.0 * size)
    place = (torch.minimum(turn, 2.0 * size - turn) - 0.5).clamp(0, size - 1)
    before = torch.floor(place)
    return before.long(), (before + 1).clamp(max=size - 1).long(), (place - before)[:, None]


def bends(z: Tensor, labels: Tensor, side: int = SIDE) -> Tensor:
    """(batch, side, side, 2): the map that each latent and symmetry mean, as `performer.visuals.bend` has it, for a batch and on its device."""
    orders = torch.tensor(ORDERS, dtype=torch.float32, device=z.device)
    weights = labels[:, slice(*LAYOUT["symmetry"])].detach()
    share = 1 - weights[:, 0] / weights.sum(1).clamp(min=LEAST)
    weights = torch.where(weights < LEAST, 0.0, weights)
    weights = torch.where(weights.sum(1, keepdim=True) > 0, weights, (orders == 1).float())
    turn, shift, octaves = (a + (b - a) * share for a, b in zip(ALONE, FOLDED, strict=True))
    a, b, c, d, e = z[:, :FIRST].detach().clamp(-2, 2).unbind(1)
    axis = (torch.arange(side, device=z.device) + 0.5) / side * 2 - 1
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    radius = torch.sqrt(x * x + y * y) / (2.0 ** (octaves * d))[:, None, None]
    angle = torch.atan2(y, x) - (SPIN * e)[:, None, None]
    sector = (2 * math.pi / orders)[:, None, None]
    folded = torch.abs(torch.remainder(angle[:, None] + sector / 2, sector) - sector / 2)  # (batch, orders, side, side)
    folded = torch.where((orders == 1)[:, None, None], angle[:, None], folded) + (turn * a)[:, None, None, None]
    parts = (weights / weights.sum(1, keepdim=True))[:, :, None, None]
    across, down = (radius * (parts * way(folded)).sum(1) for way in (torch.cos, torch.sin))
    return torch.stack([across + (shift * b)[:, None, None], down + (shift * c)[:, None, None]], -1)


class Light(nn.Module):
    """Mapping and synthesis together, and while training a reader, which turns pictures back into latents."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.mapping, self.synthesis, self.reader = Mapping(shape), Synthesis(shape), Reader(shape.z_dim)
