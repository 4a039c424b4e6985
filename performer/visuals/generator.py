"""A GAN's generator at work: poses into styles, one for each layer, and styles into frames. One core, ONNX Runtime, no torch.

A model has two graphs. `mapping`: z (1, z_dim), labels (1, label_dim) -> w and w_mean, both (1, w_dim). `synthesis`: styles
(1, layers, w_dim) -> picture (px, px, 3) uint8. Its card's [shape] holds these numbers, and labels of pictures worth walking between.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from performer.card import read_card
from performer.errors import ModelError
from performer.inference.onnx import Port, open_graph
from performer.visuals.walk import Pose

ENCODING = "style-1"
LEAN = 0.7  # how far a band at full strength carries its layers to its accent
SECOND = 2.4  # radians that the second style is ahead on the path
SLOW = 0.23  # the labels' pace against the path's
Floats = npt.NDArray[np.float32]


class Painter(Protocol):
    """What makes a frame of a pose."""

    name: str

    def paint(self, pose: Pose) -> npt.NDArray[np.uint8]:
        """(side, side, 3) RGB."""
        ...


class Orbit:
    """A smooth endless curve on the sphere of the latents: every coordinate a sine of the path with a frequency and phase of its own."""

    def __init__(self, size: int, rng: np.random.Generator) -> None:
        self._phases = rng.uniform(0.0, 2 * np.pi, size)
        self._paces = rng.uniform(0.5, 1.5, size)

    def at(self, path: float) -> Floats:
        """(1, size), of length sqrt(size) as normal draws have it."""
        z = np.sin(self._phases + self._paces * path)
        return np.asarray((z * (np.sqrt(len(z)) / (np.linalg.norm(z) + 1e-9)))[None], np.float32)


class Generator:
    """The model in `folder`, loaded and checked. `paint` takes some milliseconds of one core. Raises ModelError where it cannot be used."""

    def __init__(self, folder: Path, seed: int = 0) -> None:
        card = read_card(folder)
        card.require("pictures", ENCODING, "mapping", "synthesis")
        self.name = card.name
        try:
            z_dim, label_dim, w_dim, layers, px = (int(card.shape[key]) for key in ("z_dim", "label_dim", "w_dim", "layers", "px"))
            self._labels = np.asarray(card.shape["labels"], np.float32).reshape(-1, label_dim)  # (kinds, label_dim)
        except (KeyError, TypeError, ValueError) as error:
            problem = f"The card of '{card.name}' lacks {error} under [shape] or has it in another form."
            raise ModelError(problem, "Export it again.") from None
        w = Port("w", "float", (1, w_dim))
        self._mapping = open_graph(
            card.graphs["mapping"],
            (Port("z", "float", (1, z_dim)), Port("labels", "float", (1, label_dim))), (w, Port("w_mean", "float", (1, w_dim))),
        )  # fmt: skip
        self._synthesis = open_graph(
            card.graphs["synthesis"], (Port("styles", "float", (1, layers, w_dim)),), (Port("picture", "uint8", (px, px, 3)),)
        )
        rng = np.random.default_rng(seed)
        self._orbit = Orbit(z_dim, rng)
        self._order = rng.permutation(len(self._labels))
        self._mean = self._map(self._orbit.at(0.0), 0.0)[1]
        self._accents = [Orbit(z_dim, rng) for _ in range(3)]  # of low, mid, high: where their layers lean to
        self._groups = np.minimum(np.arange(layers) * 3 // layers, 2)  # layer -> coarse, middle, fine
        self._fine = np.clip((np.arange(layers) / max(1, layers - 1) - 0.35) / 0.4, 0.0, 1.0)[:, None].astype(np.float32)

    def styles(self, pose: Pose) -> Floats:
        """(1, layers, w_dim): one style for all layers, a second mixed into the fine ones, and each band's accent on its third."""
        first, second = (self._map(self._orbit.at(pose.path + ahead), pose.path)[0] for ahead in (0.0, SECOND))
        w = first + (second - first) * (self._fine * min(1.0, pose.mix + 0.35 * pose.flash + 0.5 * pose.bands[2]))  # (layers, w_dim)
        for band, orbit in enumerate(self._accents):
            if pose.bands[band]:
                layers = self._groups == band
                accent = self._map(orbit.at(pose.path), pose.path)[0]
                w[layers] += (accent - w[layers]) * (LEAN * pose.bands[band])
        truncated = self._mean + (w - self._mean) * pose.truncation
        return np.asarray(truncated[None], np.float32)

    def paint(self, pose: Pose) -> npt.NDArray[np.uint8]:
        return np.asarray(self._synthesis(self.styles(pose))[0], np.uint8)

    def _map(self, z: Floats, path: float) -> tuple[Floats, Floats]:
        w, mean = self._mapping(z, self._label(path))
        return w[0], mean[0]

    def _label(self, path: float) -> Floats:
        """(1, label_dim) between two of the kinds, in an order drawn once; it rests on each for a while."""
        place = path * SLOW
        step = math.floor(place)
        share = min(max((place - step - 0.3) / 0.7, 0.0), 1.0)
        share = share * share * (3 - 2 * share)
        a, b = (self._labels[self._order[(step + k) % len(self._order)]] for k in (0, 1))
        return np.asarray((a + (b - a) * share)[None], np.float32)


def painter_for(name: str, folders: Sequence[Path], seed: int = 0) -> tuple[Painter, str]:
    """The painter that the show names, and a sentence where the pattern has to stand in for it."""
    from performer.assets import find_model
    from performer.visuals.pattern import Pattern

    if name == "pattern":
        return Pattern(), ""
    folder = find_model(name, tuple(folders))
    if folder is None:
        return Pattern(), f"No model '{name}' was found; a pattern is painted instead."
    try:
        return Generator(folder, seed), ""
    except ModelError as error:
        return Pattern(), f"{error} A pattern is painted instead."
