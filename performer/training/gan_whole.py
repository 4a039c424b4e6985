"""Goes on with a light of 256 px on whole pictures that are made as it learns: no picture is ever seen twice.

    python -m performer.training.gan_read_back --model models/onnx/light-256 --out .work/read
    python -m performer.training.gan_whole --light .work/read --out .work/whole --seconds 4000

Fields come from `pictures.negatives` batch by batch, lie on a shelf for a while and are developed in new colours at each sight. Three batches
out of four are whole pictures of 128 px (the finest layer knows no size), the fourth is a quarter of pictures of 256 px; all weights learn, and
the critics of `critic.py` see as much as is painted. A quarter of what is painted has labels between those of two pictures, as the walk
of a show has them; those are judged without their labels.

Resumes by itself from what lies in --out, in the files that gan.py writes too, for gan_evaluate and gan_export.
"""

import argparse
import json
import math
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from performer.training import checkpoint
from performer.training.critic import Eyes, Mixing, Projected, augment
from performer.training.gan import CRITIC, EMA, GENERATOR, SAMPLES, adam
from performer.training.gan_fine import coarse, piece_of, unlike
from performer.training.generator import Light, bends
from performer.training.likeness import tones_apart
from performer.training.pictures import negatives
from performer.training.pictures.gallery import contact_sheet
from performer.training.pictures.labels import FAMILIES, LAYOUT
from performer.training.pictures.shelf import Shelf

PX, LARGE = 128, 256
CELLS = {PX: 32, LARGE: 16}  # of 1/32 of the side that the critics see: the whole, and a quarter
TURNS = (PX, PX, PX, LARGE)  # sizes by turns
SHARES = (0.06, 0.16, 0.18, 0.12, 0.16, 0.14, 0.18)  # of the fields that are made; each batch has the families of a gallery all the same
LARGE_EVERY = 5  # batches of fields, of which one is of LARGE (and serves both)
LABELS = 1024  # kept to name labels worth walking between
LOG = "whole.jsonl"
MEASURED = (*(f"{what} {px}" for px in (PX, LARGE) for what in ("critic", "judged", "rough", "strong", "tones")), "alike")


class Whole:
    """The light, a critic for each size, their optimisers, and the shelves."""

    def __init__(self, options: argparse.Namespace, begun: float) -> None:
        self.options, self.begun = options, begun
        resumed = (options.out / EMA).exists()
        folder = options.out if resumed else options.light
        saved = {name: checkpoint.load(folder / name) for name in (EMA, GENERATOR, CRITIC)}
        self.facts: dict[str, Any] = saved[EMA]["facts"]
        self.before, self.first = self.facts["seconds"], self.facts["steps"]
        torch.manual_seed(options.seed + self.first)
        self.chance = torch.Generator().manual_seed(options.seed + self.first)
        self.shape = checkpoint.shape_of(saved[EMA])
        self.light, self.average = Light(self.shape), Light(self.shape).requires_grad_(False)
        self.critics = {px: Projected(self.shape.label_dim) for px in CELLS}
        checkpoint.restore(self.light, None, saved[GENERATOR])
        self.light.reader.requires_grad_(False)
        self.optimizers = {"light": adam(self.light, options.rate)} | {str(px): adam(net, options.critic_rate) for px, net in self.critics.items()}
        if resumed:
            checkpoint.restore(self.light, self.optimizers["light"], saved[GENERATOR])
            for px, net in self.critics.items():
                checkpoint.restore(net, self.optimizers[str(px)], saved[CRITIC][str(px)])
        self.average.load_state_dict(saved[EMA]["weights"])
        self.eyes, self.mixing = Eyes(trained=not options.blind).to(memory_format=torch.channels_last), Mixing()
        for net in (self.light, *self.critics.values()):
            net.to(memory_format=torch.channels_last)
        self.sizes = [group["lr"] for group in self.optimizers["light"].param_groups]
        self.shelves = {PX: Shelf(options.room, PX), LARGE: Shelf(max(8, options.room // 4), LARGE)}
        seed = options.seed + 7919 * (1 + self.first)
        self.makers: dict[int, Iterator[negatives.Negatives]] = {px: negatives.batches(px, seed + px, options.at_once, SHARES) for px in CELLS}
        self.drawn = self.rejected = 0
        self.known = {name: self.facts.get(name, 0) for name in ("fields", "rejected")} | {"kept": dict(self.facts["kept"])}
        while min(map(len, self.shelves.values())) < options.first_fields:
            self._make()
        self.warm = 0 if resumed else options.critics_first
        self.measured: dict[str, float] = {}
        print(f"{[len(shelf) for shelf in self.shelves.values()]} fields, {time.monotonic() - begun:.0f} s", flush=True)

    def _make(self) -> None:
        """One batch of fields."""
        px = LARGE if self.drawn % LARGE_EVERY == 0 else PX
        new = next(self.makers[px])
        if px == LARGE:
            self.shelves[LARGE].put(new)
        if len(new):
            self.shelves[PX].put(new.at(PX))
        self.drawn += 1
        self.rejected += self.options.at_once - len(new)

    def step(self) -> None:
        """One batch, and new fields for the next ones."""
        options, quarter = self.options, self.options.batch // 4
        px = TURNS[self.facts["steps"] % len(TURNS)]
        cells, scale = CELLS[px], px // 32
        window = (int(torch.randint(33 - cells, ())), int(torch.randint(33 - cells, ())))
        pictures, labels = self.shelves[px].draw(options.batch, self.chance)
        real = pictures[:, :, window[0] * scale : window[0] * scale + PX, window[1] * scale : window[1] * scale + PX]
        given, told_real, told_made = self._labels(labels)
        z = torch.randn(len(given), self.shape.z_dim)
        teaching = self.facts["steps"] - self.first >= self.warm
        with torch.set_grad_enabled(teaching):
            w = self.light.mapping(z, given)
            x, below = coarse(self.light.synthesis, w, bends(z, given))
            made = piece_of(self.light.synthesis, x, below, w, window, px, cells)
            looks = self.eyes(augment(made).contiguous(memory_format=torch.channels_last))
        with torch.no_grad():
            seen = self.eyes(augment(real).contiguous(memory_format=torch.channels_last))
        self._teach(px, (seen, told_real), ([each.detach() for each in looks], told_made))
        if teaching:
            judged = -self.critics[px](self.mixing(looks), told_made).mean()
            roughness, strength = unlike(made, real, looks, seen)
            tones = tones_apart(made[: 2 * quarter], real[: 2 * quarter]) + tones_apart(made[2 * quarter : 3 * quarter], real[:quarter])
            first, second = looks[2][:quarter], looks[2][2 * quarter : 3 * quarter]
            apart = (first - second).abs().mean()
            alike = F.relu(1 - apart / (seen[2][:quarter] - seen[2][quarter : 2 * quarter]).abs().mean())
            loss = options.judged * judged + options.rough * roughness + options.strong * strength + options.alike * alike
            loss = loss + (options.tones if px == PX else options.tones / 4) * tones  # a piece has not quite the tones of the whole
            loss.backward()
            self._pace()
            self.optimizers["light"].step()
            self.optimizers["light"].zero_grad(set_to_none=True)
            self._follow()
            self._measure(**{f"judged {px}": judged, f"rough {px}": roughness, f"strong {px}": strength, f"tones {px}": tones, "alike": alike})
            self.facts["seen"] += options.batch
        self.facts["steps"] += 1
        if self.facts["steps"] % options.new_every == 0:
            self._make()

    def _labels(self, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What is painted, and what the critic is told of real and of made ones: two quarters have the labels of real ones, the third those of the
        first once more, the fourth lies between those of two and is judged without."""
        quarter = len(labels) // 4
        first, second, third, fourth = labels.split(quarter)[:4]
        between = torch.lerp(third, fourth, torch.rand(quarter, 1))
        nothing = torch.zeros_like(fourth)
        given = torch.cat([first, second, first, between])
        return given, torch.cat([first, second, third, nothing]), torch.cat([first, second, first, nothing])

    def _teach(self, px: int, real: tuple[list[Tensor], Tensor], made: tuple[list[Tensor], Tensor]) -> None:
        """Hinge loss. Real and made ones pass apart, since the heads normalise by batch."""
        critic, optimizer = self.critics[px], self.optimizers[str(px)]
        critic.requires_grad_(True)
        loss = F.relu(1 - critic(self.mixing(real[0]), real[1])).mean() + F.relu(1 + critic(self.mixing(made[0]), made[1])).mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        critic.requires_grad_(False)
        self._measure(**{f"critic {px}": loss})

    def _pace(self) -> None:
        """Slower towards the end: a quarter of a cosine, down to a tenth."""
        share = min(1.0, (time.monotonic() - self.begun) / self.options.seconds)
        for group, size in zip(self.optimizers["light"].param_groups, self.sizes, strict=True):
            group["lr"] = size * (0.1 + 0.9 * math.cos(math.pi / 2 * share))

    def _measure(self, **values: Tensor) -> None:
        for name, value in values.items():
            new = float(value.detach())
            old = self.measured.get(name, new)
            self.measured[name] = old + (new - old) * 0.03

    @torch.no_grad()
    def _follow(self) -> None:
        keep = 0.5 ** (self.options.batch / self.options.half_life)
        torch._foreach_lerp_(list(self.average.parameters()), list(self.light.parameters()), 1 - keep)

    def run(self) -> None:
        """Train until the time is over; save now and then."""
        next_log, next_save = 0.0, self.options.save_seconds
        last = self.first + (self.options.steps or 1 << 60)
        while (passed := time.monotonic() - self.begun) < self.options.seconds and self.facts["steps"] < last:
            self.step()
            if passed > next_log:
                next_log = passed + self.options.log_seconds
                row = {"seconds": round(self.before + passed, 1), "steps": self.facts["steps"], "seen": self.facts["seen"]}
                row["fields"] = sum(self.shelves[PX].made)
                row |= {name: round(self.measured.get(name, 0.0), 4) for name in MEASURED}
                with (self.options.out / LOG).open("a", encoding="utf-8") as file:
                    file.write(json.dumps(row) + "\n")
                print(json.dumps(row), flush=True)
            if passed > next_save:
                next_save = passed + self.options.save_seconds
                self.save()
        self.save()

    @torch.no_grad()
    def save(self) -> None:
        """The checkpoint and a sheet: of each family a real picture and three made ones, of 256 px."""
        if not all(bool(torch.isfinite(p).all()) for p in self.light.parameters()):
            raise RuntimeError(f"A weight is no longer a number after {self.facts['steps']} steps.")
        self.facts["seconds"] = self.before + time.monotonic() - self.begun
        self._count()
        chance = torch.Generator().manual_seed(5)
        drawn = [self.shelves[PX].draw(LABELS // 16, chance) for _ in range(16)]
        real, labels = drawn[0][0], torch.cat([each for _, each in drawn])
        mapping = self.average.mapping
        mapping.w_mean.copy_(mapping(torch.randn(len(labels), self.shape.z_dim, generator=chance), labels).mean(0))
        out, whole = self.options.out, {"shape": asdict(self.shape), "facts": self.facts, "labels": labels}
        checkpoint.save(out / EMA, {**whole, "weights": checkpoint.weights(self.average)})
        learned = checkpoint.squares(self.light, self.optimizers["light"])
        checkpoint.save(out / GENERATOR, {"weights": checkpoint.weights(self.light), "squares": learned})
        judges = {str(px): net for px, net in self.critics.items()}
        checkpoint.save(out / CRITIC, {
            name: {"weights": checkpoint.weights(net), "squares": checkpoint.squares(net, self.optimizers[name])} for name, net in judges.items()
        })  # fmt: skip
        contact_sheet(self._samples(real, labels, chance), 8, out / SAMPLES)

    def _count(self) -> None:
        """How many fields there were in all, for the card."""
        made, known = self.shelves[PX].made, self.known
        kept = {family: known["kept"].get(family, 0) + n for family, n in zip(FAMILIES, made, strict=True)}
        rejected = known["rejected"] + self.rejected
        self.facts |= {"fields": known["fields"] + sum(made), "kept": kept, "rejected": rejected, "drawn": {**kept, "rejected": rejected}}

    def _samples(self, real: Tensor, labels: Tensor, chance: torch.Generator) -> Tensor:
        rows, synthesis = [], self.average.synthesis
        for family in range(*LAYOUT["family"]):
            for place in torch.nonzero(labels[: len(real), family] > 0.5)[:1, 0].tolist():
                given = labels[place : place + 1].expand(3, -1)
                z = torch.randn(3, self.shape.z_dim, generator=chance)
                ws = self.average.mapping(z, given)[:, None].expand(-1, self.shape.layers, -1)
                painted = synthesis(ws, synthesis.noises(3, chance), bends(z, given))
                rows += [F.interpolate(real[place : place + 1], size=painted.shape[-1], mode="bilinear"), painted]
        return torch.cat(rows)


def parser() -> argparse.ArgumentParser:
    out = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    out.add_argument("--light", type=Path, required=True, help="the checkpoint to begin with, of a light of 256 px")
    out.add_argument("--out", type=Path, required=True, help="the folder to write, and to go on from")
    out.add_argument("--seconds", type=float, default=4000)
    out.add_argument("--steps", type=int, default=0, help="stop after so many batches as well (0: no limit)")
    out.add_argument("--batch", type=int, default=16, help="a multiple of four")
    out.add_argument("--room", type=int, default=3000, help="fields of 128 px on the shelf; a quarter as many of 256 px")
    out.add_argument("--first-fields", type=int, default=64, help="on either shelf before it begins")
    out.add_argument("--at-once", type=int, default=8, help="fields of a batch of them")
    out.add_argument("--new-every", type=int, default=1, help="steps from one batch of new fields to the next")
    out.add_argument("--critics-first", type=int, default=80, help="steps in which only the critics learn, at the start")
    out.add_argument("--rate", type=float, default=2e-3)
    out.add_argument("--critic-rate", type=float, default=3e-3)
    out.add_argument("--judged", type=float, default=1.0, help="weight of the critics' judgement")
    out.add_argument("--rough", type=float, default=0.3, help="weight of being as rough as real pictures")
    out.add_argument("--strong", type=float, default=1.0, help="weight of features as strong and as varied as those of real ones")
    out.add_argument("--tones", type=float, default=4.0, help="weight of having the tones of real pictures with these labels")
    out.add_argument("--alike", type=float, default=1.0, help="weight of not being all alike where the labels are")
    out.add_argument("--half-life", type=float, default=3000, help="of the moving average, in pictures")
    out.add_argument("--blind", action="store_true", help="random weights in the eyes (to test)")
    out.add_argument("--threads", type=int, default=1)
    out.add_argument("--seed", type=int, default=1)
    out.add_argument("--log-seconds", type=float, default=30)
    out.add_argument("--save-seconds", type=float, default=240)
    return out


def main(arguments: list[str] | None = None) -> None:
    options = parser().parse_args(arguments)
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    Whole(options, time.monotonic()).run()


if __name__ == "__main__":
    main()
