"""Grows a light of 64 px to 256 px on pieces of pictures, where whole larger pictures would take too long: hours become minutes.

    python -m performer.training.gan_read_back --model models/onnx/light-64 --out .work/light-64
    python -m performer.training.gan_fine --light .work/light-64 --out .work/light-256 --negatives .work/negatives.pt --seconds 3000

A level of 64 px and the smooth fields of `generator.Fine` are added, and the features of 32 px are bent by a map that folds them by the
picture's symmetry and lets the latent choose what lies in the fold (`performer.visuals.bend`). By turns,
- the smaller light paints whole pictures of 64 px: they shall have the tones of real ones with these labels, and two with the same labels
  shall be as different as two real ones are;
- the finest level, all else held, paints a piece of 64 px of pictures of 128 or 256 px (as it has no grid, what it learns at one size is
  true at the other), which from afar shall stay what the smaller light paints.
A critic of `critic.py` for either sees them and the labels; a batch shall be as rough as real ones, its features as strong and as varied.

Resumes by itself from what lies in --out, in the files that gan.py writes too, for gan_evaluate and gan_export.
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
from performer.training.critic import Eyes, Mixing, Projected, augment
from performer.training.gan import CRITIC, EMA, GENERATOR, SAMPLES, adam
from performer.training.generator import Light, Synthesis, bends, bent
from performer.training.likeness import tones_apart
from performer.training.pictures import negatives
from performer.training.pictures.gallery import contact_sheet
from performer.training.pictures.labels import LAYOUT

PIECE = 64  # pixels
CELLS = {128: 16, 256: 8}  # of 1/32 of the side that a piece of a picture covers
MARGIN = 2  # cells around it, lest the edge of the piece shows
SIZES = tuple(CELLS)
MEASURED = (*(f"{what} {of}" for of in ("pieces", "wholes") for what in ("critic", "judged", "rough", "strong")), "afar", "tones", "alike")


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
        smaller = (pictures, F.avg_pool2d(pictures, 2), F.avg_pool2d(pictures, 4))
        parts.append((*((each * 255 + 0.5).to(torch.uint8) for each in smaller), labels))
    large, small, least, labels = (torch.cat(each) for each in zip(*parts, strict=True))
    return Stock({256: large, 128: small, 64: least}, labels)


def coarse(synthesis: Synthesis, w: Tensor, bend: Tensor) -> tuple[Tensor, Tensor]:
    """What lies below the finest level: features (batch, channels, 32, 32) and the picture so far (batch, 3, 64, 64)."""
    x = picture = None
    for level, noise in zip(synthesis.levels[:-1], synthesis.noises(len(w)), strict=False):
        x, part = level(x, w[:, None].expand(-1, 2, -1), noise)
        picture = part if picture is None else F.interpolate(picture, scale_factor=2.0, mode="bilinear", align_corners=False) + part
    return bent(x, picture, bend)


def piece_of(synthesis: Synthesis, x: Tensor, picture: Tensor, w: Tensor, window: tuple[int, int], px: int, cells: int = 0) -> Tensor:
    """A piece of the picture at `px`: of `cells` cells a side (0: of PIECE pixels), the first of them `window`; x and picture as `coarse` gives
    them. (batch, 3, side, side)."""
    level, cells, scale = synthesis.levels[-1], cells or CELLS[px], px // 32
    side = min(32, cells + 2 * MARGIN)
    top, left = (max(0, min(place - MARGIN, 32 - side)) for place in window)
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
    first_row, first_column = (window[0] - top) * scale, (window[1] - left) * scale
    return whole[:, :, first_row : first_row + cells * scale, first_column : first_column + cells * scale]


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


def _distance(a: Tensor, b: Tensor) -> Tensor:
    """Mean distance of features, pair by pair."""
    return (a.float() - b.float()).abs().mean()


def strong(features: list[Tensor]) -> list[Tensor]:
    """Mean and deviation of each channel over a batch."""
    return [torch.cat([x.float().mean((0, 2, 3)), x.float().std((0, 2, 3))]) for x in features]


def unlike(made: Tensor, real: Tensor, looks: list[Tensor], seen: list[Tensor]) -> tuple[Tensor, Tensor]:
    """How much rougher or smoother than real ones pictures are, and how much stronger or weaker what the eyes see of them; batch against batch."""
    ours, theirs = rough(made), rough(real)
    roughness = ((ours - theirs).abs() / (theirs + 0.01)).mean()
    pairs = zip(strong(looks), strong(seen), strict=True)
    return roughness, torch.stack([((a - b).abs() / (b.abs() + 0.1 * b.abs().mean() + 1e-3)).clamp(max=3).mean() for a, b in pairs]).mean()


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
        self.shape = shape if resumed else replace(shape, channels=(*shape.channels, options.channels), fields=options.fields, enlarged=4, bent_px=32)
        self.light, self.average = Light(self.shape), Light(self.shape).requires_grad_(False)
        self.critic, self.critic_of_wholes = Projected(self.shape.label_dim), Projected(self.shape.label_dim)
        checkpoint.restore(self.light, None, saved[GENERATOR])
        last = len(self.shape.channels) - 1
        levels = self.light.synthesis.levels
        self.learning = nn.ModuleDict({"level": levels[last], "fine": self.light.synthesis.fine})
        self.learning_wholes = nn.ModuleDict({"mapping": self.light.mapping, "levels": levels[:last]})
        self.light.requires_grad_(False)
        nets = (self.learning, self.learning_wholes, self.critic, self.critic_of_wholes)
        rates = (options.rate, options.rate_wholes, options.critic_rate, options.critic_rate)
        self.optimizers = [adam(net, rate) for net, rate in zip(nets, rates, strict=True)]
        if resumed:
            kept = (saved[GENERATOR]["finer"], saved[GENERATOR]["wholes"], saved[CRITIC]["squares"], saved[CRITIC]["wholes"]["squares"])
            weights = (self.learning.state_dict(), self.learning_wholes.state_dict(), saved[CRITIC]["weights"], saved[CRITIC]["wholes"]["weights"])
            for net, optimizer, squares, own in zip(nets, self.optimizers, kept, weights, strict=True):
                checkpoint.restore(net, optimizer, {"weights": own, "squares": squares})
        self.average.load_state_dict(saved[EMA]["weights"] if resumed else self.light.state_dict())
        self.eyes, self.mixing = Eyes(trained=not options.blind).to(memory_format=torch.channels_last), Mixing()
        for net in (self.light, self.critic, self.critic_of_wholes):
            net.to(memory_format=torch.channels_last)
        fields = negatives.join([negatives.load(path) for path in options.negatives])
        self.stock = stock(fields, options.seed + self.first)
        self.facts["fields"] = len(fields)
        self.measured: dict[str, float] = {}
        weights = sum(p.numel() for net in nets[:2] for p in net.parameters())
        print(f"{len(fields)} fields, {weights} weights learn, {time.monotonic() - begun:.0f} s", flush=True)

    def _autocast(self) -> torch.autocast:
        return torch.autocast("cpu", torch.bfloat16)

    def _look(self, pictures: Tensor) -> list[Tensor]:
        with self._autocast():
            return self.eyes(pictures.contiguous(memory_format=torch.channels_last))

    def step(self) -> None:
        """One batch: whole pictures of 64 px, or pieces of larger ones."""
        kinds = (self._wholes, self._pieces, self._wholes, self._pieces)
        kinds[self.facts["steps"] % len(kinds)]()
        self._follow()
        self.facts["steps"] += 1
        self.facts["seen"] += self.options.batch

    def _drawn(self, px: int) -> tuple[Tensor, Tensor]:
        places = torch.randint(len(self.stock.labels), (self.options.batch,))
        turned = torch.rot90(self.stock.pictures[px][places], int(torch.randint(4, ())), (2, 3))
        return (turned.flip(3) if torch.rand(()) < 0.5 else turned), self.stock.labels[places]

    def _wholes(self) -> None:
        """The smaller light, at 64 px. The second half of what it paints has the labels of the first."""
        options, synthesis, half = self.options, self.light.synthesis, self.options.batch // 2
        pictures, labels = self._drawn(64)
        real = pictures.float() / 127.5 - 1
        given = torch.cat([labels[:half], labels[:half]])
        z = torch.randn(options.batch, self.shape.z_dim)
        self.learning_wholes.requires_grad_(True)
        with torch.no_grad():
            seen = self._look(augment(real))
        with self._autocast():
            made = torch.tanh(coarse(synthesis, self.light.mapping(z, given).float(), bends(z, given))[1].float()) * 1.03
        looks = self._look(augment(made))
        self._teach(self.critic_of_wholes, self.optimizers[3], "wholes", (seen, labels), ([each.detach() for each in looks], given))
        with self._autocast():
            judged = -self.critic_of_wholes(self.mixing(looks), given).mean()
        tones = tones_apart(made[:half], real[:half]) + tones_apart(made[half:], real[:half])
        apart = _distance(looks[2][:half], looks[2][half:])
        alike = F.relu(1 - apart / _distance(seen[2][:half], seen[2][half : 2 * half]))
        loss, roughness, strength = self._as_real(made, real, looks, seen)
        (loss + self._weight() * judged + options.tones * tones + options.alike * alike).backward()
        self._learn(self.learning_wholes, self.optimizers[1])
        self._measure("wholes", judged=judged, rough=roughness, strong=strength)
        self._measure("", tones=tones, alike=alike)

    def _pieces(self) -> None:
        """The finest level, on a piece."""
        options, synthesis = self.options, self.light.synthesis
        px = SIZES[self.facts["steps"] // 2 % len(SIZES)]
        cells, scale = CELLS[px], px // 32
        window = (int(torch.randint(33 - cells, ())), int(torch.randint(33 - cells, ())))
        pictures, labels = self._drawn(px)
        row, column = window[0] * scale, window[1] * scale
        real = pictures[:, :, row : row + PIECE, column : column + PIECE].float() / 127.5 - 1
        z = torch.randn(options.batch, self.shape.z_dim)
        self.learning.requires_grad_(True)
        with torch.no_grad(), self._autocast():
            w = self.light.mapping(z, labels).float()
            x, below = coarse(synthesis, w, bends(z, labels))
            seen = self._look(real)
        with self._autocast():
            made = piece_of(synthesis, x, below, w, window, px)
        looks = self._look(made)
        self._teach(self.critic, self.optimizers[2], "pieces", (seen, labels), ([each.detach() for each in looks], labels))
        with self._autocast():
            judged = -self.critic(self.mixing(looks), labels).mean()
        small = (torch.tanh(below.float()) * 1.03)[:, :, 2 * window[0] : 2 * (window[0] + cells), 2 * window[1] : 2 * (window[1] + cells)]
        afar = (far(made, cells) - far(small, cells)).abs().mean()
        loss, roughness, strength = self._as_real(made, real, looks, seen)
        (loss + self._weight() * judged + options.afar * afar).backward()
        self._learn(self.learning, self.optimizers[0])
        self._measure("pieces", judged=judged, rough=roughness, strong=strength)
        self._measure("", afar=afar)

    def _weight(self) -> float:
        """Of the critics' judgement, which are new at the start."""
        return float(self.options.judged * min(1.0, (self.facts["steps"] - self.first + 1) / 120))

    def _as_real(self, made: Tensor, real: Tensor, looks: list[Tensor], seen: list[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """What it costs to be rougher or smoother than real pictures, and to have other features; and the two apart."""
        roughness, strength = unlike(made, real, looks, seen)
        return self.options.rough * roughness + self.options.strong * strength, roughness, strength

    @staticmethod
    def _learn(net: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        net.requires_grad_(False)

    def _teach(
        self, critic: Projected, optimizer: torch.optim.Optimizer, of: str, real: tuple[list[Tensor], Tensor], made: tuple[list[Tensor], Tensor]
    ) -> None:
        """Hinge loss. Real and made ones pass apart, since the heads normalise by batch."""
        critic.requires_grad_(True)
        with self._autocast():
            loss = F.relu(1 - critic(self.mixing(real[0]), real[1])).mean() + F.relu(1 + critic(self.mixing(made[0]), made[1])).mean()
        loss.backward()
        self._learn(critic, optimizer)
        self._measure(of, critic=loss)

    def _measure(self, of: str, **values: Tensor) -> None:
        for what, value in values.items():
            name, new = f"{what} {of}".strip(), float(value.detach())
            old = self.measured.get(name, new)
            self.measured[name] = old + (new - old) * 0.03

    @torch.no_grad()
    def _follow(self) -> None:
        passed = self.facts["steps"] - self.first
        keep = min(0.5 ** (self.options.batch / self.options.half_life), (1 + passed) / (10 + passed))
        torch._foreach_lerp_(list(self.average.parameters()), list(self.light.parameters()), 1 - keep)

    def run(self) -> None:
        """Train until the time is over; save now and then."""
        next_log = next_save = 0.0
        last = self.first + (self.options.steps or 1 << 60)
        while (passed := time.monotonic() - self.begun) < self.options.seconds and self.facts["steps"] < last:
            self.step()
            if passed > next_log:
                next_log = passed + self.options.log_seconds
                row = {"seconds": round(self.before + passed, 1), "steps": self.facts["steps"], "seen": self.facts["seen"]}
                row |= {name: round(self.measured.get(name, 0.0), 4) for name in MEASURED}
                with (self.options.out / "fine.jsonl").open("a", encoding="utf-8") as file:
                    file.write(json.dumps(row) + "\n")
                print(json.dumps(row), flush=True)
            if passed > next_save:
                next_save = passed + self.options.save_seconds
                self.save()
        self.save()

    @torch.no_grad()
    def save(self) -> None:
        """The checkpoint and a sheet: of each family a real picture and three made ones."""
        if not all(bool(torch.isfinite(p).all()) for p in self.light.parameters()):
            raise RuntimeError(f"A weight is no longer a number after {self.facts['steps']} steps.")
        self.facts["seconds"] = self.before + time.monotonic() - self.begun
        out = self.options.out
        whole = {"shape": asdict(self.shape), "facts": self.facts, "labels": self.stock.labels[:256].clone()}
        checkpoint.save(out / EMA, {**whole, "weights": checkpoint.weights(self.average)})
        learned = [checkpoint.squares(net, optimizer) for net, optimizer in zip((self.learning, self.learning_wholes), self.optimizers, strict=False)]
        checkpoint.save(out / GENERATOR, {"weights": checkpoint.weights(self.light), "squares": {}, "finer": learned[0], "wholes": learned[1]})
        judges = [
            {"weights": checkpoint.weights(net), "squares": checkpoint.squares(net, optimizer)}
            for net, optimizer in zip((self.critic, self.critic_of_wholes), self.optimizers[2:], strict=True)
        ]
        checkpoint.save(out / CRITIC, {**judges[0], "wholes": judges[1]})
        places = torch.cat([torch.nonzero(self.stock.labels[:, i] > 0.5)[:3, 0] for i in range(*LAYOUT["family"])])
        labels, generator = self.stock.labels[places], torch.Generator().manual_seed(1)
        z = torch.randn(len(labels), self.shape.z_dim, generator=generator)
        mapping = self.average.mapping
        mapping.w_mean.copy_(mapping(torch.randn(len(self.stock.labels), self.shape.z_dim), self.stock.labels).mean(0))
        ws, maps = mapping(z, labels)[:, None].expand(-1, self.shape.layers, -1), bends(z, labels)
        fine = torch.cat([self.average.synthesis(ws[i : i + 1], self.average.synthesis.noises(1, generator), maps[i : i + 1]) for i in range(len(z))])
        real = self.stock.pictures[256][places].float() / 127.5 - 1
        shown = torch.cat([each for i in range(7) for each in (real[3 * i : 3 * i + 1], fine[3 * i : 3 * i + 3])])
        contact_sheet(shown, 8, out / SAMPLES)


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
    out.add_argument("--rate-wholes", type=float, default=2e-3, help="of what the smaller light knows already")
    out.add_argument("--critic-rate", type=float, default=3e-3)
    out.add_argument("--judged", type=float, default=0.5, help="weight of the critic's judgement")
    out.add_argument("--rough", type=float, default=1.0, help="weight of being as rough as real pictures")
    out.add_argument("--strong", type=float, default=2.0, help="weight of features as strong and as varied as those of real ones")
    out.add_argument("--afar", type=float, default=3.0, help="weight of looking from afar as the smaller light")
    out.add_argument("--tones", type=float, default=4.0, help="weight of having the tones of real pictures with these labels")
    out.add_argument("--alike", type=float, default=1.0, help="weight of not being all alike where the labels are")
    out.add_argument("--half-life", type=float, default=3000, help="of the moving average, in pictures")
    out.add_argument("--blind", action="store_true", help="random weights in the eyes (to test)")
    out.add_argument("--steps", type=int, default=0, help="stop after so many batches as well (0: no limit)")
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
