"""Words as bitmaps, drawn by FreeType through Pillow: shaped by HarfBuzz (raqm), or letter by letter.

Pillow is imported late, here only. Bitmaps are kept, so that a word is drawn once for each size.
"""

import functools
from collections.abc import Sequence
from typing import Any

from performer.errors import PerformerError
from performer.packages import reinstall
from performer.words.typeset.clean import is_ideograph
from performer.words.typeset.fonts import IGNORED, Face, FontSet
from performer.words.typeset.pieces import (
    BOX,
    Word,
    draw_box,
    draw_cell,
    draw_run,
    join_row,
    length_of,
    merge,
    turn,
)

KEPT = 512  # words
# What stands in a column instead of it, where the font has that.
UPRIGHT = dict(
    zip("（）｛｝〔〕【】《》〈〉「」『』“”‘’—", "︵︶︷︸︹︺︻︼︽︾︿﹀﹁﹂﹃﹄﹃﹄﹁﹂︱", strict=True)
)


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
        """From left to right. A run of one font is shaped as a whole if it has no tracking."""
        pen, pieces, ends = 0.0, [], []
        backward = _is_backward(clusters)
        if backward and not self.shaped:
            clusters = clusters[::-1]
        for face, run in _runs(self.fonts, clusters, family):
            if face is None:
                for _ in run:
                    pieces.append(draw_box(size, pen))
                    pen += size * (BOX[0] + 0.14) + tracking
                    ends.append(pen)
                continue
            font = open_font(face, size, self.shaped)
            parts = run if tracking else ["".join(run)]
            for place, part in enumerate(parts):
                pieces.append(
                    draw_run(font, part, pen + length_of(font, "".join(run[:place])) + place * tracking)
                )
            lengths = [
                length_of(font, "".join(run[: place + 1])) + tracking * (place + 1)
                for place in range(len(run))
            ]
            ends += [pen + length for length in lengths]
            pen += lengths[-1]
        return join_row(pieces, pen, ends, backward)

    def _column(self, clusters: Sequence[str], family: str, size: float, tracking: float) -> Word:
        """From top to bottom: Chinese characters in cells of one em, other words turned by a quarter."""
        if not any(is_ideograph(cluster) or cluster in UPRIGHT for cluster in clusters):
            return turn(self._row(clusters, family, size, tracking), size)
        pieces, ends = [], []
        for place, cluster in enumerate(clusters):
            top = place * (size + tracking)
            form = UPRIGHT.get(cluster, cluster)
            face = self.fonts.find(form, family) or self.fonts.find(cluster, family)
            if face is None:
                mask, left, _ = draw_box(size, 0.0)
                up = round((size - mask.shape[0]) / 2)
                pieces.append((mask, round(-size * BOX[0] / 2) + left, round(top) + up))
            else:
                font = open_font(face, size, self.shaped)
                pieces.append(draw_cell(font, form if face.has(form) else cluster, size, top))
            ends.append(top + size + tracking)
        mask, left, up = merge(pieces)
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


def _is_backward(clusters: Sequence[str]) -> bool:
    import unicodedata

    kinds = [unicodedata.bidirectional(cluster[0]) for cluster in clusters]
    return next((kind for kind in kinds if kind in ("L", "R", "AL")), "L") != "L"
