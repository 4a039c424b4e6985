"""A take: one performance as JSON lines. What reached the session, in order, and what left, with the times of both.

Lines: the first is the `Opening`; then {"t", "in"} for an event that the session handled, {"clock"} with the times of a followed MIDI
clock's ticks, up to a beat of them where nothing came between, {"applied"} for the moment its effects were taken
into the plan, {"t", "on", "late"} and {"t", "off"} for notes that left, {"t", "missed", "done", "now"} for those that could not leave in time,
and {"t", "end", "done"} last. Thread `take` formats and writes.
"""

import contextlib
import datetime
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from performer import __version__
from performer.effects import Play
from performer.encoding import VOICES as INSTRUMENTS
from performer.errors import TakeError
from performer.events import Panic, Timed, to_json
from performer.ledger import Slot
from performer.outputs.take_lines import CLOCK, in_order, opening_of, parse_line, raw_lines, read_line
from performer.parameters import Table
from performer.scheduler import ALL_ITEMS, NOTES, Applied, Ended, Missed, Played, Report
from performer.worker import Worker

log = logging.getLogger("performer")
FORMAT = 3
READABLE = (2, 3)
EVERY = 0.05  # seconds between two looks at what is to be written: nobody who plays has to wake the thread
BEAT = 24  # ticks in a beat


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

    @property
    def counts(self) -> tuple[type, ...]:
        """What of the agenda the take counted as done; see `Stage`."""
        return ALL_ITEMS if self.format == 2 else NOTES


class TakeWriter:
    """Writes a take while it happens. `heard` and `left` may be called from any thread; they only hand over."""

    def __init__(self, path: Path, opening: Opening, trouble: Callable[[str], object] = lambda sentence: None) -> None:
        """Begin the take. `trouble` is told once, on the thread `take`, when the disk takes no more; the rest is then left out."""
        self.path = path
        self._trouble, self._broken = trouble, False
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("x", encoding="utf-8")
        begun = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        try:
            self._put({"take": FORMAT, "performer": __version__, "begun": begun, **asdict(opening)})
        except OSError:
            self._close()
            raise
        self._worker = Worker("take", self._handle, idle=lambda: EVERY)
        self._ticks: list[float] = []  # of a MIDI clock, not yet written

    def start(self) -> None:
        self._worker.start()

    def heard(self, timed: Timed) -> None:
        """The session handles this next."""
        self._worker.post(timed, ring=False)

    def left(self, report: Report) -> None:
        """The stage did this."""
        self._worker.post(report, ring=False)

    def stop(self, time: float, done: int) -> None:
        """Write what waits, then the end."""
        self._worker.stop()
        self._write_ticks()
        self._write({"t": time, "end": True, "done": done})
        self._close()

    def _handle(self, item: Timed | Report) -> None:
        if isinstance(item, Timed) and item.event == CLOCK:
            self._ticks.append(item.time)
            if len(self._ticks) == BEAT:
                self._write_ticks()
            return
        self._write_ticks()
        match item:
            case Timed(time, event):
                self._write({"t": time, "in": to_json(event)})
            case Applied(done):
                self._write({"applied": done})
            case Played(_, play):
                self._write({"t": play.time, "on": _note(play), "late": round(item.lateness, 6)})
            case Ended(time, play):
                self._write({"t": time, "off": _note(play)})
            case Missed(now, play, done, _):
                self._write({"t": play.time, "missed": _note(play), "done": done, "now": now})

    def _write_ticks(self) -> None:
        if self._ticks:
            self._write({"clock": self._ticks})
            self._ticks = []

    def _write(self, line: Mapping[str, Any]) -> None:
        """Write a line, unless the disk took none before."""
        if self._broken:
            return
        try:
            self._put(line)
        except OSError as error:
            self._broken = True
            sentence = f"The take '{self.path}' ends here: it cannot be written ({error.strerror}). Make room, and start the show again."
            log.warning(sentence)
            self._trouble(sentence)

    def _put(self, line: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(line, separators=(",", ":")) + "\n")
        self._file.flush()

    def _close(self) -> None:
        with contextlib.suppress(OSError):  # what could not be written is tried once more
            self._file.close()


def _note(play: Play) -> list[Any]:
    return [play.voice, play.channel, play.pitch, play.velocity, play.model, *([play.port] if play.port > 1 else [])]


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
        opening, left_out = opening_of(Opening, {"port_delays": []} | first | {"format": first["take"]})
    except ValueError as error:
        raise TakeError(f"{path}, line 1 lacks {error}.", remedy) from None
    unknown = [name for name in opening.instruments if name not in INSTRUMENTS]
    if unknown or len(opening.instruments) != opening.voices or len(opening.models) not in (0, opening.voices):
        said = f"'instruments' for {opening.voices} voices or has it in another form"
        raise TakeError(f"{path}, line 1 lacks {said} ({', '.join(unknown)[:80] or len(opening.instruments)}).", remedy)
    return opening, left_out


def sounded(lines: list[dict[str, Any]]) -> list[Sounded]:
    """The notes that the lines say were played, in the order of their ends. An end without a beginning is no note."""
    started: dict[Slot, float] = {}
    notes: list[Sounded] = []
    for line in lines:
        if "on" in line:
            _, channel, pitch, _, _, port = (*line["on"], 1)[:6]
            started[port, channel, pitch] = line["t"]
        elif "off" in line:
            voice, channel, pitch, velocity, _, port = (*line["off"], 1)[:6]
            if (port, channel, pitch) in started:
                notes.append(Sounded(voice, channel, pitch, velocity, started.pop((port, channel, pitch)), line["t"], port))
    return notes
