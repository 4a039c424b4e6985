"""Guards verse against copying: a compact filter of what the training poems say.

English: each run of seven words. Chinese: each line between marks. The filter is a Bloom filter (Bloom 1970)
in the model's folder: it never misses a copy, and takes a small share of new text for one (`false_positives`
in the card), which costs the writer another word. `performer.training.verse.guard` makes it.
"""

import hashlib
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from performer.errors import ModelError

RUN = 7
"""Words that may not stand in a row as in a training poem."""
SHORTEST = 5
"""Characters of a Chinese line below which it is anybody's."""
WORDS = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
MARKS = re.compile(r"[^\w□]+")


def words_of(text: str) -> list[str]:
    """The words of a text, small, without marks."""
    return WORDS.findall(text.lower().replace("’", "'"))


def runs_of(words: Sequence[str]) -> Iterator[str]:
    """Each run of RUN words."""
    return (" ".join(words[start : start + RUN]) for start in range(len(words) - RUN + 1))


def lines_of(text: str) -> list[str]:
    """The Chinese lines of a text that are long enough to be somebody's."""
    return [line for line in MARKS.split(text) if len(line) >= SHORTEST]


class CopyFilter:
    """A set of texts that answers "perhaps" or "no". Thread-safe: yes, once it is made."""

    def __init__(self, bits: bytes, hashes: int) -> None:
        self._bits, self._size, self.hashes = bits, 8 * len(bits), hashes

    def __contains__(self, text: str) -> bool:
        return all(
            self._bits[place >> 3] >> (place & 7) & 1 for place in _places(text, self._size, self.hashes)
        )

    @property
    def false_positives(self) -> float:
        """The share of other texts that are taken for one of the set."""
        ones = int(np.unpackbits(np.frombuffer(self._bits, np.uint8)).sum())
        return float((ones / self._size) ** self.hashes)

    @classmethod
    def of(cls, texts: Iterable[str], most: int) -> "CopyFilter":
        """The filter of these texts, of two bytes a text and at most `most` bytes."""
        different = set(texts)
        size = max(1, min(most, 2 * len(different)))
        hashes = max(1, round(8 * size / max(1, len(different)) * 0.693))
        bits = bytearray(size)
        for text in different:
            for place in _places(text, 8 * size, hashes):
                bits[place >> 3] |= 1 << (place & 7)
        return cls(bytes(bits), hashes)

    def save(self, path: Path) -> None:
        np.savez(path, bits=np.frombuffer(self._bits, np.uint8), hashes=np.int64(self.hashes))

    @classmethod
    def load(cls, path: Path) -> "CopyFilter":
        """Raises ModelError for a file that holds none."""
        try:
            # NumPy leaves its own file open where it is no archive.
            with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                bits, hashes = file["bits"].astype(np.uint8).tobytes(), int(file["hashes"])
            if not bits or not 0 < hashes < 100:
                raise ValueError(f"{len(bits)} bytes, {hashes} hashes")
            return cls(bits, hashes)
        except (
            OSError,
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
            EOFError,
            zipfile.BadZipFile,
        ) as error:
            raise ModelError(
                f"'{path}' is no filter of copies ({error}).",
                "Make it again with performer.training.verse.guard.",
            ) from None


def _places(text: str, size: int, hashes: int) -> Iterator[int]:
    """Double hashing (Kirsch and Mitzenmacher 2006)."""
    digest = hashlib.blake2b(text.encode(errors="replace"), digest_size=16).digest()
    first, step = int.from_bytes(digest[:8]), int.from_bytes(digest[8:]) | 1
    return ((first + number * step) % size for number in range(hashes))
