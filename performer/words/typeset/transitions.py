"""How words come and go: what is seen of each at a moment, as pure functions of time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from performer.words.typeset.sheet import Sheet, SheetWord

KINDS = ("appear", "fade", "type", "rise", "dissolve", "burn")
RISE = 0.45  # em
NEVER = math.inf


@dataclass(frozen=True, slots=True)
class Sight:
    """What is seen of a word. The default is all of it."""

    opacity: float = 1.0
    lift: float = 0.0
    """Em that it stands below its place; above it if negative."""
    letters: float = 1.0
    """The share of its letters that is there."""
    grains: float = 1.0
    """The share of its grain that is there."""
    burnt: float = 1.0
    """The share of its grain that the fire has passed."""


WHOLE, NOTHING = Sight(), Sight(opacity=0.0)


@dataclass(frozen=True, slots=True)
class Timing:
    """When each word of a sheet comes and goes, in seconds of any clock."""

    comes: tuple[float, ...]
    """For each word, in the order of reading. A word without a time comes with the last one that has one."""
    goes: tuple[float, ...] = ()
    """The same; without any, the words stay."""
    kind: str = "rise"
    """How they come: one of KINDS."""
    last: str = "fade"
    """How they go."""
    duration: float = 0.5
    """Seconds that a word takes to come."""
    parting: float = 0.8
    """Seconds that it takes to go."""

    def sight(self, word: int, now: float) -> Sight:
        """What is seen of this word at the moment `now`."""
        here = _progress(now, _at(self.comes, word), self.duration)
        gone = _progress(now, _at(self.goes, word), self.parting)
        if here is None or gone == 1.0:
            return NOTHING
        return come(self.kind, here) if gone is None else go(self.last, gone)

    def over(self, now: float) -> bool:
        """Whether nothing will be seen any more."""
        return bool(self.goes) and now >= max(self.goes) + max(0.0, self.parting)


def time_words(sheet: Sheet, at: float, step: float = 0.0, by_line: bool = False) -> tuple[float, ...]:
    """When each word comes if the first comes at `at` and each next word (or line) `step` seconds later."""
    return tuple(at + step * (word.line if by_line else number) for number, word in enumerate(sheet.words))


def come(kind: str, progress: float) -> Sight:
    """What is seen of a word that is `progress` (0 to 1) of its way in."""
    if progress >= 1.0:
        return WHOLE
    progress = max(0.0, progress)
    eased = 1.0 - (1.0 - progress) ** 3
    if kind == "fade":
        return Sight(opacity=_smooth(progress))
    if kind == "type":
        return Sight(letters=progress)
    if kind == "rise":
        return Sight(opacity=_smooth(min(1.0, 1.5 * progress)), lift=RISE * (1.0 - eased))
    if kind == "dissolve":
        return Sight(grains=_smooth(progress))
    if kind == "burn":
        return Sight(burnt=progress)
    return WHOLE


def go(kind: str, progress: float) -> Sight:
    """What is seen of a word that is `progress` (0 to 1) of its way out."""
    if progress >= 1.0 or kind == "appear":
        return NOTHING
    left = 1.0 - max(0.0, progress)
    if kind == "rise":
        return Sight(opacity=_smooth(left), lift=-RISE * (1.0 - left) ** 2)
    return come(kind, left)


@dataclass(frozen=True, slots=True)
class Sprite:
    """A word as it is drawn in one frame: a rectangle of the sheet and where it goes. Pixels."""

    source: tuple[int, int, int, int]
    """Left, top, width, height."""
    place: tuple[int, float]
    """Left and top."""
    opacity: float
    """Of the letters and their outline."""
    shade: float
    """The opacity of the shade."""
    grains: float
    burnt: float


def sprites(sheet: Sheet, timing: Timing, now: float) -> tuple[Sprite, ...]:
    """What is drawn of the sheet at the moment `now`: nothing of the words that are not seen.

    Of a word that is typed these are its first letters, and the shade of the whole: a shade that ended with a
    letter would show its edge."""
    drawn = []
    for number, word in enumerate(sheet.words):
        sight = timing.sight(number, now)
        if min(sight.opacity, sight.letters, sight.grains, sight.burnt) > 0.0:
            # To a sixteenth of a pixel, so that every graphics card mixes the same.
            lift = round(sight.lift * sheet.em * 16) / 16
            whole, (x, y) = (*word.source, *word.size), word.place
            shade = sight.opacity * sight.letters * sight.grains * sight.burnt
            if sight.letters < 1.0:
                drawn.append(Sprite(whole, (x, y + lift), 0.0, shade, 1.0, 1.0))
                whole, (x, y) = _revealed(word, sight.letters)
                shade = 0.0
            drawn.append(Sprite(whole, (x, y + lift), sight.opacity, shade, sight.grains, sight.burnt))
    return tuple(drawn)


def _revealed(word: SheetWord, letters: float) -> tuple[tuple[int, int, int, int], tuple[int, int]]:
    """The word's first letters: the rectangle of the sheet, and its place."""
    (left, top), (width, height), (x, y) = word.source, word.size, word.place
    shown = max(1, math.ceil(letters * len(word.stops) - 1e-9))
    reach = word.stops[shown - 1]
    if word.way == "down":
        return (left, top, width, reach), (x, y)
    if word.way == "left":
        return (left + width - reach, top, reach, height), (x + width - reach, y)
    return (left, top, reach, height), (x, y)


def _at(times: Sequence[float], word: int) -> float:
    return times[min(word, len(times) - 1)] if times else NEVER


def _progress(now: float, start: float, duration: float) -> float | None:
    """How far it is, 0 to 1; None before it starts."""
    if now < start:
        return None
    return min(1.0, (now - start) / duration) if duration > 0 else 1.0


def _smooth(progress: float) -> float:
    return progress * progress * (3.0 - 2.0 * progress)
