"""A DAW in virtual time that sends back what Performer plays, players beside it, and phrases as people play
them."""

import heapq
import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from performer.events import Bend, Control, NoteOff, NoteOn, Pressure, Program
from performer.session.fuse import Blown, Fuse, Restored
from performer.session.loopback_filter import LoopbackFilter

Message = NoteOn | NoteOff | Control | Bend | Pressure | Program
Note = tuple[float, float, int, int]  # onset, duration, pitch, velocity
PORT = "out"


@dataclass(frozen=True)
class Way:
    """One way back: what it does to what left."""

    delay: float = 0.2
    jitter: float = 0.0  # at most, to both sides
    shift: int = 0
    velocity: Callable[[int], int] = lambda velocity: velocity
    channel: int | None = None
    source: str = "midi"
    loss: float = 0.0
    copies: int = 1

    def back(self, time: float, message: Message, rng: random.Random) -> list[tuple[float, Message]]:
        out = []
        for _ in range(self.copies):
            if rng.random() < self.loss:
                continue
            copy = replace(message, source=self.source, channel=self.channel or message.channel)
            if isinstance(copy, NoteOn | NoteOff):
                if not 0 <= copy.pitch + self.shift < 128:
                    continue
                copy = replace(copy, pitch=copy.pitch + self.shift)
            if isinstance(copy, NoteOn):
                copy = replace(copy, velocity=min(127, max(1, self.velocity(copy.velocity))))
            out.append((time + max(0.0, self.delay + rng.uniform(-self.jitter, self.jitter)), copy))
        return out


@dataclass
class Heard:
    """A message that came in, whose it was, and whether the filter took it for a copy."""

    time: float
    message: Message
    copy: bool
    returned: bool


@dataclass
class Performance:
    filter: LoopbackFilter
    heard: list[Heard]
    sent: int
    said: list[Blown | Restored]

    def missed(self, kind: type = object) -> list[int]:
        """Which copies (their numbers) were taken for a player's."""
        copies = [each for each in self.heard if each.copy and isinstance(each.message, kind)]
        return [number for number, each in enumerate(copies) if not each.returned]

    def silenced(self, kind: type = object) -> int:
        """How many of the player's own messages were taken for copies."""
        return sum(each.returned for each in self.heard if not each.copy and isinstance(each.message, kind))

    def count(self, copy: bool, kind: type = object) -> int:
        return sum(each.copy is copy and isinstance(each.message, kind) for each in self.heard)


def messages(notes: Sequence[Note], channel: int = 1, source: str = "midi") -> list[tuple[float, Message]]:
    """Notes as note-ons and note-offs."""
    out: list[tuple[float, Message]] = []
    for onset, duration, pitch, velocity in notes:
        out += [
            (onset, NoteOn(pitch, velocity, channel, source)),
            (onset + duration, NoteOff(pitch, channel, source)),
        ]
    return out


def play(
    player: Sequence[tuple[float, Message]],
    planned: Sequence[tuple[float, Message]] = (),
    ways: Sequence[Way] = (),
    answer: Callable[[Message], list[Message]] = lambda message: [],
    seed: int = 1,
    most: int = 30_000,
    fuse: Fuse | None = None,
    explains: float = 0.0,
) -> Performance:
    """What a player sends, what Performer plays by itself (`planned`) and in `answer` to what it hears, and
    what comes back of both."""
    rng, order, queue = random.Random(seed), itertools.count(), []
    listening, heard, sent, down, said = LoopbackFilter(), [], 0, {}, []
    for time, message in player:
        heapq.heappush(queue, (time, next(order), "player", message))
    for time, message in planned:
        heapq.heappush(queue, (time, next(order), "plan", message))
    while queue and sent < most:
        time, _, who, message = heapq.heappop(queue)
        if who == "plan":
            out = [message]
        else:
            returned = listening.is_return(time, message)
            heard.append(Heard(time, message, who == "copy", returned))
            out = []
            if fuse is not None and not returned:
                key_down = isinstance(message, NoteOn)
                said += fuse.count_in(time, message.source, explains if key_down else explains / 2, key_down)
            if not returned and not (fuse is not None and fuse.is_blown(message.source)):
                key = getattr(message, "source", ""), message.channel, getattr(message, "pitch", None)
                out = (
                    [NoteOff(on.pitch, on.channel) for on in down.pop(key, [])]
                    if isinstance(message, NoteOff)
                    else answer(message)
                )
                if isinstance(message, NoteOn):
                    down[key] = out
        for each in out:
            sent += 1
            said += fuse.count_out(time) if fuse is not None else []
            listening.leaves(time, PORT, each)
            for way in ways:
                for at, copy in way.back(time, each, rng):
                    heapq.heappush(queue, (at, next(order), "copy", copy))
    return Performance(listening, heard, sent, said)


def through(*channels: int) -> Callable[[Message], list[Message]]:
    """Voices that pass on all they hear, each on its channel."""
    return lambda message: [replace(message, channel=channel) for channel in channels]


def harmonise(*channels: int, intervals: Sequence[int] = (4, 7)) -> Callable[[Message], list[Message]]:
    """Voices that answer each key with notes, and pass gestures on."""

    def answer(message: Message) -> list[Message]:
        if not isinstance(message, NoteOn):
            return [replace(message, channel=channel) for channel in channels]
        return [
            NoteOn(
                min(127, message.pitch + interval), max(1, min(127, message.velocity - 3 * place)), channel
            )
            for channel in channels
            for place, interval in enumerate(intervals)
        ]

    return answer


def imitate(
    notes: Sequence[Note], rng: random.Random, delay: float = 0.0, spread: float = 0.02, shift: int = 0
) -> list[Note]:
    """The same as a player plays it: never in time, never as loud, never as long."""
    return [
        (
            max(0.0, onset + delay + rng.gauss(0, spread)),
            max(0.03, duration * rng.uniform(0.8, 1.2)),
            pitch + shift,
            min(127, max(1, round(velocity + rng.gauss(0, 8)))),
        )
        for onset, duration, pitch, velocity in notes
    ]


def compose(rng: random.Random, count: int = 120, low: int = 40, chord: int = 3) -> list[Note]:
    """A piece as people write them: steps and leaps in a key, chords on the beat, repeated notes, performed
    loudness."""
    scale, time, degree, out = [0, 2, 4, 5, 7, 9, 11], 0.5, rng.randint(3, 10), []
    while len(out) < count:
        gap = rng.choice([0.125, 0.25, 0.25, 0.25, 0.5, 0.5, 1.0]) * 1.1
        degree = min(21, max(0, degree + rng.choice([-2, -1, -1, 0, 1, 1, 2, 4, -3])))
        for voice in range(rng.choice([1, 1, 1, chord])):
            step = degree + 2 * voice
            pitch = low + scale[step % 7] + 12 * (step // 7)
            out.append(
                (
                    time + rng.gauss(0, 0.004),
                    gap * rng.uniform(0.4, 1.0),
                    pitch,
                    min(127, max(20, round(rng.gauss(75, 12)))),
                )
            )
        time += gap
    return out


def press_pedal(rng: random.Random, presses: int = 20, number: int = 64) -> list[tuple[float, Message]]:
    """A continuous pedal at 100 Hz, pressed and let up."""
    out: list[tuple[float, Message]] = []
    time, last = 0.5, None
    for _ in range(presses):
        down = [(time + step / 100, round(127 * step / 24)) for step in range(25)]
        up_at = time + 0.9 + rng.random() * 0.4
        up = [(up_at + step / 100, round(127 * (14 - step) / 14)) for step in range(15)]
        for at, value in down + up:
            if value != last:
                out.append((at + rng.gauss(0, 0.0005), Control(number, value)))
            last = value
        time = up_at + 0.25 + rng.random() * 0.2
    return sorted(out, key=lambda each: each[0])
