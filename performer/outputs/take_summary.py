"""What became of the takes of a show, in a sentence for the end of it: read from the files, so that nothing is said to be kept that is not."""

import contextlib
import json
import re
import shlex
from pathlib import Path

from performer.outputs.take import gap_in_words
from performer.outputs.take_folder import STAMP

TAIL = 4096  # bytes at the end of a file that hold its last line
GAP = b'"gap":['


def summarise(first: Path, since: float) -> str:
    """The takes in the folder of `first`, the one that the show began with, that were written after the moment `since` (seconds of the system)."""
    takes = [path for path in _takes_of(first) if path == first or path.stat().st_mtime >= since]
    if not takes:
        return f"No take is kept: nothing could be written to '{first.parent}'. Make room, or name another folder under [takes]."
    gaps = [words for path in takes for words in _gaps(path)]
    cut = [path for path in takes if not _is_whole(path)]
    kept = "The take is kept" if len(takes) == 1 else f"{len(takes)} takes are kept in '{first.parent}'"
    if gaps or cut:
        problems = "; ".join([*gaps, *(f"'{path.name}' breaks off" for path in cut)])
        kept = f"{'The take is' if len(takes) == 1 else f'{len(takes)} takes are'} not whole: {problems}"
    return f"{kept}. As a MIDI file: performer render {shlex.quote(str(takes[-1]))} -o take.mid"


def _takes_of(first: Path) -> list[Path]:
    """The files of the same show as `first` beside it, which have the name up to its time."""
    name, found = _show_of(first), list[Path]()
    with contextlib.suppress(OSError):
        found = [path for path in first.parent.glob("*.jsonl") if _show_of(path) == name and path.is_file()]
    return sorted(found, key=lambda path: path.stat().st_mtime)


def _show_of(path: Path) -> str:
    return re.sub(STAMP + "$", "", path.name)


def _is_whole(path: Path) -> bool:
    """Whether it ends with its last line."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - TAIL))
            lines = file.read().split(b"\n")
        return lines[-1] == b"" and "end" in json.loads(lines[-2])
    except (OSError, ValueError, IndexError):
        return False


def _gaps(path: Path) -> list[str]:
    try:
        with path.open("rb") as file:
            found = [json.loads(line) for line in file if GAP in line]
        return [gap_in_words(line["gap"][0], line["gap"][1], line["notes"]) for line in found if "gap" in line]
    except (OSError, ValueError, KeyError):
        return []
