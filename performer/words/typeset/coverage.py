"""A moment of a sheet drawn without a graphics card: shade, outline, letter and ember of each pixel.

The shader `sprite.glsl` computes the same numbers; a test holds the two together.
"""

import functools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from performer.words.typeset.sheet import Sheet
from performer.words.typeset.transitions import Sprite

NOISE = 256  # pixels along each side of the grain, a power of two
SOFT = 0.12  # over this share of the grain's range a pixel comes
EMBER = 0.25  # over this share it glows
Coverage = npt.NDArray[np.uint8]
# For each opacity in 255ths, what is left of each byte.
OPACITIES = ((np.arange(256)[:, None] * np.arange(256)[None, :] + 127) // 255).astype(np.uint8)


@functools.cache
def grain() -> Coverage:
    """(NOISE, NOISE): fine cloudy noise that tiles, every value as frequent as every other."""
    rng = np.random.default_rng(5)
    waves = np.fft.fftfreq(NOISE)[:, None] ** 2 + np.fft.fftfreq(NOISE)[None, :] ** 2
    spectrum = np.fft.fft2(rng.standard_normal((NOISE, NOISE))) / (waves + 0.0006) ** 0.75
    field = np.fft.ifft2(spectrum).real
    order = np.empty(field.size, np.int64)
    order[np.argsort(field, axis=None, kind="stable")] = np.arange(field.size)
    return np.asarray((order * 256 // field.size).reshape(field.shape), np.uint8)


def cover(sheet: Sheet, drawn: Sequence[Sprite]) -> Coverage:
    """(height, width, 4) of shade, outline, letter and ember, 0 to 255."""
    width, height = sheet.size
    out = np.zeros((height, width, 4), np.uint8)
    for sprite in drawn:
        _draw(sheet, sprite, out)
    return out


def _draw(sheet: Sheet, sprite: Sprite, out: Coverage) -> None:
    """Where two words overlap, the stronger counts."""
    left, top, width, height = sprite.source
    x, y = sprite.place[0], int(np.floor(sprite.place[1]))
    part = sprite.place[1] - y
    x0, x1 = max(0, -x), min(width, out.shape[1] - x)
    y0, y1 = max(0, -y), min(height + (part > 0), out.shape[0] - y)
    if y0 >= y1 or x0 >= x1:
        return
    planes = sheet.planes[top : top + height, left + x0 : left + x1]
    if part:
        padded = np.pad(planes, ((1, 1), (0, 0), (0, 0))).astype(np.float32)
        planes = (
            padded[1:] * np.float32(1 - part) + padded[:-1] * np.float32(part) + np.float32(0.5)
        ).astype(np.uint8)
    planes = planes[y0:y1]
    below = out[y + y0 : y + y1, x + x0 : x + x1]
    if sprite.grains < 1.0 or sprite.burnt < 1.0:
        np.maximum(below, _burnt(planes, sprite, left + x0, top + y0), out=below)
        return
    if min(sprite.opacity, sprite.shade) < 1.0:
        dim = OPACITIES[[round(255 * each) for each in (sprite.shade, sprite.opacity, sprite.opacity)]]
        planes = np.stack([dim[plane][planes[..., plane]] for plane in range(3)], axis=-1)
    np.maximum(below[..., :3], planes, out=below[..., :3])


def _burnt(planes: Coverage, sprite: Sprite, left: int, top: int) -> Coverage:
    """Shade, outline, letter and ember of a word that the grain or the fire has in part."""
    down = (np.arange(planes.shape[0]) + top) % NOISE
    across = (np.arange(planes.shape[1]) + left) % NOISE
    noise = np.arange(256, dtype=np.float32) / 255
    fire = np.float32(sprite.burnt * (1 + SOFT + EMBER)) - noise
    kept = np.clip((np.float32(sprite.grains * (1 + SOFT)) - noise) / SOFT, 0, 1) * np.clip(fire / SOFT, 0, 1)
    kept *= np.float32(sprite.opacity)
    glow = 1 - np.clip((fire - SOFT) / EMBER, 0, 1) if sprite.burnt < 1.0 else np.zeros_like(kept)
    shares = np.stack((kept, kept * (1 - glow), kept * glow), axis=1)[grain()[down[:, None], across]]
    fresh = np.empty((*planes.shape[:2], 4), np.float32)
    fresh[..., 0] = planes[..., 0] * np.float32(sprite.shade)
    np.multiply(planes[..., 1:2], shares[..., :1], out=fresh[..., 1:2])
    np.multiply(planes[..., 2:], shares[..., 1:], out=fresh[..., 2:])
    return np.asarray(fresh + np.float32(0.5), np.uint8)
