"""Performer's own messages that a DAW sends back: recognised, so that Performer never answers itself.

`LoopbackFilter` hears of everything that leaves and of everything that comes in. It learns each way from an
output port back to an input source: a steady delay of 0 to 500 ms and a shift in semitones, with velocities
that are all changed alike. What is sure is in `loopback_evidence`. Until something is known of a source, an
exact copy within 500 ms is suspect and counts as one that came back."""

import math
from collections import deque
from dataclasses import dataclass

from performer.session.loopback_evidence import LEAST_REACH, SEQUENCES, Loop, is_switch
from performer.session.loopback_learning import ALARM, AT_ONCE, PASSED_ON, Arrival, Learner, Source, Velocities
from performer.session.loopback_memory import (
    BEND,
    CONTROL,
    EMPTY,
    LONGEST,
    OFF,
    POLY_PRESSURE,
    PROGRAM,
    Memory,
    Message,
    key_of,
    move_key,
)

BACKLOG = 2  # messages that wait to be learnt from
PROVED = 12  # copies after which a loop that is sure is the only one that is suspected
KNOWN = 6  # note-ons that left and did not come back, after which there is no loop until one is proved
MOVING = 0.06  # seconds between two messages of one continuous movement, at most
JUMP = {BEND: 3000}  # of a gesture's value, which no continuous movement makes
USUAL_JUMP = 24
FINGERS = 12  # keys that are down at most, for each of them to be known to be
CHANNEL_MODE = 120  # the first controller that is a channel mode message
STEADY_REACH = 0.01  # seconds off its delay in which a steady loop looks for copies, at most
# Keys that were no copies, of which there are half as many as of all that were taken for copies; and seconds for which that holds.
REFUTED, STRICT = 3, 120.0
IMPOSSIBLE = 0.04  # seconds within which nobody strikes a key again


@dataclass(frozen=True, slots=True)
class Return:
    """A known way back."""

    port: str
    source: str
    delay: float  # seconds
    shift: int  # semitones
    copies: int


class LoopbackFilter:
    """Remembers what leaves; `is_return` says whether what came in is a copy of it. Used by one thread;
    bounded in memory and time."""

    def __init__(self) -> None:
        self._memory = Memory()
        self._sources: dict[str, Source] = {}
        self._velocities: dict[str, Velocities] = {}  # port -> of the notes that left last
        # Key -> time, source and channel of the player's last message.
        self._recent: dict[int, tuple[float, str, int]] = {}
        self._learner = Learner(self._memory, self._velocities)
        self._lessons: deque[tuple[Source, Arrival]] = deque()
        self.is_certain = False
        """Whether the last copy was recognised by a way back that keeps time more steadily than hands do."""

    def learn(self) -> None:
        """Do the part of the work that no message waits for. To be called after each message, when what it
        brought has left.

        What was not learnt by then is learnt when the next message comes, which then takes longer."""
        while self._lessons:
            self._learner.learn(*self._lessons.popleft())

    def leaves(self, time: float, port: str, event: Message) -> None:
        """A message leaves, or is planned to leave, at `time` through this port, on the event's channel."""
        key, value = key_of(event)
        cause = None
        recent = self._recent.get(key)
        if recent is not None and abs(time - recent[0]) < PASSED_ON:
            cause = recent[1:]
        if key < OFF:
            velocities = self._velocities.get(port)
            if velocities is None:
                velocities = self._velocities[port] = Velocities()
            velocities.add(value)
        self._memory.add(time, port, event.channel, key, value, cause)

    def takes_back(self, time: float, port: str, event: Message) -> None:
        """A message that was planned for `time` will not leave after all. What is unknown is ignored."""
        self._memory.take_back(time, port, event.channel, key_of(event)[0])

    def is_return(self, time: float, event: Message) -> bool:
        """Whether a message that came in is a copy of one that left. Every message of a player must come
        through here, in order."""
        source = self._sources.get(event.source)
        if source is None:
            source = self._sources[event.source] = Source()
        self._memory.settle(time)
        if self._lessons:
            self._catch_up(source)
        key, value = key_of(event)
        if OFF <= key < CONTROL:
            return self._ends(source, time, key, event.channel)
        if key < OFF and source.dropped:
            self._disprove(source, time, key)
        found = self._recognise(source, time, key, value, event)
        if key < OFF:
            held = source.copies if found else source.held
            held[event.channel, key] = held.get((event.channel, key), 0) + 1
            source.down += not found
        if not found:
            self._accept(source, time, key, value, event)
        return found

    def played_here(self, time: float, event: Message) -> None:
        """A message of a player came by a way that nothing returns by: the page, OSC. What it brings to leave is known to be his."""
        self._recent[key_of(event)[0]] = time, event.source, event.channel

    def _disprove(self, source: Source, time: float, key: int) -> None:
        """See whether this key would be the copy of one that was taken for a copy, and so never left.

        Where nothing comes back that is so with nearly each of them: a machine plays the same again and again in strict time, a
        sequencer or a drum computer. Then the player's own keys are not looked for among what comes in, for a while."""
        for place, (at, dropped, loop) in enumerate(source.dropped):
            if not loop.shift and loop.delay < IMPOSSIBLE:
                continue  # another copy at the same moment
            if key == move_key(dropped, loop.shift) and abs(time - at - loop.delay) <= LEAST_REACH:
                del source.dropped[place]
                source.refuted += 1
                if source.refuted >= REFUTED and 2 * source.refuted >= source.drops:
                    loop.refute()
                    source.marks.pop(loop.port, None)
                    source.dropped.clear()
                    source.refuted, source.drops, source.strict_until = 0, 0, time + STRICT
                return

    def delay(self, source: str) -> float | None:
        """Seconds after which most of what leaves comes back through this source; None where no loop is
        known."""
        known = self._sources.get(source)
        sure = [loop for loop in known.loops if loop.sure] if known else []
        return max(sure, key=lambda loop: loop.hits).delay if sure else None

    def returns(self) -> list[Return]:
        """Every known way back."""
        return [
            Return(loop.port, name, loop.delay, loop.shift, loop.copies)
            for name, source in self._sources.items()
            for loop in source.loops
            if loop.sure
        ]

    def ways(self) -> dict[str, Loop]:
        """The way back of each source that carries a loop: the one that most came back by."""
        best: dict[str, Loop] = {}
        for name, source in self._sources.items():
            for loop in source.loops:
                if loop.sure and (name not in best or loop.hits > best[name].hits):
                    best[name] = loop
        return best

    def forget(self, source: str) -> None:
        """A source went or was connected anew: nothing is known of it."""
        if self._sources.pop(source, None) is not None:
            self._sources[source] = Source(marks=dict(self._memory.due))

    def end_strictness(self, source: str) -> None:
        """A storm came through a source: whatever plays there in strict time, something comes back. What is known of loops stays."""
        known = self._sources.get(source)
        if known is not None:
            known.strict_until = -math.inf

    @property
    def sources(self) -> list[str]:
        """The sources that something came from."""
        return list(self._sources)

    def end_keys(self, source: str, channel: int | None = None) -> None:
        """All keys of a source (on one channel) count as let go and its controllers as at rest: after its port went, a panic, or a channel
        mode message."""
        known = self._sources.get(source)
        if known is None:
            return
        for states in (known.held, known.copies, known.accepted):
            for key in [key for key in states if channel in (None, key[0])]:
                del states[key]
        known.down = sum(known.held.values())

    def _accept(self, source: Source, time: float, key: int, value: int, event: Message) -> None:
        if key < OFF:
            source.velocities.add(value)
        source.accepted[event.channel, key] = time, value
        self._recent[key] = time, event.source, event.channel

    def _recognise(self, source: Source, time: float, key: int, value: int, event: Message) -> bool:
        """Whether a note-on or a gesture is a copy, by the loops that are sure or by suspicion. What is to be
        learnt from it waits."""
        memory = self._memory
        for loop in source.loops:
            left = loop.find(memory, time, event.channel, key, value, memory.count) if loop.sure else None
            if left is None or source.is_strict(left, event.source, time):
                continue
            if key < OFF and not loop.repeats(left, value):
                loop.doubt(left, value)
                continue
            loop.take(memory, time, left, value, self._learner.varied(source, left.port))
            if loop.sure:
                source.marks[loop.port] = memory.due.get(loop.port, 0)
                if key < OFF and left.cause is not None and left.cause[0] == event.source:
                    source.drop(time, key, loop)
                self.is_certain = loop.reach <= STEADY_REACH
                return True
        self.is_certain = False
        impossible = self._impossible(source, time, key, value, event.channel)
        arrival = Arrival(time, event.source, event.channel, key, value, impossible, memory.count)
        self._lessons.append((source, arrival))
        return self._suspect(source, arrival)

    def _catch_up(self, source: Source) -> None:
        """Learn what still waits, where that may decide about the next message."""
        if source.alarmed or not self._known_ports(source):
            self.learn()
        elif len(self._lessons) > BACKLOG:
            self._learner.learn(*self._lessons.popleft())

    def _impossible(self, source: Source, time: float, key: int, value: int, channel: int) -> float:
        """Nats for what no hand does: strike a key that is down, or leave a continuous movement for a value
        far away."""
        if key < OFF:
            # Pads never send note-offs: with more keys down than fingers none is known to be down.
            return 2.0 if (channel, key) in source.held and source.down <= FINGERS else 0.0
        return 3.0 if self._jumps(source, time, key, value, channel) else 0.0

    def _jumps(self, source: Source, time: float, key: int, value: int, channel: int) -> bool:
        """Whether a gesture leaves the player's continuous movement for a value to which hands do not
        jump."""
        last = source.accepted.get((channel, key))
        # From rest a stick or a wheel may be flicked away.
        if last is None or not last[1] or time - last[0] > MOVING or key == PROGRAM or is_switch(key, value):
            return False
        return abs(value - last[1]) > JUMP.get(key, USUAL_JUMP)

    def _known_ports(self, source: Source) -> set[str]:
        """The ports of which it is known how or that nothing comes back to this source, until the contrary is
        proved."""
        due, marks = self._memory.due, source.marks
        known = {port for port in due if due[port] - marks.get(port, 0) >= KNOWN}
        return known.union(loop.port for loop in source.loops if loop.sure and loop.hits >= PROVED)

    def _suspect(self, source: Source, arrival: Arrival) -> bool:
        """Whether a message counts as a copy though no loop is sure."""
        time, name, channel, key, value, impossible, sent = arrival
        # No hand strikes a key that is down. What may be a loop's copy beside that would end the note that the key holds.
        if impossible and key < OFF and source.alarmed:
            for loop in source.loops:
                if loop.score > ALARM and loop.find(self._memory, time, channel, key, value, sent) is not None:
                    return True
        known = self._known_ports(source)
        last = source.accepted.get((channel, key)) if key >= CONTROL else None
        # A channel mode message says the same to whoever it reaches: ours, come back, has been obeyed already.
        mode = CONTROL + CHANNEL_MODE <= key < POLY_PRESSURE
        same = mode or (last is not None and last[1] == value and not source.means_more(channel, key, last[0]))
        # A value to which no player moves the same on two channels, one after the other.
        odd = CONTROL <= key < PROGRAM and key not in SEQUENCES and not is_switch(key, value)
        if known and len(known) == len(self._velocities) and not (same or odd):
            return False
        for left in self._memory.trails.get(key, EMPTY).between(time - LONGEST, time):
            own = left.cause is not None and left.cause[0] == name
            if left.value != value or source.is_strict(left, name, time):
                continue
            # The player's own controller has this value already: nothing is lost.
            if own and same and not mode:
                return True
            # What a player sent and comes on another channel is more likely another player, or another layer of the keyboard.
            if own and left.channel != channel:
                continue
            if mode or (odd and own and left.cause != (name, channel) and time - left.time > IMPOSSIBLE):
                return True
            if left.port in known:
                continue
            # Two keyboards or pedals at once, or one keyboard whose layers are two channels. No way back is as short.
            if time - left.time < AT_ONCE and left.cause not in (None, (name, channel)):
                continue
            if not own:
                return True
            if key < OFF:
                # A player may strike the same key again, but not one that is down, nor at once, nor every
                # time exactly as loud.
                if impossible or time - left.time < IMPOSSIBLE:
                    return True
            elif impossible or left.cause != (name, channel):
                return True
        return False

    def _ends(self, source: Source, time: float, key: int, channel: int) -> bool:
        """Whether a note-off is that of a copy: of the only key that is down, or of what ended this long ago
        where there are both."""
        place = channel, key - OFF
        copies, held = source.copies.get(place, 0), source.held.get(place, 0)
        found = copies > 0 and (not held or self._ended(source, time, channel, key))
        down = source.copies if found else source.held
        if down.get(place, 0) > 1:
            down[place] -= 1
        else:
            down.pop(place, None)
        if not found:
            source.down -= bool(held)
            source.accepted[channel, key] = time, 0
        return found

    def _ended(self, source: Source, time: float, channel: int, key: int) -> bool:
        """Whether a note-off left as long ago as a loop takes."""
        memory = self._memory
        return any(
            loop.sure and loop.find(memory, time, channel, key, 0, memory.count) for loop in source.loops
        )
