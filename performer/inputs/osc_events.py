"""What an OSC message asks for: an event of the vocabulary, or the sentence why it is none. Pure: the table in, values out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from performer.errors import ParameterError
from performer.events import (
    Choose,
    Control,
    Event,
    LearnPanic,
    Listen,
    NoteOff,
    NoteOn,
    Panic,
    ParameterSet,
    Progression,
    Query,
    Recall,
    RestoreInputs,
    Still,
    Store,
    Suggest,
    Swap,
    Sync,
    Tap,
    Transport,
    Wish,
)
from performer.inputs.conversions import convert_command, convert_parameter
from performer.parameters import COMMANDS, FEEDBACK, Command, Table
from performer.text import message_problem

SUGGESTED = 3  # alternatives, where nobody says how many
TOLD_ONLY = frozenset(command.address for command in FEEDBACK)  # addresses that Performer says and never takes


@dataclass(frozen=True, slots=True)
class Understood:
    """The event of a message, and the sentence that says what of it was changed (empty: nothing)."""

    event: Event
    notice: str = ""


def canonical(table: Table, address: str) -> str:
    """The address as the table has it: without slashes at its end."""
    if address in table.rows or address in _COMMANDS:
        return address
    return address.rstrip("/") or address


def interpret(table: Table, address: str, arguments: Sequence[Any], source: str, sender: str) -> Understood:
    """What a message asks for; `address` is canonical. Raises ParameterError, with the reason, for a wrong address, type or value."""
    if problem := message_problem(address, arguments):
        raise ParameterError(problem)
    if address in _COMMANDS:
        return Understood(_COMMANDS[address](convert_command(_BY_ADDRESS[address], arguments), source, sender))
    if not arguments and address in table.rows:
        return Understood(Query(address, sender))
    converted = convert_parameter(table, address, arguments)
    return Understood(ParameterSet(address, converted.value, sender, converted.when), converted.notice)


def understand(table: Table, address: str, arguments: Sequence[Any], source: str, sender: str) -> Event:
    """The event that an OSC message stands for. Raises ParameterError, with the reason, for a wrong address, type or value."""
    return interpret(table, canonical(table, address), arguments, source, sender).event


def _note_on(values: Sequence[int], source: str, sender: str) -> Event:
    pitch, velocity, channel = (*values, 1)[:3]
    return NoteOn(pitch, velocity, channel, source) if velocity else NoteOff(pitch, channel, source)


def _note_off(values: Sequence[int], source: str, sender: str) -> Event:
    pitch, channel = (*values, 1)[:2]
    return NoteOff(pitch, channel, source)


def _control(values: Sequence[int], source: str, sender: str) -> Event:
    number, value, channel = (*values, 1)[:3]
    return Control(number, value, channel, source)


def _recall(values: Sequence[str], source: str, sender: str) -> Event:
    name, when = (*values, "")[:2]
    return Recall(name, sender, when)


def _wish(word: str) -> Callable[[Sequence[str], str, str], Event]:
    return lambda values, source, sender: Wish(word, values[0], sender)


def _suggest(values: Sequence[int], source: str, sender: str) -> Event:
    voice, count = (*values, SUGGESTED)[:2]
    return Suggest(voice, count, sender)


def _choose(values: Sequence[Any], source: str, sender: str) -> Event:
    voice, number, when = (*values, "")[:3]
    return Choose(voice, number, sender, when)


def _back(values: Sequence[Any], source: str, sender: str) -> Event:
    voice, when = (*values, "")[:2]
    return Choose(voice, 0, sender, when)


_COMMANDS: Mapping[str, Callable[[Sequence[Any], str, str], Event]] = {
    "/performer/panic": lambda values, source, sender: Panic(source),
    "/performer/panic/learn": lambda values, source, sender: LearnPanic(source),
    "/performer/midi/restore": lambda values, source, sender: RestoreInputs(source),
    "/performer/sync": lambda values, source, sender: Sync(sender),
    "/performer/tempo/tap": lambda values, source, sender: Tap(source),
    "/performer/tempo/start": lambda values, source, sender: Transport("start", 0, source),
    "/performer/tempo/stop": lambda values, source, sender: Transport("stop", 0, source),
    "/performer/tempo/continue": lambda values, source, sender: Transport("continue", 0, source),
    "/performer/visuals/still": lambda values, source, sender: Still(source),
    "/performer/note/on": _note_on,
    "/performer/note/off": _note_off,
    "/performer/control": _control,
    "/performer/chords": lambda values, source, sender: Progression(values[0], sender),
    "/performer/model": lambda values, source, sender: Swap(values[0], sender),
    **{f"/performer/visuals/{word}": _wish(word) for word in ("model", "picture", "keyframe/store", "keyframe/recall")},
    "/performer/scene/recall": _recall,
    "/performer/scene/store": lambda values, source, sender: Store(values[0], sender),
    "/performer/suggest": _suggest,
    "/performer/suggest/hear": lambda values, source, sender: Listen(values[0], values[1], sender),
    "/performer/suggest/choose": _choose,
    "/performer/suggest/back": _back,
}
_BY_ADDRESS: Mapping[str, Command] = {command.address: command for command in COMMANDS}
