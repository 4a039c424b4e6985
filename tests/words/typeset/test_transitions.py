import itertools

import numpy as np
import pytest

from performer.words.typeset.coverage import NOISE, cover, grain
from performer.words.typeset.fonts import FontSet
from performer.words.typeset.glyphs import Glyphs
from performer.words.typeset.sheet import Sheet, set_text
from performer.words.typeset.style import CHINESE, ENGLISH
from performer.words.typeset.transitions import KINDS, NOTHING, WHOLE, Timing, come, go, sprites, time_words

each_kind = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(scope="module")
def sheet() -> Sheet:
    return set_text("slowly the moon", ENGLISH, Glyphs(FontSet()), 640, 360)


def letters(sheet: Sheet, timing: Timing, now: float) -> float:
    """How much of the picture the letters and embers cover."""
    return float(cover(sheet, sprites(sheet, timing, now))[..., 2:].sum())


@each_kind
def test_it_begins_with_nothing_and_ends_with_all(sheet: Sheet, kind: str):
    timing = Timing(time_words(sheet, 10.0), kind=kind, duration=1.0)
    assert letters(sheet, timing, 9.999) == 0
    assert come(kind, 1.0) == WHOLE and go(kind, 1.0) == NOTHING
    whole = letters(sheet, timing, 11.0)
    covered = [letters(sheet, timing, 10.0 + step / 8) for step in range(9)]
    assert covered[-1] == whole > 0
    assert all(one <= other * 1.02 for one, other in itertools.pairwise(covered)), covered
    assert kind == "appear" or covered[0] < 0.3 * whole


@each_kind
def test_it_goes_as_it_came(sheet: Sheet, kind: str):
    timing = Timing((0.0,), goes=(10.0,), kind="appear", last=kind, parting=1.0)
    whole = letters(sheet, timing, 5.0)
    covered = [letters(sheet, timing, 10.0 + step / 8) for step in range(9)]
    assert covered[-1] == 0 and timing.over(11.0) and not timing.over(10.9)
    assert all(other <= one * 1.02 for one, other in itertools.pairwise(covered))
    assert kind == "appear" or covered[1] > 0.5 * whole


@each_kind
def test_the_same_moment_is_the_same_picture(sheet: Sheet, kind: str):
    timing = Timing(time_words(sheet, 0.0, 0.1), kind=kind)
    assert sprites(sheet, timing, 0.33) == sprites(sheet, timing, 0.33)


def test_words_and_lines_come_one_after_the_other():
    sheet = set_text("one two\nthree four", ENGLISH, Glyphs(FontSet()), 640, 360)
    assert time_words(sheet, 1.0, 0.5) == (1.0, 1.5, 2.0, 2.5)
    assert time_words(sheet, 1.0, 0.5, by_line=True) == (1.0, 1.0, 1.5, 1.5)
    timing = Timing((1.0, 1.5), kind="appear")
    assert [len(sprites(sheet, timing, now)) for now in (0.9, 1.0, 1.5)] == [0, 1, 4]
    assert sprites(sheet, Timing(()), 1e9) == ()


def test_typing_shows_whole_letters(sheet: Sheet):
    timing = Timing((0.0, 9.0), kind="type", duration=1.0)
    drawn = [sprites(sheet, timing, step / 100) for step in range(1, 101)]
    assert {each[-1].source[2] for each in drawn} == set(sheet.words[0].stops)
    whole = sheet.words[0].size[0]
    assert all(each[0].source[2] == whole for each in drawn), "the shade is that of the whole word"


def test_a_chinese_character_is_a_word():
    sheet = set_text("明月光，", CHINESE, Glyphs(FontSet()), 640, 360)
    assert [word.text for word in sheet.words] == ["明", "月", "光，"]


def test_a_burning_word_glows_while_it_burns(sheet: Sheet):
    timing = Timing((0.0,), kind="burn", duration=1.0)
    ember = [cover(sheet, sprites(sheet, timing, now))[..., 3].sum() for now in (0.5, 1.0)]
    assert ember[0] > 0 and ember[1] == 0


def test_every_value_of_the_grain_is_as_frequent_as_every_other():
    assert (np.bincount(grain().ravel(), minlength=256) == NOISE * NOISE // 256).all()


def test_no_duration_is_no_time(sheet: Sheet):
    assert letters(sheet, Timing((1.0,), kind="fade", duration=0.0), 1.0) == letters(
        sheet, Timing((1.0,)), 99.0
    )
