"""Performer's own messages that a DAW sends back: recognised, so that Performer never answers itself.

`LoopbackFilter` hears of everything that leaves and of everything that comes in. It learns each way from an output port back to an input
source: a steady delay of 0 to 500 ms and a shift in semitones, with velocities that are all changed alike. What is sure is in
`loopback_evidence`. Until something is known of a source, an exact copy within 500 ms is suspect and counts as one that came back.
"""

from bisect import bisect_left, bisect_right
from collections import deque
from dataclasses import dataclass, field

from performer.session.loopback_evidence import REACH, Loop, changed_alike, is_switch
from performer.session.loopback_memory import BEND, CONTROL, EMPTY, LONGEST, OFF, PROGRAM, Left, Memory, Message, key_of

ALARM = 2.0  # nats of a loop that is not sure from which on nothing waits to be learnt
BACKLOG = 2  # messages that wait to be learnt from
PROVED = 12  # copies after which a loop that is sure is the only one that is suspected
KNOWN = 6  # note-ons that left and did not come back, after which there is no loop until one is proved
MOST_LOOPS = 4  # that are followed for each source
MOST_SEEDS = 256  # single coincidences that are remembered for each source
SAMPLE = 5  # note-ons that a note is compared with at any pitch
EXACT_SAMPLE = 3  # messages of its own key that a message is compared with
SEED_LIFE = 10.0  # seconds within which a coincidence must happen again
PASSED_ON = 0.01  # seconds within which a message that came in leaves again
MOVING = 0.06  # seconds between two messages of one continuous movement, at most
JUMP = {BEND: 3000}  # of a gesture's value, which no continuous movement makes
USUAL_JUMP = 24
FINGERS = 12
SEQUENCES = {CONTROL + number for number in (0, 6, 32, 38, *range(96, 102))}
"""What means something by itself each time: banks, and the steps of RPN and NRPN."""
IMPOSSIBLE = 0.04  # seconds within which nobody strikes a key again


@dataclass(frozen=True, slots=True)
class Return:
    """A known way back."""

    port: str
    source: str
    delay: float  # seconds
    shift: int  # semitones
    copies: int


class _Velocities:
    """The last velocities, and whether they vary."""

    __slots__ = ("_last", "varied")

    def __init__(self) -> None:
        self._last: deque[int] = deque(maxlen=8)
        self.varied = False

    def add(self, velocity: int) -> None:
        self._last.append(velocity)
        self.varied = len(set(self._last)) > 2


@dataclass(slots=True)
class _Source:
    """What is known of one input source."""

    loops: list[Loop] = field(default_factory=list)  # the best first
    alarmed: bool = False  # something may be a loop: learn at once
    seeds: dict[tuple[str, int, int], tuple[float, Left, int]] = field(default_factory=dict)  # port, shift, delay -> time, what left, value
    velocities: _Velocities = field(default_factory=_Velocities)  # of the player's own notes
    marks: dict[str, int] = field(default_factory=dict)  # port -> note-ons that were due when something last came back from it
    accepted: dict[tuple[int, int], tuple[float, int]] = field(default_factory=dict)  # channel, key -> time and value of the player's own
    held: dict[tuple[int, int], int] = field(default_factory=dict)  # channel, pitch -> the player's own keys that are down
    down: int = 0  # how many those are
    copies: dict[tuple[int, int], int] = field(default_factory=dict)  # channel, pitch -> copies of notes that are down


_Lesson = tuple[_Source, float, int, int, int, str, float, int]  # source, time, key, value, channel, source's name, nats, messages so far


def _by_score(loop: Loop) -> float:
    return -loop.score


class LoopbackFilter:
    """Remembers what leaves; `is_return` says whether what came in is a copy of it. Used by one thread; bounded in memory and time."""

    def __init__(self) -> None:
        self._memory = Memory()
        self._sources: dict[str, _Source] = {}
        self._velocities: dict[str, _Velocities] = {}  # port -> of the notes that left last
        self._recent: dict[int, tuple[float, str, int]] = {}  # key -> time, source and channel of the player's last message
        self._numbers = 0
        self._lessons: deque[_Lesson] = deque()

    def learn(self) -> None:
        """Do the part of the work that no message waits for. To be called after each message, when what it brought has left.

        What was not learnt by then is learnt when the next message comes, which then takes longer."""
        while self._lessons:
            self._learn(*self._lessons.popleft())

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
                velocities = self._velocities[port] = _Velocities()
            velocities.add(value)
        self._memory.add(time, port, event.channel, key, value, cause)

    def takes_back(self, time: float, port: str, event: Message) -> None:
        """A message that was planned for `time` will not leave after all. What is unknown is ignored."""
        self._memory.take_back(time, port, event.channel, key_of(event)[0])

    def is_return(self, time: float, event: Message) -> bool:
        """Whether a message that came in is a copy of one that left. Every message of a player must come through here, in order."""
        source = self._sources.get(event.source)
        if source is None:
            source = self._sources[event.source] = _Source()
        self._memory.settle(time)
        if self._lessons:
            self._catch_up(source)
        key, value = key_of(event)
        if OFF <= key < CONTROL:
            return self._ends(source, time, key, event.channel)
        found = self._recognise(source, time, key, value, event)
        if key < OFF:
            held = source.copies if found else source.held
            held[event.channel, key] = held.get((event.channel, key), 0) + 1
            source.down += not found
        if not found:
            self._accept(source, time, key, value, event)
        return found

    def delay(self, source: str) -> float | None:
        """Seconds after which most of what leaves comes back through this source; None where no loop is known."""
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

    def forget(self, source: str) -> None:
        """A source went or was connected anew: nothing is known of it."""
        if self._sources.pop(source, None) is not None:
            self._sources[source] = _Source(marks=dict(self._memory.due))

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

    def _accept(self, source: _Source, time: float, key: int, value: int, event: Message) -> None:
        if key < OFF:
            source.velocities.add(value)
        source.accepted[event.channel, key] = time, value
        self._recent[key] = time, event.source, event.channel

    def _recognise(self, source: _Source, time: float, key: int, value: int, event: Message) -> bool:
        """Whether a note-on or a gesture is a copy, by the loops that are sure or by suspicion. What is to be learnt from it waits."""
        channel, name = event.channel, event.source
        for loop in source.loops:
            left = loop.find(self._memory, time, channel, key, value, self._memory.count) if loop.sure else None
            if left is None:
                continue
            if key < OFF and not loop.repeats(left, value):
                loop.doubt(0.7)
                continue
            loop.take(self._memory, time, left, value, self._varied(source, left.port))
            if loop.sure:
                source.marks[loop.port] = self._memory.due.get(loop.port, 0)
                return True
        impossible = self._impossible(source, time, key, value, channel)
        self._lessons.append((source, time, key, value, channel, name, impossible, self._memory.count))
        return self._suspect(source, time, key, value, channel, name, impossible > 0)

    def _catch_up(self, source: _Source) -> None:
        """Learn what still waits, where that may decide about the next message."""
        if source.alarmed or not self._known_ports(source):
            self.learn()
        elif len(self._lessons) > BACKLOG:
            self._learn(*self._lessons.popleft())

    def _impossible(self, source: _Source, time: float, key: int, value: int, channel: int) -> float:
        """Nats for what no hand does: strike a key that is down, or leave a continuous movement for a value far away."""
        if key < OFF:
            # Pads never send note-offs: with more keys down than fingers none is known to be down.
            return 2.0 if (channel, key) in source.held and source.down <= FINGERS else 0.0
        return 3.0 if self._jumps(source, time, key, value, channel) else 0.0

    def _varied(self, source: _Source, port: str) -> tuple[bool, bool]:
        ours = self._velocities.get(port)
        return ours is not None and ours.varied, source.velocities.varied

    def _bonus(self, left: Left, key: int, channel: int, name: str, impossible: float) -> float:
        """Nats beside time and value: for what a hand cannot do, and against what follows from a hand's own repetition."""
        if impossible:
            return impossible
        if left.cause is None or left.cause[0] != name or left.key != key:
            return 0.0
        return -0.8 if left.cause[1] == channel else 0.5

    def _jumps(self, source: _Source, time: float, key: int, value: int, channel: int) -> bool:
        """Whether a gesture leaves the player's continuous movement for a value to which hands do not jump."""
        last = source.accepted.get((channel, key))
        if last is None or time - last[0] > MOVING or key == PROGRAM or is_switch(key, value):
            return False
        return abs(value - last[1]) > JUMP.get(key, USUAL_JUMP)

    def _known_ports(self, source: _Source) -> set[str]:
        """The ports of which it is known how or that nothing comes back to this source, until the contrary is proved."""
        due, marks = self._memory.due, source.marks
        known = {port for port in due if due[port] - marks.get(port, 0) >= KNOWN}
        return known.union(loop.port for loop in source.loops if loop.sure and loop.hits >= PROVED)

    def _suspect(self, source: _Source, time: float, key: int, value: int, channel: int, name: str, impossible: bool) -> bool:
        """Whether a message counts as a copy though no loop is sure."""
        known = self._known_ports(source)
        last = source.accepted.get((channel, key)) if CONTROL <= key < PROGRAM else None
        same = last is not None and last[1] == value and key not in SEQUENCES
        if known and len(known) == len(self._velocities) and not same:
            return False
        for left in self._memory.trails.get(key, EMPTY).between(time - LONGEST, time):
            if left.value != value:
                continue
            own = left.cause is not None and left.cause[0] == name
            # The player's own controller has this value already: nothing is lost.
            if own and same:
                return True
            if left.port in known:
                continue
            if not own:
                return True
            if key < OFF:
                # A player may strike the same key again, but not one that is down, nor at once, nor every time exactly as loud.
                if impossible or time - left.time < IMPOSSIBLE or source.velocities.varied:
                    return True
            elif impossible or left.cause != (name, channel):
                return True
        return False

    def _learn(self, source: _Source, time: float, key: int, value: int, channel: int, name: str, impossible: float, count: int) -> None:
        """Count a message for the loops that are followed; look for others of which it could be a copy."""
        for loop in source.loops:
            left = None if loop.sure else loop.find(self._memory, time, channel, key, value, count)
            if left is not None:
                bonus = self._bonus(left, key, channel, name, impossible)
                loop.take(self._memory, time, left, value, self._varied(source, left.port), bonus)
                if loop.sure:
                    break
        else:
            self._seek(source, time, key, value, channel, name, impossible, count)
        source.loops.sort(key=_by_score)
        source.alarmed = any(loop.score > ALARM and not loop.sure for loop in source.loops)

    def _seek(self, source: _Source, time: float, key: int, value: int, channel: int, name: str, impossible: float, count: int) -> None:
        """Look for what left and could come back as this message; where that happens twice by one delay and shift, a loop is followed."""
        seeds = source.seeds
        for left in self._candidates(time, key, value):
            # What this message itself brought to leave is not its cause.
            if left.order > count:
                continue
            shift, delay = key - left.key, time - left.time
            place = delay / REACH
            here = int(place)
            near = here + 1 if place - here > 0.5 else here - 1
            before = seeds.pop((left.port, shift, here), None) or seeds.pop((left.port, shift, near), None)
            seeds[left.port, shift, here] = time, left, value
            if before is None or before[1] is left or time - before[0] > SEED_LIFE:
                continue
            # What fits neither in time nor in how the velocity was changed is chance.
            if abs(before[0] - before[1].time - delay) > REACH or not (
                key >= CONTROL or changed_alike(left.value, value, before[1].value, before[2])
            ):
                continue
            if not self._followed(source, left, delay, shift):
                self._follow(source, shift, before, (time, left, value), self._bonus(left, key, channel, name, impossible))
        while len(seeds) > MOST_SEEDS:
            del seeds[next(iter(seeds))]

    def _candidates(self, time: float, key: int, value: int) -> list[Left]:
        """Some of what left lately and could come back as this message: of its own key, and note-ons of any."""
        trail = self._memory.trails.get(key, EMPTY).between(time - LONGEST, time)
        if key >= CONTROL:
            return [left for left in trail if left.value == value][-EXACT_SAMPLE:]
        notes = self._memory.notes
        first, last = bisect_left(notes.times, time - LONGEST), bisect_right(notes.times, time)
        return trail[-EXACT_SAMPLE:] + notes.items[first : last : (last - first) // SAMPLE + 1]

    def _followed(self, source: _Source, left: Left, delay: float, shift: int) -> bool:
        return any(loop.shift == shift and loop.port == left.port and abs(delay - loop.delay) < REACH for loop in source.loops)

    def _follow(self, source: _Source, shift: int, first: tuple[float, Left, int], second: tuple[float, Left, int], bonus: float) -> None:
        """Two coincidences make a loop that is followed, where they fit better than the worst that is followed already."""
        (time, left, value), (now, again, current) = first, second
        self._numbers += 1
        loop = Loop(self._numbers, left.port, time - left.time, shift)
        loop.take(self._memory, time, left, value, self._varied(source, left.port))
        loop.take(self._memory, now, again, current, self._varied(source, left.port), bonus)
        worst = source.loops[-1].score if len(source.loops) == MOST_LOOPS else 0.0
        if loop.score > worst:
            source.loops[MOST_LOOPS - 1 :] = []
            source.loops.append(loop)
            source.loops.sort(key=_by_score)

    def _ends(self, source: _Source, time: float, key: int, channel: int) -> bool:
        """Whether a note-off is that of a copy: of the only key that is down, or of what ended this long ago where there are both."""
        place = channel, key - OFF
        copies, held = source.copies.get(place, 0), source.held.get(place, 0)
        sure = [loop for loop in source.loops if loop.sure] if held else []
        found = copies > 0 and (not held or any(loop.find(self._memory, time, channel, key, 0, self._memory.count) for loop in sure))
        down = source.copies if found else source.held
        if down.get(place, 0) > 1:
            down[place] -= 1
        else:
            down.pop(place, None)
        if not found:
            source.down -= bool(held)
            source.accepted[channel, key] = time, 0
        return found
