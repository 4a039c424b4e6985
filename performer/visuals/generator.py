"""A GAN's generator at work: poses into styles, one for each layer, and styles into frames. One core, ONNX Runtime, no torch.

A model has two graphs. `mapping`: z (1, z_dim), labels (1, label_dim) -> w and w_mean, both (1, w_dim). `synthesis`: styles
(1, layers, w_dim) -> picture (px, px, 3) uint8; where it has them also `noise` (1, levels), the strength of each level's grain, and `bend`
(1, side, side, 2), where its features are taken from. A third, which is opened when it is first wanted, reads pictures: `encoder`, picture
(side, side, 3) uint8 -> z and labels. Its card's [shape] holds these numbers, and labels of pictures worth walking between.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from performer.card import Card, read_card
from performer.errors import ModelError
from performer.inference.onnx import OpenGraph, Port, open_graph
from performer.parameters import COMPONENTS
from performer.visuals.bend import bend, fold_of
from performer.visuals.hand import Ask
from performer.visuals.labels import Labels
from performer.visuals.latent import Floats, Paths, Place, between
from performer.visuals.walk import Pose

ENCODING = "style-1"
COLOUR = 0.2  # turns of the palette that a middle band at full strength brings: colours change as much wherever the walk is
LEAN = 0.9  # how far a band at full strength carries its layers to its accent
SECOND = 2.4  # radians that the second style is ahead on the path
EDGE = 0.4  # of the layers, over which the second style comes in or goes out
SAMPLED = 8  # latents of each kind that the principal directions are found from
REACHES = 8  # places at which it is looked how far two styles are apart
NEAREST = 0.3  # of that: an accent that is nearer carries its layers less far
ACCENTS = 3  # of low, mid, high


class Painter(Protocol):
    """What makes a frame of a pose."""

    name: str
    provider: str  # what it is computed by: cpu, cuda

    def paint(self, pose: Pose) -> npt.NDArray[np.uint8]:
        """(side, side, 3) RGB."""
        ...


@runtime_checkable
class PictureReader(Painter, Protocol):
    """A painter that can be shown a picture."""

    @property
    def reads_px(self) -> int:
        """The side of the pictures that it reads; 0 where its model has no encoder."""
        ...

    def read(self, picture: npt.NDArray[np.uint8]) -> tuple[Floats, Floats]:
        """(reads_px, reads_px, 3) RGB -> the latent (1, z_dim) and the labels (1, label_dim) of what it would paint nearest to it."""
        ...

    def lead_through(self, seed: int, path: float, z: Floats, label: Floats) -> None:
        """Have the path `seed` pass through these at `path`."""
        ...


class Generator:
    """The model in `folder`, loaded and checked. `paint` takes some milliseconds of one core. Raises ModelError where it cannot be used."""

    def __init__(self, folder: Path, seed: int = 0) -> None:
        card = read_card(folder)
        card.require("pictures", ENCODING, "mapping", "synthesis")
        self.name = card.name
        try:
            z_dim, label_dim, w_dim, layers, px = (int(card.shape[key]) for key in ("z_dim", "label_dim", "w_dim", "layers", "px"))
            kinds = np.asarray(card.shape["labels"], np.float32).reshape(-1, label_dim)
            levels, bent = int(card.shape.get("levels", layers // 2)), 2 * int(card.shape.get("bent_px", 0))
            self.reads_px = int(card.shape.get("encoder_px", 0)) if "encoder" in card.graphs else 0
            self._labels = Labels([str(name) for name in card.shape.get("label_names", ())])
        except (KeyError, TypeError, ValueError) as error:
            problem = f"The card of '{card.name}' lacks {error} under [shape] or has it in another form."
            raise ModelError(problem, "Export it again.") from None
        w = Port("w", "float", (1, w_dim))
        self._mapping = open_graph(
            card.graphs["mapping"],
            (Port("z", "float", (1, z_dim)), Port("labels", "float", (1, label_dim))), (w, Port("w_mean", "float", (1, w_dim))),
        )  # fmt: skip
        options = (Port("noise", "float", (1, levels)), *([Port("bend", "float", (1, bent, bent, 2))] if bent else []))
        self._synthesis = open_graph(
            card.graphs["synthesis"], (Port("styles", "float", (1, layers, w_dim)),), (Port("picture", "uint8", (px, px, 3)),), options=options
        )
        self.provider = self._synthesis.device
        self._card: Card = card
        self._encoder: OpenGraph | None = None
        self._answers = (Port("z", "float", (1, z_dim)), Port("labels", "float", (1, label_dim)))
        self._bent, self._grain = bent, np.ones((1, levels), np.float32)
        rng = np.random.default_rng(seed)
        self._paths = Paths(z_dim, kinds, seed)
        self._accents = [Paths(z_dim, kinds, int(each)) for each in rng.integers(1, 2**31, ACCENTS)]
        self._mean = self._mapping(self._paths.latent(Place()), kinds[:1])[1][0]
        self._reach = float(np.mean([self._apart(3.0 * place, kinds[place % len(kinds)][None]) for place in range(REACHES)]))
        self._components = self._principal(kinds, z_dim)
        self._depths = (np.arange(layers) / max(1, layers - 1)).astype(np.float32)  # 0 coarse ... 1 fine
        self._groups = np.minimum(np.arange(layers) * ACCENTS // layers, ACCENTS - 1)

    def styles(self, pose: Pose) -> Floats:
        """(1, layers, w_dim): one style for all layers, a second mixed into the fine ones, and each band's accent on its third."""
        return self._styles(pose, self._label(pose))

    def paint(self, pose: Pose) -> npt.NDArray[np.uint8]:
        label = self._label(pose)
        inputs = {"noise": self._grain * np.float32(pose.ask.noise)}
        if self._bent:
            ask = pose.ask
            fold = fold_of(self._latent(pose)[0], self._labels.orders(label)).moved(ask.spin, ask.turn, ask.x, ask.y, ask.scale)
            inputs["bend"] = bend(fold, self._bent)[None]
        return np.asarray(self._synthesis(self._styles(pose, label), **inputs)[0], np.uint8)

    def read(self, picture: npt.NDArray[np.uint8]) -> tuple[Floats, Floats]:
        """See PictureReader. The first call opens the graph: not for the thread that paints. Raises ModelError where the model cannot read."""
        if self._encoder is None:
            self._card.require("pictures", ENCODING, "encoder")
            self._encoder = open_graph(self._card.graphs["encoder"], (Port("picture", "uint8", (self.reads_px, self.reads_px, 3)),), self._answers)
        z, label = self._encoder(picture)
        if not (np.isfinite(z).all() and np.isfinite(label).all()):
            raise ModelError(f"What '{self.name}' reads in a picture is no number.", "Export it again.")
        return z, label

    def lead_through(self, seed: int, path: float, z: Floats, label: Floats) -> None:
        """See PictureReader. For the thread that paints."""
        self._paths.lead_through(seed, path, z, label)

    def _styles(self, pose: Pose, label: Floats) -> Floats:
        first, second = (self._map(self._latent(pose, ahead), label) for ahead in (0.0, SECOND))
        share = self._mixed(pose.ask) * min(1.0, pose.mix + 0.35 * pose.flash + 0.5 * pose.bands[2])
        w = first + (second - first) * share  # (layers, w_dim)
        for band, paths in enumerate(self._accents):
            if pose.bands[band]:
                layers = self._groups == band
                accent = self._map(paths.latent(Place(0, pose.path)), label)
                away = accent - w[layers]
                length = np.linalg.norm(away, axis=1, keepdims=True)
                w[layers] += away * (LEAN * pose.bands[band] * self._reach / np.maximum(length, NEAREST * self._reach))
        truncated = self._mean + (w - self._mean) * pose.truncation
        if any(pose.ask.components):
            truncated = truncated + np.asarray(pose.ask.components, np.float32) @ self._components
        return np.asarray(truncated[None], np.float32)

    def _apart(self, path: float, label: Floats) -> float:
        """How far two styles of this label are from each other."""
        return float(np.linalg.norm(np.subtract(*(self._map(paths.latent(Place(0, path)), label) for paths in (self._paths, self._accents[0])))))

    def _mixed(self, ask: Ask) -> Floats:
        """(layers, 1): how much of the second style each layer takes."""
        low, high = ask.mixed
        comes = np.clip((self._depths - low) / EDGE, 0.0, 1.0) if low > 0.0 else np.ones_like(self._depths)
        goes = np.clip((high - self._depths) / EDGE, 0.0, 1.0) if high < 1.0 else np.ones_like(self._depths)
        return np.asarray((comes * goes)[:, None], np.float32)

    def _latent(self, pose: Pose, ahead: float = 0.0) -> Floats:
        """(1, z_dim) at the pose's place, or on the way to it."""
        z = self._paths.latent(pose.place, ahead)
        if pose.came:
            before = self._paths.latent(pose.came[0][0], ahead)
            for place, share in pose.came[1:]:
                before = between(before, self._paths.latent(place, ahead), share)
            z = between(before, z, pose.share)
        return z

    def _label(self, pose: Pose) -> Floats:
        """(1, label_dim) there, with what the hand asks; the middle band turns the palette."""
        label = self._paths.label(pose.place)
        if pose.came:
            before = self._paths.label(pose.came[0][0])
            for place, share in pose.came[1:]:
                before = before + (self._paths.label(place) - before) * np.float32(share)
            label = before + (label - before) * np.float32(pose.share)
        return self._labels.asked(label, replace(pose.ask, hue=pose.ask.hue + COLOUR * pose.bands[1]))

    def _map(self, z: Floats, label: Floats) -> Floats:
        return np.asarray(self._mapping(z, label)[0][0], np.float32)

    def _principal(self, kinds: Floats, z_dim: int) -> Floats:
        """(COMPONENTS, w_dim): where the styles of pictures with the same labels differ most, each two deviations long."""
        rng = np.random.default_rng(0)
        samples = np.stack([
            [self._map(rng.standard_normal((1, z_dim)).astype(np.float32), kind[None]) for _ in range(SAMPLED)] for kind in kinds
        ])  # (kinds, SAMPLED, w_dim)  # fmt: skip
        rest = (samples - samples.mean(1, keepdims=True)).reshape(-1, samples.shape[-1])
        _, sizes, directions = np.linalg.svd(rest, full_matrices=False)
        found = directions[:COMPONENTS] * (2.0 * sizes[:COMPONENTS, None] / np.sqrt(len(rest)))
        return np.asarray(np.pad(found, ((0, COMPONENTS - len(found)), (0, 0))), np.float32)


def painter_for(name: str, folders: Sequence[Path], seed: int = 0) -> tuple[Painter, str]:
    """The painter that the show names, and a sentence where the pattern has to stand in for it."""
    from performer.visuals.pattern import Pattern

    if name == "pattern":
        return Pattern(), ""
    try:
        return generator_for(name, folders, seed), ""
    except ModelError as error:
        return Pattern(), f"{error} A pattern is painted instead."


def generator_for(name: str, folders: Sequence[Path], seed: int = 0) -> Painter:
    """The generator of this name. Raises ModelError where there is none, or none that can be used."""
    from performer.assets import find_model

    folder = find_model(name, tuple(folders))
    if folder is None:
        raise ModelError(f"No model '{name}' was found.", "Put its folder where the show's [models] folders say.")
    return Generator(folder, seed)
