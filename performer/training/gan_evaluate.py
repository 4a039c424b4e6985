"""How good a light is: how far its pictures are from held-out ones, how evenly it walks, how long a frame takes on one core.

    python -m performer.training.gan_evaluate --checkpoint .work/light --count 1000 --json .work/light/metrics.json
    python -m performer.training.gan_evaluate --checkpoint .work/light --beside models/onnx/light-64 --real-px 256 --eyes-px 256 128

Distances are kernel inception distances (KID, Binkowski et al. 2018: squared MMD with a cubic kernel) on the last features of
EfficientNet-Lite0, all pictures at the first of --eyes-px, and again at each other one; beside the figure stand its floor (held-out
pictures against other held-out ones) and two ceilings (held-out pictures blurred; an untrained generator). Coverage (Naeem et al. 2020) is
the share of held-out pictures with a made one among their five nearest neighbours' distance. Held-out pictures come from seeds that no
training uses. --beside measures a shipped light in the same run: its pictures brought to the eyes' size, against the same held-out ones.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from performer.training import checkpoint as files
from performer.training.critic import Eyes
from performer.training.device import device_of
from performer.training.gan_export import restore, write_graphs
from performer.training.gan_read_back import read_light
from performer.training.generator import Light, bends
from performer.training.pictures.fields import soften
from performer.training.pictures.gallery import make_gallery

HELD_OUT = 900_000_001  # seeds from here on
EYES_PX = 128
WALKS, STEPS = 6, 24
FRAMES = 200
UNTRAINED = 128  # pictures of the untrained generator are enough: they are all alike


@torch.no_grad()
def features(eyes: Eyes, pictures: Tensor, px: int, batch: int = 8) -> Tensor:
    """(count, 1280) of pictures (count, 3, h, w), uint8 or float in -1 ... 1, looked at in `px`."""
    out = []
    for part in pictures.split(batch):
        floats = part.float() / 127.5 - 1 if part.dtype == torch.uint8 else part
        shown = F.interpolate(floats, size=px, mode="bilinear", align_corners=False, antialias=True)
        out.append(eyes.summary(shown.contiguous(memory_format=torch.channels_last)))
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
        maps = bends(z, part) if light.synthesis.shape.bent_px else None
        out.append(light.synthesis(ws, light.synthesis.noises(len(part), generator), maps).clamp(-1, 1))
    return torch.cat(out)


@torch.no_grad()
def smoothness(light: Light, eyes: Eyes, labels: Tensor, seed: int, px: int) -> dict[str, float]:
    """Walks between two latents and labels: the mean step that the eyes see, and the largest over the mean (1: perfectly even)."""
    generator, steps = torch.Generator(labels.device).manual_seed(seed), []
    z = torch.randn(2, WALKS, light.synthesis.shape.z_dim, device=labels.device, generator=generator)
    grain = light.synthesis.noises(1, generator)
    for i in range(WALKS):
        given = labels[torch.tensor([2 * i, 2 * i + 1]) % len(labels)]
        ends, shares = light.mapping(z[:, i], given), torch.linspace(0, 1, STEPS + 1, device=labels.device)[:, None]
        w = torch.lerp(ends[:1], ends[1:], shares)
        maps = bends(torch.lerp(z[:1, i], z[1:, i], shares), torch.lerp(given[:1], given[1:], shares)) if light.synthesis.shape.bent_px else None
        pictures = light.synthesis(w[:, None].expand(-1, light.synthesis.shape.layers, -1), grain, maps).clamp(-1, 1)
        steps.append(features(eyes, pictures, px).diff(dim=0).norm(dim=1))
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


@dataclass(frozen=True, slots=True)
class Real:
    """Held-out pictures and others (count, 3, px, px) uint8, and the labels of both."""

    held: Tensor
    others: Tensor
    held_labels: Tensor
    other_labels: Tensor


def held_out(count: int, px: int, device: torch.device, cache: Path | None = None) -> Real:
    """Two galleries of `count` that no training sees; from the cache if it is there."""
    if cache and cache.exists():
        return Real(**{name: value.to(device) for name, value in files.load(cache).items()})
    held, others = (make_gallery(count, px, HELD_OUT + i, device) for i in range(2))
    real = Real(held.pictures, others.pictures, held.labels, others.labels)
    if cache:
        files.save(cache, {name: getattr(real, name) for name in Real.__slots__})
    return real


@dataclass(frozen=True, slots=True)
class Scale:
    """What the eyes see of held-out pictures, of others and of the first blurred, at `px`."""

    px: int
    held: Tensor
    others: Tensor
    blurred: Tensor


def scale(eyes: Eyes, real: Real, px: int, cache: Path | None = None) -> Scale:
    """From a file beside the cache if it is there."""
    known = cache.with_suffix(f".{px}.pt") if cache else None
    if known and known.exists():
        return Scale(**files.load(known))
    parts = [soften(part.float() / 127.5 - 1, part.shape[-1] / 32) for part in real.held.split(32)]
    blurred = torch.cat([features(eyes, part, px) for part in parts])
    seen = Scale(px, features(eyes, real.held, px), features(eyes, real.others, px), blurred)
    if known:
        files.save(known, {name: getattr(seen, name) for name in Scale.__slots__})
    return seen


def told_by(light: Light, eyes: Eyes, real: Real, at: Scale) -> dict[str, object]:
    """What the eyes say of one light's pictures."""
    made = features(eyes, paint(light, real.other_labels, 1), at.px)
    walk = {name: round(value, 4) for name, value in smoothness(light, eyes, real.held_labels, 2, at.px).items()}
    return {"kid": round(kid(at.held, made), 5), "coverage": round(coverage(at.held, made), 4), "walk": walk}


def figures(light: Light, eyes: Eyes, real: Real, scales: list[Scale]) -> dict[str, object]:
    """What is measured of one light: at the first scale, and below `at_px` at each other one."""
    first, *others = (told_by(light, eyes, real, at) for at in scales)
    more = {f"at_{at.px}": each for at, each in zip(scales[1:], others, strict=True)}
    return {**first, **more, "px": light.synthesis.shape.px, "frame_ms": frame_ms(light)}


def evaluate(
    checkpoint: Path, count: int, device: torch.device, trained_eyes: bool = True, real_px: int = 0, beside: Path | None = None,
    cache: Path | None = None, eyes_px: Sequence[int] = (EYES_PX,), px: int = 0,
) -> dict[str, object]:  # fmt: skip
    """All figures, as they go into the card."""
    light, eyes = restore(checkpoint, px)[0].to(device), Eyes(trained=trained_eyes).to(device, memory_format=torch.channels_last)
    shape = light.synthesis.shape
    real = held_out(count, real_px or shape.px, device, cache)
    scales = [scale(eyes, real, px, cache) for px in eyes_px]
    torch.manual_seed(0)
    unlearned = paint(Light(shape).to(device).requires_grad_(False), real.other_labels[:UNTRAINED], 1)
    out = figures(light, eyes, real, scales)
    for place, at in enumerate(scales):
        against = {"kid_floor": at.others, "kid_blurred": at.blurred, "kid_untrained": features(eyes, unlearned, at.px)}
        told = {name: round(kid(at.held, theirs), 5) for name, theirs in against.items()}
        told["coverage_ceiling"] = round(coverage(at.held, at.others), 4)
        if place:
            out[f"at_{at.px}"] |= told
        else:
            out |= told
    out |= {"pictures": count, "real_px": real_px or shape.px, "eyes_px": eyes_px[0]}
    if beside:
        out["beside"] = {"name": beside.name, **figures(read_light(beside)[1].to(device), eyes, real, scales)}
    more = f" --px {px}" * bool(px) + f" --real-px {real_px}" * bool(real_px) + f" --beside {beside}" * bool(beside)
    more += f" --eyes-px {' '.join(map(str, eyes_px))}" * (tuple(eyes_px) != (EYES_PX,))
    return {**out, "command": f"python -m performer.training.gan_evaluate --checkpoint {checkpoint} --count {count}{more}"}


class Judge:
    """Kernel distance and coverage of a light against `count` held-out pictures of `px`, seen at that side and at half of it: what a training is told
    of itself on the way."""

    def __init__(self, eyes: Eyes, count: int, px: int, device: torch.device) -> None:
        self._eyes, self._real = eyes, held_out(count, px, device)
        self._seen = {each: features(eyes, self._real.held, each) for each in (px, px // 2)}

    @torch.no_grad()
    def __call__(self, light: Light) -> dict[str, float]:
        made, told = paint(light, self._real.other_labels, 1), dict[str, float]()
        for px, held in self._seen.items():
            ours = features(self._eyes, made, px)
            told |= {f"kid {px}": round(kid(held, ours), 4), f"coverage {px}": round(coverage(held, ours), 3)}
        return told


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--checkpoint", type=Path, required=True, help="the folder that performer.training.gan wrote")
    parser.add_argument("--count", type=int, default=1000, help="of held-out pictures and of made ones")
    parser.add_argument("--px", type=int, default=0, help="side of the light's pictures (0: as it was trained)")
    parser.add_argument("--real-px", type=int, default=0, help="size of the held-out pictures (0: as the light's)")
    parser.add_argument("--eyes-px", type=int, nargs="+", default=[EYES_PX], help="sizes at which all pictures are looked at")
    parser.add_argument("--beside", type=Path, help="the folder of a shipped light to measure as well")
    parser.add_argument("--cache", type=Path, help="keep the held-out pictures in this file, and what the eyes saw beside it; take what is there")
    parser.add_argument("--threads", type=int, default=0, help="of the CPU (0: as PyTorch likes)")
    parser.add_argument("--json", type=Path, help="write the figures here as well")
    options = parser.parse_args(arguments)
    if options.threads:
        torch.set_num_threads(options.threads)
    try:
        device = device_of()
        told = evaluate(options.checkpoint, options.count, device, True, options.real_px, options.beside, options.cache, options.eyes_px, options.px)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        print(f"{options.checkpoint} cannot be measured: {error}", file=sys.stderr)
        return 1
    text = json.dumps(told, indent=1)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
