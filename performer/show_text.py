"""The text of a show file: read from whatever an editor saved, and its faults in words with the line where they stand."""

import codecs
import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from performer.errors import ShowError

LARGEST = 1 << 20  # bytes: far more than any show says, and an endless device ends here
MARKS = ((codecs.BOM_UTF32_LE, "UTF-32"), (codecs.BOM_UTF32_BE, "UTF-32"), (codecs.BOM_UTF16_LE, "UTF-16"), (codecs.BOM_UTF16_BE, "UTF-16"))
BYTE_ORDER_MARK = "\ufeff"
CURLY = re.compile("[\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u00ab\u00bb]")
PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
WORDS_FOR_TRUTH = ("true", "false", "yes", "no", "on", "off", "none", "null")
KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
HEADING = re.compile(r"""\s*\[\[?\s*([^\[\]]+?)\s*\]""")


def read_text(path: Path, remedy: str = "`performer init` writes one.") -> str:
    """The text of the show file, byte order mark and line ends as they are. Raises ShowError, one sentence; `remedy` is that for a file that
    cannot be read."""
    try:
        if path.is_dir():
            raise ShowError(f"'{path}' is a folder, not a show file.", "Name the file in it.")
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise ShowError(f"The show file '{path}' cannot be read ({error.strerror}).", remedy) from None
    if len(content) > LARGEST:
        raise ShowError(f"'{path}' is larger than {LARGEST >> 20} MB, so it is no show file.", "Name the file that `performer init` wrote.")
    return decode(content, str(path))


def decode(content: bytes, name: str) -> str:
    """The bytes of a show file as text; `name` stands in the errors. Raises ShowError, with the line where a byte is not UTF-8."""
    marked = next((encoding for mark, encoding in MARKS if content.startswith(mark)), "")
    if not marked and content.count(0) > len(content) // 4:  # every other byte of plain words
        marked = "UTF-16"
    if marked:
        raise ShowError(f"The show file '{name}' is text in {marked}, not in UTF-8.", "Save it as UTF-8 in your editor (Save as, Encoding).")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ShowError(
            f"{name}, line {line}: the byte 0x{content[error.start]:02X} is not text in UTF-8.",
            "Save the file as UTF-8 in your editor (Save as, Encoding).",
        ) from None
    return text


def parse_toml(text: str, name: str) -> dict[str, Any]:
    """What the text says. Raises ShowError with the line and what to write instead."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ShowError(f"{name}: not TOML: its brackets are nested too deep.", "`performer init` writes a file to start from.") from None
    except ValueError as error:
        message = str(error)
        place = PLACE.search(message)
        number = int(place[1]) if place and place[1] else 0
        lines = text.split("\n")
        line = lines[number - 1] if 0 < number <= len(lines) else ""
        raise ShowError(f"{name}: not TOML: {message}.", _remedy(message, line)) from None


def _remedy(message: str, line: str) -> str:
    """What to write instead of a line that TOML refuses."""
    key, _, value = (part.strip() for part in line.partition("="))
    if CURLY.search(line):
        return """Write straight quotes, " or ', instead of typographic ones."""
    if "\\" in line and '"' in line and ("hex" in message or "escape" in message.lower() or "\\" in message):
        return f"""Write a Windows path in single quotes, {key} = 'C:\\Users\\me', or with / instead of \\."""
    if "twice" in message or "immutable" in message:
        return "Write each heading once; several voices or scenes are written [[voice]], [[scene]] each."
    if "overwrite" in message:
        return "This name stands twice; keep one of them."
    if "'=' after a key" in message:
        return "Write key = value."
    if "invalid character" in message.lower() or "Illegal character" in message:
        return "Delete that character."
    if re.search(r"=\s*[+-]?\d+,\d", line):
        return "Write a decimal with a dot, as 1.5."
    if re.search(r"=\s*[+-]?0\d", line):
        return "Write the number without zeros before it."
    if value.split("#")[0].strip().lower() in WORDS_FOR_TRUTH:
        return "Write true or false, in small letters."
    if message.startswith("Invalid value") and value:
        return f'Write a text in quotes: {key} = "{value}".'
    return "Correct that line."


def line_of(lines: Sequence[str], section: str, key: str, place: int) -> int:
    """The line (from 1) of a key in the section's `place`-th occurrence, or of what leads there: the nearest key or heading above it."""
    wanted = (*_parts(section), *re.split(r"[/.]", key))
    seen, best, found = 0, 0, 1
    for number, is_heading, path in _paths(lines):
        if is_heading and path == _parts(section):
            seen += 1
        shared = len(path) if path == wanted[: len(path)] else 0
        if shared > best and seen in (0, place):
            best, found = shared, number
    return found


def _paths(lines: Sequence[str]) -> Iterator[tuple[int, bool, tuple[str, ...]]]:
    """The number of each line that names something, whether it is a heading, and the whole name."""
    under: tuple[str, ...] = ()
    for number, line in enumerate(lines, start=1):
        if heading := HEADING.match(line):
            under = _parts(heading[1])
            yield number, True, under
        elif key := KEY.match(line):
            yield number, False, (*under, *_parts(key[1]))


def _parts(name: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in name.split(".")) if name else ()
