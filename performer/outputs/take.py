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
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from performer import __version__
from performer.effects import Play
from performer.errors import TakeError
from performer.events import Panic, Timed, Transport, from_json, to_json
from performer.ledger import Slot
from performer.scheduler import ALL_ITEMS, NOTES, Applied, Ended, Missed, Played, Report
from performer.worker import Worker

log = logging.getLogger("performer")
FORMAT = 3
READABLE = (2, 3)
EVERY = 0.05  # seconds between two looks at what is to be written: nobody who plays has to wake the thread
CLOCK, BEAT = Transport("clock"), 24  # ticks in a beat
NOTE = (5, 6)  # how much stands in a line for a note: voice, channel, pitch, velocity, model, and the output port where that is not the first


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


def read_take(path: Path) -> tuple[Opening, list[dict[str, Any]]]:
    """The opening and the lines of a take. Raises TakeError with the line that is wrong; a last line that was cut off is left out."""
    if not path.is_file():
        raise TakeError(f"There is no take '{path}'.", "Takes are written to the folder that `performer doctor` names.")
    lines: list[dict[str, Any]] = []
    try:
        texts = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise TakeError(f"'{path}' cannot be read as text ({error}).", "Choose a .jsonl file that Performer wrote.") from None
    for number, text in enumerate(texts, start=1):
        try:
            lines.extend(_lines(text))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            if number == len(texts) > 1:
                break
            raise TakeError(f"{path}, line {number}: not a line of a take ({error}).", "Remove the line or use another take.") from None
    if not lines or lines[0].get("take") not in READABLE:
        formats = " or ".join(map(str, READABLE))
        raise TakeError(f"{path} does not begin like a take of format {formats}.", "Choose a .jsonl file that Performer wrote.")
    first = lines[0]
    try:
        known = {each.name: first[each.name] for each in fields(Opening) if each.name != "format"}
        lists = {"instruments": tuple(known["instruments"]), "models": tuple(known["models"])}
        opening = Opening(**known | lists, format=first["take"])
    except (KeyError, TypeError) as error:
        raise TakeError(f"{path}, line 1 lacks {error} or has it in another form.", "Choose a .jsonl file that Performer wrote.") from None
    if opening.format == 2:
        for line in lines:
            if isinstance(line.get("in"), Panic):
                # Up to format 2 a panic ended voices that play by themselves for good.
                line["in"] = replace(line["in"], restarts=False)
    return opening, lines[1:]


def _lines(text: str) -> list[dict[str, Any]]:
    """What a line says: one thing, or the ticks of a clock, which are as many."""
    content = json.loads(text)
    if not isinstance(content, dict):
        raise TypeError("no object")
    if "clock" in content:
        return [{"t": float(time), "in": CLOCK} for time in content["clock"]]
    if "in" in content:
        content["in"] = from_json(content["in"])
    if content.keys() & {"in", "on", "off", "missed", "end"}:
        content["t"] = float(content["t"])
    for key in content.keys() & {"on", "off"}:
        if len(content[key]) not in NOTE:
            raise ValueError(f"{key} is a voice, a channel, a pitch, a velocity and a model")
    return [content]


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
