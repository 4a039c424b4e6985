"""Teaches a light its finest level on pieces of pictures, where a whole larger picture would take too long: hours become minutes.

    python -m performer.training.gan_read_back --model models/onnx/light-64 --out .work/light-64
    python -m performer.training.gan_fine --light .work/light-64 --out .work/light-256 --negatives .work/negatives.pt --seconds 3000

What the smaller light knows (mapping and levels) stays as it is; a level of 64 px and the smooth fields of `generator.Fine` are added and
trained. Each step paints one piece of 64 px of pictures of 128 or 256 px, by turns: as the finest level has no grid, what it learns at one
size is true at the other. The critic of `critic.py` sees the piece and its labels; a batch shall be as rough as a batch of real ones, and
its features as strong and as varied; and from afar the picture shall stay the one that the smaller light paints.

Resumes by itself from what lies in --out: the files of gan.py, which its --resume takes as well.
"""

import argparse
import json
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from performer.training import checkpoint
from performer.training.critic import Eyes, Mixing, Projected
from performer.training.gan import CRITIC, EMA, GENERATOR, SAMPLES, adam
from performer.training.generator import Light, Synthesis
from performer.training.pictures import negatives
from performer.training.pictures.gallery import contact_sheet

PIECE = 64  # pixels
CELLS = {128: 16, 256: 8}  # of 1/32 of the side that a piece of a picture covers
MARGIN = 2  # cells around it, lest the edge of the piece shows
SIZES = tuple(CELLS)
MEASURED = ("critic", "judged", "rough", "strong", "afar")


@dataclass(frozen=True, slots=True)
class Stock:
    """Developed pictures by size (count, 3, px, px) uint8, and their labels."""

    pictures: dict[int, Tensor]
    labels: Tensor


def stock(fields: negatives.Negatives, seed: int) -> Stock:
    """Each negative developed once."""
    generator, parts = torch.Generator().manual_seed(seed), []
    for places in torch.arange(len(fields)).split(16):
        pictures, labels = fields.developed(places, generator)
        parts.append(((pictures * 255 + 0.5).to(torch.uint8), (F.avg_pool2d(pictures, 2) * 255 + 0.5).to(torch.uint8), labels))
    large, small, labels = (torch.cat(each) for each in zip(*parts, strict=True))
    return Stock({256: large, 128: small}, labels)


def coarse(synthesis: Synthesis, w: Tensor) -> tuple[Tensor, Tensor]:
    """What lies below the finest level: features (batch, channels, 32, 32) and the picture so far (batch, 3, 64, 64)."""
    x = picture = None
    for level, noise in zip(synthesis.levels[:-1], synthesis.noises(len(w)), strict=False):
        x, part = level(x, w[:, None].expand(-1, 2, -1), noise)
        picture = part if picture is None else F.interpolate(picture, scale_factor=2.0, mode="bilinear", align_corners=False) + part
    return x, picture


def piece_of(synthesis: Synthesis, x: Tensor, picture: Tensor, w: Tensor, window: tuple[int, int], px: int) -> Tensor:
    """The piece (batch, 3, PIECE, PIECE) of the picture at `px` whose first cell is `window`; x and picture as `coarse` gives them."""
    level, cells = synthesis.levels[-1], CELLS[px]
    top, left = (min(max(0, place - MARGIN), 32 - cells - 2 * MARGIN) for place in window)
    side = cells + 2 * MARGIN
    x, picture = x[:, :, top : top + side, left : left + side], picture[:, :, 2 * top : 2 * (top + side), 2 * left : 2 * (left + side)]
    maps = level.place[:, 2 * top : 2 * (top + side), 2 * left : 2 * (left + side)] * level.place_style(w)[:, :, None, None]
    x = F.interpolate(level.narrow(x), scale_factor=2.0, mode="bilinear", align_corners=False)
    x = x + F.conv2d(maps, level.place_in[:, :, None, None]).to(x.dtype)
    x = level.first(x, w, torch.randn(len(x), 1, *x.shape[2:]))
    x = level.second(x, w, None)
    times = px // 64
    large = picture = F.interpolate(picture, scale_factor=2.0, mode="bilinear", align_corners=False)
    if times == 4:
        large = F.interpolate(large, scale_factor=2.0, mode="bilinear", align_corners=False)
    whole = torch.tanh((large + synthesis.fine(x, picture, w, times)).float()) * 1.03
    scale = px // 32
    first_row, first_column = (window[0] - top) * scale, (window[1] - left) * scale
    return whole[:, :, first_row : first_row + PIECE, first_column : first_column + PIECE]


def far(picture: Tensor, side: int) -> Tensor:
    return F.adaptive_avg_pool2d(picture, side)


def rough(pictures: Tensor) -> Tensor:
    """(8,): mean first and second differences of a batch, of neighbours and of next but one, by root mean square and by mean."""
    parts = []
    for n in (1, 2):
        for gap in (1, 2):
            steps = pictures[:, :, :, gap:] - pictures[:, :, :, :-gap]
            steps = steps if n == 1 else steps.diff(dim=2)
            parts += [steps.abs().mean(), steps.square().mean().sqrt()]
    return torch.stack(parts)


def strong(features: list[Tensor]) -> list[Tensor]:
    """Mean and deviation of each channel over a batch."""
    return [torch.cat([x.float().mean((0, 2, 3)), x.float().std((0, 2, 3))]) for x in features]


class Finer:
    """The light, its critic and their optimisers."""

    def __init__(self, options: argparse.Namespace, begun: float) -> None:
        self.options, self.begun = options, begun
        resumed = (options.out / EMA).exists()
        folder = options.out if resumed else options.light
        saved = {name: checkpoint.load(folder / name) for name in (EMA, GENERATOR, CRITIC)}
        self.facts: dict[str, Any] = saved[EMA]["facts"]
        self.before, self.first = self.facts["seconds"], self.facts["steps"]
        torch.manual_seed(options.seed + self.first)
        shape = checkpoint.shape_of(saved[EMA])
        self.shape = shape if resumed else replace(shape, channels=(*shape.channels, options.channels), fields=options.fields, enlarged=4)
        self.light, self.average = Light(self.shape), Light(self.shape).requires_grad_(False)
        self.critic = Projected(self.shape.label_dim)
        checkpoint.restore(self.light, None, saved[GENERATOR])
        checkpoint.restore(self.critic, None, saved[CRITIC])
        last = len(self.shape.channels) - 1
        self.learning = nn.ModuleDict({"level": self.light.synthesis.levels[last], "fine": self.light.synthesis.fine})
        self.light.requires_grad_(False)
        self.learning.requires_grad_(True)
        self.steps, self.critic_steps = adam(self.learning, options.rate), adam(self.critic, options.critic_rate)
        if resumed:
            for net, optimizer, name in ((self.learning, self.steps, "finer"), (self.critic, self.critic_steps, CRITIC)):
                kept = saved[GENERATOR]["finer"] if name == "finer" else saved[CRITIC]["squares"]
                checkpoint.restore(net, optimizer, {"weights": net.state_dict(), "squares": kept})
        self.average.load_state_dict(saved[EMA]["weights"] if resumed else self.light.state_dict())
        self.eyes, self.mixing = Eyes().to(memory_format=torch.channels_last), Mixing()
        for net in (self.light, self.critic):
            net.to(memory_format=torch.channels_last)
        fields = negatives.join([negatives.load(path) for path in options.negatives])
        self.stock = stock(fields, options.seed + self.first)
        self.facts["fields"] = len(fields)
        self.measured = dict.fromkeys(MEASURED, 0.0)
        print(f"{len(fields)} fields, {sum(p.numel() for p in self.learning.parameters())} weights learn, {time.monotonic() - begun:.0f} s", flush=True)

    def _autocast(self) -> torch.autocast:
        return torch.autocast("cpu", torch.bfloat16)

    def _look(self, pictures: Tensor) -> list[Tensor]:
        with self._autocast():
            return self.eyes(pictures.contiguous(memory_format=torch.channels_last))

    def step(self) -> None:
        """One batch of pieces: the critic learns, then the finest level."""
        options, synthesis = self.options, self.light.synthesis
        px = SIZES[self.facts["steps"] % len(SIZES)]
        cells = CELLS[px]
        window = (int(torch.randint(33 - cells, ())), int(torch.randint(33 - cells, ())))
        places = torch.randint(len(self.stock.labels), (options.batch,))
        labels = self.stock.labels[places]
        scale = px // 32
        row, column = window[0] * scale, window[1] * scale
        turned = torch.rot90(self.stock.pictures[px][places], int(torch.randint(4, ())), (2, 3))
        real = turned[:, :, row : row + PIECE, column : column + PIECE].float() / 127.5 - 1
        with torch.no_grad(), self._autocast():
            w = self.light.mapping(torch.randn(options.batch, self.shape.z_dim), labels)
            x, below = coarse(synthesis, w.float())
            seen = self._look(real)
        with self._autocast():
            made = piece_of(synthesis, x, below, w.float(), window, px)
        looks = self._look(made)
        self._teach_critic(seen, [each.detach() for each in looks], labels)
        with self._autocast():
            judged = -self.critic(self.mixing(looks), labels).mean()
        ours, theirs = rough(made), rough(real)
        roughness = ((ours - theirs).abs() / (theirs + 0.01)).mean()
        strength = torch.stack([
            ((a - b).abs() / (b.abs() + 0.1 * b.abs().mean() + 1e-3)).clamp(max=3).mean() for a, b in zip(strong(looks), strong(seen), strict=True)
        ]).mean()  # fmt: skip
        side = PIECE // (px // 32)
        small = (torch.tanh(below.float()) * 1.03)[:, :, 2 * window[0] : 2 * (window[0] + cells), 2 * window[1] : 2 * (window[1] + cells)]
        afar = (far(made, side // 2) - far(small, side // 2)).abs().mean()
        weight = options.judged * min(1.0, (self.facts["steps"] - self.first + 1) / 60)
        self.steps.zero_grad(set_to_none=True)
        (weight * judged + options.rough * roughness + options.strong * strength + options.afar * afar).backward()
        self.steps.step()
        self._follow()
        self.facts["steps"] += 1
        self.facts["seen"] += options.batch
        for name, value in (("judged", judged), ("rough", roughness), ("strong", strength), ("afar", afar)):
            self._measure(name, value)

    def _teach_critic(self, real: list[Tensor], made: list[Tensor], labels: Tensor) -> None:
        self.critic.requires_grad_(True)
        with self._autocast():
            loss = F.relu(1 - self.critic(self.mixing(real), labels)).mean() + F.relu(1 + self.critic(self.mixing(made), labels)).mean()
        self.critic_steps.zero_grad(set_to_none=True)
        loss.backward()
        self.critic_steps.step()
        self.critic.requires_grad_(False)
        self._measure("critic", loss)

    def _measure(self, name: str, value: Tensor) -> None:
        old = self.measured[name]
        self.measured[name] = old + (float(value.detach()) - old) * (0.03 if old else 1.0)

    @torch.no_grad()
    def _follow(self) -> None:
        passed = self.facts["steps"] - self.first
        keep = min(0.5 ** (self.options.batch / self.options.half_life), (1 + passed) / (10 + passed))
        torch._foreach_lerp_(list(self.average.synthesis.parameters()), list(self.light.synthesis.parameters()), 1 - keep)

    def run(self) -> None:
        """Train until the time is over; save now and then."""
        next_log = next_save = 0.0
        while (passed := time.monotonic() - self.begun) < self.options.seconds:
            self.step()
            if passed > next_log:
                next_log = passed + self.options.log_seconds
                row = {"seconds": round(self.before + passed, 1), "steps": self.facts["steps"], "seen": self.facts["seen"]}
                row |= {name: round(value, 4) for name, value in self.measured.items()}
                with (self.options.out / "fine.jsonl").open("a", encoding="utf-8") as file:
                    file.write(json.dumps(row) + "\n")
                print(json.dumps(row), flush=True)
            if passed > next_save:
                next_save = passed + self.options.save_seconds
                self.save()
        self.save()

    @torch.no_grad()
    def save(self) -> None:
        """The checkpoint and a sheet: rows by turns of what the light painted before, and paints now at 256 px."""
        if not all(bool(torch.isfinite(p).all()) for p in self.learning.parameters()):
            raise RuntimeError(f"A weight is no longer a number after {self.facts['steps']} steps.")
        self.facts["seconds"] = self.before + time.monotonic() - self.begun
        out = self.options.out
        whole = {"shape": asdict(self.shape), "facts": self.facts, "labels": self.stock.labels[:256].clone()}
        checkpoint.save(out / EMA, {**whole, "weights": checkpoint.weights(self.average)})
        squares = checkpoint.squares(self.learning, self.steps)
        checkpoint.save(out / GENERATOR, {"weights": checkpoint.weights(self.light), "squares": {}, "finer": squares})
        checkpoint.save(out / CRITIC, {"weights": checkpoint.weights(self.critic), "squares": checkpoint.squares(self.critic, self.critic_steps)})
        labels, generator = self.stock.labels[:10], torch.Generator().manual_seed(1)
        w = self.average.mapping(torch.randn(10, self.shape.z_dim, generator=generator), labels)
        ws = w[:, None].expand(-1, self.shape.layers, -1)
        fine = torch.cat([self.average.synthesis(part, self.average.synthesis.noises(1, generator)) for part in ws.split(1)])
        contact_sheet(torch.cat([fine[:5], self.stock.pictures[256][:5].float() / 127.5 - 1, fine[5:]]), 5, out / SAMPLES)


def parser() -> argparse.ArgumentParser:
    out = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    out.add_argument("--light", type=Path, required=True, help="the checkpoint of the smaller light, up to 64 px")
    out.add_argument("--out", type=Path, required=True, help="the folder to write, and to go on from")
    out.add_argument("--negatives", type=Path, nargs="+", required=True, help="files of performer.training.pictures.negatives, 256 px")
    out.add_argument("--seconds", type=float, default=3000)
    out.add_argument("--batch", type=int, default=12)
    out.add_argument("--channels", type=int, default=48, help="of the added level")
    out.add_argument("--fields", type=int, default=16)
    out.add_argument("--rate", type=float, default=4e-3)
    out.add_argument("--critic-rate", type=float, default=3e-3)
    out.add_argument("--judged", type=float, default=0.5, help="weight of the critic's judgement")
    out.add_argument("--rough", type=float, default=1.0, help="weight of being as rough as real pictures")
    out.add_argument("--strong", type=float, default=2.0, help="weight of features as strong and as varied as those of real ones")
    out.add_argument("--afar", type=float, default=3.0, help="weight of looking from afar as the smaller light")
    out.add_argument("--half-life", type=float, default=1500, help="of the moving average, in pictures")
    out.add_argument("--threads", type=int, default=1)
    out.add_argument("--seed", type=int, default=1)
    out.add_argument("--log-seconds", type=float, default=30)
    out.add_argument("--save-seconds", type=float, default=200)
    return out


def main(arguments: list[str] | None = None) -> None:
    options = parser().parse_args(arguments)
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    Finer(options, time.monotonic()).run()


if __name__ == "__main__":
    main()
