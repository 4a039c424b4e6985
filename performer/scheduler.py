"""When it leaves: the agenda of what is due, the ledger of what sounds, and the outputs, which one thread at a time uses.

`Agenda`, `Ledger` and `Stage` are pure: they take the time as an argument. `Scheduler` is the thread that waits for the stage's next due
time; the offline graph drives the same `Stage` on a virtual clock.
"""

import logging
import math
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from performer.agenda import Agenda
from performer.clock import Clock
from performer.effects import Compensate, Effect, Pass, Play, Release, Silence, Wake
from performer.events import Event, Transport
from performer.heartbeat import LOOPS
from performer.ledger import Ledger, Slot, Sounding, slot_of
from performer.priority import punctual
from performer.rest_ledger import RestLedger
from performer.worker import Bell

log = logging.getLogger("performer")
TOO_LATE = 0.03  # seconds after which a planned note is no longer where it belongs
EARLY = 0.00008  # seconds that the thread is awake before something is due: so long it takes to get Python's lock, and less than it may be kept
HURRY = 0.001  # seconds before the next due time in which there is no time to report
CLOSE, LEAVING = 0.0012, 0.0003  # seconds before a due time in which nobody should begin what takes long, and after it in which all leaves
STUCK = 1.0  # seconds that the silence at the end waits for who is sending
LONGEST_WAIT = 3600.0  # seconds that the thread sleeps at a time
TOGETHER = 0.005  # seconds: onsets nearer than this are one chord


class Output(Protocol):
    """Where notes leave. Channels are 1-16. None of these may raise or block."""

    def note_on(self, channel: int, pitch: int, velocity: int) -> None: ...
    def note_off(self, channel: int, pitch: int) -> None: ...
    def send(self, event: Event) -> None: ...
    def silence(self, channels: Sequence[int]) -> None: ...


@dataclass(frozen=True, slots=True)
class Played:
    """A note-on that left: due at `due` (the planned time and the output's delay), sent at `sent`."""

    sent: float
    play: Play
    due: float

    @property
    def lateness(self) -> float:
        """Seconds between the plan and the sending."""
        return self.sent - self.due


@dataclass(frozen=True, slots=True)
class Ended:
    """A note-off that left. `time` is the planned end (or the release's own time), whatever the moment of sending."""

    time: float
    play: Play


@dataclass(frozen=True, slots=True)
class Applied:
    """A batch of effects was taken into the plan after `done` notes of the agenda: what a take needs to tell it again exactly. `notes`: whether
    any of them is of `OF_NOTES`."""

    done: int
    notes: bool = True


@dataclass(frozen=True, slots=True)
class Missed:
    """A planned note whose moment was over at `now`: note `done` of the agenda. `moved` is its new time, None where it was left out."""

    now: float
    play: Play
    done: int
    moved: float | None


Report = Played | Ended | Applied | Missed
Planned = (Play, Release, Pass, Silence, Compensate, Wake)
"""The effects that concern a stage."""
OF_NOTES = (Play, Release, Silence, Compensate)
"""Those of them that concern its notes."""


@dataclass(frozen=True, slots=True)
class _Off:
    play: Play
    end: float  # the musical time, without the output's delay


NOTES = (Play, _Off)
"""What of the agenda counts as done."""
ALL_ITEMS = (Play, Pass, Wake, _Off)
"""What takes of format 2 counted as done."""


class Stage:
    """Agenda, ledger and outputs as one thing without a thread. `report` hears of every note-on, note-off and release;
    `wake` is called with the tag of a Wake that comes due, and its time: both in order, when all has left that leaves together (see `tell`).

    `counts` names what of the agenda counts as `done`: notes, since only they matter to who tells a take again; takes of format 2 counted
    everything (ALL_ITEMS)."""

    def __init__(
        self,
        outputs: Sequence[Output],
        report: Callable[[Report], object],
        wake: Callable[[float, str], object],
        delay: float = 0.0,
        port_delays: Sequence[float] = (),
    ) -> None:
        self.agenda = Agenda()
        self.ledger = Ledger()
        self.delay = delay  # seconds that planned notes leave later
        self._port_delays = port_delays  # the same for each output, besides
        self.done = 0  # notes of the agenda that began or ended: see `counts`
        self.counts: tuple[type, ...] = NOTES
        self._moved: dict[int, tuple[float, float]] = {}  # voice -> the late onset that moved last, and where it went
        self._outputs = outputs
        self._report = report
        self._wake = wake
        self._done: deque[Report | tuple[float, str]] = deque()  # what is still to be reported, and the wakes that came due
        self._channels = set(range(1, 17))
        self._rest = RestLedger()

    def apply(self, effects: Iterable[Effect], tell: bool = True) -> None:
        """Take one event's effects into the plan; a release and a panic act at once. `tell` as in `run_due`."""
        effects = tuple(effects)
        self._done.append(Applied(self.done, any(isinstance(effect, OF_NOTES) for effect in effects)))
        for effect in effects:
            self._apply_one(effect)
        if tell:
            self.tell()

    def _apply_one(self, effect: Effect) -> None:
        match effect:
            case Play():
                self.agenda.add(effect.leaves_at(self.delay, self._port_delays), effect)
            case Compensate(delay):
                self.delay = delay
            case Wake():
                self.agenda.cancel(lambda item: isinstance(item, Wake) and item.tag == effect.tag)
                self.agenda.add(effect.time, effect)
            case Pass():
                self.agenda.add(effect.time, effect)
            case Release():
                self._take_back(effect)
            case Silence():
                self.silence(effect.time, tell=False)

    def run_due(self, now: float, tell: bool = True) -> None:
        """Do all that is due at `now`. Where what comes next is due at once, do not `tell`: that takes some 30 µs a note."""
        for time, item in self.agenda.pop_due(now):
            self.done += isinstance(item, self.counts)
            self._do(time, now, item)
        if tell:
            self.tell()

    def run_until(self, done: int, late: Mapping[int, float] | None = None) -> None:
        """Do what comes next, whenever it is due, until so many notes are done in all: how a take is told again. `late` has the moments of
        those that were missed, by their number."""
        while self.done < done and (time := self.agenda.next_time) is not None:
            for due, item in self.agenda.pop_due(time):
                self.done += isinstance(item, self.counts)
                self._do(due, (late or {}).get(self.done, due), item)
                break
        self.tell()

    def silence(self, time: float, tell: bool = True) -> None:
        """End every note, forget the plan, and tell every channel to be quiet. The clock goes on: a lost tick would shift every follower."""
        self.agenda.cancel(lambda item: isinstance(item, (Play, _Off)) or (isinstance(item, Pass) and not isinstance(item.event, Transport)))
        for sounding in self.ledger.sounding():
            self._end(sounding, max(time, sounding.play.time))
        for port, event in self._rest.come_to_rest():
            for output in self._outputs_of(port):
                output.send(event)
        for output in self._outputs:
            output.silence(sorted(self._channels))
        if tell:
            self.tell()

    def tell(self) -> None:
        """Report what was done and was not reported yet, and wake who wanted to be."""
        while self._done:
            each = self._done.popleft()
            if isinstance(each, tuple):
                self._wake(*each)
            else:
                self._report(each)

    def _do(self, time: float, now: float, item: Any) -> None:
        match item:
            case Play():
                if item.planned and now - time > TOO_LATE:
                    self._miss(item, time, now)
                else:
                    self._start(item, time, now)
            case _Off(play, end):
                self._let_go(slot_of(play), lambda holder: holder is play, end)
            case Wake():
                self._done.append((time, item.tag))
            case Pass():
                for output in self._outputs if item.port == 0 else self._outputs_of(item.port):
                    output.send(item.event)
                self._rest.follow(item)

    def _miss(self, play: Play, due: float, now: float) -> None:
        """A planned note that is too late is left out, or waits for the next place of its grid unless that is taken: never two at once."""
        moved = None
        if play.late == "next" and play.grid > 0:
            steps = math.ceil((now - due) / play.grid)
            moved = play.time + steps * play.grid
            before = self._moved.get(play.voice)
            chord = before is not None and abs(before[0] - play.time) < TOGETHER and before[1] == moved
            if chord or not self._is_taken(play.voice, moved, play.grid):
                self._moved[play.voice] = (play.time, moved)
                self.agenda.add(due + steps * play.grid, replace(play, time=moved))
            else:
                moved = None
        self._done.append(Missed(now, play, self.done, moved))

    def _is_taken(self, voice: int, time: float, grid: float) -> bool:
        planned = (item for item in self.agenda if isinstance(item, Play) and item.voice == voice)
        return any(abs(play.time - time) < grid / 2 for play in planned)

    def _start(self, play: Play, due: float, now: float) -> None:
        before = self.ledger.get(slot_of(play))
        # A key that is still down goes on holding its pitch under the new note; what has a planned end is over.
        held = [holder for holder in before.holders if holder.duration is None] if before is not None else []
        if before is not None:
            self._end(before, play.time)
        for output in self._outputs_of(play.port):
            output.note_on(play.channel, play.pitch, play.velocity)
        self.ledger.start(play, held)
        if play.duration is not None:
            self.agenda.add(due + play.duration, _Off(play, play.time + play.duration))
        self._done.append(Played(now, play, due))

    def _let_go(self, slot: Slot, leaves: Callable[[Play], bool], time: float) -> None:
        """Those holders of a slot do not want it to sound any more; the last one's end is the note's."""
        sounding = self.ledger.get(slot)
        if sounding is None:
            return
        kept = [holder for holder in sounding.holders if not leaves(holder)]
        if kept:
            sounding.holders = kept
        else:
            self._end(sounding, time)

    def _end(self, sounding: Sounding, time: float) -> None:
        play = sounding.play
        for output in self._outputs_of(play.port):
            output.note_off(play.channel, play.pitch)
        self.ledger.end(slot_of(play))
        self._done.append(Ended(time, play))

    def _outputs_of(self, port: int) -> Sequence[Output]:
        return self._outputs[port - 1 : port]

    def _take_back(self, release: Release) -> None:
        self.agenda.cancel(lambda item: isinstance(item, Play) and release.means(item))
        for sounding in self.ledger.sounding():
            if any(map(release.means, sounding.holders)):
                self._let_go(slot_of(sounding.play), release.means, max(release.time, sounding.play.time))


class Scheduler:
    """The thread that waits until the stage has something due. Who brings something that leaves now sends it himself where the stage is free:
    one thread at a time has the turn, and with it agenda, ledger and outputs. Nobody waits for anybody but this thread for its turn."""

    def __init__(self, stage: Stage, clock: Clock) -> None:
        self.stage = stage
        self._clock = clock
        self._inbox: deque[Sequence[Effect]] = deque()
        self._bell = Bell()
        self._turn = threading.Lock()
        self._asleep_until = -math.inf  # the thread looks again by then without being rung for
        self._running = True
        self._thread = threading.Thread(target=self._run, name="scheduler", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def post(self, effects: Sequence[Effect]) -> None:
        """Hand over the effects of one event. What is due leaves before this returns where the stage is free. Thread-safe, never waits."""
        self._inbox.append(effects)
        if self._thread.is_alive() and self._turn.acquire(blocking=False):
            try:
                if not self._running:
                    return  # nothing leaves behind the silence at the end
                due = self._go_on()
            finally:
                self._turn.release()
            if not self._inbox and due >= self._asleep_until:
                return
        self._bell.ring()

    def clear_in(self) -> float:
        """Seconds that whoever can wait should let pass before he computes: until what is due in a moment has left (0: nothing is). Thread-safe."""
        wait = self._asleep_until - self._clock.now() + LEAVING
        return wait if 0.0 < wait < CLOSE + LEAVING else 0.0

    def stop(self) -> float:
        """End in silence: every sounding note gets its note-off before this returns. Returns the time of the silence."""
        self._running = False
        self._bell.ring()
        if self._thread.is_alive():
            self._thread.join(2.0)
        # Whoever has the turn may be sending still; what stands still for so long does not keep the notes from ending.
        has_turn = self._turn.acquire(timeout=STUCK)
        now = self._clock.now()
        self.stage.silence(now)
        if has_turn:
            self._turn.release()
        return now

    def _run(self) -> None:
        went_round = LOOPS.watch("scheduler", nudge=self._bell.ring)
        with punctual():
            while self._running:
                went_round()
                with self._turn:
                    due = self._go_on()
                    self._asleep_until = due
                if not self._inbox:
                    wait = due - self._clock.now() - EARLY
                    if wait > 0:
                        self._bell.wait(min(wait, LONGEST_WAIT))
                    while not self._inbox and due - EARLY <= self._clock.now() < due:
                        pass
                self._asleep_until = -math.inf
        LOOPS.forget("scheduler")

    def _go_on(self) -> float:
        """Take in what came, do what is due. Returns when the next thing is."""
        try:
            while self._inbox:
                self.stage.apply(self._inbox.popleft(), tell=False)
            self.stage.run_due(self._clock.now(), tell=False)
        except Exception:
            log.exception("the scheduler met an error; it goes on")
        due = self.stage.agenda.next_time
        try:
            if due is None or due - self._clock.now() > HURRY:
                self.stage.tell()
        except Exception:
            log.exception("the scheduler could not report; it goes on")
        return math.inf if due is None else due
