"""The shortest script that still shows a fault: steps are left out as long as the same thing is wrong."""

import re
from collections.abc import Sequence
from typing import Any

from tests.rig.rig import Rig

Step = tuple[str, tuple[Any, ...]]
Made = tuple[tuple[Any, ...], dict[str, Any]]  # the arguments of a Rig


def replay(made: Made, steps: Sequence[Step]) -> tuple[str, int]:
    """What is wrong first, and after how many steps; nothing where all holds."""
    rig = Rig(*made[0], **made[1])
    for number, (verb, arguments) in enumerate(steps, start=1):
        try:
            rig.do(verb, *arguments)
            rig.check()
        except AssertionError as error:
            return str(error), number
    return "", len(steps)


def shrink(made: Made, steps: Sequence[Step], wrong: str) -> tuple[list[Step], str]:
    """The steps that are needed, and what is wrong after them. The same words are the same fault, whatever their numbers."""
    found, number = replay(made, steps)
    if not found:
        return list(steps), wrong
    kept, wrong = list(steps[:number]), found
    while number:
        number = max(1, number // 2)
        place = 0
        while place < len(kept):
            fewer = [*kept[:place], *kept[place + number :]]
            found, after = replay(made, fewer)
            if found and _same(found, wrong):
                kept, wrong = fewer[:after], found
            else:
                place += number
        number = 0 if number == 1 else number
    return kept, wrong


def script(made: Made, steps: Sequence[Step], wrong: str) -> str:
    """A program that shows it."""
    words = ", ".join([*map(repr, made[0]), *(f"{name}={value!r}" for name, value in made[1].items())])
    lines = ["from tests.rig.rig import Rig", "", f"rig = Rig({words})"]
    lines += [f"rig.{verb}({', '.join(map(repr, arguments))})" for verb, arguments in steps]
    return "\n".join([*lines, "rig.check()", *(f"# {line}" for line in wrong.splitlines()[:6]), ""])


def _same(one: str, other: str) -> bool:
    return _kind(one) == _kind(other)


def _kind(wrong: str) -> str:
    return re.sub(r"\{[^}]*\}|\([^)]*\)|[-\d.]+", "", wrong.split("\n", maxsplit=1)[0])
