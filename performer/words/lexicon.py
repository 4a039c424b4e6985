"""The English words that may be written, ordered for the questions of a search: which words begin so, have so
few syllables, carry their stress there, rhyme."""

import functools
import lzma
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from performer.errors import ModelError
from performer.words.english import dictionary_words, sound_of

# Words that begin with an apostrophe, which the list of words does not hold.
CLIPPED = ("'tis", "'twas", "'twere", "'twill", "'mid", "'neath", "'gainst", "'twixt", "'em", "'til")
NUMERALS = frozenset(("ii", "iii", "iv", "vi", "vii", "viii", "ix", "xi", "xii", "xiii", "xiv", "xv", "xvi"))
ARTICLES = frozenset({"a", "an", "the"})
COMMON = 18_000  # words that are used; rarer ones are names and dialect
RHYMING = 6_000  # the rank up to which a word may end a rhymed line


class Lexicon:
    """Words with their rank. Thread-safe: yes."""

    def __init__(self, words: Iterable[str]) -> None:
        """`words`: the most frequent first."""
        self.ranks = {word: rank for rank, word in enumerate([*words, *CLIPPED])}
        self._all = sorted(self.ranks)
        dictionary = set(dictionary_words())
        # A line of fixed length takes only words whose sound is known.
        self._sounded = [word for word in self._all if word in dictionary or sound_of(word).known]
        self._rhyming: dict[str, list[str]] = defaultdict(list)
        for word in self._sounded:
            if self.ranks[word] < RHYMING:
                self._rhyming[sound_of(word).rhyme].append(word)

    @classmethod
    def load(cls, path: Path) -> "Lexicon":
        """Raises ModelError for a file that is none."""
        try:
            words = lzma.decompress(path.read_bytes()).decode().split()
            return cls(word for word in words[:COMMON] if word not in NUMERALS)
        except (OSError, lzma.LZMAError, UnicodeDecodeError) as error:
            raise ModelError(
                f"'{path}' is no list of words ({error}).",
                "Make it again with performer.training.verse.guard.",
            ) from None

    def __contains__(self, word: str) -> bool:
        return word in self.ranks

    def begins(self, prefix: str, most: int = 0, place: int | None = None, rhyme: str = "") -> bool:
        """Whether a word begins so that has at most `most` syllables (0: any word). With `place`, the number of
        syllables before it, its stress fits an iambic line. With `rhyme`, a word of `most` syllables has it."""
        if not most:
            return _has_prefix(self._all, prefix)
        parity = None if place is None else place % 2
        if not rhyme:
            return _has_prefix(self._fitting(most, parity), prefix)
        return _has_prefix(self._fitting(most - 1, parity), prefix) or _has_prefix(
            self.rhyming(rhyme, most, parity), prefix
        )

    @functools.lru_cache(256)  # noqa: B019 (a lexicon lives as long as its model)
    def rhyming(self, rhyme: str, syllables: int, parity: int | None = None) -> Sequence[str]:
        """Frequent words that end a line so, in alphabetical order."""
        words = self._rhyming.get(rhyme, [])
        return [w for w in words if len(sound_of(w).stresses) == syllables and fits_iambic(w, parity)]

    def rhyme_size(self, rhyme: str) -> int:
        """How many frequent words have this rhyme."""
        return len(self._rhyming.get(rhyme, ()))

    def common(self, syllables: int, parity: int | None) -> Sequence[str]:
        """Frequent words of so many syllables."""
        words = [w for w in self._fitting(syllables, parity) if self.ranks[w] < 4000]
        return [w for w in words if len(sound_of(w).stresses) == syllables]

    @functools.lru_cache(64)  # noqa: B019
    def _fitting(self, most: int, parity: int | None) -> Sequence[str]:
        return [w for w in self._sounded if len(sound_of(w).stresses) <= most and fits_iambic(w, parity)]


def fits_iambic(word: str, parity: int | None) -> bool:
    """Whether the word may begin after an even (0) or odd (1) number of syllables of an iambic line; None: of
    any line. Its main stress falls on an even syllable if it has several; an article takes none."""
    if parity is None:
        return True
    stresses = sound_of(word).stresses
    if len(stresses) == 1:
        return not (word in ARTICLES and parity == 1)
    return all((parity + place) % 2 == 1 for place, stress in enumerate(stresses) if stress == "1")


def _has_prefix(words: Sequence[str], prefix: str) -> bool:
    place = bisect_left(words, prefix)
    return place < len(words) and words[place].startswith(prefix)
