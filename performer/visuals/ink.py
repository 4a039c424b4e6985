"""The colours of words, chosen so that they can be read on the picture beneath them. Pure.

Contrast is that of WCAG 2.2 (success criterion 1.4.3): the lighter relative luminance plus 0.05, over the
darker plus 0.05. A moving picture changes under the letters, so the choice goes by its brightest (or darkest)
part.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from performer.visuals.guard import LINEAR, WEIGHTS, luminance
from performer.visuals.reel import Picture

Colour = tuple[float, float, float]
WHITE, BLACK = (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)
EMBER = (1.0, 0.46, 0.1)
WANTED = 4.5  # of 21: what WCAG asks of text
LEAST_SHADE, MOST_SHADE = 0.35, 0.92
REACH = 0.85  # of the shade that is there right beside a letter
EXTREME = 0.95  # of the picture's pixels that the contrast has to hold for
TINT = 0.22  # of the picture's own colour in white letters
SAMPLES = 48  # along each side of what is looked at
LIGHTEST, DARKEST = 0.7, 0.03  # luminance of light letters at least, of dark ones at most
LOYAL = 1.25  # how much better the other choice has to be before letters turn from light to dark


@dataclass(frozen=True, slots=True)
class Ink:
    """Colours of words, each (red, green, blue) from 0 to 1 in sRGB, and strengths from 0 to 1."""

    fill: Colour = WHITE
    outline: Colour = BLACK
    shade: Colour = BLACK
    ember: Colour = EMBER
    """Of the edge of the fire in the transition "burn"."""
    fill_strength: float = 1.0
    outline_strength: float = 0.7
    shade_strength: float = 0.55

    @property
    def is_light(self) -> bool:
        """Whether the letters are lighter than what is around them."""
        return relative_luminance(self.fill) >= relative_luminance(self.shade)


def relative_luminance(colour: Sequence[float]) -> float:
    """Of one colour in sRGB, 0 to 1."""
    return float(LINEAR[np.clip(np.rint(np.asarray(colour) * 255), 0, 255).astype(int)] @ WEIGHTS)


def contrast(one: float, other: float) -> float:
    """The contrast ratio of two relative luminances, 1 to 21."""
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def parse_colour(text: str) -> Colour | None:
    """`#rrggbb` as a colour; None for anything else."""
    digits = text.removeprefix("#")
    if (
        len(digits) != 6
        or not text.startswith("#")
        or any(each not in "0123456789abcdefABCDEF" for each in digits)
    ):
        return None
    red, green, blue = (int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4))
    return red, green, blue


def choose_ink(
    picture: Picture,
    box: tuple[float, float, float, float],
    own: Colour | None = None,
    before: Ink | None = None,
    wanted: float = WANTED,
) -> Ink:
    """Colours for words in this box (left, top, right, bottom, as shares of the picture).

    Args:
        own: the colour of the letters; None: one of the picture's own, made light or dark enough.
        before: the ink that is shown now. Letters keep their colour while it can be read.
        wanted: the contrast to reach, 1 to 21. The shade and the outline are as strong as that takes.
    """
    under = _samples(picture, box)
    light = luminance(under[None])[0]
    high, low = float(np.quantile(light, EXTREME)), float(np.quantile(light, 1 - EXTREME))
    if own is not None:
        choices = [_inked(own, high, low, wanted)]
    elif before is not None and _can_be_kept(before, high, low, wanted):
        choices = [_inked(before.fill, high, low, wanted)]
    else:
        tint = own_colour(picture)
        choices = [_inked(_lightened(tint), high, low, wanted), _inked(_darkened(tint), high, low, wanted)]
    return min(
        choices,
        key=lambda ink: (
            ink.shade_strength * (1.0 if ink.is_light == (before is None or before.is_light) else LOYAL)
        ),
    )


def reached(ink: Ink, picture: Picture, box: tuple[float, float, float, float]) -> float:
    """The contrast of the letters to 95 % of the picture's pixels beneath them, with their shade."""
    light = luminance(_samples(picture, box)[None])[0]
    high, low = float(np.quantile(light, EXTREME)), float(np.quantile(light, 1 - EXTREME))
    ground = high if ink.is_light else low
    return contrast(relative_luminance(ink.fill), _shaded(ground, ink.shade, ink.shade_strength))


def ease_ink(shown: Ink, wanted: Ink, share: float) -> Ink:
    """The ink that is `share` of the way from what is shown to what is wanted: colours do not jump."""
    if share >= 1.0:
        return wanted
    one, other = (
        np.array([*ink.fill, *ink.outline, *ink.shade, *ink.ember]).reshape(4, 3) for ink in (shown, wanted)
    )
    fill, outline, shade, ember = (_colour(each) for each in one + (other - one) * share)
    here, there = (
        np.array([ink.fill_strength, ink.outline_strength, ink.shade_strength]) for ink in (shown, wanted)
    )
    return Ink(fill, outline, shade, ember, *(here + (there - here) * share).tolist())


def own_colour(picture: Picture) -> Colour:
    """The strongest colour: the mean of the picture's pixels, weighted by how colourful they are."""
    pixels = _samples(picture, (0.0, 0.0, 1.0, 1.0)).astype(np.float32) / 255
    weights = (pixels.max(axis=1) - pixels.min(axis=1)) ** 2 + 1e-4
    return _colour(weights @ pixels / weights.sum())


def _samples(picture: Picture, box: tuple[float, float, float, float]) -> Picture:
    """(count, 3) pixels of the box, evenly spread."""
    height, width = picture.shape[:2]
    left, top, right, bottom = box
    down = (
        np.linspace(top * height, max(top * height, bottom * height - 1), min(SAMPLES, height))
        .astype(int)
        .clip(0, height - 1)
    )
    across = (
        np.linspace(left * width, max(left * width, right * width - 1), min(SAMPLES, width))
        .astype(int)
        .clip(0, width - 1)
    )
    samples: Picture = picture[down[:, None], across].reshape(-1, 3)
    return samples


def _inked(fill: Colour, high: float, low: float, wanted: float) -> Ink:
    """The ink with the weakest shade that does it, dark around light letters and light around dark ones."""
    letter = relative_luminance(fill)
    around = BLACK if contrast(letter, 0.0) >= contrast(letter, 1.0) else WHITE
    ground = high if around == BLACK else low
    strengths = np.linspace(LEAST_SHADE, MOST_SHADE, 20)
    shade = next(
        (each for each in strengths.tolist() if contrast(letter, _shaded(ground, around, each)) >= wanted),
        MOST_SHADE,
    )
    return Ink(fill, around, around, EMBER, 1.0, min(1.0, 0.45 + 0.55 * shade), shade)


def _can_be_kept(ink: Ink, high: float, low: float, wanted: float) -> bool:
    ground = high if ink.is_light else low
    return contrast(relative_luminance(ink.fill), _shaded(ground, ink.shade, MOST_SHADE)) >= wanted


def _shaded(ground: float, shade: Colour, strength: float) -> float:
    """The luminance of a grey ground of this luminance under the shade, which is mixed in sRGB."""
    code = _code(ground)
    mixed = code + (shade[0] - code) * strength * REACH
    return relative_luminance((mixed, mixed, mixed))


def _code(light: float) -> float:
    """The sRGB value, 0 to 1, of a grey of this luminance."""
    return 12.92 * light if light <= 0.0031308 else float(1.055 * light ** (1 / 2.4) - 0.055)


def _lightened(tint: Colour) -> Colour:
    """White with some of the tint's hue, LIGHTEST at least."""
    strongest = max(*tint, 1e-3)
    for share in (TINT, TINT / 2, 0.0):
        colour = _mixed(WHITE, _array(tint) / strongest, share)
        if relative_luminance(colour) >= LIGHTEST:
            return colour
    return WHITE


def _darkened(tint: Colour) -> Colour:
    """Black with some of the tint's hue, DARKEST at most."""
    for share in (TINT, TINT / 2):
        colour = _mixed(BLACK, _array(tint), share)
        if relative_luminance(colour) <= DARKEST:
            return colour
    return BLACK


def _mixed(base: Colour, tint: npt.NDArray[np.float64], share: float) -> Colour:
    return _colour(_array(base) * (1 - share) + tint * share)


def _colour(values: npt.NDArray[np.floating]) -> Colour:
    red, green, blue = values.tolist()
    return red, green, blue


def _array(colour: Colour) -> npt.NDArray[np.float64]:
    return np.array(colour)
