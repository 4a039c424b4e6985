"""Teaches the way back from a picture to the light, beside a light that is finished and stays as it is.

    python -m performer.training.gan_encoder --light .work/whole --seconds 600

Half of what the encoder sees the light has painted: latent and labels are known to the last digit. The other half is made by rule: its
labels are known, and what the light paints from the answer shall look like it from afar. Leaves encoder.pt beside the light, where gan_export
finds it; goes on from it by itself. `--measure` tells how near a painting comes to a held-out picture that was read, and writes it into
the file as well.
"""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from performer.training import checkpoint
from performer.training.device import device_of
from performer.training.encoder import PX, Encoder, labels_apart, proper
from performer.training.gan_evaluate import HELD_OUT, held_out
from performer.training.gan_export import ENCODER, restore
from performer.training.generator import Light, bends
from performer.training.pictures import negatives
from performer.training.pictures.gallery import make_gallery
from performer.training.pictures.labels import LAYOUT
from performer.training.pictures.shelf import Shelf
from performer.visuals.bend import FIRST

DRAWN_PX = 128  # at which fields and the light's own pictures are drawn, before they are averaged to PX
OWN = 4096  # pictures of the light that are kept
FIRM = 4.0  # weight of the numbers of a latent that set where features are taken from
AFAR = (1, 2, 4, 8)  # sides of squares of pixels over which a painting is compared
LOG = "encoder.jsonl"


def painted(light: Light, z: Tensor, labels: Tensor) -> Tensor:
    """(batch, 3, PX, PX)."""
    ws = light.mapping(z, labels)[:, None].expand(-1, light.synthesis.shape.layers, -1)
    maps = bends(z.detach(), labels.detach()) if light.synthesis.shape.bent_px else None
    pictures = light.synthesis(ws, light.synthesis.noises(len(z)), maps).clamp(-1, 1)
    return F.avg_pool2d(pictures, pictures.shape[-1] // PX)


def far_apart(a: Tensor, b: Tensor) -> Tensor:
    """(batch,): the mean distance of pictures, over single pixels and over squares."""
    return torch.stack([(F.avg_pool2d(a, side) - F.avg_pool2d(b, side)).abs().mean((1, 2, 3)) for side in AFAR]).mean(0)


class Teacher:
    """The light at rest, the encoder, and what it learns from."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.device = device_of(options.device)
        torch.manual_seed(options.seed)
        light, _ = restore(options.light)
        self.light = light.to(self.device)
        self.shape = self.light.synthesis.shape
        self.light.synthesis.shape = replace(self.shape, enlarged=self.shape.times(DRAWN_PX))  # the finest layer knows no size
        self.encoder = Encoder(self.shape).to(self.device)
        path = options.light / ENCODER
        self.facts: dict[str, Any] = {"steps": 0, "seconds": 0.0, "read": 0, "metrics": {}}
        if path.exists():
            saved = checkpoint.load(path)
            self.encoder.load_state_dict(saved["weights"])
            self.facts |= saved["facts"]
        self.optimizer = torch.optim.Adam(self.encoder.parameters(), options.rate, betas=(0.9, 0.99))
        self.chance = torch.Generator(self.device).manual_seed(options.seed + self.facts["steps"])
        seed, quickly = options.seed + 31 * (1 + self.facts["steps"]), self.device.type == "cpu"
        self.fields = negatives.batches(DRAWN_PX, seed, options.at_once, device=self.device, quickly=quickly)
        self.shelf = Shelf(options.room, PX, self.device)
        self.own = torch.zeros(OWN, 3, PX, PX, device=self.device)
        self.z, self.labels = (torch.zeros(OWN, count, device=self.device) for count in (self.shape.z_dim, self.shape.label_dim))
        self.painted = 0
        self.share = 0.0  # of the time that is over
        self.measured: dict[str, float] = {}

    @torch.no_grad()
    def fresh(self) -> None:
        """New fields on the shelf, and new pictures of the light, some with labels between two."""
        wanted = max(self.options.first_fields - len(self.shelf), int(self.facts["steps"] % self.options.new_every == 0))
        while wanted > 0:
            new = next(new for new in self.fields if len(new))
            self.shelf.put(new.at(PX))
            wanted -= len(new)
        count = self.options.fresh
        _, labels = self.shelf.draw(2 * count, self.chance)
        between, some = torch.rand(2, count, 1, generator=self.chance, device=self.device)
        labels = torch.lerp(labels[:count], labels[count:], between * (some < 0.25))
        z = torch.randn(count, self.shape.z_dim, generator=self.chance, device=self.device)
        places = (self.painted + torch.arange(count, device=self.device)) % OWN
        self.own[places], self.z[places], self.labels[places] = painted(self.light, z, labels), z, labels
        self.painted += count

    def step(self) -> None:
        """One batch."""
        half = self.options.batch // 2
        self.fresh()
        places = torch.randint(min(OWN, self.painted), (half,), generator=self.chance, device=self.device)
        made, made_labels = self.shelf.draw(half, self.chance)
        z, raw = self.encoder.raw(veiled(torch.cat([self.own[places], made]), self.chance))
        latents = (z[:half] - self.z[places]).square()
        told = latents.mean() + (FIRM - 1) * latents[:, :FIRST].mean() * FIRST / self.shape.z_dim
        named = labels_apart(raw[:half], self.labels[places]) + labels_apart(raw[half:], made_labels)
        shown = slice(half, half + self.options.painted)
        again = painted(self.light, z[shown], proper(raw[shown]))
        likeness = far_apart(again, made[: self.options.painted]).mean()
        length = (z.square().mean(1) - 1).square().mean()  # the mapping sees directions; a picture's is to be sure of itself
        (told + named + self.options.alike * likeness + 0.01 * length).backward()
        for group in self.optimizer.param_groups:
            group["lr"] = self.options.rate * min(1.0, 0.1 + 2.0 * (1.0 - self.share))
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        for name, value in {"latents": told, "labels": named, "likeness": likeness}.items():
            old = self.measured.get(name, float(value.detach()))
            self.measured[name] = old + (float(value.detach()) - old) * 0.03
        self.facts["steps"] += 1
        self.facts["read"] += self.options.batch

    def run(self) -> None:
        """Until the time or the steps are over."""
        begun, before, first, next_log = time.monotonic(), self.facts["seconds"], self.facts["steps"], 0.0
        while (passed := time.monotonic() - begun) < self.options.seconds and self.facts["steps"] - first < (self.options.steps or 1 << 60):
            self.share = passed / self.options.seconds
            self.step()
            self.facts["seconds"] = before + passed
            if passed > next_log:
                next_log = passed + self.options.log_seconds
                row = {"seconds": round(self.facts["seconds"], 1), "steps": self.facts["steps"]}
                row |= {name: round(value, 4) for name, value in self.measured.items()}
                with (self.options.light / LOG).open("a", encoding="utf-8") as file:
                    file.write(json.dumps(row) + "\n")
                print(json.dumps(row), flush=True)
                self.save()
        self.save()

    def save(self) -> None:
        checkpoint.save(self.options.light / ENCODER, {"weights": checkpoint.weights(self.encoder), "facts": self.facts})

    @torch.no_grad()
    def measure(self, count: int) -> dict[str, Any]:
        """Of `count` held-out pictures and as many of the light's own: how often family and symmetry are told, and how far the painting from the
        answer is from the picture, beside paintings with the picture's own labels and any latent, and with any labels."""
        chance, encoder = torch.Generator(self.device).manual_seed(1), self.encoder.eval()
        if self.options.cache:
            real = held_out(count, 2 * DRAWN_PX, self.device, self.options.cache)
            pictures, labels = real.held[:count], real.held_labels[:count]
        else:
            gallery = make_gallery(count, 2 * DRAWN_PX, HELD_OUT, self.device, min(8, count))
            pictures, labels = gallery.pictures, gallery.labels
        held = F.avg_pool2d(pictures.float() / 127.5 - 1, 2 * DRAWN_PX // PX)
        z = torch.randn(count, self.shape.z_dim, generator=chance, device=self.device)
        own = torch.cat([painted(self.light, *each) for each in zip(z.split(16), labels.split(16), strict=True)])
        out: dict[str, Any] = {"pictures": count}
        for name, shown in (("held_out", held), ("own", own)):
            read = [encoder(part) for part in shown.split(32)]
            read_z, read_labels = (torch.cat(each) for each in zip(*read, strict=True))
            other = torch.randn(z.shape, generator=chance, device=self.device)
            shuffled = labels[torch.randperm(count, generator=chance, device=self.device)]
            again = {"apart": (read_z, read_labels), "apart_labels_alone": (other, labels), "apart_any": (other, shuffled)}
            out[name] = {
                choice: round(float((read_labels[:, first:last].argmax(1) == labels[:, first:last].argmax(1)).float().mean()), 4)
                for choice, (first, last) in LAYOUT.items() if choice in ("family", "symmetry")
            }  # fmt: skip
            for what, (latents, given) in again.items():
                parts = [painted(self.light, *each) for each in zip(latents.split(16), given.split(16), strict=True)]
                out[name][what] = round(float(far_apart(torch.cat(parts), shown).mean()), 4)
        out["command"] = f"python -m performer.training.gan_encoder --light {self.options.light} --measure {count}"
        self.facts["metrics"] = out
        return out


def veiled(pictures: Tensor, chance: torch.Generator) -> Tensor:
    """Some blurred and some with grain, as pictures from elsewhere are."""
    soft = F.avg_pool2d(F.pad(pictures, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    share, some, rough = torch.rand(3, len(pictures), 1, 1, 1, generator=chance, device=pictures.device)
    grain = 0.1 * rough * torch.randn(pictures.shape, generator=chance, device=pictures.device)
    return (torch.lerp(pictures, soft, share * (some < 0.3)) + grain).clamp(-1, 1)


def parser() -> argparse.ArgumentParser:
    out = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    out.add_argument("--light", type=Path, required=True, help="the checkpoint of the light; encoder.pt is written beside it")
    out.add_argument("--seconds", type=float, default=600)
    out.add_argument("--steps", type=int, default=0, help="stop after so many batches as well (0: no limit)")
    out.add_argument("--measure", type=int, default=0, help="no learning: measure on so many held-out pictures")
    out.add_argument("--cache", type=Path, help="held-out pictures that gan_evaluate kept")
    out.add_argument("--batch", type=int, default=48)
    out.add_argument("--fresh", type=int, default=8, help="pictures that the light paints for each batch; older ones are seen again")
    out.add_argument("--at-once", type=int, default=8, help="fields of a batch of them")
    out.add_argument("--first-fields", type=int, default=64, help="before it begins")
    out.add_argument("--new-every", type=int, default=4, help="steps from one batch of new fields to the next")
    out.add_argument("--painted", type=int, default=4, help="of a batch that are painted again")
    out.add_argument("--alike", type=float, default=4.0, help="weight of what is painted again being alike")
    out.add_argument("--room", type=int, default=2000, help="fields that are kept")
    out.add_argument("--rate", type=float, default=1e-3)
    out.add_argument("--device", default="auto")
    out.add_argument("--threads", type=int, default=1)
    out.add_argument("--seed", type=int, default=1)
    out.add_argument("--log-seconds", type=float, default=20)
    return out


def main(arguments: list[str] | None = None) -> None:
    options = parser().parse_args(arguments)
    torch.set_num_threads(options.threads)
    teacher = Teacher(options)
    if options.measure:
        print(json.dumps(teacher.measure(options.measure), indent=1))
        teacher.save()
    else:
        teacher.run()


if __name__ == "__main__":
    main()
