"""How far made pictures are from real ones, as the light's training counts it beside the critic's judgement."""

import torch
from torch import Tensor
from torch.nn import functional as F


def apart(made: Tensor, real: Tensor) -> Tensor:
    """Mean distance of pictures at full size and averaged over 4 x 4 and 16 x 16 pixels."""
    return torch.stack([F.l1_loss(F.avg_pool2d(made, n), F.avg_pool2d(real, n)) for n in (1, 4, 16)]).mean()


def features_apart(made: list[Tensor], real: list[Tensor]) -> Tensor:
    """Mean distance of features relative to their size, each tap of the same weight."""
    pairs = [(a.float(), b.float()) for a, b in zip(made, real, strict=True)]
    return torch.stack([(a - b).abs().mean() / (b.abs().mean() + 1e-3) for a, b in pairs]).mean()


def tones_apart(made: Tensor, real: Tensor) -> Tensor:
    """Distance of the pictures' tones, place by place unlike: what labels determine whatever the latent."""
    return (_tones(made) - _tones(real)).abs().mean()


def _tones(pictures: Tensor) -> Tensor:
    """(batch, 6): mean and standard deviation of each colour."""
    return torch.cat([pictures.mean((2, 3)), pictures.std((2, 3))], 1)


def grain_apart(made: Tensor, real: Tensor) -> Tensor:
    """Distance of the pictures' roughness, relative to the real ones': how much neighbours differ, and how much a pixel sticks out of its
    two neighbours, across and down. Holds down the grid that a pixel shuffle draws and a critic with strides hardly sees."""
    ours, theirs = _roughness(made), _roughness(real)
    return ((ours - theirs).abs() / (theirs + 0.01)).mean()


def _roughness(pictures: Tensor) -> Tensor:
    """(batch, 4) mean absolute first and second differences across and down."""
    return torch.stack([pictures.diff(n=n, dim=d).abs().mean((1, 2, 3)) for n in (1, 2) for d in (2, 3)], 1)


def _rough(pictures: Tensor) -> Tensor:
    """(8,): mean first and second differences of a batch, of neighbours and of next but one, by root mean square and by mean."""
    parts = []
    for n in (1, 2):
        for gap in (1, 2):
            steps = pictures[:, :, :, gap:] - pictures[:, :, :, :-gap]
            steps = steps if n == 1 else steps.diff(dim=2)
            parts += [steps.abs().mean(), steps.square().mean().sqrt()]
    return torch.stack(parts)


def _strong(features: list[Tensor]) -> list[Tensor]:
    """Mean and deviation of each channel over a batch."""
    return [torch.cat([x.float().mean((0, 2, 3)), x.float().std((0, 2, 3))]) for x in features]


def unlike(made: Tensor, real: Tensor, looks: list[Tensor], seen: list[Tensor]) -> tuple[Tensor, Tensor]:
    """How much rougher or smoother than real ones pictures are, and how much stronger or weaker what the eyes see of them; batch against batch."""
    ours, theirs = _rough(made), _rough(real)
    roughness = ((ours - theirs).abs() / (theirs + 0.01)).mean()
    pairs = zip(_strong(looks), _strong(seen), strict=True)
    return roughness, torch.stack([((a - b).abs() / (b.abs() + 0.1 * b.abs().mean() + 1e-3)).clamp(max=3).mean() for a, b in pairs]).mean()
