"""Trains the light on whole pictures that are made as it learns, at several sizes by turns. Minutes on a GPU, hours on a CPU.

    python -m performer.training.gan_whole --out .work/light --seconds 500
    python -m performer.training.gan_whole --out .work/light --batch 16 --turns 128/128 128/128 256/128 --quickly --seconds 4000

Fields come from `pictures.negatives` batch by batch, lie on a shelf for a while and are developed in new colours at each sight. A turn is the
side of what is painted (the finest layer knows no size) and the side at which a critic of `critic.py` sees it; each kind has its own. Half of
what a critic sees is augmented. A quarter of what is painted has labels between those of two pictures, as the walk of a show has them;
those are judged without their labels. Now and then two styles are crossed at a layer.

Resumes by itself from what lies in --out, in the files that gan.py writes too, for gan_evaluate and gan_export. With --measured it tells now
and then how far the moving average is from held-out pictures (see gan_evaluate).
"""

import argparse
import json
import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor
from torch.nn import functional as F

from performer.training import checkpoint
from performer.training.critic import Eyes, Mixing, Projected, augment, hinge
from performer.training.device import device_of
from performer.training.gan import CRITIC, EMA, GENERATOR, SAMPLES, adam, follow
from performer.training.gan_evaluate import Judge
from performer.training.generator import Light, Shape, bends
from performer.training.likeness import tones_apart, unlike
from performer.training.pictures import negatives
from performer.training.pictures.gallery import contact_sheet
from performer.training.pictures.labels import FAMILIES, LAYOUT
from performer.training.pictures.shelf import Shelf

FULL_PX = 256  # of which --batch are painted at once
TURNS = ("256/256", "256/128", "256/256", "512/256")
SHARES = (0.06, 0.16, 0.18, 0.12, 0.16, 0.14, 0.18)  # of the fields that are made; each batch has the families of a gallery all the same
LABELS = 1024  # kept to name labels worth walking between
CROSSED = 0.25  # of the batches
MARGIN = 2  # cells of the bent features
SHIFT = 8  # pixels, lest the eyes' strides always meet the same
LOG = "whole.jsonl"


@dataclass(frozen=True, slots=True)
class Turn:
    """What is painted at `px`, and what a critic sees of it: all of it at `seen` pixels, or a piece of `seen` pixels as it is."""

    name: str
    px: int
    seen: int
    piece: bool

    @classmethod
    def named(cls, name: str) -> Self:
        """Of "256/128", or "256x128" for a piece."""
        piece = "x" in name
        px, seen = (int(number) for number in name.split("x" if piece else "/"))
        return cls(name, px, seen, piece)


class Whole:
    """The light, a critic for each kind of turn, their optimisers, and the shelves."""

    def __init__(self, options: argparse.Namespace, begun: float) -> None:
        self.options, self.begun = options, begun
        self.device = device_of(options.device)
        resumed = (options.out / EMA).exists()
        saved = {name: checkpoint.load(options.out / name) for name in (EMA, GENERATOR, CRITIC)} if resumed else {}
        begin = {"steps": 0, "seen": 0, "seconds": 0.0, "fields": 0, "rejected": 0, "drawn": {}, "kept": {}, "galleries": []}
        self.facts: dict[str, Any] = saved[EMA]["facts"] if resumed else begin
        self.before, self.first = self.facts["seconds"], self.facts["steps"]
        torch.manual_seed(options.seed + self.first)
        self.chance = torch.Generator(self.device).manual_seed(options.seed + self.first)
        sizes = {name: getattr(options, name) for name in ("fields", "hidden", "enlarged", "bent_px")}
        self.shape = checkpoint.shape_of(saved[EMA]) if resumed else Shape(channels=tuple(options.channels), **sizes)
        self.light, self.average = Light(self.shape).to(self.device), Light(self.shape).to(self.device).requires_grad_(False)
        self.turns = [Turn.named(name) for name in options.turns]
        self.critics = {turn.name: Projected(self.shape.label_dim).to(self.device) for turn in self.turns}
        self.light.reader.requires_grad_(False)
        if options.held_px:
            held = [self.light.mapping, *(level for level in self.light.synthesis.levels if level.place.shape[-1] <= options.held_px)]
            torch.nn.ModuleList(held).requires_grad_(False)
        self.optimizers = {"light": adam(self.light, options.rate)} | {name: adam(net, options.critic_rate) for name, net in self.critics.items()}
        if resumed:
            checkpoint.restore(self.light, self.optimizers["light"], saved[GENERATOR])
            for name, net in self.critics.items():
                if name in saved[CRITIC]:
                    checkpoint.restore(net, self.optimizers[name], saved[CRITIC][name])
        elif options.light:
            self._begin_with(checkpoint.load(options.light / EMA)["weights"])
        self.average.load_state_dict(saved[EMA]["weights"] if resumed else self.light.state_dict())
        self.eyes, self.mixing = Eyes(trained=not options.blind).to(self.device, memory_format=torch.channels_last), Mixing().to(self.device)
        for net in self.critics.values():
            net.to(memory_format=torch.channels_last)
        self.rates = {name: [group["lr"] for group in each.param_groups] for name, each in self.optimizers.items()}
        self.known = {name: self.facts.get(name, 0) for name in ("fields", "rejected")} | {"kept": dict(self.facts["kept"])}
        self._furnish()
        self.warm = 0 if resumed else options.critics_first
        self.measured: dict[str, Tensor] = {}
        self.judge = Judge(self.eyes, options.measured, FULL_PX, self.device) if options.measured else None
        weights = sum(p.numel() for net in (self.light.mapping, self.light.synthesis) for p in net.parameters())
        print(f"{weights} weights, {[len(shelf) for shelf in self.shelves.values()]} fields, {self._passed():.0f} s", flush=True)

    def _begin_with(self, weights: dict[str, Tensor]) -> None:
        """What of another light's weights has the same shape here; a level that paints anew begins with nothing."""
        own = self.light.state_dict()
        fit = {name: value for name, value in weights.items() if name in own and own[name].shape == value.shape}
        self.light.load_state_dict(fit, strict=False)
        for name, parameter in self.light.named_parameters():
            if name.endswith("picture.weight") and name not in fit:
                parameter.detach().zero_()

    def _furnish(self) -> None:
        """A shelf for each size that is painted, and the first fields on them."""
        options, painted = self.options, sorted({turn.px for turn in self.turns})
        self.shelves = {px: Shelf(max(8, options.room * min(painted) ** 2 // px**2), px, self.device) for px in painted}
        seed = options.seed + 7919 * (1 + self.first)
        self.makers: dict[int, Iterator[negatives.Negatives]] = {
            px: negatives.batches(px, seed + px, max(1, options.at_once * painted[0] ** 2 // px**2), SHARES, self.device, options.quickly)
            for px in painted
        }
        self.batches_made = self.rejected = 0
        first = min(options.first_fields, options.room)
        while any(len(shelf) < max(1, first * min(painted) ** 2 // px**2) for px, shelf in self.shelves.items()):
            self._make()

    def _make(self) -> None:
        """One batch of fields, of the smallest or the largest size; larger ones serve the smaller sizes as well."""
        sizes = list(self.shelves)
        px = sizes[-1] if self.batches_made % self.options.large_every == 0 else sizes[0]
        new = next(self.makers[px])
        self.batches_made += 1
        self.rejected += max(1, self.options.at_once * sizes[0] ** 2 // px**2) - len(new)
        for size in sizes:
            if size <= px and len(new):
                self.shelves[size].put(new.at(size))

    def _passed(self) -> float:
        return time.monotonic() - self.begun

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.options.bfloat16)

    def _look(self, pictures: Tensor, turn: Turn, shift: tuple[int, int]) -> list[Tensor]:
        """What the eyes see: the first half shifted, the second augmented."""
        shown = F.avg_pool2d(pictures, pictures.shape[-1] // turn.seen)
        half = len(shown) // 2
        shown = torch.cat([shown[:half].roll(shift, (2, 3)), augment(shown[half:])])
        with self._autocast():
            return self.eyes(shown.contiguous(memory_format=torch.channels_last))

    def _paint(self, z: Tensor, labels: Tensor, px: int, window: tuple[int, int, int] | None) -> Tensor:
        w, synthesis = self.light.mapping(z, labels), self.light.synthesis
        ws = w[:, None].expand(-1, self.shape.layers, -1)
        if torch.rand(()) < CROSSED:
            fine = torch.arange(self.shape.layers, device=self.device)[:, None] >= int(torch.randint(1, self.shape.layers, ()))
            ws = torch.where(fine, self.light.mapping(torch.randn_like(z), labels)[:, None], ws)
        return synthesis(ws, synthesis.noises(len(z)), bends(z, labels), self.shape.times(px), window)

    def step(self) -> None:
        """One batch, and now and then new fields for the next ones."""
        options = self.options
        turn = self.turns[self.facts["steps"] % len(self.turns)]
        name, px, batch = turn.name, turn.px, max(4, options.batch * FULL_PX**2 // max(turn.seen if turn.piece else turn.px, FULL_PX) ** 2 // 4 * 4)
        quarter, shift = batch // 4, (int(torch.randint(SHIFT, ())), int(torch.randint(SHIFT, ())))
        real, labels = self.shelves[px].draw(batch, self.chance)
        window, row, column = self._window(turn)
        real = real[:, :, row : row + turn.seen, column : column + turn.seen] if window else real
        given, told_real, told_made = self._labels(labels)
        z = torch.randn(batch, self.shape.z_dim, device=self.device)
        teaching = self.facts["steps"] - self.first >= self.warm
        with torch.set_grad_enabled(teaching):
            made = self._paint(z, given, px, window)
            if window:
                top, left = row - window[0] * px // self.shape.bent_px, column - window[1] * px // self.shape.bent_px
                made = made[:, :, top : top + turn.seen, left : left + turn.seen]
            looks = self._look(made, turn, shift)
        with torch.no_grad():
            seen = self._look(real, turn, shift)
        self._teach(name, (seen, told_real), ([each.detach() for each in looks], told_made))
        if teaching:
            with self._autocast():
                judged = -self.critics[name](self.mixing(looks), told_made).mean()
            roughness, strength = unlike(made, real, looks, seen)
            tones = tones_apart(made[: 2 * quarter], real[: 2 * quarter]) + tones_apart(made[2 * quarter : 3 * quarter], real[:quarter])
            far, near = looks[2].float(), seen[2].float()
            apart = (far[:quarter] - far[2 * quarter : 3 * quarter]).abs().mean((1, 2, 3))
            alike = F.relu(1 - apart / (near[:quarter] - near[quarter : 2 * quarter]).abs().mean()).mean()
            loss = options.judged * judged + options.rough * roughness + options.strong * strength + options.alike * alike
            loss = loss + options.tones * tones / (4 if window else 1)  # a piece has not quite the tones of the whole
            loss.backward()
            self._pace()
            self.optimizers["light"].step()
            self.optimizers["light"].zero_grad(set_to_none=True)
            follow(self.average, self.light, batch, options.half_life, self.facts["steps"])
            told = {"judged": judged, "rough": roughness, "strong": strength, "tones": tones, "alike": alike}
            self._measure(**{f"{what} {name}": value for what, value in told.items()})
            self.facts["seen"] += batch
        self.facts["steps"] += 1
        if self.facts["steps"] % options.new_every == 0:
            self._make()

    def _window(self, turn: Turn) -> tuple[tuple[int, int, int] | None, int, int]:
        """A piece at random: the cells to paint, with MARGIN cells around it, lest its edge shows; and its first row and column in pixels."""
        if not turn.piece:
            return None, 0, 0
        cell = turn.px // self.shape.bent_px
        cells, side = turn.seen // cell, min(self.shape.bent_px, turn.seen // cell + 2 * MARGIN)
        row, column = (int(torch.randint(self.shape.bent_px - cells + 1, ())) for _ in range(2))
        top, left = (max(0, min(place - MARGIN, self.shape.bent_px - side)) for place in (row, column))
        return (top, left, side), row * cell, column * cell

    def _labels(self, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What is painted, and what the critic is told of real and of made ones: two quarters have the labels of real ones, the third those of the
        first once more, the fourth lies between those of two and is judged without."""
        quarter = len(labels) // 4
        first, second, third, fourth = labels.split(quarter)[:4]
        between = torch.lerp(third, fourth, torch.rand(quarter, 1, device=self.device))
        nothing = torch.zeros_like(fourth)
        given = torch.cat([first, second, first, between])
        return given, torch.cat([first, second, third, nothing]), torch.cat([first, second, first, nothing])

    def _teach(self, name: str, real: tuple[list[Tensor], Tensor], made: tuple[list[Tensor], Tensor]) -> None:
        critic, optimizer = self.critics[name], self.optimizers[name]
        critic.requires_grad_(True)
        with self._autocast():
            loss = hinge(critic, self.mixing, real, made)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        critic.requires_grad_(False)
        self._measure(**{f"critic {name}": loss})

    def _pace(self) -> None:
        """Light and critics slower towards the end: after a rise, a quarter of a cosine, down to a tenth."""
        risen = min(1.0, (self.facts["steps"] - self.first - self.warm + 1) / self.options.rise)
        share = min(1.0, (self.before + self._passed()) / (self.options.whole_seconds or self.before + self.options.seconds))
        size = risen * (0.1 + 0.9 * math.cos(math.pi / 2 * share))
        for name, optimizer in self.optimizers.items():
            for group, rate in zip(optimizer.param_groups, self.rates[name], strict=True):
                group["lr"] = rate * size

    def _measure(self, **values: Tensor) -> None:
        for name, value in values.items():
            new = value.detach().float()
            self.measured[name] = torch.lerp(self.measured.get(name, new), new, 0.03)

    def run(self) -> None:
        """Train until the time is over; save now and then."""
        options = self.options
        next_log, next_save, next_judged = 0.0, options.save_seconds, options.measured_seconds
        last = self.first + (options.steps or 1 << 60)
        while (passed := self._passed()) < options.seconds and self.facts["steps"] < last:
            self.step()
            if self.device.type == "cuda" and self.facts["steps"] % 8 == 0:
                torch.cuda.current_stream().synchronize()  # so that the clock is the device's, and the end comes in time
            if passed > next_log:
                next_log = passed + options.log_seconds
                self._log({})
            if self.judge and passed > next_judged:
                next_judged = passed + options.measured_seconds
                self._log(self.judge(self.average))
            if passed > next_save:
                next_save = passed + options.save_seconds
                self.save()
        self._log(self.judge(self.average) if self.judge else {})
        self.save()

    def _log(self, more: dict[str, float]) -> None:
        row = {"seconds": round(self.before + self._passed(), 1), "steps": self.facts["steps"], "seen": self.facts["seen"]}
        row["fields"] = self.known["fields"] + sum(self._made())
        row |= {name: round(float(value), 4) for name, value in self.measured.items()} | more
        with (self.options.out / LOG).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        print(json.dumps(row), flush=True)

    @torch.no_grad()
    def save(self) -> None:
        """The checkpoint and a sheet: of each family a real picture and three made ones."""
        if not all(bool(torch.isfinite(p).all()) for p in self.light.parameters()):
            raise RuntimeError(f"A weight is no longer a number after {self.facts['steps']} steps.")
        self.facts["seconds"] = self.before + self._passed()
        self._count()
        chance = torch.Generator(self.device).manual_seed(5)
        shelf = self.shelves[min(self.shelves)]
        drawn = [shelf.draw(LABELS // 16, chance) for _ in range(16)]
        real, labels = drawn[0][0], torch.cat([each for _, each in drawn])
        mapping = self.average.mapping
        z = torch.randn(len(labels), self.shape.z_dim, generator=chance, device=self.device)
        mapping.w_mean.copy_(mapping(z, labels).mean(0))
        out, whole = self.options.out, {"shape": asdict(self.shape), "facts": self.facts, "labels": labels.cpu()}
        checkpoint.save(out / EMA, {**whole, "weights": checkpoint.weights(self.average)})
        learned = checkpoint.squares(self.light, self.optimizers["light"])
        checkpoint.save(out / GENERATOR, {"weights": checkpoint.weights(self.light), "squares": learned})
        judges = {name: (net, self.optimizers[name]) for name, net in self.critics.items()}
        checkpoint.save(out / CRITIC, {
            name: {"weights": checkpoint.weights(net), "squares": checkpoint.squares(net, optimizer)} for name, (net, optimizer) in judges.items()
        })  # fmt: skip
        contact_sheet(self._samples(real, labels, chance), 8, out / SAMPLES)

    def _made(self) -> list[int]:
        """Distinct fields by family: the smallest shelf saw all."""
        return self.shelves[min(self.shelves)].made

    def _count(self) -> None:
        """How many fields there were in all, for the card."""
        made, known = self._made(), self.known
        kept = {family: known["kept"].get(family, 0) + n for family, n in zip(FAMILIES, made, strict=True)}
        rejected = known["rejected"] + self.rejected
        self.facts |= {"fields": known["fields"] + sum(made), "kept": kept, "rejected": rejected, "drawn": {**kept, "rejected": rejected}}

    def _samples(self, real: Tensor, labels: Tensor, chance: torch.Generator) -> Tensor:
        rows, synthesis = [], self.average.synthesis
        for family in range(*LAYOUT["family"]):
            for place in torch.nonzero(labels[: len(real), family] > 0.5)[:1, 0].tolist():
                given = labels[place : place + 1].expand(3, -1)
                z = torch.randn(3, self.shape.z_dim, generator=chance, device=self.device)
                ws = self.average.mapping(z, given)[:, None].expand(-1, self.shape.layers, -1)
                painted = synthesis(ws, synthesis.noises(3, chance), bends(z, given))
                rows += [F.interpolate(real[place : place + 1], size=painted.shape[-1], mode="bilinear"), painted]
        return torch.cat(rows)


def parser() -> argparse.ArgumentParser:
    out = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    out.add_argument("--out", type=Path, required=True, help="the folder to write, and to go on from")
    out.add_argument("--light", type=Path, help="a checkpoint to begin with: what of its weights fits")
    out.add_argument("--channels", type=int, nargs="+", default=[144, 112, 80, 48, 32], help="of each level, from 8 px up")
    out.add_argument("--fields", type=int, default=16, help="smooth fields that pixels are drawn from")
    out.add_argument("--hidden", type=int, default=24, help="between fields and colour")
    out.add_argument("--enlarged", type=int, default=2, help="side of the picture over that of the last features")
    out.add_argument("--bent-px", type=int, default=32, help="side of the features that are folded")
    out.add_argument("--turns", nargs="+", default=list(TURNS), help="side that is painted / side that is seen, or x side of a piece, by turns")
    out.add_argument("--held-px", type=int, default=0, help="the mapping and the features of up to so many pixels learn nothing")
    out.add_argument("--seconds", type=float, default=4000)
    out.add_argument("--whole-seconds", type=float, default=0, help="of all resumptions together, for the rates (0: what was and --seconds)")
    out.add_argument("--steps", type=int, default=0, help="stop after so many batches as well (0: no limit)")
    out.add_argument("--batch", type=int, default=64, help="of pictures of 256 px or less, a multiple of four; fewer of larger ones")
    out.add_argument("--room", type=int, default=3000, help="fields of the smallest size on the shelf; as many pixels of the others")
    out.add_argument("--first-fields", type=int, default=64, help="on the shelf before it begins")
    out.add_argument("--at-once", type=int, default=8, help="fields of a batch of them")
    out.add_argument("--new-every", type=int, default=1, help="steps from one batch of new fields to the next")
    out.add_argument("--large-every", type=int, default=5, help="batches of fields, of which one is of the largest size")
    out.add_argument("--quickly", action="store_true", help="fields without four times the pixels")
    out.add_argument("--critics-first", type=int, default=80, help="steps in which only the critics learn, at the start")
    out.add_argument("--rise", type=int, default=200, help="steps in which the rates rise")
    out.add_argument("--rate", type=float, default=2e-3)
    out.add_argument("--critic-rate", type=float, default=2e-3)
    out.add_argument("--judged", type=float, default=1.0, help="weight of the critics' judgement")
    out.add_argument("--rough", type=float, default=0.3, help="weight of being as rough as real pictures")
    out.add_argument("--strong", type=float, default=1.0, help="weight of features as strong and as varied as those of real ones")
    out.add_argument("--tones", type=float, default=4.0, help="weight of having the tones of real pictures with these labels")
    out.add_argument("--alike", type=float, default=1.0, help="weight of not being all alike where the labels are")
    out.add_argument("--half-life", type=float, default=3000, help="of the moving average, in pictures")
    out.add_argument("--measured", type=int, default=0, help="held-out pictures that the moving average is measured on (0: none)")
    out.add_argument("--measured-seconds", type=float, default=100)
    out.add_argument("--blind", action="store_true", help="random weights in the eyes (to test)")
    out.add_argument("--device", default="auto")
    out.add_argument("--bfloat16", action=argparse.BooleanOptionalAction, default=True, help="in eyes and critics")
    out.add_argument("--threads", type=int, default=1)
    out.add_argument("--seed", type=int, default=1)
    out.add_argument("--log-seconds", type=float, default=30)
    out.add_argument("--save-seconds", type=float, default=240)
    return out


def main(arguments: list[str] | None = None) -> None:
    options = parser().parse_args(arguments)
    torch.set_num_threads(options.threads)
    torch.set_float32_matmul_precision("high")
    torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = False
    options.out.mkdir(parents=True, exist_ok=True)
    Whole(options, time.monotonic()).run()


if __name__ == "__main__":
    main()
