"""What is learnt from a message that came in and was not recognised: what it could be a copy of, by which
delay and shift. Pure."""

import math
from bisect import bisect_left, bisect_right
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from performer.session.loopback_evidence import REACH, SEQUENCES, Loop, changed_alike
from performer.session.loopback_memory import CONTROL, EMPTY, LONGEST, OFF, PROGRAM, Left, Memory, move_key

ALARM = 2.0  # nats of a loop that is not sure from which on nothing waits to be learnt
MOST_LOOPS = 8  # that are followed for each source
LATELY = 24  # keys of the player's that were taken for copies
PASSED_ON = 0.01  # seconds within which a message that came in leaves again
AT_ONCE = 0.001  # seconds between the two messages of a key that plays two layers
MOST_SEEDS = 256  # single coincidences that are remembered for each source
SEED_LIFE = 10.0  # seconds within which a coincidence must happen again
SAMPLE = 12  # note-ons that a note is compared with at any pitch, about
NEWEST = 2  # note-ons that left last, which it is always compared with
EXACT_SAMPLE = 3  # messages of its own key that a message is compared with
BANKS = (CONTROL, CONTROL + 32)
NEVER = (-math.inf, 0)
# Nats where a player's own message was passed on: the same channel may be the player again, another one is
# not.
REPEATED, ELSEWHERE = -0.8, 0.5


class Arrival(NamedTuple):
    """A message that came in."""

    time: float
    source: str
    channel: int
    key: int
    value: int
    impossible: float  # nats for what no hand does
    sent: int  # messages that had left before


class Seed(NamedTuple):
    """A message that could be a copy of one that left."""

    time: float
    left: Left
    value: int


class Velocities:
    """The last velocities, and whether they vary."""

    __slots__ = ("_last", "varied")

    def __init__(self) -> None:
        self._last: deque[int] = deque(maxlen=8)
        self.varied = False

    def add(self, velocity: int) -> None:
        self._last.append(velocity)
        self.varied = len(set(self._last)) > 2


@dataclass(slots=True)
class Source:
    """What is known of one input source. A place is a channel and a key."""

    loops: list[Loop] = field(default_factory=list)  # the best first
    alarmed: bool = False  # something may be a loop
    seeds: dict[tuple[str, int, int], Seed] = field(default_factory=dict)  # by port, shift and delay
    velocities: Velocities = field(default_factory=Velocities)  # of the player's own notes
    # Port -> note-ons due when something last came back from it.
    marks: dict[str, int] = field(default_factory=dict)
    # Place -> the player's last.
    accepted: dict[tuple[int, int], tuple[float, int]] = field(default_factory=dict)
    # Place -> the player's own keys that are down.
    held: dict[tuple[int, int], int] = field(default_factory=dict)
    down: int = 0  # how many those are
    copies: dict[tuple[int, int], int] = field(default_factory=dict)  # place -> copies of notes that are down
    # The player's own keys that were taken for copies of others of his that had been passed on: time, key, loop.
    dropped: deque[tuple[float, int, Loop]] = field(default_factory=lambda: deque(maxlen=16))
    drops: int = 0  # how many those were of late
    refuted: int = 0  # of them, those that were none
    strict_until: float = -math.inf  # until then what a player sent is never found to come back

    def means_more(self, channel: int, key: int, since: float) -> bool:
        """Whether the value that the player's own message gave at `since` means something again: banks, the steps of RPN and NRPN, and a
        program in another bank."""
        return key in SEQUENCES or (key == PROGRAM and any(self.accepted.get((channel, bank), NEVER)[0] > since for bank in BANKS))

    def drop(self, time: float, key: int, loop: Loop) -> None:
        """Count a key of the player's that is taken for a copy of another of his."""
        self.dropped.append((time, key, loop))
        self.drops += 1
        if self.drops > LATELY:
            self.drops, self.refuted = self.drops // 2, self.refuted // 2

    def is_strict(self, left: Left, name: str, time: float) -> bool:
        """Whether this is left out of the search: the player of this source repeats himself in strict time."""
        return time < self.strict_until and left.key < OFF and left.cause is not None and left.cause[0] == name


def by_score(loop: Loop) -> float:
    return -loop.score


class Learner:
    """Finds loops in what is remembered. `velocities` are those of the notes that left last, by port."""

    def __init__(self, memory: Memory, velocities: dict[str, Velocities]) -> None:
        self._memory = memory
        self._velocities = velocities
        self._loops = 0

    def learn(self, source: Source, arrival: Arrival) -> None:
        """Count a message for the loops that are followed; look for others of which it could be a copy."""
        time, _, channel, key, value, _, sent = arrival
        for loop in source.loops:
            if loop.sure:
                continue
            loop.look_for_expected(time)
            left = loop.find(self._memory, time, channel, key, value, sent)
            if left is not None and not source.is_strict(left, arrival.source, time):
                loop.take(
                    self._memory, time, left, value, self.varied(source, left.port), bonus(arrival, left)
                )
                if loop.shift and key < OFF:
                    self._expect(loop, arrival, left)
                if loop.sure:
                    break
        else:
            self._seek(source, arrival)
        source.loops.sort(key=by_score)
        source.alarmed = any(loop.score > ALARM and not loop.sure for loop in source.loops)

    def _expect(self, loop: Loop, arrival: Arrival, left: Left) -> None:
        """What the arrival brought to leave the same way as what came back is to come back itself."""
        if move_key(arrival.key, loop.shift) is None:
            return
        trail = self._memory.trails.get(arrival.key, EMPTY).between(arrival.time - 1e-6, arrival.time + PASSED_ON)
        cause = arrival.source, arrival.channel
        for again in trail:
            if again.order > arrival.sent and (again.port, again.channel, again.cause) == (left.port, left.channel, cause):
                loop.expect(again)
                return

    def varied(self, source: Source, port: str) -> tuple[bool, bool]:
        """Whether the velocities vary that leave through a port, and those of the player."""
        ours = self._velocities.get(port)
        return ours is not None and ours.varied, source.velocities.varied

    def _seek(self, source: Source, arrival: Arrival) -> None:
        """Look for what could come back as this message; what fits twice by one delay and shift is followed
        as a loop."""
        time, key, value, seeds = arrival.time, arrival.key, arrival.value, source.seeds
        for left in self._candidates(time, key, value):
            # What this message itself brought to leave is not its cause.
            if left.order > arrival.sent or source.is_strict(left, arrival.source, time):
                continue
            # A keyboard that plays two layers sends each key twice at once. No way back is as short.
            if time - left.time < AT_ONCE and left.cause not in (None, (arrival.source, arrival.channel)):
                continue
            shift, delay = key - left.key, time - left.time
            place = delay / REACH
            here = int(place)
            near = here + 1 if place - here > 0.5 else here - 1
            before = seeds.pop((left.port, shift, here), None) or seeds.pop((left.port, shift, near), None)
            seeds[left.port, shift, here] = now = Seed(time, left, value)
            if (
                before is not None
                and fits(before, now, key)
                and not self._followed(source, left, delay, shift)
            ):
                self._follow(source, shift, before, now, bonus(arrival, left))
        while len(seeds) > MOST_SEEDS:
            del seeds[next(iter(seeds))]

    def _candidates(self, time: float, key: int, value: int) -> list[Left]:
        """Some of what left lately and could come back as this message: of its own key, and note-ons of
        any."""
        trail = self._memory.trails.get(key, EMPTY).between(time - LONGEST, time)
        if key >= CONTROL:
            return [left for left in trail if left.value == value][-EXACT_SAMPLE:]
        notes = self._memory.notes
        first, last = bisect_left(notes.times, time - LONGEST), bisect_right(notes.times, time)
        older = max(first, last - NEWEST)
        # The newest are never left out: a way back without delay returns those.
        return (
            trail[-EXACT_SAMPLE:]
            + notes.items[first : older : (older - first) // SAMPLE + 1]
            + notes.items[older:last]
        )

    def _followed(self, source: Source, left: Left, delay: float, shift: int) -> bool:
        return any(
            loop.shift == shift and loop.port == left.port and abs(delay - loop.delay) < REACH
            for loop in source.loops
        )

    def _follow(self, source: Source, shift: int, first: Seed, second: Seed, nats: float) -> None:
        """Make a loop of two coincidences, where they fit better than the worst that is followed already."""
        self._loops += 1
        varied = self.varied(source, first.left.port)
        loop = Loop(self._loops, first.left.port, first.time - first.left.time, shift)
        loop.take(self._memory, first.time, first.left, first.value, varied)
        loop.take(self._memory, second.time, second.left, second.value, varied, nats)
        worst = source.loops[-1].score if len(source.loops) == MOST_LOOPS else 0.0
        if loop.score > worst:
            source.loops[MOST_LOOPS - 1 :] = []
            source.loops.append(loop)
            source.loops.sort(key=by_score)


def fits(first: Seed, second: Seed, key: int) -> bool:
    """Whether two coincidences can be of one loop: in time, and in how the velocity was changed."""
    if first.left is second.left or second.time - first.time > SEED_LIFE:
        return False
    if abs((first.time - first.left.time) - (second.time - second.left.time)) > REACH:
        return False
    return key >= CONTROL or changed_alike(second.left.value, second.value, first.left.value, first.value)


def bonus(arrival: Arrival, left: Left) -> float:
    """Nats beside time and value: for what a hand cannot do, and against a hand's own repetition."""
    if arrival.impossible:
        return arrival.impossible
    if left.cause is None or left.cause[0] != arrival.source or left.key != arrival.key:
        return 0.0
    return REPEATED if left.cause[1] == arrival.channel else ELSEWHERE
