"""What to write instead of a name that no show file knows: the nearest one, or the section that it belongs to."""

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

MOST_NAMED = 40  # keys that an error names
SEVERAL = ("voice", "modulation", "scene")  # sections that stand in double brackets
Keys = Mapping[str, Sequence[str]]  # those of each section


def no_section(key: str, content: Any, keys: Keys) -> tuple[str, str]:
    """What is wrong with a name on the first level, and what to write instead."""
    owners = _sections_with(key, keys)
    if not isinstance(content, (dict, list)) and owners:
        return f"{key} stands under no section", f"write {' or '.join(map(_heading, owners))} in a line above it"
    near = difflib.get_close_matches(key.lower().replace("_", ""), keys, 1, 0.6)
    instead = f"write {_heading(near[0])}; " if near else ""
    return f"there is no section [{key}]", f"{instead}the sections are {', '.join(keys)}"


def _heading(section: str) -> str:
    return f"[[{section}]]" if section in SEVERAL else f"[{section}]"


def no_key(section: str, key: str, names: Sequence[str], keys: Keys) -> tuple[str, str]:
    """What is wrong with a key that the section does not have, and what to write instead."""
    first = re.split(r"[/.]", key)[0]
    if first in names and first != key:
        return f"{first} is one value, not a table", f"write {first} = and the value"
    owners = [each for each in _sections_with(key.replace("/", "."), keys) if each != section]
    if owners and section != "scene" and not difflib.get_close_matches(key, names, 1, 0.85):
        return f"[{section}] has no such key", f"it belongs under {' or '.join(map(_heading, owners))}; {_instead(key, names)}"
    return f"[{section}] has no such key", _instead(key, names)


def _instead(key: str, names: Sequence[str]) -> str:
    """What to write where a section has no such key: the nearest, and all that it has where they are few, or else where they stand."""
    wanted = key.replace("/", ".")
    folded = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(wanted.casefold(), folded, 1, 0.6 if len(names) <= MOST_NAMED else 0.75)
    if len(names) <= MOST_NAMED:
        return f"{f'write {folded[near[0]]}; ' if near else ''}its keys are {', '.join(names)}"
    return f"write {folded[near[0]]}" if near else "`performer parameters` lists them; a dot stands for each slash"


def _sections_with(key: str, keys: Keys) -> list[str]:
    """The sections that have a key of this name."""
    return [section for section, names in keys.items() if key in names]
