"""The pictures that stand beside a light's card: what it paints of each family, a walk step by step, pictures that it read above what it
paints from that, and how the training went.

    python -m performer.training.gan_sheet --model models/onnx/light-256 --log .work/light-256/whole.jsonl --out .work/light-256/sheets

Painted as a show paints them, by ONNX Runtime, from latents and labels that no training chose.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageDraw

from performer.training.gan_evaluate import HELD_OUT
from performer.training.pictures.gallery import paint, worth_keeping
from performer.training.pictures.labels import FAMILIES, Recipe
from performer.visuals.generator import Generator
from performer.visuals.hand import Ask
from performer.visuals.walk import Pose

MOST_BYTES = 290_000  # of a file
EACH, WALK_STEPS = 4, 12
STRIDE = 0.6  # radians of path between two pictures of the walk
FAR, FURTHER = 41.0, 9.0  # radians between two rows and two columns: other places altogether
TRIED, SHOWN_PX = 4, 256  # pictures of a family of which one is read, and their side
CHART = (720, 300)
CHARTED = ("kid", "coverage", "critic", "rough", "strong", "alike")  # what begins with these, in this order, as far as there are colours
COLOURS = ("#d7263d", "#1b998b", "#2e294e", "#f46036", "#3f88c5", "#8f6fc6")
Pixels = npt.NDArray[np.uint8]


def pose(path: float, ask: Ask | None = None) -> Pose:
    return Pose(path, (0.0, 0.0, 0.0), 0.0, 0.35, 0.9, ask=ask or Ask())


def of_families(light: Generator) -> list[list[Pixels]]:
    """EACH rows, a column for every family: it is held, all else is the walk's."""
    held = [Ask({f"family {name}": (float(name == family), 1.0) for name in FAMILIES}) for family in FAMILIES]
    return [[light.paint(pose(1.0 + FAR * row + FURTHER * column, ask)) for column, ask in enumerate(held)] for row in range(EACH)]


def of_a_walk(light: Generator) -> list[list[Pixels]]:
    return [[light.paint(pose(3.0 + STRIDE * step)) for step in range(WALK_STEPS)]]


def of_readings(light: Generator) -> list[list[Pixels]]:
    """Held-out pictures, one of each family, above what the light paints when it was shown them."""
    shown, painted = [], []
    for number in range(len(FAMILIES)):
        chance = torch.Generator().manual_seed(HELD_OUT + number)
        made = paint(Recipe.draw(number, TRIED, chance), SHOWN_PX, chance)
        picture = (made[int(worth_keeping(made).float().argmax())].permute(1, 2, 0) * 255).round().byte().numpy()
        small = np.asarray(Image.fromarray(picture).resize((light.reads_px, light.reads_px), Image.Resampling.BOX))
        light.lead_through(number + 1, 0.0, *light.read(small))
        shown.append(picture)
        painted.append(light.paint(replace(pose(0.0), seed=number + 1, mix=0.0, truncation=1.0)))
    return [shown, painted]


def write(rows: list[list[Pixels]], path: Path, side: int) -> None:
    """The rows as one PNG of at most MOST_BYTES, each picture `side` px or, where that is too much, smaller."""
    while True:
        tiles = [[np.asarray(Image.fromarray(each).resize((side, side), Image.Resampling.LANCZOS)) for each in row] for row in rows]
        sheet = Image.fromarray(np.concatenate([np.concatenate(row, 1) for row in tiles], 0))
        sheet.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size <= MOST_BYTES:
            return
        side = side * 9 // 10


def curves(log: Path, path: Path) -> None:
    """The logged values over the pictures seen, each as a share of its own largest."""
    rows = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    known = dict.fromkeys(name for row in rows for name in row)
    names = [name for what in CHARTED for name in known if name.split()[0] == what][: len(COLOURS)]
    chart = Image.new("RGB", CHART, "white")
    draw, (width, height) = ImageDraw.Draw(chart), CHART
    first, last = rows[0]["seen"], max(rows[-1]["seen"], rows[0]["seen"] + 1)
    for number, (name, colour) in enumerate(zip(names, COLOURS, strict=False)):
        told = [(row["seen"], float(row[name])) for row in rows if name in row]
        most = max(abs(value) for _, value in told) or 1.0
        points = [
            (10 + (width - 20) * (seen - first) / (last - first), height - 30 - (height - 60) * max(0.0, value) / most) for seen, value in told
        ]
        draw.line(points, fill=colour, width=2)
        draw.text((14 + 120 * number, 4), f"{name} ({most:.2g})", fill=colour)
    draw.text((10, height - 18), f"pictures seen: {first} to {last}; each value as a share of its largest, in brackets", fill="black")
    chart.save(path, optimize=True)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path, required=True, help="the folder of a shipped light")
    parser.add_argument("--out", type=Path, required=True, help="the folder for the sheets; gan_export --sheets takes it")
    parser.add_argument("--log", type=Path, help="whole.jsonl of gan_whole")
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    light = Generator(options.model, options.seed)
    write(of_families(light), options.out / "samples.png", 160)
    write(of_a_walk(light), options.out / "walk.png", 128)
    if light.reads_px:
        write(of_readings(light), options.out / "read.png", 128)
    if options.log:
        curves(options.log, options.out / "curves.png")


if __name__ == "__main__":
    main()
