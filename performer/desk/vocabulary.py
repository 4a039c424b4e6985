"""What a page may say: a JSON array of an OSC address and its arguments, held against the table before it goes to the engine."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from performer.errors import ParameterError
from performer.parameters import COMMANDS, FEEDBACK, Command, Table
from performer.text import message_problem

_BY_ADDRESS: Mapping[str, Command] = {command.address: command for command in COMMANDS}
Said = tuple[str, tuple[Any, ...]]


def understand(table: Table, text: str) -> Said:
    """The address and the arguments, in the types that the engine expects. Raises ParameterError, with the address and the reason."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise ParameterError("A message is a JSON array, this was not JSON.") from None
    if not isinstance(message, list) or not message or not isinstance(message[0], str):
        raise ParameterError("A message is a JSON array: an address and its arguments.")
    address, arguments = message[0], message[1:]
    if problem := message_problem(address, arguments):
        raise ParameterError(problem)
    if address in _BY_ADDRESS:
        return address, _BY_ADDRESS[address].check(arguments)
    if any(isinstance(argument, (list, dict)) for argument in arguments):
        raise ParameterError(f"{address} takes numbers, texts and truth values, no lists.")
    try:
        value, when = table.split(address, arguments)
    except OverflowError:  # JSON's whole numbers have no end
        raise ParameterError(f"{address} takes a number within its range.") from None
    return address, (value, when) if when else (value,)


def address_of(text: str) -> str:
    """The address of a message that could not be understood, as far as it can be told."""
    try:
        message = json.loads(text)
        return message[0][:200] if isinstance(message[0], str) else ""
    except (ValueError, RecursionError, LookupError, TypeError):
        return ""


def describe(table: Table) -> dict[str, Any]:
    """The table as JSON: what the page builds its controls from."""
    return {
        "voices": table.voices,
        "parameters": [asdict(row) for row in table.rows.values()],
        "commands": list(map(_command, COMMANDS)),
        "feedback": list(map(_command, FEEDBACK)),
    }


def _command(command: Command) -> dict[str, str]:
    return asdict(command)
