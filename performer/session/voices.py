"""A voice: one player inside Performer, with a channel, a mode and constraints. The modes live in files of their own.

A mode answers to what the human does with effects; it reads the time from the event and keeps no clock.
"""

import random
import statistics
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from performer.effects import Ask, Drop, Effect, Feed, Play, Release
from performer.events import Answer
from performer.parameters import KEYS, SCALES
from performer.session.echoes import Echoes
from performer.session.hearing import Hearing
from performer.session.tonality import Tonality


class Room:
    """What all voices share: what was heard, the key, the player's dynamics, the echoes, the numbering of asks and their seeds."""

    def __init__(self, values: Mapping[str, Any], seed: int) -> None:
        self.values = values
        self.hearing = Hearing()
        self.tonality = Tonality()
        self.echoes = Echoes()
        self.held: dict[int, int] = {}  # pitch -> velocity of the keys that the human holds
        self.velocities: deque[int] = deque(maxlen=12)
        self.asks = 0
        self._random = random.Random(seed)

    def next_ask(self) -> tuple[int, int]:
        """The number of a new ask, and its seed."""
        self.asks += 1
        return self.asks, self._random.getrandbits(31)

    @property
    def loudness(self) -> float:
        """The player's recent velocity, 1-127."""
        return statistics.fmean(self.velocities) if self.velocities else 80.0


class Mode(Protocol):
    """How a voice behaves. Every method yields effects; `time` is the event's own."""

    name: str

    def key_down(self, time: float, pitch: int, velocity: int) -> Iterator[Effect]: ...
    def key_up(self, time: float, pitch: int) -> Iterator[Effect]: ...
    def tick(self, time: float, tag: str) -> Iterator[Effect]: ...
    def answer(self, time: float, answer: Answer) -> Iterator[Effect]: ...
    def leave(self, time: float) -> Iterator[Effect]: ...

    @property
    def doing(self) -> str:
        """What the voice is at, in a word or two, for the page."""
        ...


class Voice:
    """The settings of one voice and the verbs that its modes are made of."""

    def __init__(self, number: int, part: int, room: Room) -> None:
        self.number = number
        self.part = part
        self.room = room

    def setting(self, name: str) -> Any:
        """The voice's parameter of this name, as the table has it."""
        return self.room.values[f"/performer/voice/{self.number}/{name}"]

    def classes(self) -> tuple[int, ...]:
        """The pitch classes that the voice may use now."""
        scale = self.setting("scale")
        if scale == "follow":
            return self.room.tonality.classes()
        tonic = KEYS.index(self.setting("key"))
        return tuple(sorted((tonic + step) % 12 for step in SCALES[scale]))

    def range(self) -> tuple[int, int]:
        """The lowest and the highest pitch; a range that was set upside down counts as if it were not."""
        low, high = self.setting("low"), self.setting("high")
        return min(low, high), max(low, high)

    def ask(self, time: float, count: int, patience: float, **wishes: Any) -> Ask:
        """A question to the model with this voice's settings; `wishes` are fields of Ask."""
        number, seed = self.room.next_ask()
        low, high = self.range()
        fields: dict[str, Any] = {
            "low": low,
            "high": high,
            "classes": self.classes(),
            "gap": (0.0, 4.0),
            "heard": self.room.hearing.pending(time),
            "temperature": self.setting("temperature"),
            "top_p": self.setting("top_p"),
        }
        return Ask(number, self.number, seed, count, time + patience, self.part, **(fields | wishes))

    def play(self, time: float, pitch: int, velocity: int, duration: float | None, tag: str, model: str) -> Play:
        """Plan a note: it counts as heard, and its echo will be known."""
        velocity = min(127, max(1, velocity))
        self.room.hearing.plan(time, pitch, velocity, duration, self.part, self.number)
        self.room.echoes.leaves(time, pitch, velocity)
        return Play(time, self.number, self.setting("channel"), pitch, velocity, duration, tag, model)

    def velocity(self, wanted: int) -> int:
        """The model's velocity drawn towards the player's by the setting `velocity`."""
        follow = float(self.setting("velocity"))
        return round(follow * self.room.loudness + (1 - follow) * wanted)

    def stop(self, time: float) -> Iterator[Effect]:
        """Take back all that is asked, planned and sounding."""
        self.room.hearing.cut(time, self.number)
        yield Drop(self.number, self.room.asks)
        yield Release(time, self.number)
        yield from map(Feed, self.room.hearing.settle(time))


class Mute:
    """The voice is silent."""

    name = "mute"
    doing = "muted"

    def __init__(self, voice: Voice) -> None:
        self._voice = voice

    def key_down(self, time: float, pitch: int, velocity: int) -> Iterator[Effect]:
        yield from ()

    def key_up(self, time: float, pitch: int) -> Iterator[Effect]:
        yield from ()

    def tick(self, time: float, tag: str) -> Iterator[Effect]:
        yield from ()

    def answer(self, time: float, answer: Answer) -> Iterator[Effect]:
        yield from ()

    def leave(self, time: float) -> Iterator[Effect]:
        yield from ()
