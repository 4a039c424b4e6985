"""How English words sound: syllables, stress and rhyme.

The source is the CMU Pronouncing Dictionary (data/cmudict.txt.xz, BSD-style licence beside it), its first
pronunciation of each word. A word that it lacks is sounded by spelling rules, and says so in `known`: a
vowel group is a syllable, a silent e is none, the stress lies on the first syllable.
"""

import functools
import lzma
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

DICTIONARY = Path(__file__).with_name("data") / "cmudict.txt.xz"
VOWELS = re.compile(r"[aeiouy]+")
SIBILANTS = {"S", "Z", "SH", "ZH", "CH", "JH"}
VOICELESS = {"P", "T", "K", "F", "TH"}


@dataclass(frozen=True, slots=True)
class Sound:
    """How a word is said."""

    stresses: str
    """A digit a syllable: 1 main stress, 2 secondary, 0 none."""
    rhyme: str
    """Phones from the last stressed vowel on. Two words rhyme if these are equal."""
    known: bool = True
    """Whether the dictionary has the word; else spelling rules guessed."""

    @property
    def syllables(self) -> int:
        return len(self.stresses)


@functools.cache
def _dictionary() -> dict[str, str]:
    """Word to phones. Loaded once, about 0.2 s."""
    with lzma.open(DICTIONARY, "rt", encoding="utf-8") as file:
        # A second pronunciation is written "word(2)".
        entries = (line.rstrip("\n").split(" ", 1) for line in file)
        return {word: phones for word, phones in entries if not word.endswith(")")}


@functools.lru_cache(65_536)
def sound_of(word: str) -> Sound:
    """The sound of a word, in any case, with either apostrophe."""
    word = word.lower().replace("’", "'").strip("-")
    phones = _phones(word)
    return _sound(phones) if phones else _guess(word)


def rhymes(one: str, other: str) -> bool:
    """Whether two different words rhyme."""
    return one.lower() != other.lower() and sound_of(one).rhyme == sound_of(other).rhyme


def dictionary_words() -> Iterable[str]:
    """Every word of the dictionary."""
    return _dictionary().keys()


def _phones(word: str) -> list[str]:
    found = _dictionary().get(word)
    if found:
        return found.split()
    if word.endswith("'s") and (base := _dictionary().get(word[:-2])):
        phones = base.split()
        last = phones[-1]
        return [*phones, *(("IH0", "Z") if last in SIBILANTS else ("S",) if last in VOICELESS else ("Z",))]
    return []


def _sound(phones: list[str]) -> Sound:
    stresses = "".join(phone[-1] for phone in phones if phone[-1].isdigit())
    if not stresses:
        return Sound("1", " ".join(phones))
    stressed = [place for place, phone in enumerate(phones) if phone[-1] in "12"]
    vowels = [place for place, phone in enumerate(phones) if phone[-1].isdigit()]
    start = stressed[-1] if stressed else vowels[-1]
    return Sound(stresses, " ".join(phone.rstrip("012") for phone in phones[start:]))


def _guess(word: str) -> Sound:
    letters = re.sub(r"[^a-z]", "", word)
    bare = re.sub(r"(?<=[^aeiouyl])e$|(?<=[aeiou]l)e$|(?<=[^aeioutd])ed$", "", letters)
    groups = list(VOWELS.finditer(bare))
    count = max(1, len(groups))
    tail = bare[groups[-1].start() if groups else 0 :]
    return Sound("1" + "0" * (count - 1), f"spelled {tail}", known=False)
