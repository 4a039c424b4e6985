"""The networks of the light: mapping, synthesis, encoder, discriminator. One file of modules, trained by `gan.py`, shipped by `gan_export.py`.

The synthesis is a StyleGAN2 (Karras et al. 2020) made light after MobileStyleGAN (Belousov 2021): every convolution is depthwise then
pointwise, the last doubling is a pixel shuffle, and since a depthwise filter commutes with a scale for each channel, style and
demodulation both go into the pointwise weights. Polar coordinates with the harmonics of the angle join each level, so that a symmetry of
order k is one channel away.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True, slots=True)
class Shape:
    """The numbers of an architecture. `channels[i]` belongs to features of `base * 2**i` pixels; the picture is twice the last of them."""

    z_dim: int = 96
    label_dim: int = 31
    w_dim: int = 192
    mapping_layers: int = 3
    base: int = 8
    channels: tuple[int, ...] = (256, 192, 144, 96, 48)
    harmonics: int = 8
    encoder_channels: int = 32
    critic_channels: int = 32

    @property
    def px(self) -> int:
        return self.base * 2 ** len(self.channels)

    @property
    def layers(self) -> int:
        """Style inputs: two convolutions a level (the first level too)."""
        return 2 * len(self.channels)

    def px_at(self, level: int) -> int:
        """Side of the picture when the synthesis stops after `level` (0 ...)."""
        return self.base * 2 ** (level + 1)


def polar_features(px: int, harmonics: int) -> Tensor:
    """Constant maps of the place, (2 + 2 * harmonics + 6, px, px): radius, edge, cos and sin of k times the angle (fading to 0 at the centre), rings."""
    axis = (torch.arange(px) + 0.5) / px * 2 - 1
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    radius, angle = torch.sqrt(x * x + y * y), torch.atan2(y, x)
    maps = [radius - 0.7, 1.5 * (radius.clamp(max=1.2) ** 4 - 0.4)]
    for k in range(1, harmonics + 1):
        fade = torch.tanh(radius * px / 2 / k)
        maps += [torch.cos(k * angle) * fade, torch.sin(k * angle) * fade]
    maps += [torch.cos(f * math.pi * radius + p) for f in (1.0, 2.0, 4.0) for p in (0.0, math.pi / 2)]
    return torch.stack(maps)


class Mapping(nn.Module):
    """(z (batch, z_dim), labels (batch, label_dim)) -> w (batch, w_dim). `w_mean` is a moving average, for truncation."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.z_in = nn.Linear(shape.z_dim, shape.w_dim)
        self.label_in = nn.Linear(shape.label_dim, shape.w_dim)
        self.hidden = nn.ModuleList(nn.Linear(2 * shape.w_dim if i == 0 else shape.w_dim, shape.w_dim) for i in range(shape.mapping_layers))
        self.register_buffer("w_mean", torch.zeros(shape.w_dim))

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
        self.style = nn.Linear(w_dim, inputs)
        nn.init.ones_(self.style.bias)
        self.weight = nn.Parameter(torch.randn(outputs, inputs))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.noise = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor, w: Tensor, noise: Tensor | None) -> Tensor:
        """x (batch, inputs, h, w), w (batch, w_dim), noise (batch or 1, 1, h, w) or None -> (batch, outputs, h, w)."""
        style = self.style(w)  # (batch, inputs)
        x = self.depthwise(x)
        if w.shape[0] == 1:  # the shipped path: everything into the weights
            weight = self.weight * style
            weight = weight * torch.rsqrt(weight.square().sum(1, keepdim=True) + 1e-8)
            x = F.conv2d(x, weight[:, :, None, None], self.bias if noise is None else None)
        else:
            scale = torch.rsqrt((style.float().square() @ self.weight.float().square().t()) + 1e-8).to(x.dtype)
            x = F.conv2d(x * style.to(x.dtype)[:, :, None, None], self.weight[:, :, None, None]) * scale[:, :, None, None]
            if noise is None:
                x = x + self.bias[:, None, None]
        if noise is not None:
            x = x + torch.addcmul(self.bias[:, None, None], noise, self.noise[:, None, None]).to(x.dtype)
        return F.leaky_relu(x, 0.2) * math.sqrt(2)


class Picture(nn.Module):
    """Features -> 12 channels -> twice the side in colour (pixel shuffle); the style scales the inputs, without demodulation."""

    def __init__(self, inputs: int, w_dim: int) -> None:
        super().__init__()
        self.style = nn.Linear(w_dim, inputs)
        nn.init.ones_(self.style.bias)
        self.weight = nn.Parameter(torch.randn(12, inputs) / math.sqrt(inputs) * 0.3)
        self.bias = nn.Parameter(torch.zeros(12))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        style = self.style(w)
        if w.shape[0] == 1:
            x = F.conv2d(x, (self.weight * style)[:, :, None, None], self.bias)
        else:
            x = F.conv2d(x * style.to(x.dtype)[:, :, None, None], self.weight[:, :, None, None], self.bias)
        return F.pixel_shuffle(x, 2)


class Level(nn.Module):
    """One side length: (pointwise to fewer channels at the smaller side, doubled,) place maps added, two styled convolutions, a picture."""

    def __init__(self, inputs: int, outputs: int, px: int, shape: Shape, noisy: bool) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(inputs, outputs, 1) if inputs else None
        self.start = None if inputs else nn.Parameter(torch.randn(1, outputs, px, px) * 0.5)
        self.register_buffer("place", polar_features(px, shape.harmonics), persistent=False)
        self.place_in = nn.Parameter(torch.randn(outputs, self.place.shape[0]) * 0.1)
        self.first, self.second = StyledConv(outputs, outputs, shape.w_dim), StyledConv(outputs, outputs, shape.w_dim)
        self.picture = Picture(outputs, shape.w_dim)
        self.noisy = noisy

    def forward(self, x: Tensor | None, w: Tensor, noise: Tensor | None) -> tuple[Tensor, Tensor]:
        place = torch.einsum("oc,chw->ohw", self.place_in, self.place)[None]
        x = self.start.expand(w.shape[0], -1, -1, -1) if x is None else F.interpolate(self.narrow(x), scale_factor=2.0, mode="nearest")
        x = x + place.to(x.dtype)
        x = self.first(x, w[:, 0], noise if self.noisy else None)
        x = self.second(x, w[:, 1], None)
        return x, self.picture(x, w[:, 1])


class Synthesis(nn.Module):
    """(ws (batch, layers, w_dim), noise maps, one a level) -> picture (batch, 3, px, px) in [-1, 1]."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        inputs = (0, *shape.channels[:-1])
        self.levels = nn.ModuleList(
            Level(inputs[i], channels, shape.base * 2**i, shape, noisy=True) for i, channels in enumerate(shape.channels)
        )

    def forward(self, ws: Tensor, noises: list[Tensor] | None, level: int | None = None, fade: float = 1.0) -> Tensor:
        """`level` stops early (a smaller picture); `fade` below 1 lets the last level's picture in by degrees."""
        last = len(self.levels) - 1 if level is None else level
        x, picture = None, None
        for i in range(last + 1):
            x, part = self.levels[i](x, ws[:, 2 * i : 2 * i + 2], None if noises is None else noises[i])
            if i == last and fade < 1:
                part = part * fade
            picture = part if picture is None else F.interpolate(picture, scale_factor=2.0, mode="bilinear", align_corners=False) + part
        return (torch.tanh(picture.float()) * 1.03).clamp(-1, 1)
