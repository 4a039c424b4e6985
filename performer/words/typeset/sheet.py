"""A sheet: all words of a text, drawn with outline and shade, packed in one bitmap, and where each goes.

A sheet is a value: it may be made ahead on any thread, and shown on another.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from performer.words.typeset.clean import clean_text
from performer.words.typeset.fonts import describe_missing
from performer.words.typeset.glyphs import Glyphs, library
from performer.words.typeset.layout import PlacedWord, set_lines
from performer.words.typeset.pieces import Mask
from performer.words.typeset.style import Style

WIDEST = 2048  # pixels of the bitmap, where no word is wider
GAP = 1  # empty pixels between words: the graphics card mixes neighbours
OUTLINE_GAIN, SHADE_GAIN = 3.2, 1.9  # a blurred edge is half as strong as it has to be
Planes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class SheetWord:
    """One word: its rectangle in the bitmap, and where that goes in the frame. Pixels."""

    text: str
    line: int
    source: tuple[int, int]
    """Left and top in the bitmap."""
    size: tuple[int, int]
    """Width and height."""
    place: tuple[int, int]
    """Left and top in the frame; may be negative, as the shade reaches beyond the letters."""
    stops: tuple[int, ...]
    """Where each letter ends, along the word in the direction of reading, with the shade's margin in it."""
    way: str
    """How it is read: "right", "left" or "down"."""


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """All words of a text for a frame of one size."""

    planes: Planes
    """(height, width, 3): how much shade, outline and letter cover each pixel."""
    words: tuple[SheetWord, ...]
    size: tuple[int, int]
    """Width and height of the frame."""
    em: float
    remarks: tuple[str, ...]
    """What had to be changed in the text, in sentences."""

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of all words, as shares of the frame."""
        if not self.words:
            return 0.0, 0.0, 1.0, 1.0
        width, height = self.size
        left, top = (min(word.place[axis] for word in self.words) for axis in (0, 1))
        right, bottom = (max(word.place[axis] + word.size[axis] for word in self.words) for axis in (0, 1))
        return (
            max(0.0, left / width),
            max(0.0, top / height),
            min(1.0, right / width),
            min(1.0, bottom / height),
        )

    def pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of all that is drawn of it on a picture of this size, rising words too."""
        left, top, right, bottom = self.box
        rise = 0.5 * self.em / self.size[1]
        near, far = max(0, int(left * width) - 1), min(width, int(right * width) + 2)
        high, low = max(0, int((top - rise) * height) - 1), min(height, int((bottom + rise) * height) + 2)
        return near, high, max(near, far), max(high, low)


def set_text(text: str, style: Style, glyphs: Glyphs, width: int, height: int) -> Sheet:
    """Typeset any text for a frame of this size. Never fails for what the text holds.

    Raises PerformerError where Pillow or a font is missing."""
    clean, style = clean_text(text), style.sane()
    layout = set_lines(clean.lines, style, glyphs, width, height)
    missing = describe_missing(glyphs.fonts.missing("".join(clean.lines)))
    drawn = [_planes(word.word.mask, style, layout.em) for word in layout.words]
    planes, sources = _packed([each for each, _ in drawn])
    words = tuple(
        _sheet_word(word, each, margin, source, layout.upright)
        for word, (each, margin), source in zip(layout.words, drawn, sources, strict=True)
    )
    return Sheet(
        planes, words, (width, height), layout.em, (*clean.remarks, *((missing,) if missing else ()))
    )


def _sheet_word(
    placed: PlacedWord, planes: Planes, margin: int, source: tuple[int, int], upright: bool
) -> SheetWord:
    height, width = planes.shape[:2]
    stops = tuple(margin + stop for stop in placed.word.stops[:-1])
    whole = height if upright else width
    way = "down" if upright else ("left" if placed.word.backward else "right")
    place = (placed.x - margin, placed.y - margin)
    return SheetWord(placed.text, placed.line, source, (width, height), place, (*stops, whole), way)


def _planes(mask: Mask, style: Style, em: float) -> tuple[Planes, int]:
    """Shade, outline and letters, and by how much they are wider than the mask on every side."""
    Image, ImageFilter, _, _ = library()
    outline, shade, blur = style.outline * em, style.shade * em, style.blur * em
    margin = int(2.2 * max(outline, shade, blur)) + 2
    wide = np.pad(mask, margin)
    letters = Image.fromarray(wide)
    soft = letters.filter(ImageFilter.GaussianBlur(blur)) if blur > 0 else letters
    planes = np.empty((*wide.shape, 3), np.uint8)
    planes[..., 0] = _grown(letters, shade, SHADE_GAIN, ImageFilter) if shade > 0 else 0
    planes[..., 1] = _grown(letters, outline, OUTLINE_GAIN, ImageFilter) if outline > 0 else 0
    planes[..., 2] = np.asarray(soft)
    return planes, margin


def _grown(letters: object, radius: float, gain: float, filters: object) -> Mask:
    blurred = np.asarray(letters.filter(filters.GaussianBlur(radius)), np.float32)  # type: ignore[attr-defined]
    return np.asarray(np.minimum(blurred * gain, 255.0), np.uint8)


def _packed(pictures: Sequence[Planes]) -> tuple[Planes, list[tuple[int, int]]]:
    """All in one bitmap, row by row, and where each is."""
    width = max([WIDEST, *(each.shape[1] + 2 * GAP for each in pictures)])
    x = y = GAP
    lowest, places = 0, []
    for each in pictures:
        if x + each.shape[1] + GAP > width:
            x, y, lowest = GAP, y + lowest + GAP, 0
        places.append((x, y))
        x, lowest = x + each.shape[1] + GAP, max(lowest, each.shape[0])
    used = (
        max((place[0] + each.shape[1] for place, each in zip(places, pictures, strict=True)), default=0) + GAP
    )
    out = np.zeros((y + lowest + GAP, used, 3), np.uint8)
    for (left, top), each in zip(places, pictures, strict=True):
        out[top : top + each.shape[0], left : left + each.shape[1]] = each
    return out, places
