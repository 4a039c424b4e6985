"""THE TABLE: every control a person may touch, once. OSC, the desk page, show files, takes and the reference page are driven by it.

To add a control is to add a row. An address with `{voice}` stands for one row for each voice, numbered from 1.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from performer.errors import ParameterError

VOICES = 16
MODES = ("call", "harmonise", "mute")
SCALES: Mapping[str, tuple[int, ...]] = MappingProxyType({
    "follow": (),  # the key the player plays in, found from the last notes
    "chromatic": tuple(range(12)),
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "pentatonic": (0, 2, 4, 7, 9),
    "minor pentatonic": (0, 3, 5, 7, 10),
    "blues": (0, 3, 5, 6, 7, 10),
    "whole tone": (0, 2, 4, 6, 8, 10),
})  # fmt: skip
KEYS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One control. `kind` is float, int, bool or choice; `low` and `high` are inclusive; `choices` belong to the kind choice."""

    address: str
    kind: str
    default: Any
    low: float = 0.0
    high: float = 1.0
    unit: str = ""
    doc: str = ""
    choices: tuple[str, ...] = ()

    def check(self, value: Any) -> Any:
        """The value in this parameter's own type. Raises ParameterError, and says what would be right, for any other.

        A whole float stands for an int (Pure Data sends nothing else), a choice may be given by its name or its place from 0."""
        if self.kind == "choice":
            return self._check_choice(value)
        if self.kind == "bool":
            if isinstance(value, bool) or (isinstance(value, (int, float)) and value in (0, 1)):
                return bool(value)
            raise ParameterError(f"{self.address} takes true or false, not {value!r}.")
        if isinstance(value, (str, bytes)) or not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value):
            raise ParameterError(f"{self.address} takes a number {self.range}, not {value!r}.")
        if self.kind == "int" and value != int(value):
            raise ParameterError(f"{self.address} takes a whole number {self.range}, not {value!r}.")
        if not self.low <= value <= self.high:
            raise ParameterError(f"{self.address} takes a number {self.range}; {value:g} is outside.")
        return int(value) if self.kind == "int" else float(value)

    def _check_choice(self, value: Any) -> str:
        if isinstance(value, str) and value in self.choices:
            return value
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value in range(len(self.choices)):
            return self.choices[int(value)]
        raise ParameterError(f"{self.address} takes one of {', '.join(self.choices)}, not {value!r}.")

    @property
    def range(self) -> str:
        """The range in words."""
        return f"from {self.low:g} to {self.high:g}{' ' + self.unit if self.unit else ''}"


def _row(address: str, kind: str, default: Any, low: float, high: float, unit: str, doc: str) -> Parameter:
    return Parameter(address, kind, default, low, high, unit, doc)


def _choice(address: str, default: str, choices: Iterable[str], doc: str) -> Parameter:
    return Parameter(address, "choice", default, doc=doc, choices=tuple(choices))


ROWS: tuple[Parameter, ...] = (
    _choice("/performer/voice/{voice}/mode", "call", MODES,
            "call answers when you stop and stops when you start; harmonise answers each note at once; mute is silent."),
    _row("/performer/voice/{voice}/channel", "int", 1, 1, 16, "", "The MIDI channel this voice plays on."),
    _row("/performer/voice/{voice}/low", "int", 36, 0, 127, "note", "The lowest note this voice may play."),
    _row("/performer/voice/{voice}/high", "int", 96, 0, 127, "note", "The highest note this voice may play."),
    _choice("/performer/voice/{voice}/scale", "follow", SCALES, "The notes this voice may use; follow listens for your key."),
    _choice("/performer/voice/{voice}/key", "C", KEYS, "The key note of the scale, where the scale is not follow."),
    _row("/performer/voice/{voice}/temperature", "float", 1.0, 0.05, 2.0, "", "How freely the notes are chosen: low is sure, high is wild."),
    _row("/performer/voice/{voice}/top_p", "float", 0.92, 0.05, 1.0, "", "The share of the likeliest choices that is considered."),
    _row("/performer/voice/{voice}/velocity", "float", 0.7, 0.0, 1.0, "", "How much the loudness follows yours (1) or the model's own (0)."),
    _row("/performer/voice/{voice}/notes", "int", 2, 1, 4, "notes", "In harmonise: how many notes answer each of yours."),
    _row("/performer/voice/{voice}/patience", "float", 0.7, 0.1, 5.0, "s", "In call: the silence after which a phrase is over."),
    _row("/performer/voice/{voice}/length", "float", 1.0, 0.25, 4.0, "", "In call: the answer's length against your phrase's."),
    _row("/performer/visuals/react", "float", 1.0, 0.0, 2.0, "", "How strongly the music moves the picture."),
    _row("/performer/visuals/speed", "float", 0.3, 0.0, 2.0, "", "How fast the picture walks by itself."),
    _row("/performer/visuals/truncation", "float", 0.9, 0.0, 1.5, "", "Near the mean picture (0) or far out (1 and more)."),
    _row("/performer/visuals/mix", "float", 0.35, 0.0, 1.0, "", "How much a second style is mixed into the fine layers."),
    _row("/performer/visuals/fps", "int", 24, 1, 60, "1/s", "How many pictures the generator makes a second, at most."),
    _row("/performer/visuals/fade", "float", 1.0, 0.0, 1.0, "", "The picture's brightness; 0 is black."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Command:
    """An address that does something instead of holding a value. `arguments` are OSC type tags; the ones in brackets may be left out."""

    address: str
    arguments: str
    doc: str

    def check(self, arguments: Sequence[Any]) -> tuple[int, ...]:
        """The arguments as MIDI numbers: 0-127, and 1-16 in the last, optional place, which is a channel. Raises ParameterError for others."""
        required, most = len(self.arguments.split("[")[0]), len(self.arguments.replace("[", "").replace("]", ""))
        if not required <= len(arguments) <= most:
            raise ParameterError(f"{self.address} takes {self.arguments} ({required} to {most} numbers), not {len(arguments)}.")
        for place, value in enumerate(arguments):
            low, high = (1, 16) if place >= required else (0, 127)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or value not in range(low, high + 1):
                raise ParameterError(f"{self.address} takes whole numbers, here from {low} to {high}, not {value!r}.")
        return tuple(map(int, arguments))


COMMANDS: tuple[Command, ...] = (
    Command("/performer/panic", "", "Silence everything that sounds, now."),
    Command("/performer/sync", "", "Send every parameter's value to the sender."),
    Command("/performer/note/on", "ii[i]", "A key goes down: pitch, velocity, channel (1)."),
    Command("/performer/note/off", "i[i]", "A key comes up: pitch, channel (1)."),
    Command("/performer/control", "ii[i]", "A controller moves: number, value, channel (1)."),
)
FEEDBACK: tuple[Command, ...] = (
    Command("/performer/error", "ss", "The address that was wrong, and why. Nothing was changed."),
    Command("/performer/played", "iiiff", "A note leaves: voice, pitch, velocity, seconds it lasts (0: held), lateness in milliseconds."),
    Command("/performer/released", "ii", "A note of a voice ends: voice, pitch."),
    Command("/performer/heard", "iii", "A key of the human: pitch, velocity (0 when it comes up), channel."),
    Command("/performer/features", "fffffff", "Level, low, middle and high band, centroid, onset (each 0 to 1), source (0 notes, 1 audio)."),
    Command("/performer/status", "s", "What is going on in a few words, as JSON."),
)  # fmt: skip


def _rows(voices: int) -> Iterator[Parameter]:
    for row in ROWS:
        if "{voice}" not in row.address:
            yield row
            continue
        for number in range(1, voices + 1):
            default = number if row.address.endswith("/channel") else row.default
            if row.address.endswith("/mode") and number > 1:
                default = "mute"
            yield replace(row, address=row.address.format(voice=number), default=default)


class Table:
    """The parameters of a show with so many voices, by address."""

    def __init__(self, voices: int = 1) -> None:
        self.voices = voices
        self.rows: Mapping[str, Parameter] = MappingProxyType({row.address: row for row in _rows(voices)})

    def check(self, address: str, arguments: Sequence[Any]) -> Any:
        """The value that `arguments` give to the parameter at `address`, in its type. Raises ParameterError, and changes nothing."""
        row = self.rows.get(address)
        if row is None:
            raise ParameterError(f"There is no parameter {address}.", self._nearest(address))
        if len(arguments) != 1:
            raise ParameterError(f"{address} takes one value, not {len(arguments)}.")
        return row.check(arguments[0])

    def defaults(self) -> dict[str, Any]:
        """Every parameter's default, by address."""
        return {address: row.default for address, row in self.rows.items()}

    def _nearest(self, address: str) -> str:
        import difflib

        near = difflib.get_close_matches(address, self.rows, 1)
        return f"Did you mean {near[0]}?" if near else "`performer parameters` lists them."
