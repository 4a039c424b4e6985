"""What left through the outputs in the last half second, found by what it is and when it left. Pure: every
time is an argument."""

from bisect import bisect_left, bisect_right, insort
from collections import deque

from performer.events import Bend, Control, NoteOff, NoteOn, Pressure, Program

LONGEST = 0.52  # seconds: the longest way back through a DAW, 500 ms, and its jitter
KEPT = 2.0  # seconds that a message is remembered after it left
MOST = 4096  # messages that are remembered, whatever their times

# Every message has a key, one number: what it moves. The value says where to.
OFF, CONTROL, POLY_PRESSURE, PRESSURE, BEND, PROGRAM = 128, 256, 384, 512, 513, 514
Message = NoteOn | NoteOff | Control | Bend | Pressure | Program


def key_of(event: Message) -> tuple[int, int]:
    """The key and the value of a message."""
    kind = type(event)
    if kind is NoteOn:
        return event.pitch, event.velocity  # type: ignore[union-attr, return-value]
    if kind is NoteOff:
        return OFF + event.pitch, 0  # type: ignore[union-attr, operator]
    if kind is Control:
        return CONTROL + event.number, event.value  # type: ignore[union-attr]
    if kind is Bend:
        return BEND, event.value  # type: ignore[union-attr]
    if kind is Pressure:
        return (PRESSURE if event.pitch is None else POLY_PRESSURE + event.pitch), event.value  # type: ignore[union-attr]
    return PROGRAM, event.number  # type: ignore[union-attr]


def move_key(key: int, shift: int) -> int | None:
    """The key that many semitones away: the same for what has no pitch, None beyond the keyboard."""
    if key < CONTROL or POLY_PRESSURE <= key < PRESSURE:
        pitch = key % 128 + shift
        return key + shift if 0 <= pitch < 128 else None
    return key


NOTHING: dict[int, int] = {}  # shared by all that never came back; never written to


class Left:
    """A message that left, or is planned to."""

    __slots__ = ("cause", "channel", "key", "number", "order", "port", "returned", "time", "value")

    def __init__(
        self,
        time: float,
        port: str,
        channel: int,
        key: int,
        value: int,
        cause: tuple[str, int] | None,
        number: int,
        order: int,
    ) -> None:
        self.time = time
        self.port = port
        self.channel = channel
        self.key = key
        self.value = value
        self.cause = cause  # source and channel of the player's own message that was passed on
        self.number = number  # in its track
        self.order = order  # among all
        self.returned = NOTHING  # loop -> copies that came back

    def __lt__(self, other: "Left") -> bool:
        return self.time < other.time


class Trail:
    """Messages in the order of their times, which may lie ahead. `times` stands beside `items` since bisect
    is fastest on plain numbers."""

    __slots__ = ("items", "times")

    def __init__(self) -> None:
        self.items: list[Left] = []
        self.times: list[float] = []

    def add(self, left: Left) -> None:
        place = bisect_right(self.times, left.time)
        self.times.insert(place, left.time)
        self.items.insert(place, left)

    def remove(self, left: Left) -> None:
        place = bisect_left(self.times, left.time)
        while place < len(self.items) and self.items[place] is not left:
            place += 1
        if place < len(self.items):
            del self.items[place], self.times[place]

    def cut(self, before: float) -> None:
        """Forget what left before this time."""
        count = bisect_left(self.times, before)
        del self.items[:count], self.times[:count]

    def between(self, first: float, last: float) -> list[Left]:
        """What left from `first` to `last`, both included."""
        return self.items[bisect_left(self.times, first) : bisect_right(self.times, last)]

    def count(self, after: float, before: float) -> int:
        """How many left between these times, neither included."""
        return max(0, bisect_left(self.times, before) - bisect_right(self.times, after))


EMPTY = Trail()


class Memory:
    """Trails by key, of all note-ons, and of the note-ons of each port and channel."""

    def __init__(self) -> None:
        self.trails: dict[int, Trail] = {}
        self.notes = Trail()
        self.tracks: dict[tuple[str, int], Trail] = {}  # note-ons of a port and channel
        self.count = 0  # messages so far
        self.due: dict[str, int] = {}  # port -> note-ons whose way back is over
        self._waiting: list[tuple[float, str]] = []  # note-ons whose way back is not over
        self._numbers: dict[tuple[str, int, int], int] = {}  # port, channel, key -> gestures so far
        self._order: deque[Left] = deque()
        self._now = 0.0

    def __len__(self) -> int:
        return sum(len(trail.items) for trail in self.trails.values())

    def add(
        self, time: float, port: str, channel: int, key: int, value: int, cause: tuple[str, int] | None
    ) -> None:
        """Remember a message, and forget what left long before it."""
        number = 0
        if key >= CONTROL:
            track = (port, channel, key)
            number = self._numbers[track] = self._numbers.get(track, 0) + 1
        self.count += 1
        left = Left(time, port, channel, key, value, cause, number, self.count)
        for trail in self._trails_of(left):
            trail.add(left)
        if key < OFF:
            insort(self._waiting, (time, port))
        self._order.append(left)
        while self._order and (len(self._order) > MOST or self._order[0].time < self._now - KEPT):
            self._forget(self._order.popleft())

    def _trails_of(self, left: Left) -> list[Trail]:
        trails = [self.trails.setdefault(left.key, Trail())]
        if left.key < OFF:
            trails += [self.notes, self.tracks.setdefault((left.port, left.channel), Trail())]
        return trails

    def _forget(self, left: Left) -> None:
        for trail in self._trails_of(left):
            trail.remove(left)

    def take_back(self, time: float, port: str, channel: int, key: int) -> None:
        """Forget a message that was planned for `time` and will not leave."""
        for left in self.trails.get(key, EMPTY).between(time - 1e-6, time + 1e-6):
            if left.port == port and left.channel == channel:
                self._forget(left)
                if key < OFF and (time, port) in self._waiting:
                    self._waiting.remove((time, port))
                return

    def settle(self, time: float) -> None:
        """Count the note-ons that have had the time to come back."""
        self._now, waiting = time, self._waiting
        if waiting and waiting[0][0] < time - LONGEST:
            count = bisect_left(waiting, (time - LONGEST, ""))
            for _, port in waiting[:count]:
                self.due[port] = self.due.get(port, 0) + 1
            del waiting[:count]
