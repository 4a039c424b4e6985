"""Parts of a word as bitmaps: a run of letters, a character in its cell, a box, and several put together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.uint8]
BOX = (0.66, 0.72)  # width and height of a box, in em
RIGHT = frozenset("、。，．：；！？")  # stands at the upper right of its cell in a column
TURNED = frozenset("…～-–")  # turned in a column
BASELINE = 0.88  # of a Chinese character, from the top of its cell


@dataclass(frozen=True, slots=True, eq=False)
class Word:
    """One word, drawn. Pixels: x from the pen, y down from the baseline (in a column: from its top)."""

    mask: Mask
    """(height, width): how much of each pixel the letters cover."""
    left: int
    """Of the mask."""
    top: int
    """Of the mask."""
    advance: float
    """How far the pen goes on."""
    stops: tuple[int, ...]
    """Where in the mask each letter ends, in the order of reading: for typing."""
    backward: bool = False
    """Whether it is read from right to left."""


Piece = tuple[Mask, int, int]


def length_of(font: Any, text: str) -> float:
    """How far the pen goes on for the text, in pixels."""
    return float(font.getlength(text)) if text else 0.0


def draw_run(font: Any, text: str, x: float) -> Piece:
    """The text at x, and where its mask is: left of the pen's origin, top below the baseline."""
    whole = int(x // 1)
    core, (left, top) = font.getmask2(text or " ", "L", anchor="ls", start=(x - whole, 0.0))
    width, height = core.size
    mask = (
        np.frombuffer(bytes(core), np.uint8).reshape(height, width)
        if width and height
        else np.zeros((0, 0), np.uint8)
    )
    return _trimmed(mask, whole + int(left), int(top))


def _trimmed(mask: Mask, left: int, top: int) -> Piece:
    """Without the empty rows and columns around the ink."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return np.zeros((0, 0), np.uint8), left, top
    mask = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return mask, left + int(columns[0]), top + int(rows[0])


def draw_cell(font: Any, cluster: str, size: float, top: float) -> Piece:
    """A character in its cell, whose left edge is half an em left of the column's middle."""
    mask, left, up = draw_run(font, cluster, 0.0)
    if cluster in RIGHT:
        return mask, round(size * 0.46) - mask.shape[1], round(top + size * 0.06)
    if cluster in TURNED:
        mask = np.ascontiguousarray(np.rot90(mask, -1))
        return mask, -(mask.shape[1] // 2), round(top + (size - mask.shape[0]) / 2)
    return mask, left - round(length_of(font, cluster) / 2), round(top + BASELINE * size) + up


def draw_box(size: float, x: float) -> Piece:
    """What stands for a character that no font has."""
    width, height, line = (
        max(3, round(size * BOX[0])),
        max(3, round(size * BOX[1])),
        max(1, round(size * 0.05)),
    )
    mask = np.full((height, width), 255, np.uint8)
    mask[line:-line, line:-line] = 0
    return mask, round(x + size * 0.07), -height


def merge(pieces: Sequence[Piece]) -> Piece:
    """One mask around all."""
    drawn = [piece for piece in pieces if piece[0].size]
    if not drawn:
        return np.zeros((1, 1), np.uint8), 0, 0
    left, top = min(x for _, x, _ in drawn), min(y for _, _, y in drawn)
    right = max(x + mask.shape[1] for mask, x, _ in drawn)
    bottom = max(y + mask.shape[0] for mask, _, y in drawn)
    out = np.zeros((bottom - top, right - left), np.uint8)
    for mask, x, y in drawn:
        part = out[y - top : y - top + mask.shape[0], x - left : x - left + mask.shape[1]]
        np.maximum(part, mask, out=part)
    return out, left, top


def join_row(pieces: Sequence[Piece], advance: float, ends: Sequence[float], backward: bool) -> Word:
    """One word of pieces on a baseline; `ends` are the pen\'s places after each letter."""
    mask, left, top = merge(pieces)
    width = mask.shape[1]
    stops = [min(width, max(0, round(end - left))) for end in ends] or [width]
    stops[-1] = width
    if backward:
        stops = [width - stop for stop in [*reversed(stops[:-1]), 0]]
    return Word(mask, left, top, advance, tuple(stops), backward)


def turn(word: Word, size: float) -> Word:
    """A quarter clockwise: the baseline runs down the column, a third of an em left of its middle."""
    mask = np.ascontiguousarray(np.rot90(word.mask, -1))
    left = -(word.top + word.mask.shape[0]) - round(size * 0.33)
    return Word(mask, left, word.left, word.advance, word.stops)
