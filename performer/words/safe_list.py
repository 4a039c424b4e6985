"""Words that never appear. English entries are whole words, with their plural and other endings, so that a
word which only contains one ("grass") stays free. Chinese entries are any run of characters."""

import re
from collections.abc import Iterable, Sequence

ENDINGS = ("", "s", "es", "'s", "d", "ed", "er", "ers", "ing", "ings", "y")
HAN = re.compile(r"[\u3400-\u9fff]")


class SafeList:
    """Thread-safe: yes."""

    def __init__(self, entries: Iterable[str]) -> None:
        cleaned = [" ".join(entry.lower().replace("’", "'").split()) for entry in entries]
        self._characters = [entry for entry in cleaned if entry and HAN.search(entry)]
        phrases = [tuple(entry.split(" ")) for entry in cleaned if entry and not HAN.search(entry)]
        self._words = {phrase[0] + ending for phrase in phrases if len(phrase) == 1 for ending in ENDINGS}
        self._phrases = [phrase for phrase in phrases if len(phrase) > 1]

    def refuses_words(self, words: Sequence[str]) -> bool:
        """Whether the last of these words is refused, alone or as the end of a phrase."""
        if words and words[-1] in self._words:
            return True
        return any(tuple(words[-len(phrase) :]) == phrase for phrase in self._phrases)

    def refuses_text(self, text: str) -> bool:
        """Whether Chinese text holds a refused run."""
        return any(entry in text for entry in self._characters)
