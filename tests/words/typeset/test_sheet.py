"""From any text to words in a frame, with HarfBuzz and without."""

import sys
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from performer.errors import PerformerError
from performer.words.typeset.coverage import cover
from performer.words.typeset.fonts import FontSet
from performer.words.typeset.glyphs import Glyphs, shapes
from performer.words.typeset.layout import set_lines
from performer.words.typeset.sheet import Sheet, set_text
from performer.words.typeset.style import CHINESE, CHINESE_UPRIGHT, ENGLISH, LIMITS, Style
from performer.words.typeset.transitions import Timing, sprites

SIZE = (640, 360)
FONTS = FontSet()
ENGINES = [pytest.param(False, id="basic"), pytest.param(True, id="raqm")]
HARD = [
    "", "😀 👨\u200d👩\u200d👧 🇫🇷", "שלום עולם", "مرحبا بالعالم abc", "z" + "\u0301" * 500, "a\0b\x07\x1b", "\ud800\udfff", "\u202eabc",
    "x" * 100_000, "word " * 20_000, "明" * 100_000, "\u0301", "\u200d", "\ufe0f", "\n" * 1000, "𠡠𬘘", "a" * 239, "\U0010ffff", "ﷺ" * 50, "   ",
]  # fmt: skip


def glyphs(shaped: bool = True) -> Glyphs:
    return Glyphs(FONTS, shaped and shapes())


def typeset(text: str, style: Style = ENGLISH, shaped: bool = True, size: tuple[int, int] = SIZE) -> Sheet:
    return set_text(text, style, glyphs(shaped), *size)


def ink(sheet: Sheet) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the letters."""
    letters = cover(sheet, sprites(sheet, Timing((0.0,)), 9.0))[..., 2]
    down, across = np.flatnonzero(letters.any(axis=1)), np.flatnonzero(letters.any(axis=0))
    return int(across[0]), int(down[0]), int(across[-1]) + 1, int(down[-1]) + 1


@pytest.mark.parametrize("shaped", ENGINES)
@pytest.mark.parametrize(
    "style",
    [ENGLISH, CHINESE, CHINESE_UPRIGHT, replace(ENGLISH, tracking=0.2)],
    ids=["en", "zh", "upright", "tracked"],
)
@pytest.mark.parametrize("text", HARD, ids=range(len(HARD)))
def test_no_text_is_too_hard(text: str, style: Style, shaped: bool):
    sheet = typeset(text, style, shaped)
    planes = cover(sheet, sprites(sheet, Timing((0.0,)), 9.0))
    assert planes.shape == (SIZE[1], SIZE[0], 4)
    assert planes[..., 2].any() == any(each.strip("\0\x07\x1b\u202e\u200d\ufe0f \n") for each in text)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.sampled_from([ENGLISH, CHINESE_UPRIGHT]), st.booleans())
def test_any_text_is_inside_the_frame(text: str, style: Style, shaped: bool):
    sheet = typeset(text, style, shaped, (320, 180))
    for word in sheet.words:
        left, top = word.place
        assert left + word.size[0] > 0 and top + word.size[1] > 0 and left < 320 and top < 180


def test_what_no_font_has_is_a_box_with_a_sentence():
    sheet = typeset("a 😀")
    assert sheet.remarks == (
        "No font here has U+1F600: each is drawn as a box. Add a font file that has it.",
    )
    assert ink(sheet)[2] - ink(sheet)[0] > ink(typeset("a"))[2] - ink(typeset("a"))[0]


@pytest.mark.parametrize("align,x", [("left", 0.2), ("centre", 0.5), ("right", 0.8)])
def test_a_row_stands_where_it_is_asked_to(align: str, x: float):
    left, top, right, bottom = ink(typeset("Hoch", replace(ENGLISH, align=align, x=x, y=0.4)))
    assert {"left": left, "centre": (left + right) / 2, "right": right}[align] == pytest.approx(
        x * SIZE[0], abs=1.5
    )
    assert (top + bottom) / 2 == pytest.approx(0.4 * SIZE[1], abs=3)


def test_size_tracking_and_line_height_are_shares():
    small, large = (ink(typeset("HH", replace(ENGLISH, size=size))) for size in (0.1, 0.2))
    assert (large[3] - large[1]) / (small[3] - small[1]) == pytest.approx(2, rel=0.06)
    plain, wide = (
        ink(typeset("HHHH", replace(ENGLISH, size=0.1, tracking=tracking))) for tracking in (0.0, 0.5)
    )
    assert (wide[2] - wide[0]) - (plain[2] - plain[0]) == pytest.approx(3 * 0.5 * 36, abs=2)
    lines = set_lines(("H", "H"), replace(ENGLISH, size=0.1, line_height=2.0, y=0.5), glyphs(), *SIZE)
    assert lines.words[1].y - lines.words[0].y == pytest.approx(2 * 36, abs=1)


def test_a_long_line_becomes_rows_of_about_the_same_length():
    text = "And in some perfumes is there more delight than in the breath that from my mistress reeks"
    sheet = typeset(text)
    rows = {}
    for word in sheet.words:
        rows.setdefault(word.place[1] + word.size[1] // 40, []).append(word)
    left, _, right, _ = ink(sheet)
    assert right - left <= ENGLISH.width * SIZE[0] + 1
    assert "".join(word.text for word in sheet.words) == text.replace(" ", "")


def test_too_many_lines_are_set_smaller_and_all_are_seen():
    sheet = typeset("\n".join(f"line {number}" for number in range(16)))
    left, top, right, bottom = ink(sheet)
    assert sheet.em < ENGLISH.size * SIZE[1] and top > 0 and bottom < SIZE[1] and left > 0 and right < SIZE[0]
    assert {word.line for word in sheet.words} == set(range(16))


def test_upright_goes_down_and_the_next_column_is_to_the_left():
    sheet = typeset("床前明月光，\n疑是地上霜。", CHINESE_UPRIGHT)
    first, second = ([word for word in sheet.words if word.line == line] for line in (0, 1))
    assert all(one.place[1] < other.place[1] for one, other in pairwise(first))
    assert max(word.place[0] for word in second) < min(word.place[0] for word in first)
    assert len({word.place[0] + word.size[0] // 2 for word in first[:4]}) <= 4


@pytest.mark.parametrize("mark", "，。、？")
def test_a_mark_stands_at_the_upper_right_of_its_cell(mark: str):
    character = glyphs().draw(("明",), "noto-serif", 100.0, 0.0, True)
    both = glyphs().draw(("明", mark), "noto-serif", 100.0, 0.0, True)
    below = both.mask[character.mask.shape[0] + 8 :]
    across = np.flatnonzero(below.any(axis=0)) + both.left
    down = np.flatnonzero(below.any(axis=1)) + both.top + character.mask.shape[0] + 8
    assert across[-1] == pytest.approx(45, abs=2) and down[0] == pytest.approx(106, abs=2)


def test_brackets_turn_in_a_column():
    row, column = (glyphs().draw(("《",), "noto-serif", 100.0, 0.0, upright) for upright in (False, True))
    assert row.mask.shape[0] > row.mask.shape[1] and column.mask.shape[1] > column.mask.shape[0]


def test_english_in_a_column_is_turned():
    row, column = (glyphs().draw(tuple("moon"), "spectral", 100.0, 0.0, upright) for upright in (False, True))
    assert np.array_equal(np.rot90(row.mask, -1), column.mask) and column.advance == row.advance


@pytest.mark.skipif(not shapes(), reason="no raqm or fribidi")
def test_harfbuzz_sets_ligatures_and_kerning():
    shaped, plain = (
        glyphs(each).draw(tuple("office"), "garamond", 100.0, 0.0, False) for each in (True, False)
    )
    assert shaped.mask.shape != plain.mask.shape
    assert len(shaped.stops) == len(plain.stops) == 6


def test_words_that_run_to_the_left_are_read_from_the_right():
    sheet = typeset("שלום עולם")
    assert sheet.words[0].place[0] > sheet.words[1].place[0]


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1e9, 1e9])
def test_no_number_of_a_style_is_too_wild(name: str, value: float):
    typeset("wild", replace(ENGLISH, **{name: value}), size=(160, 90))


@pytest.mark.parametrize("size", [(16, 16), (1, 1), (3840, 100), (60, 900)])
def test_no_frame_is_too_odd(size: tuple[int, int]):
    sheet = typeset("An odd frame", size=size)
    assert cover(sheet, sprites(sheet, Timing((0.0,)), 9.0)).shape == (size[1], size[0], 4)


def test_without_pillow_there_is_a_remedy(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(PerformerError, match=r"^Words cannot be drawn: .*Install it with: .*pillow"):
        Glyphs(FONTS, shaped=False).draw(("a",), "", 20.0, 0.0, False)


def test_a_word_is_drawn_once():
    drawn = glyphs()
    one, other = (drawn.draw(tuple("moon"), "spectral", 40.0, 0.0, False) for _ in range(2))
    assert one is other


def test_outline_shade_and_blur_spread_as_far_as_they_are_asked_to():
    plain, wide = (
        typeset("H", replace(ENGLISH, outline=share, shade=2 * share, blur=blur))
        for share, blur in ((0.04, 0.0), (0.12, 0.2))
    )
    covered = [(sheet.planes > 8).sum(axis=(0, 1)) for sheet in (plain, wide)]
    assert (covered[1][:2] > covered[0][:2]).all()
    assert plain.planes[..., 2].max() == 255 > wide.planes[..., 2].max()
    none = typeset("H", replace(ENGLISH, outline=0.0, shade=0.0))
    assert not none.planes[..., :2].any() and none.planes[..., 2].any()
