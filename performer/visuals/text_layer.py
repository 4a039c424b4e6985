"""Lines of verse as a layer: what was said last, in an ink that suits the picture.

It belongs to the thread that shows the picture. `Speech` values may be made ahead on any thread.
"""

import math
from dataclasses import dataclass, field

from performer.visuals.ink import WANTED, Colour, Ink, choose_ink, ease_ink
from performer.visuals.layers import Layer, Words
from performer.visuals.reel import Picture
from performer.words.typeset.fonts import FontSet
from performer.words.typeset.glyphs import Glyphs
from performer.words.typeset.sheet import Sheet, set_text
from performer.words.typeset.style import Style
from performer.words.typeset.transitions import Timing, sprites

LOOK_EVERY = 0.25  # seconds between two looks at the picture beneath the words
EASE = 0.4  # seconds in which the ink follows
NAME = "words"


@dataclass(frozen=True, slots=True)
class Speech:
    """A text to show: how it is set, when its words come and go."""

    text: str
    timing: Timing
    style: Style = field(default_factory=Style)
    colour: Colour | None = None
    """Of the letters; None: from the picture."""
    contrast: float = WANTED
    """Of the letters to the picture, which shade and outline are to reach."""
    opacity: float = 1.0
    blend: str = "over"


class TextLayer:
    """Shows one speech at a time."""

    def __init__(self, fonts: FontSet, name: str = NAME) -> None:
        """Raises PerformerError with the remedy where Pillow is missing."""
        self._glyphs, self._name = Glyphs(fonts), name
        self._speech: Speech | None = None
        self._sheet: Sheet | None = None
        self._ink: Ink | None = None
        self._wanted = Ink()
        self._looked = self._eased = -math.inf

    @property
    def remarks(self) -> tuple[str, ...]:
        """What had to be changed in the text that is shown, in sentences."""
        return () if self._sheet is None else self._sheet.remarks

    def prepare(self, speech: Speech, size: tuple[int, int]) -> Sheet:
        """Set a speech ahead for a surface of this size, to give to `say`: it takes some tens of
        milliseconds."""
        return set_text(speech.text, speech.style, self._glyphs, *size)

    def say(self, speech: Speech | None, sheet: Sheet | None = None) -> None:
        """Show this from now on, at its own times; None: nothing. `sheet` is what `prepare` returned."""
        self._speech, self._sheet = speech, sheet
        self._looked = -math.inf

    def layer(self, now: float, picture: Picture, size: tuple[int, int]) -> Layer | None:
        """The layer at this moment over this picture, on a surface of this size; None: nothing is seen."""
        speech = self._speech
        if speech is None or speech.timing.over(now):
            return None
        if self._sheet is None or self._sheet.size != size:
            self._sheet = self.prepare(speech, size)
        drawn = sprites(self._sheet, speech.timing, now)
        if not drawn:
            return None
        ink = self._inked(speech, covered_box(self._sheet.box, picture.shape, size), now, picture)
        return Layer(self._name, Words(self._sheet, drawn, ink), speech.opacity, speech.blend)

    def _inked(
        self, speech: Speech, box: tuple[float, float, float, float], now: float, picture: Picture
    ) -> Ink:
        if now - self._looked >= LOOK_EVERY:
            begins = self._looked == -math.inf
            self._wanted = choose_ink(
                picture, box, speech.colour, None if begins else self._ink, speech.contrast
            )
            self._looked = now
            if begins:
                self._ink = self._wanted
        if self._ink is None or self._ink == self._wanted:
            self._ink = self._wanted
        else:
            self._ink = ease_ink(self._ink, self._wanted, 1.0 - math.exp(-max(0.0, now - self._eased) / EASE))
        self._eased = now
        return self._ink


def covered_box(
    box: tuple[float, float, float, float], shape: tuple[int, ...], size: tuple[int, int]
) -> tuple[float, float, float, float]:
    """The part of a picture that is beneath a box of the surface that it covers: what is over is cut off.

    `shape` begins with the picture's height and width."""
    wide = size[0] / max(1, size[1]) / (shape[1] / shape[0])
    across, down = (1.0, 1.0 / wide) if wide >= 1.0 else (wide, 1.0)
    left, top, right, bottom = box
    return (
        0.5 + (left - 0.5) * across,
        0.5 + (top - 0.5) * down,
        0.5 + (right - 0.5) * across,
        0.5 + (bottom - 0.5) * down,
    )
