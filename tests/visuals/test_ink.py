from itertools import product

import numpy as np
import pytest

from performer.visuals.guard import luminance
from performer.visuals.ink import (
    BLACK,
    MOST_SHADE,
    WANTED,
    WHITE,
    Ink,
    choose_ink,
    contrast,
    ease_ink,
    own_colour,
    parse_colour,
    reached,
    relative_luminance,
)
from performer.visuals.layers import Layer, Words, compose
from performer.words.typeset.coverage import cover
from performer.words.typeset.fonts import FontSet
from performer.words.typeset.glyphs import Glyphs
from performer.words.typeset.sheet import set_text
from performer.words.typeset.style import ENGLISH
from performer.words.typeset.transitions import Timing, sprites

ALL = (0.0, 0.0, 1.0, 1.0)


def plain(*colour: int) -> np.ndarray:
    return np.full((90, 160, 3), colour, np.uint8)


def noise(seed: int) -> np.ndarray:
    """Blocks of every colour, some of them as bright and as dark as can be."""
    blocks = np.random.default_rng(seed).integers(0, 256, (9, 16, 3))
    return np.kron(
        np.where(blocks > 200, 255, np.where(blocks < 50, 0, blocks)), np.ones((10, 10, 1))
    ).astype(np.uint8)


def test_the_contrast_is_that_of_wcag():
    assert contrast(relative_luminance(WHITE), relative_luminance(BLACK)) == 21
    grey = relative_luminance((0x76 / 255,) * 3)  # the darkest grey that reads on white at AA is #767676
    assert contrast(grey, 1.0) >= 4.5 > contrast(relative_luminance((0x77 / 255,) * 3), 1.0)


def test_on_every_plain_colour_letters_can_be_read():
    for colour in product((0, 64, 128, 192, 255), repeat=3):
        picture = plain(*colour)
        assert reached(choose_ink(picture, ALL), picture, ALL) >= WANTED, colour


@pytest.mark.parametrize("seed", range(6))
def test_on_a_picture_of_every_colour_letters_can_be_read(seed: int):
    picture = noise(seed)
    assert reached(choose_ink(picture, ALL), picture, ALL) >= WANTED


def test_light_letters_on_dark_and_dark_letters_on_light():
    assert choose_ink(plain(20, 10, 30), ALL).is_light and not choose_ink(plain(250, 250, 240), ALL).is_light


def test_only_what_is_beneath_counts():
    picture = plain(0, 0, 0)
    picture[:45] = 255
    assert (
        not choose_ink(picture, (0.1, 0.1, 0.9, 0.4)).is_light
        and choose_ink(picture, (0.1, 0.6, 0.9, 0.9)).is_light
    )


def test_letters_have_the_hue_of_the_picture():
    red, green, blue = choose_ink(plain(120, 10, 10), ALL).fill
    assert red > green == pytest.approx(blue, abs=0.01) and relative_luminance((red, green, blue)) > 0.6
    assert own_colour(plain(0, 200, 0)) == pytest.approx((0, 200 / 255, 0), abs=0.01)


def test_an_own_colour_is_kept_and_the_shade_does_the_rest():
    ink = choose_ink(plain(200, 60, 60), ALL, own=(1.0, 0.2, 0.2))
    assert ink.fill == (1.0, 0.2, 0.2) and ink.shade_strength > Ink().shade_strength


def test_letters_keep_their_colour_while_they_can_be_read():
    light = choose_ink(plain(10, 10, 30), ALL)
    later = choose_ink(plain(215, 215, 215), ALL, before=light)
    assert later.fill == light.fill and later.shade_strength > light.shade_strength
    assert not choose_ink(plain(215, 215, 215), ALL).is_light
    assert later.shade_strength <= MOST_SHADE


def test_colours_do_not_jump():
    one, other = Ink(), choose_ink(plain(255, 255, 255), ALL)
    assert ease_ink(one, other, 0.0).fill == pytest.approx(one.fill) and ease_ink(one, other, 1.0) == other
    assert ease_ink(one, other, 0.5).fill == pytest.approx(
        [(a + b) / 2 for a, b in zip(one.fill, other.fill, strict=True)]
    )


WRITTEN = {"#ff8000": (1.0, 128 / 255, 0.0), "#FFFFFF": WHITE, "#000000": BLACK}


@pytest.mark.parametrize(
    "text", [*WRITTEN, "ff8000", "#ff80", "#gg0000", "", "#+10000", "#\u0661\u0661\u0661\u0661\u0661\u0661"]
)
def test_a_colour_is_written_as_on_the_web(text: str):
    assert parse_colour(text) == WRITTEN.get(text)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_composed_has_the_contrast_that_was_promised(seed: int):
    """Right beside the letters, in pixels: not only by the formula."""
    picture = np.kron(noise(seed), np.ones((4, 4, 1), np.uint8))
    height, width = picture.shape[:2]
    sheet = set_text("The moon and the river", ENGLISH, Glyphs(FontSet()), width, height)
    ink = choose_ink(picture, sheet.box)
    drawn = sprites(sheet, Timing((0.0,)), 9.0)
    out = compose(picture, [Layer("words", Words(sheet, drawn, ink))])
    planes = cover(sheet, drawn)
    letters, beside = planes[..., 2] == 255, (planes[..., 2] == 0) & (planes[..., 1] > 128)
    light = luminance(out)
    inner, outer = (
        float(np.median(light[letters])),
        float(np.quantile(light[beside], 0.9 if ink.is_light else 0.1)),
    )
    assert contrast(inner, outer) >= WANTED
