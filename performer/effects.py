"""What the session wants done. Frozen values that it hands to the scheduler (notes), to inference (feeds and asks) and to telemetry."""

from dataclasses import dataclass
from typing import Any

from performer.events import Event, ModelNote


@dataclass(frozen=True, slots=True)
class Play:
    """A note leaves at `time` (seconds) and ends `duration` seconds later; None: it is held until a Release with its tag.

    `tag` names what a Release or the end of a phrase takes back together."""

    time: float
    voice: int
    channel: int
    pitch: int
    velocity: int
    duration: float | None
    tag: str
    model: str = ""


@dataclass(frozen=True, slots=True)
class Release:
    """From `time` on nothing of this voice with this tag sounds: what sounds is ended, what is planned is taken back.

    An empty tag stands for every tag of the voice."""

    time: float
    voice: int
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Pass:
    """A controller, a bend, pressure or a program change of the player goes out, on the channel that the event names."""

    time: float
    event: Event


@dataclass(frozen=True, slots=True)
class Silence:
    """Panic: end what sounds, take back what is planned, and say all-notes-off on every channel."""

    time: float


@dataclass(frozen=True, slots=True)
class Feed:
    """The models hear a note that really sounded, in the order of onsets."""

    note: ModelNote


@dataclass(frozen=True, slots=True)
class Forget:
    """The models start again from silence."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What comes next, from all that was fed so far and from `heard`, the notes that are not yet complete (fed to a copy only).

    Up to `count` notes by the instrument class `part`. `low` to `high` is the range of pitches, `classes` the allowed pitch classes
    (0-11; empty: all), `gap` the range of the gaps in seconds, `first_gap` that of the first note. `distinct` keeps an answer from
    doubling a pitch class it has used or heard. Temperature and top-p as in the table. `seed` makes the answer a pure function of what
    was fed; after `expires` (seconds) nobody waits for it any more."""

    id: int
    voice: int
    seed: int
    count: int
    expires: float
    part: int
    low: int
    high: int
    classes: tuple[int, ...]
    temperature: float
    top_p: float
    gap: tuple[float, float]
    first_gap: tuple[float, float]
    heard: tuple[ModelNote, ...] = ()
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class Drop:
    """Whatever this voice has asked up to and with the Ask `id` is not wanted any more."""

    voice: int
    id: int


@dataclass(frozen=True, slots=True)
class Wake:
    """Send a Tick with this tag at `time`; a later Wake with the same tag replaces it."""

    time: float
    tag: str


@dataclass(frozen=True, slots=True)
class Say:
    """An OSC message for the pages, the picture and the OSC clients; with `sender` for that one only."""

    address: str
    arguments: tuple[Any, ...]
    sender: str = ""


Effect = Play | Release | Pass | Silence | Feed | Forget | Ask | Drop | Wake | Say
