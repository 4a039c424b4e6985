"""What surfaces send in place of a value, turned into the value that is meant. Pure; strict checks stay in `parameters`.

Accepted where it can mean one thing only: whole floats for ints and ints for floats, numbers written as text, the words of a switch, a choice in
another case, an array of one, a press flag beside the value, four bytes without a type tag. A number out of range is clamped, and said to be.
"""

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from performer.inputs.osc_decoder import Untyped
from performer.parameter import Parameter
from performer.parameters import Command, Table

SWITCH_WORDS: Mapping[str, bool] = {"true": True, "on": True, "false": False, "off": False}
LONGEST_NUMBER = 24  # letters of a number that is written out
FLOAT32 = 1e-6  # of a number: so near to each other are the same float of 32 bits and of 64


@dataclass(frozen=True, slots=True)
class Converted:
    """A parameter's value, the beat or bar it was asked for (empty: none), and where it is not what was sent the sentence that says so."""

    value: Any
    when: str = ""
    notice: str = ""


def convert_parameter(table: Table, address: str, arguments: Sequence[Any]) -> Converted:
    """The value that is meant for the parameter at `address`. Raises ParameterError for what may mean several things or none."""
    given = [_unwrapped(argument) for argument in arguments]
    row = table.rows.get(address)
    if row is None:
        return Converted(*table.split(address, given))
    if len(given) == 2 and isinstance(given[1], bool):
        given.pop()  # the press flag of a touch surface
    if given:
        given[0] = _converted(row, given[0])
        clamped = _clamped(row, given[0])
        if clamped != given[0]:
            value, when = table.split(address, [clamped, *given[1:]])
            if math.isclose(clamped, given[0], rel_tol=FLOAT32):
                return Converted(value, when)
            notice = f"{address} takes a number {row.range}; {given[0]:g} is outside, {clamped:g} is taken. This is told once."
            return Converted(value, when, notice)
    return Converted(*table.split(address, given))


def convert_command(command: Command, arguments: Sequence[Any]) -> tuple[Any, ...]:
    """The arguments of a command; one that takes none may come with any, as a Pure Data bang does. Raises ParameterError."""
    if not command.arguments:
        return ()
    tags = command.arguments.replace("[", "").replace("]", "")
    given = [_unwrapped(argument) for argument in arguments]
    return command.check([_number(value) if tag != "s" else value for tag, value in zip(tags, given, strict=False)] + given[len(tags) :])


def _unwrapped(argument: Any) -> Any:
    while isinstance(argument, tuple) and len(argument) == 1:
        argument = argument[0]
    return argument


def _converted(row: Parameter, value: Any) -> Any:
    """The value in the type of the row, where its text or its bytes can be read so; else as it is."""
    if isinstance(value, Untyped):
        value = _typed(row, value)
    if not isinstance(value, str):
        return value
    if row.kind == "choice":
        return _chosen(row, value)
    if row.kind == "bool" and value.strip().lower() in SWITCH_WORDS:
        return SWITCH_WORDS[value.strip().lower()]
    return _number(value)


def _typed(row: Parameter, untyped: Untyped) -> Any:
    """Senders from before OSC 1.0 say no types: four bytes are what the row takes, and what is no number of it is a text."""
    if row.kind != "choice" and len(untyped.data) == 4:
        number: float = struct.unpack(">f" if row.kind == "float" else ">i", untyped.data)[0]
        return number
    text = untyped.data.rstrip(b"\0")
    return text.decode("ascii") if text.isascii() and 0 < len(text) < len(untyped.data) and b"\0" not in text else untyped


def _chosen(row: Parameter, text: str) -> str:
    """The choice of this name, in whatever case; the text itself where there is none."""
    if text in row.choices:
        return text
    return {choice.lower(): choice for choice in row.choices}.get(text.strip().lower(), text)


def _number(value: Any) -> Any:
    """The number that a text writes out; a text that writes none as it is."""
    if not isinstance(value, str) or "_" in value or len(value) > LONGEST_NUMBER:
        return value
    try:
        return int(value) if value.strip().lstrip("+-").isdecimal() else float(value)
    except (ValueError, OverflowError):
        return value


def _clamped(row: Parameter, value: Any) -> Any:
    """The nearest value in the row's range; what is no number, or one of a list, as it is."""
    if row.kind not in ("float", "int") or row.choices or isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    if not math.isfinite(value):
        return value
    return min(max(value, row.low), row.high)

