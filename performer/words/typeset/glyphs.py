"""Words as bitmaps, drawn by FreeType through Pillow: shaped by HarfBuzz (raqm), or letter by letter without
it.

Pillow is imported late, here only. Bitmaps are kept, so that a word is drawn once for each size.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from performer.errors import PerformerError
from performer.packages import reinstall
from performer.words.typeset.clean import is_ideograph
from performer.words.typeset.fonts import IGNORED, Face, FontSet

Mask = npt.NDArray[np.uint8]
KEPT = 512  # words
BOX = (0.66, 0.72)  # width and height of a box, in em
# What stands in a column instead of it, where the font has that.
UPRIGHT = dict(
    zip("（）｛｝〔〕【】《》〈〉「」『』“”‘’—", "︵︶︷︸︹︺︻︼︽︾︿﹀﹁﹂﹃﹄﹃﹄﹁﹂︱", strict=True)
)
RIGHT = frozenset("、。，．：；！？")  # stands at the upper right of its cell in a column
TURNED = frozenset("…～-–")  # turned in a column
BASELINE = 0.88  # of a Chinese character, from the top of its cell


@dataclass(frozen=True, slots=True, eq=False)
class Word:
    """One word, drawn. Pixels; x to the right of the pen, y below the baseline (in a column: below its
    top)."""

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


def library() -> Any:
    """Pillow. Raises PerformerError with the remedy where it is missing."""
    try:
        from PIL import Image, ImageFilter, ImageFont, features
    except ImportError as error:
        raise PerformerError(f"Words cannot be drawn: {error}.", reinstall("pillow")) from None
    return Image, ImageFilter, ImageFont, features


@functools.cache
def shapes() -> bool:
    """Whether HarfBuzz shapes the words: raqm is built in, but wants the system's fribidi."""
    *_, features = library()
    return bool(features.check("raqm") and features.check("fribidi"))


@functools.lru_cache(64)
def open_font(face: Face, size: float, shaped: bool) -> Any:
    """Pillow's font of this size in pixels."""
    _, _, ImageFont, _ = library()
    engine = ImageFont.Layout.RAQM if shaped else ImageFont.Layout.BASIC
    try:
        return ImageFont.truetype(str(face.path), size, layout_engine=engine)
    except (OSError, ValueError) as error:
        problem = f"The font '{face.path}' cannot be opened: {error}."
        raise PerformerError(problem, "Name a TrueType or OpenType file (.ttf, .otf, .ttc).") from None


class Glyphs:
    """Draws words and keeps them. One thread at a time."""

    def __init__(self, fonts: FontSet, shaped: bool | None = None) -> None:
        """`shaped`: whether HarfBuzz shapes the words; None: where it can."""
        self.fonts = fonts
        self.shaped = shapes() if shaped is None else shaped
        self._kept: dict[tuple[Any, ...], Word] = {}

    def draw(self, clusters: Sequence[str], family: str, size: float, tracking: float, upright: bool) -> Word:
        """The word in letters of `size` pixels with `tracking` pixels added after each."""
        key = (tuple(clusters), family, size, tracking, upright)
        word = self._kept.get(key)
        if word is None:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            draw = self._column if upright else self._row
            word = self._kept[key] = draw(clusters, family, size, tracking)
        return word

    def space(self, family: str, size: float) -> float:
        """The width of a space, in pixels."""
        face = self.fonts.find(" ", family)
        return float(open_font(face, size, self.shaped).getlength(" ")) if face else size / 4

    def _row(self, clusters: Sequence[str], family: str, size: float, tracking: float) -> Word:
        """From left to right; runs of one font are shaped as a whole where nothing is added between
        letters."""
        pen, pieces, ends = 0.0, [], []
        backward = _is_backward(clusters)
        if backward and not self.shaped:
            clusters = clusters[::-1]
        for face, run in _runs(self.fonts, clusters, family):
            if face is None:
                for _ in run:
                    pieces.append(_box(size, pen))
                    pen += size * (BOX[0] + 0.14) + tracking
                    ends.append(pen)
                continue
            font = open_font(face, size, self.shaped)
            parts = run if tracking else ["".join(run)]
            for place, part in enumerate(parts):
                pieces.append(
                    _piece(font, part, pen + _length(font, "".join(run[:place])) + place * tracking)
                )
            lengths = [
                _length(font, "".join(run[: place + 1])) + tracking * (place + 1) for place in range(len(run))
            ]
            ends += [pen + length for length in lengths]
            pen += lengths[-1]
        return _joined(pieces, pen, ends, backward)

    def _column(self, clusters: Sequence[str], family: str, size: float, tracking: float) -> Word:
        """From top to bottom: Chinese characters in cells of one em, other words turned by a quarter."""
        if not any(is_ideograph(cluster) or cluster in UPRIGHT for cluster in clusters):
            return _turned(self._row(clusters, family, size, tracking), size)
        pieces, ends = [], []
        for place, cluster in enumerate(clusters):
            top = place * (size + tracking)
            form = UPRIGHT.get(cluster, cluster)
            face = self.fonts.find(form, family) or self.fonts.find(cluster, family)
            if face is None:
                mask, left, _ = _box(size, 0.0)
                up = round((size - mask.shape[0]) / 2)
                pieces.append((mask, round(-size * BOX[0] / 2) + left, round(top) + up))
            else:
                font = open_font(face, size, self.shaped)
                pieces.append(_cell(font, form if face.has(form) else cluster, size, top))
            ends.append(top + size + tracking)
        mask, left, up = _merged(pieces)
        return Word(mask, left, up, len(clusters) * (size + tracking), tuple(round(end - up) for end in ends))


def _runs(fonts: FontSet, clusters: Sequence[str], family: str) -> list[tuple[Face | None, list[str]]]:
    """Neighbours that one face draws, together."""
    runs: list[tuple[Face | None, list[str]]] = []
    for cluster in clusters:
        face = fonts.find(cluster, family)
        letters = "".join(letter for letter in cluster if ord(letter) not in IGNORED) if face else cluster
        if runs and runs[-1][0] == face:
            runs[-1][1].append(letters)
        else:
            runs.append((face, [letters]))
    return runs


Piece = tuple[Mask, int, int]


def _length(font: Any, text: str) -> float:
    return float(font.getlength(text)) if text else 0.0


def _piece(font: Any, text: str, x: float) -> Piece:
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


def _cell(font: Any, cluster: str, size: float, top: float) -> Piece:
    """A character in its cell, whose left edge is half an em left of the column's middle."""
    mask, left, up = _piece(font, cluster, 0.0)
    if cluster in RIGHT:
        return mask, round(size * 0.46) - mask.shape[1], round(top + size * 0.06)
    if cluster in TURNED:
        mask = np.ascontiguousarray(np.rot90(mask, -1))
        return mask, -(mask.shape[1] // 2), round(top + (size - mask.shape[0]) / 2)
    return mask, left - round(_length(font, cluster) / 2), round(top + BASELINE * size) + up


def _box(size: float, x: float) -> Piece:
    """What stands for a character that no font has."""
    width, height, line = (
        max(3, round(size * BOX[0])),
        max(3, round(size * BOX[1])),
        max(1, round(size * 0.05)),
    )
    mask = np.full((height, width), 255, np.uint8)
    mask[line:-line, line:-line] = 0
    return mask, round(x + size * 0.07), -height


def _merged(pieces: Sequence[Piece]) -> Piece:
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


def _joined(pieces: Sequence[Piece], advance: float, ends: Sequence[float], backward: bool) -> Word:
    mask, left, top = _merged(pieces)
    width = mask.shape[1]
    stops = [min(width, max(0, round(end - left))) for end in ends] or [width]
    stops[-1] = width
    if backward:
        stops = [width - stop for stop in [*reversed(stops[:-1]), 0]]
    return Word(mask, left, top, advance, tuple(stops), backward)


def _turned(word: Word, size: float) -> Word:
    """A quarter clockwise: the baseline runs down the column, a third of an em left of its middle."""
    mask = np.ascontiguousarray(np.rot90(word.mask, -1))
    left = -(word.top + word.mask.shape[0]) - round(size * 0.33)
    return Word(mask, left, word.left, word.advance, word.stops)


def _is_backward(clusters: Sequence[str]) -> bool:
    import unicodedata

    kinds = [unicodedata.bidirectional(cluster[0]) for cluster in clusters]
    return next((kind for kind in kinds if kind in ("L", "R", "AL")), "L") != "L"
