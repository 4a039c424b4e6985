"""Whether projected lines can be read.

    python -m tests.words.legibility --lines 40 [--ocr PYTHON] [--keep FOLDER] [--poems FOLDER]

Composes lines of held-out poems over the shipped light while it moves, as the window does, and has rapidocr
read the frames. `--ocr` names a Python that has rapidocr (`pip install rapidocr onnxruntime` in an environment
of its own). Prints the character error rate for each language and size, and ends with 1 if one is above 5 %.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from performer.assets import models_dir
from performer.parameters import Table
from performer.show import Models
from performer.visuals.compositor import Compositor, context
from performer.visuals.generator import Generator
from performer.visuals.layers import Overlay
from performer.visuals.looks import looks_of
from performer.visuals.text_layer import Speech, TextLayer
from performer.visuals.walk import Pose
from performer.words.poems import read_poems
from performer.words.typeset.fonts import FontSet
from performer.words.typeset.style import default_style
from performer.words.typeset.transitions import Timing

POEMS = {"en": "poems_en.jsonl.xz", "zh": "poems_zh.jsonl.xz"}
SIZES = ((1280, 720), (1920, 1080))
READ_AT = 3.0  # seconds after the line came
FRAMES_A_SECOND = 6  # of the walk while a line stands
WORST = 0.05


def lines_of(path: Path, count: int, seed: int) -> Iterator[str]:
    """Lines drawn from the poems of a file: one from each poem."""
    rng = np.random.default_rng(seed)
    poems = list(read_poems(path))
    for place in rng.permutation(len(poems))[:count]:
        lines = [line for line in poems[place].text.split("\n") if line]
        yield lines[int(rng.integers(len(lines)))]


def frames(
    lines: list[str], language: str, size: tuple[int, int], seed: int, model: str
) -> Iterator[np.ndarray]:
    """What is seen READ_AT seconds after each line came, over a picture that moved all the while."""
    compositor = Compositor(context(alone=True), smooth=True)
    light, looks = Generator(models_dir() / model, seed=seed), looks_of(Table().defaults())
    text = TextLayer(FontSet())
    now, path = 0.0, 0.0
    for number, line in enumerate(lines):
        text.say(Speech(line, Timing((now,)), default_style(language)))
        path += 3.0 + math.sqrt(number)
        for _ in range(round(READ_AT * FRAMES_A_SECOND) + 1):
            bands = (
                0.5 + 0.5 * math.sin(now * 3.1),
                0.5 + 0.5 * math.sin(now * 4.7),
                0.5 + 0.5 * math.sin(now * 6.3),
            )
            picture = light.paint(Pose(path, bands, 0.4 if number % 3 == 0 else 0.0, 0.35, 0.9))
            layer = text.layer(now, picture, size)
            compositor.paint(picture, looks, size, 1 / FRAMES_A_SECOND, Overlay((layer,) if layer else ()))
            now, path = now + 1 / FRAMES_A_SECOND, path + 0.04
        yield compositor.seen()


def errors(wanted: str, read: str) -> tuple[int, int]:
    """The edit distance of two texts and the length of the first, both as `plain` returns them."""
    one, other = (plain(text) for text in (wanted, read))
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        before, row[0] = row[0], place
        for column, another in enumerate(other, 1):
            before, row[column] = (
                row[column],
                min(row[column] + 1, row[column - 1] + 1, before + (letter != another)),
            )
    return row[-1], len(one)


def plain(text: str) -> str:
    """Without spaces, marks in their plain form."""
    text = (
        unicodedata.normalize("NFKC", text)
        .replace("--", "-")
        .translate(str.maketrans("’‘“”—–、。", "''\"\"--,."))
    )
    return "".join(text.split())


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure whether projected lines can be read.")
    parser.add_argument("--lines", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--poems", type=Path, default=Path("../shared/data"), help="folder with poems_en and poems_zh"
    )
    parser.add_argument("--ocr", default=sys.executable, help="a Python that has rapidocr")
    parser.add_argument("--keep", type=Path, help="folder that the frames are kept in")
    parser.add_argument("--model", default=Models().pictures)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    figures = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = chosen.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for language, file in POEMS.items():
            lines = list(lines_of(chosen.poems / file, chosen.lines, chosen.seed))
            for size in SIZES:
                figures[f"{language} {size[1]}"] = measure(lines, language, size, folder, chosen)
    print(
        json.dumps(figures)
        if chosen.json
        else "\n".join(f"{name}: {100 * each:.2f} %" for name, each in figures.items())
    )
    return int(max(figures.values()) > WORST)


def measure(
    lines: list[str], language: str, size: tuple[int, int], folder: Path, chosen: argparse.Namespace
) -> float:
    """The character error rate of these lines at this size."""
    paths = []
    for number, frame in enumerate(frames(lines, language, size, chosen.seed, chosen.model)):
        paths.append(folder / f"{language}-{size[1]}-{number:02}.png")
        Image.fromarray(frame).save(paths[-1], compress_level=1)
    script = Path(__file__).with_name("read_frames.py")
    done = subprocess.run(
        [chosen.ocr, str(script), *map(str, paths)], capture_output=True, text=True, check=True
    )
    read = json.loads(done.stdout.splitlines()[-1])
    pairs = [errors(line, text) for line, text in zip(lines, read, strict=True)]
    for (wrong, _), line, text in zip(pairs, lines, read, strict=True):
        if wrong and not chosen.json:
            print(f"  {language} {size[1]}: {wrong} wrong in '{line}': '{text}'", file=sys.stderr)
    return sum(wrong for wrong, _ in pairs) / max(1, sum(count for _, count in pairs))


if __name__ == "__main__":
    raise SystemExit(main())
