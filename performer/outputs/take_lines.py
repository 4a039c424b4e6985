"""The lines of a take, read as data from somebody else: each is checked by the fields of the events, and one that is damaged harms no other."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, BinaryIO

from performer.errors import ParameterError, TakeError
from performer.events import KINDS, Event, ParameterSet, Transport
from performer.parameters import Table
from performer.schema import Ranges, build, convert

CLOCK = Transport("clock")
EARLIEST, LATEST = -1.0, 4e7  # seconds: a delay may take a note before the beginning; a show of more than a year is none
STEP_BACK = 60.0  # seconds that the time of a line may be before that of another one above it
LONGEST_LINE, LONGEST_OPENING = 1 << 20, 1 << 26  # bytes
GZIP = b"\x1f\x8b"
NOTE = (("voice", (0, 16)), ("channel", (1, 16)), ("pitch", (0, 127)), ("velocity", (0, 127)))
PORT = ("output port", (1, 8))
RANGES: Ranges = {
    "pitch": (0, 127), "velocity": (0, 127), "channel": (1, 16), "Control.number": (0, 127), "Control.value": (0, 127), "voices": (1, 16),
    "Bend.value": (-8192, 8191), "Pressure.value": (0, 127), "Program.number": (0, 127), "Transport.position": (0, 1 << 20),
    "LinkState.bpm": (1, 1000), "LinkState.beat": (-1e9, 1e9), "LinkState.time": (-1e9, 1e9), "LinkState.peers": (0, 10_000),
    "Suggest.voice": (1, 16), "Suggest.count": (0, 16), "Listen.voice": (1, 16), "Choose.voice": (1, 16),
    "ModelNote.gap": (-LATEST, LATEST), "ModelNote.duration": (0, LATEST), "Answer.index": (0, 100_000), "ChordAnswer.chords": (-1000, 1000),
    "port_delays": (-10, 10), "left_out": (0, 2**53), "notes": (0, 2**53), "lines": (0, 2**53),
    "t": (EARLIEST, LATEST), "now": (EARLIEST, LATEST), "done": (0, 2**53), "applied": (0, 2**53),
}  # fmt: skip


def read_event(content: Any) -> Event:
    """The event of a JSON object as `to_json` writes it. Raises ValueError."""
    if not isinstance(content, dict) or not isinstance(content.get("kind"), str) or content["kind"] not in KINDS:
        kind = content.get("kind") if isinstance(content, dict) else content
        raise ValueError(f"{str(kind)[:40]!r} is no kind of event")
    values = {key: value for key, value in content.items() if key != "kind"}
    if isinstance(values.get("note"), dict):
        values["note"] = {key: value for key, value in values["note"].items() if key != "kind"}
    event: Event = build(KINDS[content["kind"]], values, RANGES)
    return event


def read_line(content: Any, table: Table) -> list[dict[str, Any]]:
    """What a line says: one thing, or the ticks of a clock, which are as many. Raises ValueError with what is wrong."""
    if not isinstance(content, dict):
        raise ValueError("it is no object")
    if "clock" in content:
        times = convert(content["clock"], tuple[float, ...], "clock", {"clock": RANGES["t"]})
        return [{"t": float(time), "in": CLOCK} for time in times]
    line = dict(content)
    if not line.keys() & {"in", "on", "off", "missed", "end", "applied", "gap"}:
        raise ValueError(f"nothing is known of {', '.join(map(repr, list(line)[:3])) or 'an empty one'}")
    if "in" in line:
        line["in"] = _known_value(read_event(line["in"]), table)
    for key, wanted in _numbers_of(line).items():
        if key not in line:
            raise ValueError(f"it lacks '{key}'")
        line[key] = convert(line[key], wanted, key, RANGES)
    for key in line.keys() & {"on", "off", "missed"}:
        _check_note(key, line[key])
    if "gap" in line:
        line["gap"] = _checked_gap(line["gap"])
    return [line]


def _numbers_of(line: Mapping[str, Any]) -> dict[str, type]:
    """The numbers that a line of this kind has, and their types."""
    wanted: dict[str, type] = {"applied": int} if "applied" in line else {"t": float}
    if "missed" in line:
        wanted |= {"done": int, "now": float}
    if "end" in line:
        wanted |= {"done": int}
    if "gap" in line:
        wanted |= {"notes": int, "lines": int}
    return wanted


def _checked_gap(gap: Any) -> tuple[float, float | None]:
    """From and to which second; None where it went on to the end."""
    if not isinstance(gap, list) or len(gap) != 2:
        raise ValueError("gap is from a second to a second")
    since, until = gap
    ranges = {"gap": RANGES["t"]}
    return float(convert(since, float, "gap", ranges)), None if until is None else float(convert(until, float, "gap", ranges))


def _check_note(key: str, note: Any) -> None:
    if not isinstance(note, list) or len(note) not in (len(NOTE) + 1, len(NOTE) + 2) or not isinstance(note[len(NOTE)], str):
        raise ValueError(f"{key} is a voice, a channel, a pitch, a velocity, a model, and an output port where that is not the first")
    for value, (name, limits) in zip([*note[: len(NOTE)], *note[len(NOTE) + 1 :]], (*NOTE, PORT), strict=False):
        convert(value, int, f"the {name} of '{key}'", {f"the {name} of '{key}'": limits})


def _known_value(event: Event, table: Table) -> Event:
    """The event where the value that it sets can be one of its parameter's."""
    if isinstance(event, ParameterSet) and not fits(table, event.address, event.value):
        raise ValueError(f"{event.address[:60]} cannot be {str(event.value)[:40]!r}")
    return event


def fits(table: Table, address: str, value: Any) -> bool:
    """Whether the session may meet this value; one that an older version allowed may, and an address that is no more."""
    row = table.rows.get(address)
    if row is None:
        return isinstance(value, (str, int, float))
    try:
        row.check(value)
    except (ParameterError, OverflowError):
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return row.kind in ("int", "float") and is_number and -1e6 <= value <= 1e6
    return True


def raw_lines(path: Path) -> Iterator[tuple[int, bytes | None]]:
    """The number and the bytes of each line that is not empty; None for one that is too long to be one. Raises TakeError."""
    try:
        with path.open("rb") as file:
            if file.peek(2)[:2] == GZIP:
                raise TakeError(f"'{path}' is compressed.", f"Unpack it first: gunzip {path.name}")
            number = 0
            while raw := _next_line(file, LONGEST_LINE if number else LONGEST_OPENING):
                number += 1
                if raw[0] is None or raw[0].strip():
                    yield number, raw[0]
    except OSError as error:
        raise TakeError(f"'{path}' cannot be read ({error.strerror}).", "Choose a .jsonl file that Performer wrote.") from None


def _next_line(file: BinaryIO, most: int) -> tuple[bytes | None] | None:
    raw = file.readline(most)
    if not raw:
        return None
    if len(raw) < most or raw.endswith(b"\n"):
        return (raw,)
    while (rest := file.readline(most)) and not rest.endswith(b"\n"):
        pass
    return (None,)


def parse_line(raw: bytes | None) -> Any:
    """The JSON of a line. Raises ValueError with what is wrong."""
    if raw is None:
        raise ValueError("it is too long")
    try:
        return json.loads(raw.decode("utf-8-sig"), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise ValueError("it is no text") from None
    except RecursionError:
        raise ValueError("its brackets are nested too deep") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"it is no JSON ({error.msg})") from None


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")


def in_order(lines: list[tuple[int, list[dict[str, Any]]]]) -> Iterator[tuple[int, bool]]:
    """The number of each line with an event, and whether its time can be: one that leaps away from the lines before and after it cannot."""
    heard = [(number, said[0]["t"]) for number, said in lines if "in" in said[0]]
    latest = EARLIEST
    for place, (number, time) in enumerate(heard):
        after = heard[place + 1][1] if place + 1 < len(heard) else time
        fine = time >= latest - STEP_BACK and not (time > after + STEP_BACK and after >= latest - STEP_BACK)
        latest = max(latest, time) if fine else latest
        yield number, fine


def opening_of(kind: type, content: Mapping[str, Any]) -> tuple[Any, list[str]]:
    """The opening, and what of its values was left out. Raises ValueError with the field that is wrong."""
    names = [each.name for each in fields(kind)]
    for name in names:
        if name not in content:
            raise ValueError(f"'{name}' or has it in another form")
    hints = {name: content[name] for name in names}
    try:
        opening = build(kind, hints, RANGES)
    except ValueError as error:
        field = str(error).partition(".")[2].split()[0]
        raise ValueError(f"'{field}' or has it in another form ({error})") from None
    table, left_out = Table(opening.voices), []
    for values in (opening.values, *opening.scenes.values()):
        for address in [address for address, value in values.items() if not fits(table, address, value)]:
            del values[address]
            left_out.append(f"{address} is left at its default: its value cannot be one")
    return opening, left_out
