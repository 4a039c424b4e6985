"""One line of a show file, set by a program: the value changes, and every other byte of the file stays as it was."""

import os
import re
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from performer.errors import ShowError
from performer.session.room import DELAY
from performer.show import Show, parse_show
from performer.show_text import read_text

_HEADING = re.compile(r"\ufeff?\s*\[\s*midi\s*\]\s*(#.*)?$")
_ANY_HEADING = re.compile(r"\s*\[")
_LINE = re.compile(r"(?P<before>\s*[\"']?delay[\"']?\s*=\s*)(?P<value>[^\s#]+)(?P<after>.*)$", re.DOTALL)


def read(path: Path) -> tuple[str, Show]:
    """The text of a show file with its line ends, and the show. Raises ShowError."""
    text = read_text(path, f"`performer init {path}` writes one.")
    return text, parse_show(text, str(path))


def with_delay(text: str, delay_ms: float) -> str:
    """The text of a show file with `delay` under [midi] set to so many milliseconds."""
    lines = text.splitlines(keepends=True)
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    place = next((number for number, line in enumerate(lines) if _HEADING.match(line)), None)
    if place is None:
        gap = ("" if not lines or lines[-1].endswith("\n") else end) + (end if lines else "")
        return f"{text}{gap}[midi]{end}delay = {delay_ms}{end}"
    for number in range(place + 1, len(lines)):
        if _ANY_HEADING.match(lines[number]):
            break
        if match := _LINE.match(lines[number]):
            lines[number] = f"{match['before']}{delay_ms}{match['after']}"
            return "".join(lines)
    if not lines[place].endswith("\n"):
        lines[place] += end
    lines.insert(place + 1, f"delay = {delay_ms}{end}")
    return "".join(lines)


def save(path: Path, delay_ms: float) -> None:
    """Set the delay in the show file, all at once or not at all. Raises ShowError, and then the file is as it was."""
    text, show = read(path)
    changed = with_delay(text, delay_ms)
    if not _says(changed, replace(show, values={**show.values, DELAY: delay_ms})):
        raise ShowError(f"'{path}' writes its [midi] section in a way that is not changed here.", f"Write delay = {delay_ms} into it yourself.")
    try:
        _replace(path.resolve(), changed.encode())
    except OSError as error:
        raise ShowError(f"'{path}' cannot be written ({error.strerror}).", f"Write delay = {delay_ms} under [midi] yourself.") from None


def _replace(path: Path, content: bytes) -> None:
    """Put the content in the file's place, with the file's rights."""
    with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        beside = Path(file.name)
    try:
        beside.write_bytes(content)
        shutil.copymode(path, beside)
        os.replace(beside, path)
    except OSError:
        beside.unlink()
        raise


def _says(text: str, show: Show) -> bool:
    """Whether the text means just this show."""
    try:
        return parse_show(text, "") == show
    except ShowError:
        return False
