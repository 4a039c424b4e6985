"""Values of a show file that mean one thing only, though they are written in another type: accepted, so that the reader can say so."""

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from performer.text import text_problem

LONGEST_SHOWN = 60  # letters of a value in a sentence
NUMBER = re.compile(r"[+-]?(\d{1,30})(\.\d{0,30})?([eE][+-]?\d{1,3})?")
TRUTHS = {"true": True, "false": False}
NAMED = re.compile(r"\$([A-Za-z_]\w*)|\$\{(\w+)\}|%(\w+)%")
DRIVE = re.compile(r"[A-Za-z]:[\\/]|\\\\")


def lenient(value: Any, kind: str, choices: Sequence[str] = ()) -> Any:
    """The value as a `kind` (int, float, bool, str, choice, list) where it can only mean one; otherwise as it is."""
    if kind == "list":
        return [value] if isinstance(value, str) else value
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if kind in ("int", "float") and isinstance(value, str) and NUMBER.fullmatch(value.strip()):
        value = float(value)
    if kind == "int" and isinstance(value, float) and value.is_integer():
        return int(value)
    if kind == "bool" and isinstance(value, str):
        return TRUTHS.get(value.strip().lower(), value)
    if kind == "bool" and isinstance(value, (int, float)) and value in (0, 1):
        return bool(value)
    if kind == "choice":
        return _choice(value, choices)
    return value


def _choice(value: Any, choices: Sequence[str]) -> Any:
    """The choice that is written with other capitals or spaces, or as the number that is its name."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if str(value) in choices else value
    if not isinstance(value, str):
        return value
    meant = [choice for choice in choices if choice.casefold() == value.strip().casefold()]
    return meant[0] if len(meant) == 1 else value


def shown(value: Any) -> str:
    """The value in a sentence, as TOML writes it, no longer than a line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, (str, list, int, float)):
        text = repr(value) if not isinstance(value, int) or abs(value) < 10**LONGEST_SHOWN else "a number without end"
    else:
        text = str(value)  # a date
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def folder_path(text: str, base: Path | None) -> str:
    """The folder with `~` and variables ($HOME, %APPDATA%) filled in, and a relative one below `base`. Raises ValueError with the reason."""
    if problem := text_problem(text):
        # TOML reads the \t of "C:\takes" as a tab.
        raise ValueError(f"{problem}; a backslash in double quotes begins such a character, in single quotes it does not")
    if sys.platform != "win32" and DRIVE.match(text):
        raise ValueError("is a path of Windows, and this is another system")
    path = Path(text)
    if text.startswith("~") and not (base or Path()).joinpath(path.parts[0]).is_dir():
        path = _at_home(text)
    elif NAMED.search(text) and not (base or Path()).joinpath(path).exists():
        path = Path(NAMED.sub(_variable, text))
        if str(path).startswith("~"):
            path = _at_home(str(path))
    return str(path if base is None or path.is_absolute() else base / path)


def _at_home(text: str) -> Path:
    path = os.path.expanduser(text)
    if path.startswith("~"):
        raise ValueError("begins with a home folder that this system does not know")
    return Path(path)


def _variable(found: re.Match[str]) -> str:
    name = found[1] or found[2] or found[3]
    value = os.environ.get(name)
    if value is None and found[3] and sys.platform != "win32":
        return found[0]  # a folder may have two % in its name
    if value is None:
        raise ValueError(f"names the variable {name}, which is not set")
    return value


def as_toml(value: Any) -> str:
    """The value as a show file writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(as_toml, value))}]"
    return repr(value)
