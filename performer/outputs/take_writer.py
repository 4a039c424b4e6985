"""Writes the takes of a show while it plays: one file for each performance. Thread `take` formats and writes; everybody else only hands over.

A pause ends a performance, and its file; what comes next begins another one, which names the one before it. What happens while nobody plays waits in
memory for that. On a full disk the take has a gap, which is marked and told; it goes on as soon as there is room again.
"""

import datetime
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from performer import __version__
from performer.effects import Effect, Pass, Play, Say, Wake
from performer.events import Event, Progression, Query, Still, Sync, Tick, Timed, Transport, Wish, to_json
from performer.outputs.take import FORMAT, Opening, gap_in_words
from performer.outputs.take_file import Gap, LineFile, encode
from performer.outputs.take_folder import TakeFolder
from performer.outputs.take_lines import CLOCK
from performer.scheduler import Applied, Ended, Missed, Played, Report
from performer.session.state import Session
from performer.session.tempo import BEAT
from performer.session.tempo import CLOCK as CLOCK_OUT
from performer.worker import Worker

log = logging.getLogger("performer")
EVERY, CALM = 0.05, 0.25  # seconds between two looks at what is to be written, and where nothing came: nobody who plays has to wake the thread
LOOK = 1.0  # seconds between two looks whether there is room again, or a pause
AGAIN = 60.0  # seconds in which the same trouble is not told again
TICKS = 24  # of a clock in a line: a beat
MOST_HELD = 10_000  # lines that wait in a pause
NO_PLAYER = (Tick, Sync, Query, Still, Wish, Progression)  # events that nobody plays


@dataclass(frozen=True, slots=True)
class Plan:
    """How a take goes on in other files: where they are, their openings, how many notes are done (see `Stage`), the seconds without a sign of a
    player that end a performance, and the bytes after which another file begins in its midst."""

    folder: TakeFolder
    opening: Callable[[], Opening]
    done: Callable[[], int]
    pause_s: float = 600.0
    most_bytes: int = 64_000_000


def is_question(event: Event) -> bool:
    """Whether this event may change nothing: a beat is told, or somebody asks for values."""
    return isinstance(event, Sync | Query) or (isinstance(event, Tick) and event.tag in (BEAT, CLOCK_OUT))


class TakeWriter:
    """Writes a take while it happens. `heard` and `left` may be called from any thread; they only hand over.

    `path` is the file that is written, or was last; `problem` is why nothing can be written now, `missing_notes` are all that no file has."""

    def __init__(
        self,
        path: Path,
        opening: Opening,
        tell: Callable[[str], object] = lambda sentence: None,
        plan: Plan | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin the take. `tell` is told on the thread `take` when the disk takes no more, and when it does again. Raises OSError where the file
        cannot be begun; with a `plan` only where it is there already: otherwise it begins when it can."""
        self.path, self.problem, self.missing_notes = path, "", 0
        self._tell, self._plan, self._now = tell, plan, now
        self._file: LineFile | None = None
        self._missing = Gap(0.0)  # while there is no file
        self._before, self._left_out = "", 0
        self._paused, self._signs, self._sign = False, False, now()
        self._held: list[bytes] = []
        self._ticks: list[float] = []  # of a MIDI clock, not yet written
        self._time = 0.0  # of the last line
        self._looked, self._came, self._told = now(), now(), -AGAIN
        try:
            self._file = LineFile(path, _head(opening))
        except OSError as error:
            if plan is None or isinstance(error, FileExistsError):
                raise
            self._complain(error)
        self._worker = Worker("take", self._handle, idle=self._idle)

    def start(self) -> None:
        self._worker.start()
        self._rotate()

    def handle(self, session: Session, timed: Timed) -> list[Effect]:
        """Have the session handle the event; returns its effects. One that changes nothing is left out of the take. Realtime-safe: yes."""
        if not is_question(timed.event):
            self.heard(timed)
            return session.handle(timed)
        before = session.landmark
        effects = session.handle(timed)
        if session.landmark != before or not all(isinstance(effect, Say | Wake | Pass) for effect in effects):
            self.heard(timed)
        return effects

    def heard(self, timed: Timed) -> None:
        """The session handles this next."""
        self._worker.post(timed, ring=False)

    def left(self, report: Report) -> None:
        """The stage did this."""
        self._worker.post(report, ring=False)

    @property
    def failed(self) -> int:
        """Errors that the thread met."""
        return self._worker.counters.failed

    def drain(self) -> None:
        """Write what waits, and look, in the calling thread: the way of the offline graph."""
        self._worker.drain()
        self._idle()

    def stop(self, time: float, done: int) -> None:
        """Write what waits, then the end."""
        self._worker.stop()
        self._worker.drain()
        self._write_ticks()
        self._time = max(self._time, time)
        self._look()
        self._close(done)

    def _handle(self, item: Timed | Report) -> None:
        if isinstance(item, Timed) and item.event == CLOCK:
            self._ticks.append(item.time)
            if len(self._ticks) == TICKS:
                self._write_ticks()
            return
        self._write_ticks()
        match item:
            case Timed(time, event):
                self._put({"t": time, "in": to_json(event)}, sign=_is_sign(event))
            case Applied(done, notes):
                if notes:
                    self._put({"applied": done})
                self._part(done)
            case Played(_, play):
                self._put({"t": play.time, "on": _note(play), "late": round(item.lateness, 6)}, sign=True, notes=1)
            case Ended(time, play):
                self._put({"t": time, "off": _note(play)})
            case Missed(now, play, done, _):
                self._put({"t": play.time, "missed": _note(play), "done": done, "now": now})

    def _write_ticks(self) -> None:
        if self._ticks:
            ticks, self._ticks = self._ticks, []
            self._put({"t": ticks[-1], "clock": ticks})

    def _put(self, line: Mapping[str, Any], sign: bool = False, notes: int = 0) -> None:
        """Write a line; a `sign` of a player ends a pause."""
        self._time = max(self._time, line.get("t", 0.0))
        self._came = self._now()
        content = encode({key: value for key, value in line.items() if key != "t" or "clock" not in line})
        if sign:
            self._signs, self._sign = True, self._came
        if self._paused and not sign:
            if len(self._held) < MOST_HELD:
                self._held.append(content)
            else:
                self._left_out += 1
            return
        if self._paused:
            self._paused = False
            self._begin()
        self._write(content, notes)

    def _write(self, content: bytes, notes: int = 0) -> None:
        if self._file is None:
            self._missing.add(self._time, notes)
            self.missing_notes += notes
            return
        before = 0 if self._file.gap is None else self._file.gap.notes
        error = self._file.write(content, self._time, notes)
        self.missing_notes += 0 if self._file.gap is None else self._file.gap.notes - before
        if error is not None:
            self._complain(error)

    def _begin(self) -> None:
        """Open the next file, and write what waited for it."""
        if self._plan is None:
            return
        path = self._plan.folder.new_path()
        missing = self._missing if self._missing.lines else None
        if missing is not None:
            missing.until = self._time
        opening = replace(self._plan.opening(), continues=self._before, left_out=self._left_out + self._missing.lines)
        try:
            self._file = LineFile(path, _head(opening), missing)
        except OSError as error:
            self._left_out += len(self._held)
            self._complain(error)
        else:
            self.path, self._left_out, self._missing = path, 0, Gap(self._time)
            for content in self._held:
                self._write(content)
            self._rotate()
        self._held = []

    def _part(self, done: int) -> None:
        """Go on in another file where this one is large: here the number of notes that are done is known exactly."""
        if self._plan is not None and self._file is not None and self._file.size > self._plan.most_bytes and self._file.gap is None:
            self._close(done)
            self._begin()

    def _close(self, done: int) -> None:
        if self._file is not None:
            self._file.close(encode({"t": self._time, "end": True, "done": done}), self._time)
            self._left_out += 0 if self._file.gap is None else self._file.gap.lines
            self._before, self._file, self._missing, self.problem = self._file.path.name, None, Gap(self._time), ""

    def _idle(self) -> float:
        now = self._now()
        if now - self._looked >= LOOK:
            self._looked = now
            self._look()
        return EVERY if now - self._came < CALM else CALM

    def _look(self) -> None:
        """Go on where there is room again; end the performance where there is a pause."""
        if self._file is not None and self._file.gap is not None:
            gap = self._file.resume(self._time)
            if gap is not None:
                self._be_well(gap)
        elif self._file is None and (self._missing.lines or self.problem) and not self._paused:
            gap = self._missing
            self._begin()
            if self._file is not None:
                self._be_well(gap)
        plan = self._plan
        if plan is not None and self._file is not None and self._signs and self._now() - self._sign >= plan.pause_s:
            self._write_ticks()
            self._close(plan.done())
            self._paused, self._signs = True, False
            self._rotate()

    def _rotate(self) -> None:
        if self._plan is not None:
            for path in self._plan.folder.rotate([self.path] if self._file is not None else []):
                log.info("The old take '%s' is deleted: [takes] keep_gb, keep_days.", path)

    def _complain(self, error: OSError) -> None:
        reason = error.strerror or str(error)
        self.problem = f"The take '{self.path}' cannot be written ({reason}). Make room: it then goes on by itself, and names the gap."
        if self._now() - self._told >= AGAIN:
            self._told = self._now()
            log.warning(self.problem)
            self._tell(self.problem)

    def _be_well(self, gap: Gap) -> None:
        told, self.problem = bool(self.problem), ""
        if told:
            sentence = f"The take '{self.path}' is written again: {gap_in_words(gap.since, gap.until, gap.notes)}."
            log.warning(sentence)
            self._tell(sentence)


def _is_sign(event: Event) -> bool:
    """Whether somebody plays or changes something."""
    return not (isinstance(event, NO_PLAYER) or (isinstance(event, Transport) and event.word == "clock"))


def _head(opening: Opening) -> bytes:
    begun = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return encode({"take": FORMAT, "performer": __version__, "begun": begun, **asdict(opening)})


def _note(play: Play) -> list[Any]:
    return [play.voice, play.channel, play.pitch, play.velocity, play.model, *([play.port] if play.port > 1 else [])]
