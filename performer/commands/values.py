"""What an option may hold, as types for the parser: numbers within bounds, names of files. An error says the value and the bounds."""

import math
from argparse import ArgumentTypeError
from collections.abc import Callable
from pathlib import Path

MOST = 1_000_000  # of anything that is counted
LONGEST_S = 1e8  # seconds, three years


def whole(low: int, high: int = MOST) -> Callable[[str], int]:
    """The type of a whole number from `low` to `high`."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise ArgumentTypeError(f"'{text}' is no whole number. Give one from {low} to {high}.") from None
        if not low <= number <= high:
            raise ArgumentTypeError(f"{text} is out of range. Give a whole number from {low} to {high}.")
        return number

    return read


def number(low: float, high: float, above: bool = False) -> Callable[[str], float]:
    """The type of a number from `low` to `high`; with `above`, `low` itself is too little."""
    bounds = f"{'above' if above else 'from'} {_plain(low)} {'and at most' if above else 'to'} {_plain(high)}"

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            raise ArgumentTypeError(f"'{text}' is no number. Give one {bounds}.") from None
        if not low <= value <= high or (above and value == low) or math.isnan(value):
            raise ArgumentTypeError(f"{text} is out of range. Give a number {bounds}.")
        return value

    return read


def _plain(bound: float) -> str:
    return str(int(bound)) if bound == int(bound) else str(bound)


seconds = number(0.0, LONGEST_S)
duration = number(0.0, LONGEST_S, above=True)
rate = number(0.0, 1e6, above=True)


def path(text: str) -> Path:
    """The type of the name of a file or a folder."""
    if not text.strip():
        raise ArgumentTypeError("the name is empty. Give one.")
    return Path(text).expanduser()
