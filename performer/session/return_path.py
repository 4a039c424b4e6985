"""The way from Performer's outputs back to its inputs: what a DAW sends back is recognised, and a storm is cut off. Owned by the session.

It sees every effect that leaves the session and every event of a MIDI input. What is recognised as a copy does nothing; when more leaves
than the players and the plans explain, the input that carries the storm is not heard until it is quiet, or somebody restores it.
"""

from collections.abc import Iterable, Iterator

from performer.effects import Effect, Pass, Play, Release, Say, Silence
from performer.events import Bend, Control, NoteOff, NoteOn, Pressure, Program
from performer.session.fuse import Blown, Fuse, Restored
from performer.session.loopback_filter import LoopbackFilter

Message = NoteOn | NoteOff | Control | Bend | Pressure | Program
NOTE_MESSAGES = 2
"""Messages that a note costs: its beginning and its end."""
SILENCING = (64, 123, 120)
"""The controllers that a panic sends on each channel."""
LOOP, CUT = "/performer/midi/loop", "/performer/midi/cut"
TOLD_MS = 10.0
"""Milliseconds by which a known delay has to change to be said again."""


def is_live(source: str) -> bool:
    """Whether a source is a MIDI input, which a DAW can send back to."""
    return source.startswith("midi")


TOLD_S = 2.0
"""Seconds between two reports of an input's delay at least."""


class ReturnPath:
    """Recognises copies, counts what comes and goes. Times are seconds of the show's clock."""

    def __init__(self) -> None:
        self._filter = LoopbackFilter()
        self._fuse = Fuse()
        self._ahead: list[tuple[float, Play]] = []
        """Notes that will leave at a time to come."""
        self._changes: list[Blown | Restored] = []
        self._told: dict[str, tuple[float, float]] = {}
        """By source: the delay that was said last, in milliseconds, and when."""

    def admit(self, time: float, event: Message, explains: int = 0, comes_to_rest: bool = False) -> bool:
        """Whether the event is a player's own, and may bring up to `explains` messages to leave.

        One that `comes_to_rest` is taken for a copy only where that is certain: what is moved by mistake is moved again, what stays
        away from rest stays for good."""
        source = event.source
        if not is_live(source):
            return True
        is_copy = self._filter.is_return(time, event)
        if is_copy and comes_to_rest and not self._filter.is_certain:
            is_copy = False
        is_key = isinstance(event, NoteOn)
        self._changes += self._fuse.count_in(time, source, 0 if is_copy else explains, is_key)
        return not is_copy and not self._fuse.is_blown(source)

    def leave(self, time: float, effects: Iterable[Effect], delay: float) -> None:
        """These effects were brought about at `time`; planned notes leave `delay` seconds after their time."""
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
                for channel in range(1, 17):
                    for number in SILENCING:
                        self._filter.leaves(time, "1", Control(number, 0, channel))

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
            yield self._changes.pop(0)

    def state(self, sender: str) -> Iterator[Say]:
        """Yield to this sender the loops that are known and the inputs that are cut off."""
        for source, (delay_ms, _) in self._told.items():
            yield Say(LOOP, (source, round(delay_ms, 1), 0), sender)
        for source in self._fuse.cut_sources:
            yield Say(CUT, (source, 1), sender)

    def delays(self, time: float) -> Iterator[Say]:
        """Yield the delay of each input that carries a loop, in milliseconds, where it is new or another one."""
        for source, first in self._filter.ways().items():
            delay_ms = first.delay * 1000.0
            told_ms, at = self._told.get(source, (-TOLD_MS, -TOLD_S))
            if abs(delay_ms - told_ms) >= TOLD_MS and time >= at + TOLD_S:
                self._told[source] = delay_ms, time
                yield Say(LOOP, (source, round(delay_ms, 1), first.shift))

    def _plan(self, time: float, play: Play, delay: float) -> None:
        leaves = play.time + delay if play.planned else play.time
        self._filter.leaves(leaves, str(play.port), _note_on(play))
        if not play.tag.startswith("key "):
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
