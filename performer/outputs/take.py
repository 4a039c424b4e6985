"""A take: one performance as JSON lines. What reached the session, in order, and what left, with the times of both.

Lines: the first is the `Opening`; then {"t", "in"} for an event that the session handled, {"clock"} with the times of a followed MIDI
clock's ticks, up to a beat of them where nothing came between, {"applied"} for the moment the effects of an event that concern notes were taken
into the plan, {"t", "on", "late"} and {"t", "off"} for notes that left, {"t", "missed", "done", "now"} for those that could not leave in time,
{"t", "gap", "notes", "lines"} for what found no room on the disk, from and to a second, and {"t", "end", "done"} last.
`take_writer.py` writes them, `take_lines.py` checks each.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from performer.encoding import VOICES as INSTRUMENTS
from performer.errors import TakeError
from performer.events import Panic
from performer.ledger import Slot
from performer.outputs.take_lines import in_order, opening_of, parse_line, raw_lines, read_line
from performer.parameters import Table
from performer.scheduler import ALL_ITEMS, NOTES, OF_NOTES, Planned

log = logging.getLogger("performer")
FORMAT = 4
READABLE = (2, 3, 4)
NEW: Mapping[str, Any] = {"port_delays": [], "continues": "", "left_out": 0}  # what the openings of older versions do not have


@dataclass(frozen=True, slots=True)
class Opening:
    """All that a take depends on: seed, parameter values, scenes, the voices' instruments and models, the first model (`model`), the smaller one
    that stood by, and the hashes of the graphs of all of them, by model."""

    seed: int
    voices: int
    instruments: tuple[str, ...]
    values: Mapping[str, Any] = field(default_factory=dict)
    model: str = ""
    sha256: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    scenes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    small: str = ""
    format: int = FORMAT
    port_delays: tuple[float, ...] = ()
    continues: str = ""
    """The file of the same show that this one goes on from; empty: the show begins here."""
    left_out: int = 0
    """Lines between that file and this one that neither has."""

    @property
    def awaits(self) -> tuple[type, ...]:
        """The effects whose moment the take tells by a line: an event without any has none."""
        return Planned if self.format < 4 else OF_NOTES

    @property
    def counts(self) -> tuple[type, ...]:
        """What of the agenda the take counted as done; see `Stage`."""
        return ALL_ITEMS if self.format == 2 else NOTES


@dataclass(frozen=True, slots=True)
class Sounded:
    """A note of a take, as it sounded: voice, channel 1-16, start and end in seconds, output port from 1."""

    voice: int
    channel: int
    pitch: int
    velocity: int
    start: float
    end: float
    port: int = 1


def read_take(path: Path, notice: Callable[[str], object] = log.warning) -> tuple[Opening, list[dict[str, Any]]]:
    """The opening and the lines of a take. Lines that are damaged or of a kind that nobody knows are left out, and `notice` is told how many;
    a last line that was cut off is left out without a word. Raises TakeError for a file that is no take, with the line that is wrong."""
    if not path.is_file():
        raise TakeError(f"There is no take '{path}'.", "Takes are written to the folder that `performer doctor` names.")
    raw = raw_lines(path)
    opening, problems = _read_opening(path, next(raw, (1, None))[1])
    table = Table(opening.voices)
    faults = [(1, problem) for problem in problems]
    found: list[tuple[int, list[dict[str, Any]]]] = []
    last = 1
    for number, text in raw:
        last = number
        try:
            if said := read_line(parse_line(text), table):
                found.append((number, said))
        except (ValueError, TypeError, OverflowError) as error:
            faults.append((number, str(error)))
    leaps = {number for number, fine in in_order(found) if not fine}
    faults = sorted(
        [*(fault for fault in faults if fault[0] != last), *((number, "its time leaps away") for number in leaps)], key=lambda fault: fault[0]
    )
    if faults and len(leaps) == len(found) and last > 1:
        raise TakeError(f"{path}, line {faults[0][0]}: not a line of a take ({faults[0][1]}).", "No line of it can be used: take another one.")
    if faults:
        first, problem = faults[0]
        notice(f"{path}: {len(faults)} of {last} lines cannot be used and are left out; the first is line {first}: {problem}.")
    lines = [line for number, said in found if number not in leaps for line in said]
    if opening.format == 2:
        for line in lines:
            if isinstance(line.get("in"), Panic):
                # Up to format 2 a panic ended voices that play by themselves for good.
                line["in"] = replace(line["in"], restarts=False)
    return opening, lines


def _read_opening(path: Path, text: bytes | None) -> tuple[Opening, list[str]]:
    """The first line, and what of it was left out. Raises TakeError."""
    remedy = "Choose a .jsonl file that Performer wrote."
    try:
        first = parse_line(text)
    except ValueError as error:
        raise TakeError(f"{path}, line 1: not a line of a take ({error}).", remedy) from None
    if not isinstance(first, dict) or first.get("take") not in READABLE:
        says = first.get("take") if isinstance(first, dict) else None
        other = f": it is one of format {says}" if isinstance(says, int) else ""
        formats = " or ".join(map(str, READABLE))
        remedy = "Use the version of Performer that wrote it." if isinstance(says, int) else remedy
        raise TakeError(f"{path}, line 1, does not begin like a take of format {formats}{other}.", remedy)
    try:
        opening, left_out = opening_of(Opening, dict(NEW) | first | {"format": first["take"]})
    except ValueError as error:
        raise TakeError(f"{path}, line 1 lacks {error}.", remedy) from None
    unknown = [name for name in opening.instruments if name not in INSTRUMENTS]
    if unknown or len(opening.instruments) != opening.voices or len(opening.models) not in (0, opening.voices):
        said = f"'instruments' for {opening.voices} voices or has it in another form"
        raise TakeError(f"{path}, line 1 lacks {said} ({', '.join(unknown)[:80] or len(opening.instruments)}).", remedy)
    return opening, left_out


def sounded(lines: list[dict[str, Any]]) -> list[Sounded]:
    """The notes that the lines say were played, in the order of their ends. An end without a beginning is no note; what sounds when a gap begins
    ends there, or when the file does and another one goes on."""
    started: dict[Slot, dict[str, Any]] = {}
    notes: list[Sounded] = []
    for line in lines:
        if "gap" in line or "end" in line:
            notes += [_ended(line["gap"][0] if "gap" in line else line["t"], on) for on in started.values()]
            started = {}
        elif "on" in line:
            _, channel, pitch, _, _, port = (*line["on"], 1)[:6]
            started[port, channel, pitch] = line
        elif "off" in line:
            voice, channel, pitch, velocity, _, port = (*line["off"], 1)[:6]
            if (port, channel, pitch) in started:
                notes.append(Sounded(voice, channel, pitch, velocity, started.pop((port, channel, pitch))["t"], line["t"], port))
    return notes


def _ended(time: float, line: dict[str, Any]) -> Sounded:
    """The note that begins with this line and ends at this time."""
    voice, channel, pitch, velocity, _, port = (*line["on"], 1)[:6]
    return Sounded(voice, channel, pitch, velocity, line["t"], max(time, line["t"]), port)


def gap_in_words(since: float, until: float | None, notes: int) -> str:
    """What a gap line tells, as a person says it."""
    if until is None:
        return f"all notes are missing from {since:.1f} s on"
    return f"{notes or 'no'} note{'' if notes == 1 else 's'} missing between {since:.1f} s and {until:.1f} s"
