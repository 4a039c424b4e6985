"""Judges of verse: a plain reading of the CMU dictionary and of the Pingshui table, and of what a poem shares
with others. They share no code with the writer, only its data files."""

import json
import lzma
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path

import performer.words

DATA = Path(performer.words.__file__).parent / "data"
MARKS = re.compile(r"[，。、！？；\n]+")
Judge = Callable[[list[str], str], bool]


@cache
def phones() -> dict[str, list[str]]:
    lines = lzma.decompress((DATA / "cmudict.txt.xz").read_bytes()).decode().splitlines()
    return {word: said.split() for word, said in (line.split(" ", 1) for line in lines)}


@cache
def groups() -> dict[str, set[str]]:
    """The rhyme groups of each character; names of level ones begin with a plus."""
    found: dict[str, set[str]] = {}
    for name, group in json.loads((DATA / "pingshui.json").read_text(encoding="utf-8")).items():
        for character in group["characters"]:
            found.setdefault(character, set()).add("+" + name if group["level"] else name)
    return found


def words(line: str) -> list[str]:
    return re.findall(r"[a-z']+", line.lower().replace("’", "'"))


def stresses(word: str) -> str:
    said = phones().get(word) or phones().get(word.removesuffix("'s")) or []
    return "".join(phone[-1] for phone in said if phone[-1].isdigit())


def syllables(line: str) -> int:
    return sum(len(stresses(word)) or 1000 for word in words(line))


def ending(line: str) -> tuple[str, list[str]]:
    """The last word, and its phones from the last stress on."""
    last = words(line)[-1]
    said = phones().get(last, [last])
    stressed = [at for at, phone in enumerate(said) if phone[-1] in "12"] or [0]
    return last, [phone.strip("012") for phone in said[stressed[-1] :]]


def rhyme(one: str, other: str) -> bool:
    return ending(one)[0] != ending(other)[0] and ending(one)[1] == ending(other)[1]


def is_iambic(line: str) -> bool:
    """Main stresses of longer words lie on even syllables, articles on odd ones."""
    place = 0
    for word in words(line):
        marks = stresses(word)
        if len(marks) > 1 and any(mark == "1" and (place + at) % 2 == 0 for at, mark in enumerate(marks)):
            return False
        if word in ("a", "an", "the") and place % 2:
            return False
        place += len(marks)
    return True


def measured(size: int, pairs: Sequence[tuple[int, int]], lines: list[str]) -> bool:
    sounds = all(syllables(line) == size and is_iambic(line) for line in lines)
    return sounds and all(rhyme(lines[one], lines[other]) for one, other in pairs)


def keeps_tones(lines: list[str]) -> bool:
    """Whether even characters alternate within a line, oppose within a pair and agree between pairs."""

    def fits(character: str, level: bool) -> bool:
        return any(name.startswith("+") is level for name in groups().get(character, ()))

    def follows(start: bool) -> bool:
        # The second characters of the four lines are s, not s, not s, s.
        seconds = [start is (number % 4 in (0, 3)) for number in range(len(lines))]
        return all(
            fits(line[at], second is (at % 4 == 1))
            for line, second in zip(lines, seconds, strict=True)
            for at in range(1, len(line) - 1, 2)
        )

    return follows(True) or follows(False)


def is_level_rhyme(one: str, other: str) -> bool:
    shared = groups().get(one[-1], set()) & groups().get(other[-1], set())
    return one[-1] != other[-1] and any(name.startswith("+") for name in shared)


def is_quatrain(size: int, lines: list[str]) -> bool:
    bare = [line[:-1] for line in lines]
    whole = [line[-1] for line in lines] == ["，", "。"] * 2 and {len(line) for line in bare} == {size}
    return whole and keeps_tones(bare) and is_level_rhyme(bare[1], bare[3])


def is_free(lines: list[str]) -> bool:
    return all(line.strip() and line.isprintable() for line in lines)


def spells(lines: list[str], word: str) -> bool:
    return "".join(line[0].lower() for line in lines) == word


AABB, ABAB = [(0, 1), (2, 3)], [(0, 2), (1, 3)]
JUDGES: dict[str, dict[str, Judge]] = {
    "en": {
        "free": lambda lines, word: is_free(lines),
        "haiku": lambda lines, word: [syllables(line) for line in lines] == [5, 7, 5],
        "couplets": lambda lines, word: measured(8, AABB, lines),
        "tetrameter": lambda lines, word: measured(8, ABAB, lines),
        "pentameter": lambda lines, word: measured(10, ABAB, lines),
        "ballad": lambda lines, word: measured(8, [(1, 3)], lines),
        "refrain": lambda lines, word: lines[3] == lines[7] and measured(8, [(0, 1), (4, 5)], lines),
        "acrostic": spells,
    },
    "zh": {
        "free": lambda lines, word: is_free(lines),
        "5-jueju": lambda lines, word: is_quatrain(5, lines),
        "7-jueju": lambda lines, word: is_quatrain(7, lines),
        "haiku": lambda lines, word: [len(line) for line in lines] == [6, 8, 6],
        "couplets": lambda lines, word: {len(line) for line in lines} == {8}
        and keeps_tones([line[:-1] for line in lines]),
        "refrain": lambda lines, word: lines[3] == lines[7] and is_quatrain(7, lines[:4]),
        "acrostic": lambda lines, word: spells(lines, word) and {len(line) for line in lines} == {8},
    },
}


def units(text: str, language: str) -> list[str]:
    """What a copy is counted in: English words, Chinese lines between marks."""
    return words(text) if language == "en" else [line for line in MARKS.split(text) if len(line) > 4]


def longest_copies(poems: Iterable[str], sources: Iterable[str], language: str) -> list[int]:
    """For each poem the longest run of units that a source has too."""
    made = [units(text, language) for text in poems]
    given = [units(text, language) for text in sources]
    longest, left, size = [0] * len(made), set(range(len(made))), 0
    while left:
        size += 1
        known = {hash(tuple(run[at : at + size])) for run in given for at in range(len(run) - size + 1)}
        left = {
            number
            for number in left
            if any(hash(tuple(made[number][at : at + size])) in known for at in range(len(made[number]) - size + 1))
        }
        for number in left:
            longest[number] = size
    return longest
