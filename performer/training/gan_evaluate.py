"""How good a light is: how far its pictures are from held-out ones, how evenly it walks, how long a frame takes on one core.

    python -m performer.training.gan_evaluate --checkpoint .work/light --count 1000 --json .work/light/metrics.json

Distances are kernel inception distances (KID, Binkowski et al. 2018: squared MMD with a cubic kernel) on the last features of
EfficientNet-Lite0, all pictures at 128 px; beside the figure stand its floor (held-out pictures against other held-out ones) and two
ceilings (held-out pictures blurred; an untrained generator). Coverage (Naeem et al. 2020) is the share of held-out pictures with a made one
among their five nearest neighbours' distance. Held-out pictures come from seeds that no training uses.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from performer.training.critic import Eyes
from performer.training.gan_export import restore, write_graphs
from performer.training.generator import Light
from performer.training.pictures.fields import soften
from performer.training.pictures.gallery import make_gallery

HELD_OUT = 900_000_001  # seeds from here on
EYES_PX = 128
WALKS, STEPS = 6, 24
FRAMES = 200


@torch.no_grad()
def features(eyes: Eyes, pictures: Tensor, batch: int = 32) -> Tensor:
    """(count, 1280) of pictures (count, 3, h, w), uint8 or float in -1 ... 1."""
    out = []
    for part in pictures.split(batch):
        floats = part.float() / 127.5 - 1 if part.dtype == torch.uint8 else part
        out.append(eyes.summary(F.interpolate(floats, size=EYES_PX, mode="bilinear", align_corners=False, antialias=True)))
    return torch.cat(out)


def kid(a: Tensor, b: Tensor) -> float:
    """Squared maximum mean discrepancy of two sets of features, without bias, kernel (x . y / dimension + 1) ** 3."""

    def kernel(x: Tensor, y: Tensor) -> Tensor:
        return (x.double() @ y.double().t() / x.shape[1] + 1) ** 3

    def within(x: Tensor) -> Tensor:
        full = kernel(x, x)
        return (full.sum() - full.diagonal().sum()) / (len(x) * (len(x) - 1))

    return float(within(a) + within(b) - 2 * kernel(a, b).mean())


def coverage(real: Tensor, made: Tensor, neighbours: int = 5) -> float:
    """Share of real features with a made one nearer than their k-th real neighbour."""
    reach = torch.cdist(real, real).kthvalue(neighbours + 1, dim=1).values
    return float((torch.cdist(real, made).min(1).values < reach).float().mean())


@torch.no_grad()
def paint(light: Light, labels: Tensor, seed: int, batch: int = 32) -> Tensor:
    """One picture from a random latent for each label vector."""
    generator, layers, out = torch.Generator(labels.device).manual_seed(seed), light.synthesis.shape.layers, []
    for part in labels.split(batch):
        z = torch.randn(len(part), light.synthesis.shape.z_dim, device=labels.device, generator=generator)
        ws = light.mapping(z, part)[:, None].expand(-1, layers, -1)
        out.append(light.synthesis(ws, light.synthesis.noises(len(part), generator)).clamp(-1, 1))
    return torch.cat(out)


@torch.no_grad()
def smoothness(light: Light, eyes: Eyes, labels: Tensor, seed: int) -> dict[str, float]:
    """Walks between two latents and labels: the mean step that the eyes see, and the largest over the mean (1: perfectly even)."""
    generator, steps = torch.Generator(labels.device).manual_seed(seed), []
    z = torch.randn(2, WALKS, light.synthesis.shape.z_dim, device=labels.device, generator=generator)
    grain = light.synthesis.noises(1, generator)
    for i in range(WALKS):
        ends = light.mapping(z[:, i], labels[torch.tensor([2 * i, 2 * i + 1]) % len(labels)])
        w = torch.lerp(ends[:1], ends[1:], torch.linspace(0, 1, STEPS + 1, device=labels.device)[:, None])
        pictures = light.synthesis(w[:, None].expand(-1, light.synthesis.shape.layers, -1), grain).clamp(-1, 1)
        steps.append(features(eyes, pictures).diff(dim=0).norm(dim=1))
    mean, largest = (float(torch.stack([pick(s) for s in steps]).mean()) for pick in (torch.mean, torch.amax))
    return {"mean_step": mean, "largest_over_mean": largest / mean}


def frame_ms(light: Light) -> dict[str, float]:
    """Milliseconds of a frame by ONNX Runtime on one core of this machine."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 4
    with tempfile.TemporaryDirectory() as folder:
        write_graphs(light.cpu(), Path(folder))
        session = onnxruntime.InferenceSession(str(Path(folder) / "synthesis.onnx"), options, providers=["CPUExecutionProvider"])
    styles = np.random.default_rng(0).standard_normal((1, light.synthesis.shape.layers, light.synthesis.shape.w_dim), np.float32)
    times = []
    for _ in range(FRAMES):
        begin = time.perf_counter()
        session.run(["picture"], {"styles": styles})
        times.append(1000 * (time.perf_counter() - begin))
    return {f"p{p}": round(float(np.percentile(times[10:], p)), 2) for p in (50, 95)}


def evaluate(checkpoint: Path, count: int, device: torch.device, trained_eyes: bool = True) -> dict[str, object]:
    """All figures, as they go into the card."""
    light, eyes = restore(checkpoint)[0].to(device), Eyes(trained=trained_eyes).to(device)
    px = light.synthesis.shape.px
    held, others = (make_gallery(count, px, HELD_OUT + i, device) for i in range(2))
    torch.manual_seed(0)
    untrained = Light(light.synthesis.shape).to(device).requires_grad_(False)
    blurred = soften(held.pictures.float() / 127.5 - 1, px / 32)
    real = features(eyes, held.pictures)
    made = features(eyes, paint(light, others.labels, 1))
    against = {
        "kid": made,
        "kid_floor": features(eyes, others.pictures),
        "kid_blurred": features(eyes, blurred),
        "kid_untrained": features(eyes, paint(untrained, others.labels, 1)),
    }
    out: dict[str, object] = {name: round(kid(real, seen), 5) for name, seen in against.items()}
    out |= {"coverage": round(coverage(real, made), 4), "coverage_ceiling": round(coverage(real, against["kid_floor"]), 4)}
    out["walk"] = {name: round(value, 4) for name, value in smoothness(light, eyes, held.labels, 2).items()}
    out |= {"pictures": count, "px": px, "frame_ms": frame_ms(light)}
    return {**out, "command": f"python -m performer.training.gan_evaluate --checkpoint {checkpoint} --count {count}"}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--checkpoint", type=Path, required=True, help="the folder that performer.training.gan wrote")
    parser.add_argument("--count", type=int, default=1000, help="of held-out pictures and of made ones")
    parser.add_argument("--threads", type=int, default=0, help="of the CPU (0: as PyTorch likes)")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    options = parser.parse_args(arguments)
    if options.threads:
        torch.set_num_threads(options.threads)
    try:
        figures = evaluate(options.checkpoint, options.count, torch.device("cuda" if torch.cuda.is_available() else "cpu"))
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        print(f"{options.checkpoint} cannot be measured: {error}", file=sys.stderr)
        return 1
    text = json.dumps(figures, indent=1)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
