"""The way back: a small convolutional network that looks at a picture and says which latent and which labels would have the light paint it.

Its answer is one that the light knows: shares of families and of symmetries that add up to one, palette phases on the circle, amounts in
their range. Trained by `gan_encoder.py` against a light that is finished; shipped as encoder.onnx by `gan_export.py`.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from performer.training.generator import Shape
from performer.training.pictures.labels import LAYOUT, MEASURES

PX = 64
CHANNELS = (32, 64, 128, 192)  # at 32, 16, 8 and 4 px
KEPT, HIDDEN = 32, 320  # channels of which every place is seen, width of the layer before the answers
MOST = 1.5  # of an amount
CHOICES = ("family", "symmetry")


class Encoder(nn.Module):
    """Pictures (batch, 3, PX, PX) in -1 ... 1 -> z (batch, z_dim), labels (batch, label_dim)."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.z_dim, self.label_dim = shape.z_dim, shape.label_dim
        layers: list[nn.Module] = []
        inputs = 3
        for number, channels in enumerate(CHANNELS):
            layers += [nn.Conv2d(inputs, channels, 5 if number == 0 else 3, stride=2, padding=2 if number == 0 else 1), nn.GroupNorm(8, channels)]
            layers += [nn.LeakyReLU(0.2), nn.Conv2d(channels, channels, 3, padding=1, groups=8), nn.LeakyReLU(0.2)]
            inputs = channels
        self.features = nn.Sequential(*layers)
        self.keep = nn.Conv2d(inputs, KEPT, 1)
        side = PX // 2 ** len(CHANNELS)
        self.hidden = nn.Linear(KEPT * side * side + inputs, HIDDEN)
        self.out = nn.Linear(HIDDEN, shape.z_dim + shape.label_dim)

    def raw(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """z, and the labels before they are made such as the light knows: logits of the choices."""
        x = self.features(pictures)
        seen = torch.cat([F.leaky_relu(self.keep(x), 0.2).flatten(1), x.mean((2, 3))], 1)
        z, labels = self.out(F.leaky_relu(self.hidden(seen), 0.2)).split((self.z_dim, self.label_dim), 1)
        return z, labels

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        z, raw = self.raw(pictures)
        return z, proper(raw)


def proper(raw: Tensor) -> Tensor:
    """Labels (batch, label_dim) out of any numbers."""
    parts = []
    for name, (first, last) in LAYOUT.items():
        part = raw[:, first:last]
        if name in CHOICES:
            parts.append(part.softmax(1))
        elif name == "palette":
            cosine, sine = part.chunk(2, 1)
            length = torch.sqrt(cosine * cosine + sine * sine + 1e-6)
            parts.append(torch.cat([cosine / length, sine / length], 1))
        else:
            parts.append(MOST * torch.tanh(part / MOST))
    return torch.cat(parts, 1)


def labels_apart(raw: Tensor, labels: Tensor) -> Tensor:
    """How badly labels are told: nats of the choices, squares of the rest."""
    told, parts = proper(raw), []
    for name, (first, last) in LAYOUT.items():
        if name in CHOICES:
            parts.append(-(labels[:, first:last] * raw[:, first:last].log_softmax(1)).sum(1).mean() / math.log(last - first))
        else:
            parts.append((told[:, first:last] - labels[:, first:last]).square().mean() * (0.3 if name in MEASURES else 1.0))
    return torch.stack(parts).sum()


class EncoderGraph(nn.Module):
    """What is shipped: a picture (PX, PX, 3) uint8, as a synthesis paints it -> z (1, z_dim), labels (1, label_dim)."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        z, labels = self.encoder((picture.permute(2, 0, 1)[None].to(torch.float32) - 127.5) / 127.5)
        return z, labels
