"""The way from Performer's outputs back to its inputs: what a DAW sends back is recognised, and a storm is cut off. Owned by the session.

It sees every effect that leaves the session and every event of a MIDI input. What is recognised as a copy does nothing; when more leaves
than the players and the plans explain, the input that carries the storm is not heard until it is quiet, or somebody restores it.
"""

import enum
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from performer.effects import Effect, Pass, Play, Release, Say, Silence
from performer.events import Bend, Control, NoteOff, NoteOn, Pressure, Program
from performer.session.fuse import Blown, Fuse, Restored
from performer.session.keys import NOTE_MESSAGES, is_answer_to_key
from performer.session.loopback_filter import LoopbackFilter

Message = NoteOn | NoteOff | Control | Bend | Pressure | Program
SILENCING = (64, 123, 120)
"""The controllers that a panic sends on each channel."""
LOOP, CUT = "/performer/midi/loop", "/performer/midi/cut"
TOLD_MS, TOLD_S = 10.0, 2.0
"""Milliseconds by which a known delay has to change to be reported again, and seconds between two reports of an input at least."""


def is_live(source: str) -> bool:
    """Whether a source is a MIDI input, which a DAW can send back to."""
    return source.startswith("midi")


class Verdict(enum.Enum):
    """What an event of an input is."""

    OWN = enum.auto()
    """A player's own."""
    COPY = enum.auto()
    """A copy of what left."""
    CUT = enum.auto()
    """A player's own, or what looks like it, through an input that is cut off."""


class Told(NamedTuple):
    """A way back as it was reported."""

    delay_ms: float
    shift: int
    time: float


class ReturnPath:
    """Recognises copies, counts what comes and goes. Times are seconds of the show's clock."""

    def __init__(self, port_delays: Sequence[float] = ()) -> None:
        self._port_delays = port_delays
        self._filter = LoopbackFilter()
        self._fuse = Fuse()
        self._ahead: list[tuple[float, Play]] = []
        """Notes that will leave at a time to come."""
        self._changes: list[Blown | Restored] = []
        self._told: dict[str, Told] = {}

    def judge(self, time: float, event: Message, explains: int = 0, comes_to_rest: bool = False) -> Verdict:
        """What the event is; a player's own may bring up to `explains` messages to leave.

        One that `comes_to_rest` is taken for a copy only where that is certain: what is moved by mistake is moved again, what stays
        away from rest stays for good."""
        source = event.source
        if not is_live(source):
            self._filter.played_here(time, event)
            return Verdict.OWN
        is_copy = self._filter.is_return(time, event)
        if is_copy and comes_to_rest and not self._filter.is_certain:
            is_copy = False
        self._changes += self._fuse.count_in(time, source, 0 if is_copy else explains, isinstance(event, NoteOn | Program))
        if is_copy:
            return Verdict.COPY
        return Verdict.CUT if self._fuse.is_blown(source) else Verdict.OWN

    def leave(self, time: float, effects: Iterable[Effect], delay: float, ports: Iterable[int]) -> None:
        """These effects were brought about at `time`; planned notes leave `delay` seconds after their time. `ports` are the outputs in use."""
        for effect in effects:
            if isinstance(effect, Play):
                self._plan(time, effect, delay)
            elif isinstance(effect, Pass):
                if isinstance(effect.event, Message):
                    self._filter.leaves(effect.time, str(effect.port), effect.event)
                    self._changes += self._fuse.count_out(time)
            elif isinstance(effect, Release):
                self._take_back(time, effect)
            elif isinstance(effect, Silence):
                self._take_back(time, None)
                for port, channel, number in itertools.product(ports, range(1, 17), SILENCING):
                    self._filter.leaves(time, str(port), Control(number, 0, channel))

    def explain(self, messages: int) -> None:
        """So many messages leave because of something that no input brought."""
        self._fuse.count_planned(messages)

    def end_keys(self, source: str, channel: int | None = None) -> None:
        """The keys of an input (of one channel) count as released, its controllers as at rest."""
        self._filter.end_keys(source, channel)

    def forget(self, source: str) -> None:
        """An input is gone, or connected anew: nothing is known of its way back."""
        self._filter.end_keys(source)
        self._filter.forget(source)
        self._told.pop(source, None)

    def learn(self) -> None:
        """Learn from the last message, when what it brought about has left. Otherwise the next message pays for it."""
        self._filter.learn()

    def reset(self) -> None:
        """After a panic that holds for every input."""
        for source in self._filter.sources:
            self._filter.end_keys(source)

    def restore(self, time: float) -> None:
        """Hear every input again, as somebody asked."""
        self._changes += self._fuse.reset(time)

    def report(self, time: float) -> Iterator[Blown | Restored]:
        """Yield each input that was cut or is heard again since the last call."""
        if self._fuse.cut_sources:
            self._changes += self._fuse.tick(time)
        while self._changes:
            change = self._changes.pop(0)
            if isinstance(change, Blown):
                self._filter.end_strictness(change.source)
            yield change

    def state(self, sender: str) -> Iterator[Say]:
        """Yield to this sender the loops that are known and the inputs that are cut off."""
        yield from (_report(source, told, sender) for source, told in self._told.items())
        yield from (Say(CUT, (source, 1), sender) for source in self._fuse.cut_sources)

    def delays(self, time: float) -> Iterator[Say]:
        """Yield the delay of each input that carries a loop, in milliseconds, where it is new or another one."""
        for source, way in self._filter.ways().items():
            before = self._told.get(source, Told(-TOLD_MS, 0, -TOLD_S))
            delay_ms = way.delay * 1000.0
            if abs(delay_ms - before.delay_ms) >= TOLD_MS and time >= before.time + TOLD_S:
                self._told[source] = Told(delay_ms, way.shift, time)
                yield _report(source, self._told[source])

    def _plan(self, time: float, play: Play, delay: float) -> None:
        leaves = play.leaves_at(delay, self._port_delays)
        self._filter.leaves(leaves, str(play.port), _note_on(play))
        if not is_answer_to_key(play.tag):
            self._fuse.count_planned(NOTE_MESSAGES)
        self._changes += self._fuse.count_out(time, NOTE_MESSAGES)
        if leaves > time:
            self._ahead = [(at, each) for at, each in self._ahead if at > time]
            self._ahead.append((leaves, play))

    def _take_back(self, time: float, release: Release | None) -> None:
        """Forget what will not leave because of a release, or of a panic (None)."""
        kept = []
        for at, play in self._ahead:
            if at > time and (release is None or release.means(play)):
                self._filter.takes_back(at, str(play.port), _note_on(play))
            elif at > time:
                kept.append((at, play))
        self._ahead = kept


def _note_on(play: Play) -> NoteOn:
    return NoteOn(play.pitch, play.velocity, play.channel)


def _report(source: str, told: Told, sender: str = "") -> Say:
    return Say(LOOP, (source, round(told.delay_ms, 1), told.shift), sender)
