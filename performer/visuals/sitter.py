"""A picture of somebody's own for the light to start from: its file is found, looked at and read aside, and what was read waits to be taken.

Each picture is read in a thread of its own in the process `visuals`; the thread that paints asks, and takes between two frames. The file is
somebody else's data: only its name is given, it lies in the one folder that is meant for it, and one of too many pixels is not opened.
"""

import logging
import threading
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from performer.assets import find_picture
from performer.errors import ModelError
from performer.visuals.generator import Painter, PictureReader
from performer.visuals.latent import Floats
from performer.visuals.reel import Picture

log = logging.getLogger("performer")
MOST_PIXELS = 64_000_000
FIRST_SEED, SEEDS = 9000, 1000  # of the paths that pass through pictures


@dataclass(frozen=True, slots=True)
class Sitting:
    """What `reader` read in the picture `name`: the path `seed` is to pass through it at `path`. `go`: the walk goes there too."""

    name: str
    reader: PictureReader
    path: float
    z: Floats
    label: Floats
    go: bool

    @property
    def seed(self) -> int:
        return seed_of(self.name)


class Sitter:
    """`done` holds what was read, `remark` a sentence where the last picture could not be."""

    def __init__(self, folder: Path) -> None:
        self.done: deque[Sitting] = deque()
        self.remark = ""
        self._folder = folder

    def show(self, name: str, painter: Painter, path: float, go: bool = True, answer: Callable[[str], object] = lambda refusal: None) -> None:
        """Read the picture of this name. Returns at once; `answer` gets the sentence why it cannot be read, or an empty one, on another thread."""
        threading.Thread(target=self._read, args=(name, painter, path, go, answer), name="reading", daemon=True).start()

    def _read(self, name: str, painter: Painter, path: float, go: bool, answer: Callable[[str], object]) -> None:
        try:
            if not isinstance(painter, PictureReader) or not painter.reads_px:
                raise ModelError(f"Model '{painter.name}' cannot read pictures.", "One whose card names an encoder can.")
            found = find_picture(name, self._folder)
            if found is None:
                raise ModelError(f"There is no picture '{name}' in {self._folder}.", "Give the name of a file that lies there.")
            z, label = painter.read(looked_at(found, painter.reads_px))
        except Exception as error:  # whatever a file or a graph may hold: the show goes on
            refusal = str(error) if isinstance(error, ModelError) else f"'{name}' cannot be read as a picture."
            answer(refusal)
            self.remark = refusal
            log.warning(refusal)
            return
        self.remark = ""
        self.done.append(Sitting(name, painter, path, z, label, go))
        answer("")


def looked_at(path: Path, side: int) -> Picture:
    """The middle square of the picture in this file, (side, side, 3) RGB, upright, what is transparent black. Raises ModelError."""
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as image:
            if image.width * image.height > MOST_PIXELS:
                raise ModelError(f"'{path.name}' has {image.width} x {image.height} pixels.", f"{MOST_PIXELS // 1_000_000} million are the most.")
            image.draft("RGB", (2 * side, 2 * side))
            upright = ImageOps.exif_transpose(image).convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise ModelError(f"'{path.name}' is no picture that can be opened.", "PNG and JPEG can.") from None
    black = Image.new("RGBA", upright.size, (0, 0, 0, 255))
    square = ImageOps.fit(Image.alpha_composite(black, upright).convert("RGB"), (side, side), Image.Resampling.BOX)
    return np.asarray(square, np.uint8)


def seed_of(name: str) -> int:
    """The path that passes through the picture of this name."""
    return FIRST_SEED + zlib.crc32(name.encode()) % SEEDS
