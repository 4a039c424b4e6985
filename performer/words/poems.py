"""Poems as files hold them: one JSON object a line, packed with xz, gzip or not at all, with `text` and
perhaps `author`, `form`, `title`."""

import gzip
import json
import lzma
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from performer.errors import PerformerError

OPENERS: dict[str, Callable[..., IO[Any]]] = {".xz": lzma.open, ".gz": gzip.open}
ENDINGS = (".jsonl", ".jsonl.xz", ".jsonl.gz")


@dataclass(frozen=True, slots=True)
class Poem:
    """One poem."""

    text: str
    """As `tidy` returns it."""
    author: str = ""
    """Empty where the file names none."""
    form: str = ""
    """Such as "5-jueju" or "ci"; empty where the file names none."""


def tidy(text: str) -> str:
    """Return the text with one space between words, none around lines, and one empty line between stanzas."""
    lines = [" ".join(line.split()) for line in text.strip().splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def is_poem_file(path: Path) -> bool:
    """Whether the name is that of a file of poems."""
    return path.name.endswith(ENDINGS)


def read_poems(path: Path) -> Iterator[Poem]:
    """Yield the poems of a file; a poem without text is left out. Raises PerformerError with the line's
    number."""
    try:
        with OPENERS.get(path.suffix, open)(path, "rt", encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip() and (poem := _read_poem(line, number, path)).text:
                    yield poem
    except (OSError, EOFError, lzma.LZMAError, UnicodeDecodeError) as error:
        raise PerformerError(
            f"'{path}' cannot be read: {error}.", "Name a file of poems, one JSON object a line."
        ) from None


def _read_poem(line: str, number: int, path: Path) -> Poem:
    try:
        fields = json.loads(line)
        if not isinstance(fields["text"], str):
            raise TypeError("text is no string")
        return Poem(tidy(fields["text"]), str(fields.get("author") or ""), str(fields.get("form") or ""))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        problem = f"Line {number} of '{path}' is no poem ({type(error).__name__}: {error})."
        raise PerformerError(problem, 'Write one JSON object a line, such as {"text": "..."}.') from None
