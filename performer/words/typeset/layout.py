"""Lines set in a frame: which words stand in which row or column, and where.

A line that is too long for its measure becomes two or three rows of about the same length; what is still too
large for the frame is set smaller.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from performer.words.typeset.clean import is_right_to_left, split_words
from performer.words.typeset.glyphs import Glyphs
from performer.words.typeset.pieces import Word
from performer.words.typeset.style import Style

MOST_ROWS = 3  # of one line, before it is set smaller
MARGIN = 0.04  # of the frame that stays empty on every side
SMALLEST = 6.0  # pixels of an em
SHRINK = 0.88


@dataclass(frozen=True, slots=True, eq=False)
class PlacedWord:
    """A word and where it is."""

    word: Word
    x: int
    """Of the mask's left edge, in pixels from the left."""
    y: int
    """Of the mask's top edge, in pixels from the top."""
    text: str
    line: int
    """The number of the line that it belongs to, from 0."""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Words in the order of reading."""

    words: tuple[PlacedWord, ...]
    em: float
    """The letters' size in pixels, after it was made to fit."""
    upright: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    """Words of one row (or column), each with where its pen starts."""

    line: int
    words: list[tuple[float, Word, str]]

    def extent(self, upright: bool) -> tuple[float, float]:
        """Where its ink begins and ends along the row."""
        starts, ends = [], []
        for pen, word, _ in self.words:
            near = pen + (word.top if upright else word.left)
            starts.append(near)
            ends.append(near + word.mask.shape[0 if upright else 1])
        return min(starts), max(ends)


def set_lines(lines: Sequence[str], style: Style, glyphs: Glyphs, width: int, height: int) -> Layout:
    """Set clean lines in a frame of this size in pixels. Every word is inside the frame."""
    style = style.sane()
    em = max(SMALLEST, style.size * height)
    while True:
        rows = _set_rows(lines, style, glyphs, em, width, height)
        if em <= SMALLEST or _fits(rows, style, em, width, height):
            return Layout(_placed(rows, style, em, width, height), em, style.upright)
        em = max(SMALLEST, em * SHRINK)


def _set_rows(
    lines: Sequence[str], style: Style, glyphs: Glyphs, em: float, width: int, height: int
) -> list[_Row]:
    tracking, space = style.tracking * em, glyphs.space(style.family, em)
    measure = style.width * (height if style.upright else width)
    rows: list[_Row] = []
    for number, line in enumerate(lines):
        words = [
            (
                space + tracking if spaced and place else 0.0,
                glyphs.draw(word, style.family, em, tracking, style.upright),
                "".join(word),
            )
            for place, (word, spaced) in enumerate(split_words(line))
        ]
        for row in _wrapped(words, measure):
            mirrored = not style.upright and is_right_to_left(line)
            rows.append(_Row(number, _penned(_mirrored(row) if mirrored else row)))
    return rows


Spaced = tuple[float, Word, str]


def _wrapped(words: list[Spaced], measure: float) -> list[list[Spaced]]:
    """The words in as few rows as the measure allows, all about as long."""
    total = sum(gap + word.advance for gap, word, _ in words)
    if total <= measure or len(words) < 2:
        return [words] if words else []
    count = min(len(words), max(2, -int(-total // measure)))
    while count < len(words):
        rows = _split(words, total / count)
        if len(rows) <= count and all(_length(row) <= measure for row in rows):
            return rows
        count += 1
    return [[word] for word in words]


def _split(words: list[Spaced], ideal: float) -> list[list[Spaced]]:
    rows: list[list[Spaced]] = [[]]
    filled = 0.0
    for gap, word, text in words:
        length = gap + word.advance
        if rows[-1] and filled + length / 2 > ideal * len(rows):
            rows.append([])
        filled += length
        rows[-1].append((gap if rows[-1] else 0.0, word, text))
    return rows


def _length(row: list[Spaced]) -> float:
    return sum(gap + word.advance for gap, word, _ in row)


def _mirrored(row: list[Spaced]) -> list[Spaced]:
    """The row from its last word to its first; a gap stays between the same two words."""
    gaps = [gap for gap, _, _ in row]
    turned = row[::-1]
    return [(gap, word, text) for gap, (_, word, text) in zip([0.0, *gaps[:0:-1]], turned, strict=True)]


def _penned(row: list[Spaced]) -> list[Spaced]:
    pen, out = 0.0, []
    for gap, word, text in row:
        out.append((pen + gap, word, text))
        pen += gap + word.advance
    return out


def _fits(rows: list[_Row], style: Style, em: float, width: int, height: int) -> bool:
    """Whether no row is too long, no line has too many of them, and all are inside the margins."""
    if not rows:
        return True
    along, across = (height, width) if style.upright else (width, height)
    longest = max(end - start for start, end in (row.extent(style.upright) for row in rows))
    most = max(sum(row.line == each.line for each in rows) for row in rows)
    thick = ((len(rows) - 1) * style.line_height + 1.2) * em
    room = 1 - 2 * MARGIN
    return longest <= min(style.width, room) * along and thick <= room * across and most <= MOST_ROWS


def _placed(rows: list[_Row], style: Style, em: float, width: int, height: int) -> tuple[PlacedWord, ...]:
    words = (_columns if style.upright else _lines)(rows, style, em, width, height)
    return _inside(_in_reading_order(words), width, height)


def _lines(rows: list[_Row], style: Style, em: float, width: int, height: int) -> list[PlacedWord]:
    pitch = style.line_height * em
    # The middle between a capital's top and the baseline is what looks like the middle of a row.
    baseline = style.y * height + 0.35 * em - pitch * (len(rows) - 1) / 2
    share = {"left": 0.0, "centre": 0.5, "right": 1.0}[style.align]
    words = []
    for number, row in enumerate(rows):
        start, end = row.extent(False)
        origin = style.x * width - start - share * (end - start)
        top = round(baseline + number * pitch)
        words += [
            PlacedWord(word, round(origin + pen) + word.left, top + word.top, text, row.line)
            for pen, word, text in row.words
        ]
    return words


def _columns(rows: list[_Row], style: Style, em: float, width: int, height: int) -> list[PlacedWord]:
    """Columns from right to left, all beginning at the same height."""
    pitch = style.line_height * em
    thick = pitch * (len(rows) - 1) + em
    edge = style.x * width + {"left": thick, "centre": thick / 2, "right": 0.0}[style.align]
    longest = max((row.extent(True)[1] for row in rows), default=0.0)
    top = style.y * height - longest / 2
    words = []
    for number, row in enumerate(rows):
        middle = round(edge - em / 2 - number * pitch)
        words += [
            PlacedWord(word, middle + word.left, round(top + pen) + word.top, text, row.line)
            for pen, word, text in row.words
        ]
    return words


def _in_reading_order(words: list[PlacedWord]) -> list[PlacedWord]:
    """Rows that run from right to left are turned back."""
    out: list[PlacedWord] = []
    run: list[PlacedWord] = []
    for word in words:
        if run and (word.line != run[-1].line or word.y - word.word.top != run[-1].y - run[-1].word.top):
            out += run[::-1] if any(each.word.backward for each in run) else run
            run = []
        run.append(word)
    return out + (run[::-1] if any(each.word.backward for each in run) else run)


def _inside(words: list[PlacedWord], width: int, height: int) -> tuple[PlacedWord, ...]:
    """The whole block moved as little as it takes to be inside the margins."""
    if not words:
        return ()
    left, top = min(each.x for each in words), min(each.y for each in words)
    right = max(each.x + each.word.mask.shape[1] for each in words)
    bottom = max(each.y + each.word.mask.shape[0] for each in words)
    across, down = _shift(left, right, width), _shift(top, bottom, height)
    return tuple(replace(each, x=each.x + across, y=each.y + down) for each in words)


def _shift(low: int, high: int, room: int) -> int:
    margin = round(MARGIN * room)
    if high - low > room - 2 * margin:
        return (room - high - low) // 2
    return max(margin - low, 0) + min(room - margin - high, 0)
