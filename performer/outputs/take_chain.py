"""A take with those that it goes on from: a show that plays for long writes several files, and the later ones begin in its midst."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from performer.assets import is_file_name
from performer.errors import TakeError
from performer.outputs.take import Opening, gap_in_words, read_take

MOST_BYTES = 512_000_000  # of files that are read to tell one of them again


@dataclass(frozen=True, slots=True)
class Chain:
    """The lines from the beginning of the show on, where they are there, else those of the take alone. `since`: the second that the take itself
    begins at. `gaps`: what is missing, in words; `broken`: why the take cannot be played again, in words, empty where it can."""

    opening: Opening
    lines: list[dict[str, Any]]
    since: float
    gaps: tuple[str, ...] = ()
    broken: str = ""


def read_chain(path: Path, notice: Callable[[str], object]) -> Chain:
    """The take and what it goes on from. Raises TakeError where the take itself cannot be read."""
    opening, own = read_take(path, notice)
    gaps = tuple(gap_in_words(line["gap"][0], line["gap"][1], line["notes"]) for line in own if "gap" in line)
    since = min((line["t"] for line in own if "t" in line), default=0.0) if opening.continues else float("-inf")
    alone = Chain(opening, own, since, gaps)
    if gaps:
        return _broken(alone, "it has a gap")
    lines, first, size, seen = own, opening, path.stat().st_size, {path.name}
    while first.continues:
        name = first.continues
        before = path.with_name(name)
        if first.left_out:
            return _broken(alone, f"{first.left_out} lines before it are in no file")
        if not is_file_name(name) or name in seen or not before.is_file():
            return _broken(alone, f"'{name[:80]}', which it goes on from, is not here")
        size += before.stat().st_size
        if size > MOST_BYTES:
            return _broken(alone, "the show before it is too long")
        seen.add(name)
        try:
            first, earlier = read_take(before, notice)
        except TakeError:
            return _broken(alone, f"'{name}', which it goes on from, cannot be read")
        if any("gap" in line for line in earlier):
            return _broken(alone, f"'{name}', which it goes on from, has a gap")
        lines = [*(line for line in earlier if "end" not in line), *lines]
    return Chain(first, lines, since, gaps, f"{first.left_out} lines before it are in no file" if first.left_out else "")


def _broken(chain: Chain, why: str) -> Chain:
    return Chain(chain.opening, chain.lines, chain.since, chain.gaps, why)
