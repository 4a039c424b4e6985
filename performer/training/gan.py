"""Training of the light: a generator conditional on a picture's labels, on made pictures in memory, against the critic of `critic.py`.

    python -m performer.training.gan --out .work/light --seconds 3000 --size 64 --channels 160 128 96 --pictures 6000 --batch 32
    python -m performer.training.gan --out .work/light --resume .work/light --seconds 2400 --size 128 --channels 160 128 96 48

Half of each batch is painted after real pictures that the reader has turned into latents: it shall look like them (at several scales and
to the eyes), which teaches quickly and holds every kind of picture. The other half is painted from random latents, and shall have the tones
of the real pictures whose labels it was given. The critic judges both.
A larger --size on resumption adds levels (growing, Karras et al. 2018). It ends by the clock, saving included, however fast the machine.
With --negatives the pictures are developed anew at each sight from fields that `pictures.negatives` keeps, in colours never seen before.
The eyes look at 128 px: at a larger picture as a whole and, by turns, at a piece of it as it is.

The folder then holds generator_ema.pt (to export), generator.pt and critic.pt (to go on from), log.csv and samples.png: rows of three,
real pictures, the same after a reading, and others for the same labels.
"""

import argparse
import csv
import json
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from performer.training import checkpoint, likeness
from performer.training.critic import Eyes, Mixing, Projected, augment, hinge
from performer.training.device import device_of
from performer.training.generator import Light, Shape
from performer.training.pictures import negatives
from performer.training.pictures.gallery import Gallery, contact_sheet, make_gallery
from performer.training.pictures.labels import FAMILIES

EMA, GENERATOR, CRITIC, LOG, SAMPLES = "generator_ema.pt", "generator.pt", "critic.pt", "log.csv", "samples.png"
MEASURED = ("critic", "generator", "pixels", "features", "tones", "grain", "nats", "told")
EYES_PX = 128
SHEET = 256  # pictures developed to name labels and draw samples from


class Trainer:
    """All networks, their optimisers and the gallery on one device."""

    def __init__(self, options: argparse.Namespace, device: torch.device, begun: float) -> None:
        self.options, self.device, self.begun = options, device, begun
        saved = {name: checkpoint.load(options.resume / name) for name in (EMA, GENERATOR, CRITIC)} if options.resume else {}
        begin = {"steps": 0, "seen": 0, "seconds": 0.0, "drawn": {}, "kept": {}, "galleries": []}
        self.facts: dict[str, Any] = saved[EMA]["facts"] if saved else begin
        self.before, self.first = self.facts["seconds"], self.facts["steps"] if options.anew else 0
        torch.manual_seed(options.seed + self.facts["steps"])
        self.shape = _shape(options, checkpoint.shape_of(saved[EMA]) if saved else Shape())
        self.eyes, self.mixing = Eyes(trained=not options.blind).to(device), Mixing().to(device)
        self.light, self.average = Light(self.shape).to(device), Light(self.shape).to(device).requires_grad_(False)
        self.critic = Projected(self.shape.label_dim).to(device)
        self.light_steps, self.critic_steps = adam(self.light, options.rate), adam(self.critic, options.critic_rate)
        if saved:
            checkpoint.restore(self.light, self.light_steps, saved[GENERATOR])
            checkpoint.restore(self.critic, self.critic_steps, saved[CRITIC])
        self.average.load_state_dict(self.light.state_dict())
        if saved:
            checkpoint.restore(self.average, None, saved[EMA])
        for net in (self.light, self.critic, self.eyes, self.mixing):
            net.to(memory_format=torch.channels_last)
        self.chance = torch.Generator().manual_seed(options.seed + self.facts["steps"])
        self.negatives = self._negatives() if options.negatives else None
        self.gallery = self._developed() if self.negatives else self._gallery()
        self.measured = {name: torch.zeros((), device=device) for name in MEASURED}

    def _gallery(self) -> Gallery:
        """From the cache if it is there, else fresh pictures: other ones at each resumption, so that more are seen in all."""
        cache, known, limit = self.options.cache, self.facts["galleries"], self.options.gallery_seconds
        seed = self.options.seed + 1000 * len(known)
        name = cache.name if cache else f"seed {seed}"
        if cache and cache.exists():
            gallery = Gallery(**checkpoint.load(cache))
        else:
            gallery = make_gallery(self.options.pictures, self.shape.px, seed, self.device, seconds=limit)
            if cache:
                checkpoint.save(cache, {name: getattr(gallery, name) for name in ("pictures", "labels", "drawn", "kept")})
        if name not in known:
            known.append(name)
            for count in ("drawn", "kept"):
                total = self.facts[count]
                self.facts[count] = {family: total.get(family, 0) + n for family, n in getattr(gallery, count).items()}
        kept, drawn = sum(self.facts["kept"].values()), sum(self.facts["drawn"].values())
        print(f"{len(gallery.pictures)} pictures after {self._passed():.0f} s; in all {kept} kept, {drawn - kept} rejected", flush=True)
        pictures, times = gallery.pictures, gallery.pictures.shape[-1] // self.shape.px
        if times > 1:
            pictures = torch.cat([F.avg_pool2d(part.float(), times).round().to(torch.uint8) for part in pictures.split(256)])
        return replace(gallery, pictures=pictures.to(self.device), labels=gallery.labels.to(self.device))

    def _negatives(self) -> negatives.Negatives:
        """All fields of the files, at this size; their number by family is kept among the facts. Each development is a picture of its own."""
        known, kept = self.facts["galleries"], self.facts["kept"]
        for path in self.options.negatives:
            if path.name not in known:
                known.append(path.name)
                counts = torch.bincount(negatives.load(path).family, minlength=len(FAMILIES)).tolist()
                self.facts["kept"] = kept = {family: kept.get(family, 0) + n for family, n in zip(FAMILIES, counts, strict=True)}
                self.facts["drawn"] = {family: max(n, self.facts["drawn"].get(family, 0)) for family, n in kept.items()}
        loaded = negatives.join([negatives.load(path).at(self.shape.px) for path in self.options.negatives])
        print(f"{len(loaded)} fields after {self._passed():.0f} s", flush=True)
        return loaded

    def _developed(self) -> Gallery:
        """A few pictures of the negatives, for labels and samples."""
        places = self.negatives.draw(SHEET, torch.Generator().manual_seed(5))
        parts = [self.negatives.developed(part, torch.Generator().manual_seed(6 + i)) for i, part in enumerate(places.split(16))]
        pictures, labels = (torch.cat(each) for each in zip(*parts, strict=True))
        return Gallery((pictures * 255 + 0.5).to(torch.uint8).to(self.device), labels.to(self.device), {}, {})

    def _passed(self) -> float:
        return time.monotonic() - self.begun

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.options.bfloat16)

    def _real(self) -> tuple[Tensor, Tensor]:
        """A batch of pictures in -1 ... 1, turned and mirrored at random, and their labels (which this leaves true)."""
        if self.negatives is None:
            places = torch.randint(len(self.gallery.pictures), (self.options.batch,), device=self.device)
            pictures, labels = self.gallery.pictures[places].float() / 127.5 - 1, self.gallery.labels[places]
        else:
            pictures, labels = self.negatives.developed(self.negatives.draw(self.options.batch, self.chance), self.chance)
            pictures, labels = pictures.to(self.device) * 2 - 1, labels.to(self.device)
        pictures = torch.rot90(pictures, int(torch.randint(4, ())), (2, 3))
        return pictures.flip(3) if torch.rand(()) < 0.5 else pictures, labels

    def _look(self, pictures: Tensor, half: int, shift: tuple[int, int], piece: bool) -> list[Tensor]:
        """What the eyes see of the first half, shifted lest their strides always meet the same pixels, and of the second half augmented."""
        shown = torch.cat([pictures[:half].roll(shift, (2, 3)), augment(pictures[half:])])
        shown = shown[:, :, :EYES_PX, :EYES_PX] if piece else self._whole(shown)
        with self._autocast():
            return self.eyes(shown.contiguous(memory_format=torch.channels_last))

    @staticmethod
    def _whole(pictures: Tensor) -> Tensor:
        return F.avg_pool2d(pictures, pictures.shape[-1] // EYES_PX) if pictures.shape[-1] > EYES_PX else pictures

    def _paint(self, z: Tensor, labels: Tensor) -> Tensor:
        """A picture for each latent and label; in one batch out of four, two styles of the second half are crossed at a random layer."""
        w, layers = self.light.mapping(z, labels), self.shape.layers
        ws = w[:, None].expand(-1, layers, -1)
        if torch.rand(()) < 0.25:
            half = len(z) // 2
            other = self.light.mapping(torch.randn_like(z[half:]), labels[half:])
            fine = torch.arange(layers, device=self.device)[:, None] >= torch.randint(1, layers, (), device=self.device)
            ws = torch.cat([ws[:half], torch.where(fine, other[:, None], w[half:, None])])
        with self._autocast():
            return self.light.synthesis(ws, self.light.synthesis.noises(len(labels)))

    def step(self) -> None:
        """One batch: the critic learns, then the generator and the reader, from the same pictures."""
        half = self.options.batch // 2
        real, labels = self._real()
        piece = self.shape.px > EYES_PX and self.facts["steps"] % 2 == 0
        reach = self.shape.px if piece else 8
        shift = (int(torch.randint(reach, ())), int(torch.randint(reach, ())))
        with torch.no_grad():
            seen = self._look(real, half, shift, piece)
            with self._autocast():
                read = self.eyes(self._whole(real[:half])) if piece else [x[:half] for x in seen]
        with self._autocast():
            mean, spread = self.light.reader(read)
        latents = mean + torch.exp(spread / 2) * torch.randn_like(mean)
        free = torch.randn(len(real) - half, self.shape.z_dim, device=self.device)
        made = self._paint(torch.cat([latents, free]), labels)
        looks = self._look(made, half, shift, piece)
        self._teach_critic(seen, [x.detach() for x in looks], labels)
        with self._autocast():
            judged = -self.critic(self.mixing(looks), labels).mean()
        pixels = likeness.apart(made[:half], real[:half])
        features = likeness.features_apart([x[:half] for x in looks], [x[:half] for x in seen])
        tones, grain = likeness.tones_apart(made[half:], real[half:]), likeness.grain_apart(made, real)
        nats = 0.5 * (mean.square() + spread.exp() - 1 - spread).sum(1).mean()
        self.light_steps.zero_grad(set_to_none=True)
        weight = self.options.judged * min(1.0, (self.facts["steps"] - self.first) / self.options.judged_after)
        told = self._told(looks, free, half) if self.options.told and not piece else torch.zeros(())
        loss = weight * judged + 4 * pixels + 2 * features + 8 * tones + self.options.grain * grain + self.options.nats * nats
        (loss + self.options.told * told).backward()
        if self.facts["steps"] - self.first < self.options.reader_first:
            for name, parameter in self.light.named_parameters():
                if not name.startswith(("reader.", "synthesis.fine.", f"synthesis.levels.{len(self.shape.channels) - 1}.")):
                    parameter.grad = None
        self.light_steps.step()
        self._measure(generator=judged, pixels=pixels, features=features, tones=tones, grain=grain, nats=nats, told=told)
        follow(self.average, self.light, self.options.batch, self.options.half_life, self.facts["steps"])
        self.facts["steps"] += 1
        self.facts["seen"] += self.options.batch

    def _told(self, looks: list[Tensor], free: Tensor, half: int) -> Tensor:
        """How badly the reader guesses the latents that the second half was painted from, 1 for a guess without knowledge: the pictures have
        to tell their latents apart, and the reader learns from pictures whose latent is known."""
        with self._autocast():
            mean, _ = self.light.reader([x[half:] for x in looks])
        return F.mse_loss(mean, free)

    def _teach_critic(self, real: list[Tensor], made: list[Tensor], labels: Tensor) -> None:
        self.critic.requires_grad_(True)
        with self._autocast():
            loss = hinge(self.critic, self.mixing, (real, labels), (made, labels))
        self.critic_steps.zero_grad(set_to_none=True)
        loss.backward()
        self.critic_steps.step()
        self.critic.requires_grad_(False)
        self._measure(critic=loss)

    def _measure(self, **values: Tensor) -> None:
        for name, value in values.items():
            self.measured[name] = torch.lerp(self.measured[name], value.detach().float(), 0.05 if self.facts["steps"] else 1.0)

    def run(self) -> None:
        """Train until the time is over, then save."""
        options, first = self.options, self.facts["steps"]
        next_log, next_save, saving, marked, mark = 0.0, options.save_seconds, 3.0, self._passed(), first
        while not options.steps or self.facts["steps"] - first < options.steps:
            self.step()
            if self.device.type == "cuda":
                torch.cuda.current_stream().synchronize()  # so that the clock is the device's, and the end comes in time
            passed = self._passed()
            if passed > options.seconds - 2 - 1.5 * saving:
                break
            if passed > next_log:
                self._log((self.facts["steps"] - mark) * options.batch / (passed - marked))
                next_log, marked, mark = passed + options.log_seconds, passed, self.facts["steps"]
            if passed > next_save:
                self.save()
                saving = self._passed() - passed
                next_save = passed + options.save_seconds
        self._log((self.facts["steps"] - mark) * options.batch / max(1e-6, self._passed() - marked))
        self.save()
        print(f"{self.facts['steps']} steps, {self._passed():.1f} s", flush=True)

    def _log(self, rate: float) -> None:
        row = {"seconds": round(self.before + self._passed(), 1), "per_second": round(rate, 1), "px": self.shape.px}
        row |= {name: self.facts[name] for name in ("steps", "seen")}
        row |= {name: round(float(value), 4) for name, value in self.measured.items()}
        path = self.options.out / LOG
        new = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.DictWriter(file, list(row))
            if new:
                writer.writeheader()
            writer.writerow(row)
        print(json.dumps(row), flush=True)

    @torch.no_grad()
    def save(self) -> None:
        """Write the checkpoint and the sheet. Raises RuntimeError, and leaves the files as they were, if a weight is no longer a number."""
        if not all(bool(torch.isfinite(p).all()) for p in self.light.parameters()):
            raise RuntimeError(f"A weight is no longer a number after {self.facts['steps']} steps; resume with a lower --rate.")
        self.facts["seconds"] = self.before + self._passed()
        out, mapping = self.options.out, self.average.mapping
        labels = self.gallery.labels[:4096]
        mapping.w_mean.copy_(mapping(torch.randn(len(labels), self.shape.z_dim, device=self.device), labels).mean(0))
        whole = {"shape": asdict(self.shape), "facts": self.facts, "labels": self.gallery.labels[:256].cpu()}
        checkpoint.save(out / EMA, {**whole, "weights": checkpoint.weights(self.average)})
        for name, net, steps in ((GENERATOR, self.light, self.light_steps), (CRITIC, self.critic, self.critic_steps)):
            checkpoint.save(out / name, {"weights": checkpoint.weights(net, torch.float16), "squares": checkpoint.squares(net, steps)})
        contact_sheet(self._samples(24), 8, out / SAMPLES)

    def _samples(self, count: int) -> Tensor:
        """Rows of eight by turns: real pictures, what the average paints after a reading of them, what it paints for the same labels."""
        average, real, labels = self.average, self.gallery.pictures[:count].float() / 127.5 - 1, self.gallery.labels[:count]
        generator = torch.Generator(self.device).manual_seed(1)
        parts = [real]
        with self._autocast():
            read = average.reader(self.eyes(real))[0]
            for z in (read, torch.randn(read.shape, device=self.device, generator=generator)):
                ws = average.mapping(z, labels)[:, None].expand(-1, self.shape.layers, -1)
                parts.append(average.synthesis(ws, average.synthesis.noises(len(real), generator)))
        return torch.cat([row for rows in zip(*(part.split(8) for part in parts), strict=True) for row in rows])


@torch.no_grad()
def follow(average: nn.Module, net: nn.Module, batch: int, half_life: float, steps: int) -> None:
    """The moving average takes in the new weights: half of them after `half_life` pictures, sooner in the first steps of all."""
    keep = min(0.5 ** (batch / half_life), (1 + steps) / (10 + steps))
    torch._foreach_lerp_(list(average.parameters()), list(net.parameters()), 1 - keep)


def adam(net: nn.Module, rate: float) -> torch.optim.Adam:
    """Adam without momentum whose steps are `rate` of a tensor's size at its start (in groups by powers of 2), 1 at most."""
    groups: dict[float, list[nn.Parameter]] = {}
    for parameter in net.parameters():
        size = float(parameter.detach().std()) if parameter.dim() > 1 else 0.25
        size = 2.0 ** round(torch.log2(torch.tensor(min(1.0, max(size, 1 / 32)))).item())
        groups.setdefault(size, []).append(parameter)
    return torch.optim.Adam([{"params": p, "lr": rate * size} for size, p in groups.items()], betas=(0.0, 0.99), fused=True)


def _shape(options: argparse.Namespace, usual: Shape) -> Shape:
    """The shape for --size and --channels, otherwise `usual`."""
    shape = replace(usual, channels=tuple(options.channels or usual.channels), fields=options.fields or usual.fields)
    shape = replace(shape, enlarged=options.enlarged or shape.enlarged)
    if options.size not in (0, shape.px):
        raise SystemExit(f"--size {options.size} does not go with {len(shape.channels)} --channels: they make {shape.px} px.")
    return shape


def parser() -> argparse.ArgumentParser:
    out = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    out.add_argument("--out", type=Path, required=True, help="the folder of the checkpoint, the log and the samples")
    out.add_argument("--resume", type=Path, help="go on from the checkpoint in this folder")
    out.add_argument("--seconds", type=float, default=580, help="from the start of the program to its end")
    out.add_argument("--steps", type=int, default=0, help="stop after so many batches as well (0: no limit)")
    out.add_argument("--pictures", type=int, default=40000)
    out.add_argument("--gallery-seconds", type=float, default=120, help="stop making pictures after this time")
    out.add_argument("--cache", type=Path, help="keep the pictures in this file; take them, and shrink them, if it exists")
    out.add_argument("--size", type=int, default=0, help="side of the picture; it has to agree with --channels")
    out.add_argument("--channels", type=int, nargs="*", default=[], help="of each level, from 8 px up; the picture is twice the last")
    out.add_argument("--fields", type=int, default=0, help="draw the picture from so many smooth fields (0: as before, or by a pixel shuffle)")
    out.add_argument("--enlarged", type=int, default=0, help="side of the picture over that of the last features (0: as before, or 2)")
    out.add_argument("--negatives", type=Path, nargs="*", default=[], help="files of performer.training.pictures.negatives, for a gallery")
    out.add_argument("--anew", action="store_true", help="the critic is new: --judged-after and --reader-first count from now")
    out.add_argument("--reader-first", type=int, default=0, help="steps in which only the reader and the last level learn")
    out.add_argument("--told", type=float, default=0.0, help="weight of latents that can be read back from the pictures they paint")
    out.add_argument("--batch", type=int, default=64)
    out.add_argument("--rate", type=float, default=3e-3, help="a step of the generator relative to its weights")
    out.add_argument("--critic-rate", type=float, default=3e-3)
    out.add_argument("--judged", type=float, default=0.5, help="weight of the critic's judgement beside likeness to real pictures")
    out.add_argument("--judged-after", type=int, default=1000, help="steps over which that weight grows from nothing")
    out.add_argument("--grain", type=float, default=0.5, help="weight of being as rough as real pictures")
    out.add_argument("--nats", type=float, default=0.002, help="price of a nat that the reader tells beyond chance")
    out.add_argument("--half-life", type=float, default=10000, help="of the moving average, in pictures")
    out.add_argument("--blind", action="store_true", help="random weights in the eyes (to test)")
    out.add_argument("--bfloat16", action=argparse.BooleanOptionalAction, default=True)
    out.add_argument("--threads", type=int, default=0, help="of the CPU (0: as PyTorch likes)")
    out.add_argument("--device", default="auto")
    out.add_argument("--seed", type=int, default=1)
    out.add_argument("--log-seconds", type=float, default=15)
    out.add_argument("--save-seconds", type=float, default=90)
    return out


def train(options: argparse.Namespace, begun: float) -> None:
    """One run. `begun` is the time.monotonic() from which --seconds count."""
    device = device_of(options.device)
    if options.threads:
        torch.set_num_threads(options.threads)
    torch.set_float32_matmul_precision("high")
    torch.backends.cudnn.benchmark = True
    options.out.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(options, device, begun)
    light, critic = (sum(p.numel() for p in net.parameters()) / 1e6 for net in (trainer.light, trainer.critic))
    print(f"generator {light:.2f} M, critic {critic:.2f} M parameters on {device}, {trainer.shape.px} px", flush=True)
    trainer.run()


if __name__ == "__main__":
    train(parser().parse_args(), time.monotonic())
