"""The forms that a poem may be asked to keep. A form is a value: lines, each with its limits.

Tone patterns are those of the regulated quatrain: 平 level, 仄 oblique, 中 either.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from performer.errors import PerformerError
from performer.words.chinese import EITHER

MOST_LINES = 60


@dataclass(frozen=True, slots=True)
class LineLimits:
    """What one line must keep."""

    syllables: int = 0
    """Of an English line; 0 leaves it free."""
    iambic: bool = False
    """Main stresses of longer words fall on even syllables, and no article does."""
    tones: str = ""
    """A tone a character of a Chinese line, which gives its length too; empty leaves both free."""
    rhyme: str = ""
    """Lines of one letter rhyme; empty rhymes with none."""
    initial: str = ""
    """The letter or character that the line begins with."""
    repeats: int | None = None
    """The number of the earlier line, from 0, that is said again."""
    mark: str = ""
    """The mark that ends a Chinese line of fixed length."""
    stanza: bool = False
    """Whether an empty line follows."""
    last: bool = False
    """Whether the poem ends with this line; an English one then ends with a full stop, or `!` or `?`."""


@dataclass(frozen=True, slots=True)
class Form:
    """A form of verse."""

    name: str
    language: str
    """"en" or "zh"."""
    lines: tuple[LineLimits, ...]
    model_form: str = ""
    """The form token that the model is given; empty draws one."""


# Line types of regulated verse by the places of their tones (Wang Li 1957): 5 and 7 characters.
TONES = {
    "a": ("中仄平平仄", "中平中仄平平仄"),
    "A": ("中仄仄平平", "中平中仄仄平平"),
    "b": ("中平平仄仄", "中仄中平平仄仄"),
    "B": ("平平仄仄平", "中仄平平仄仄平"),
}
# Lines 2 and 4 rhyme; line 1 as well where its type is A or B.
QUATRAIN_KINDS = ("aBbA", "bAaB", "ABbA", "BAaB")


def quatrain(characters: int, kind: int = 0) -> tuple[LineLimits, ...]:
    """A regulated quatrain of five or seven characters a line."""
    types = QUATRAIN_KINDS[kind % len(QUATRAIN_KINDS)]
    return tuple(
        LineLimits(
            tones=TONES[each][characters == 7],
            rhyme="a" if each.isupper() else "",
            mark="。" if place % 2 else "，",
        )
        for place, each in enumerate(types)
    )


def stanzas(pattern: str, count: int, limits: LineLimits) -> tuple[LineLimits, ...]:
    """`count` lines that rhyme by `pattern`, such as "abab", stanza after stanza."""
    size, lines = len(pattern), []
    for place in range(count):
        number, within = divmod(place, size)
        ends = within == size - 1 and place < count - 1
        label = "" if pattern[within] == "-" else f"{pattern[within]}{number}"
        lines.append(replace(limits, rhyme=label, stanza=ends and size > 2))
    return tuple(lines)


def refrain(lines: tuple[LineLimits, ...], every: int = 4) -> tuple[LineLimits, ...]:
    """The same lines, of which the last of each stanza says the last of the first one again."""
    return tuple(
        LineLimits(repeats=every - 1, mark=line.mark, stanza=line.stanza)
        if place >= every and place % every == every - 1
        else line
        for place, line in enumerate(lines)
    )


def acrostic(word: str, mark: str = "") -> tuple[LineLimits, ...]:
    """A line for each letter or character of `word`."""
    return tuple(LineLimits(initial=letter.lower(), mark=mark) for letter in word if letter.isalpha())


def _chinese_free(count: int) -> tuple[LineLimits, ...]:
    return (LineLimits(),) * count


def _chinese_acrostic(word: str) -> tuple[LineLimits, ...]:
    letters = [letter for letter in word if letter.isalpha()]
    return tuple(
        LineLimits(
            tones=EITHER * 7, initial=letter, rhyme="a" if place % 2 else "", mark="。" if place % 2 else "，"
        )
        for place, letter in enumerate(letters)
    )


def _haiku(limits: Callable[[int], LineLimits], count: int) -> tuple[LineLimits, ...]:
    sizes = (5, 7, 5)
    return tuple(replace(limits(sizes[n % 3]), stanza=n % 3 == 2 and n < count - 1) for n in range(count))


def _chinese_haiku(count: int) -> tuple[LineLimits, ...]:
    lines = _haiku(lambda size: LineLimits(tones=EITHER * size, mark="，"), count)
    return tuple(replace(line, mark="。") if place % 3 == 2 else line for place, line in enumerate(lines))


TETRAMETER, PENTAMETER = LineLimits(8, iambic=True), LineLimits(10, iambic=True)
ACROSTIC = {"en": "verse", "zh": "山水有清音"}
Made = tuple[int, str, Callable[[int, str, int], tuple[LineLimits, ...]]]
# Name: lines unless asked otherwise, form token of the model, and the lines of (count, word, kind).
FORMS: dict[str, dict[str, Made]] = {
    "en": {
        "free": (8, "medium", lambda count, word, kind: (LineLimits(),) * count),
        "haiku": (3, "short", lambda count, word, kind: _haiku(LineLimits, count)),
        "couplets": (4, "medium", lambda count, word, kind: stanzas("aa", count, TETRAMETER)),
        "tetrameter": (4, "medium", lambda count, word, kind: stanzas("abab", count, TETRAMETER)),
        "pentameter": (4, "long", lambda count, word, kind: stanzas("abab", count, PENTAMETER)),
        "ballad": (4, "medium", lambda count, word, kind: stanzas("-a-a", count, TETRAMETER)),
        "refrain": (8, "medium", lambda count, word, kind: refrain(stanzas("aab-", count, TETRAMETER))),
        "acrostic": (0, "medium", lambda count, word, kind: acrostic(word)),
    },
    "zh": {
        "free": (4, "ci", lambda count, word, kind: _chinese_free(count)),
        "5-jueju": (4, "5-jueju", lambda count, word, kind: quatrain(5, kind) * (count // 4 or 1)),
        "7-jueju": (4, "7-jueju", lambda count, word, kind: quatrain(7, kind) * (count // 4 or 1)),
        "haiku": (3, "ci", lambda count, word, kind: _chinese_haiku(count)),
        "couplets": (2, "7-jueju", lambda count, word, kind: quatrain(7, kind)[2:] * (count // 2 or 1)),
        "refrain": (8, "7-jueju", lambda count, word, kind: refrain(quatrain(7, kind) * max(2, count // 4))),
        "acrostic": (0, "7-jueju", lambda count, word, kind: _chinese_acrostic(word)),
    },
}


def make_form(language: str, name: str = "free", lines: int = 0, word: str = "", kind: int = 0) -> Form:
    """The form of this name. `lines` 0 takes its own number; `word` is what an acrostic spells; `kind` chooses
    among the tone patterns. Raises PerformerError for a name, a language or a number that there is not."""
    if language not in FORMS:
        raise PerformerError(
            f"There is no verse in the language '{language}'.", f"Choose {' or '.join(FORMS)}."
        )
    if name not in FORMS[language]:
        problem = f"There is no form '{name}' of verse in '{language}'."
        raise PerformerError(problem, f"Choose one of {', '.join(FORMS[language])}.")
    if not 0 <= lines <= MOST_LINES:
        raise PerformerError(f"A poem cannot have {lines} lines.", f"Ask for 1 to {MOST_LINES} lines.")
    usual, model_form, made = FORMS[language][name]
    word = word or ACROSTIC[language]
    if name == "acrostic" and not (1 <= sum(map(str.isalpha, word)) <= MOST_LINES):
        raise PerformerError(
            f"An acrostic cannot spell '{word[:40]}'.", f"Give a word of 1 to {MOST_LINES} letters."
        )
    limits = made(lines or usual, word, kind)
    return Form(name, language, (*limits[:-1], replace(limits[-1], last=True)), model_form)
