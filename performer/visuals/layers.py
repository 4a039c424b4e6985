"""Layers over the picture: images and words, each with an opacity and a blend mode. Pure numpy.

The graphics card composes what is shown (`layer_pass.py`); here stills are composed, and all where there is
no card. A test holds the two together. A layer is mixed in by its own alpha: where it covers nothing, no blend
mode changes the picture (W3C Compositing and Blending Level 1, section 5).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from performer.visuals.ink import Ink
from performer.visuals.reel import Picture
from performer.words.typeset.coverage import Coverage, cover
from performer.words.typeset.sheet import Sheet
from performer.words.typeset.transitions import Sprite

Floats = npt.NDArray[np.float32]
Rgba = npt.NDArray[np.uint8]

BLENDS: dict[str, Callable[[Floats, Floats], Floats]] = {
    "over": lambda below, above: above,
    "add": lambda below, above: np.minimum(below + above, np.float32(1)),
    "screen": lambda below, above: 1 - (1 - below) * (1 - above),
    "multiply": lambda below, above: below * above,
    "difference": lambda below, above: np.abs(below - above),
    "lighten": np.maximum,
}
BLEND_NAMES = tuple(BLENDS)


@dataclass(frozen=True, slots=True)
class Words:
    """Words at a moment."""

    sheet: Sheet
    sprites: tuple[Sprite, ...]
    """What is seen of each, from `transitions.sprites`."""
    ink: Ink


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One layer. Its texture is uploaded when `content` holds another image or another sheet."""

    name: str
    """Its own in the list: what was uploaded is kept under it."""
    content: "Words | Rgba"
    """Words, or an image (height, width, 4) with straight alpha, stretched over the picture."""
    opacity: float = 1.0
    blend: str = "over"
    """One of BLEND_NAMES."""

    @property
    def is_seen(self) -> bool:
        """Whether it changes any pixel."""
        return self.opacity > 0.0 and (not isinstance(self.content, Words) or bool(self.content.sprites))


@dataclass(frozen=True, slots=True, eq=False)
class Overlay:
    """All layers, from the lowest to the highest, and whether the strobe guard looks at the whole."""

    layers: tuple[Layer, ...] = ()
    guarded: bool = True


NO_OVERLAY = Overlay()


def compose(picture: Picture, layers: Sequence[Layer]) -> Picture:
    """The picture (height, width, 3) with the layers over it; the very array where none is seen."""
    for layer in layers:
        if layer.is_seen:
            picture = _composed(picture, layer)
    return picture


def words_alone(layers: Sequence[Layer], width: int, height: int) -> Rgba:
    """The layers without the picture (height, width, 4), premultiplied: what an output with alpha carries.

    Each is laid over the ones below it: there is no picture to blend with."""
    out = np.zeros((height, width, 4), np.float32)
    for layer in layers:
        if layer.is_seen:
            above: Floats = premultiplied(layer, width, height) * np.float32(layer.opacity)
            out = np.asarray(above + out * (1 - above[..., 3:]), np.float32)
    return _bytes(out)


def straight(premultiplied_: Rgba) -> Rgba:
    """The same with straight alpha, as NDI wants it."""
    alpha = np.maximum(premultiplied_[..., 3:], 1).astype(np.uint16)
    out = premultiplied_.copy()
    out[..., :3] = np.minimum((premultiplied_[..., :3] * np.uint16(255) + alpha // 2) // alpha, 255)
    return out


def premultiplied(layer: Layer, width: int, height: int) -> Floats:
    """The layer's own pixels (height, width, 4), 0 to 1, without its opacity."""
    if isinstance(layer.content, Words):
        words = layer.content
        return _inked(_stretched(cover(words.sheet, words.sprites), width, height), words.ink)
    texels: Floats = _stretched(layer.content, width, height).astype(np.float32) / np.float32(255)
    texels[..., :3] *= texels[..., 3:]
    return texels


def _composed(picture: Picture, layer: Layer) -> Picture:
    """One layer over the picture, in the rows and columns that it covers."""
    height, width = picture.shape[:2]
    if isinstance(layer.content, Words):
        words = layer.content
        planes = _stretched(cover(words.sheet, words.sprites), width, height)
        left, top, right, bottom = words.sheet.pixels(width, height)
        rows, columns = slice(top, bottom), slice(left, right)
        above = _inked(planes[rows, columns], words.ink)
    else:
        rows, columns = slice(height), slice(width)
        above = premultiplied(layer, width, height)
    below: Floats = picture[rows, columns].astype(np.float32) / np.float32(255)
    pure = np.asarray(
        np.minimum(above[..., :3] / np.maximum(above[..., 3:], np.float32(1e-6)), 1), np.float32
    )
    mixed = below + (BLENDS[layer.blend](below, pure) - below) * (above[..., 3:] * np.float32(layer.opacity))
    out = picture.copy()
    out[rows, columns] = _bytes(np.asarray(mixed, np.float32))
    return out


def _inked(planes: Coverage, ink: Ink) -> Floats:
    """Coverage as premultiplied colour, 0 to 1."""
    shade, outline, letter, ember = np.moveaxis(planes.astype(np.float32) / 255, -1, 0)
    letter, ember = letter * np.float32(ink.fill_strength), ember * np.float32(ink.fill_strength)
    outline, top = outline * np.float32(ink.outline_strength), np.minimum(letter + ember, 1)
    line = outline * (1 - top)
    soft = shade * np.float32(ink.shade_strength) * (1 - outline) * (1 - top)
    out = np.empty(planes.shape, np.float32)
    for channel in range(3):
        lit = np.minimum(letter * np.float32(ink.fill[channel]) + ember * np.float32(ink.ember[channel]), 1)
        out[..., channel] = (
            lit + line * np.float32(ink.outline[channel]) + soft * np.float32(ink.shade[channel])
        )
    out[..., 3] = top + line + soft
    return out


def enlarged(picture: Picture, width: int, height: int) -> Picture:
    """The picture stretched to this size, so that words have room on it."""
    return _stretched(picture, width, height)


def _stretched(texels: Rgba, width: int, height: int) -> Rgba:
    """Bilinear, as a graphics card does it; the very array where it has the size."""
    rows, columns = texels.shape[:2]
    if (columns, rows) == (width, height):
        return texels
    out: Floats = texels.astype(np.float32)
    for axis, (there, wanted) in enumerate(((rows, height), (columns, width))):
        spot = np.clip((np.arange(wanted) + 0.5) * there / wanted - 0.5, 0, there - 1)
        first = spot.astype(int)
        share = (spot - first).astype(np.float32).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
        near, far = np.take(out, first, axis), np.take(out, np.minimum(first + 1, there - 1), axis)
        out = near + (far - near) * share
    return np.asarray(out + np.float32(0.5), np.uint8)


def _bytes(values: Floats) -> npt.NDArray[np.uint8]:
    return np.asarray(np.clip(values, 0, 1) * 255 + np.float32(0.5), np.uint8)
