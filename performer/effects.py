"""What the session wants done. Frozen values that it hands to the scheduler (notes), to inference (feeds and asks) and to telemetry."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from performer.clock import Timeline
from performer.events import Event, ModelNote


@dataclass(frozen=True, slots=True)
class Play:
    """A note leaves at `time` (seconds) and ends `duration` seconds later; None: it is held until a Release with its tag.

    `tag` names what a Release or the end of a phrase takes back together. `late` says what becomes of it when it cannot leave in time: a live
    reaction plays ("play"), a planned note is left out ("drop") or waits for the next place ("next") of a grid of `grid` seconds."""

    time: float
    voice: int
    channel: int
    pitch: int
    velocity: int
    duration: float | None
    tag: str
    model: str = ""
    late: str = "play"
    grid: float = 0.0
    port: int = 1
    """Which of the show's MIDI outputs it leaves by, from 1."""

    def leaves_at(self, delay: float, port_delays: Sequence[float]) -> float:
        """When it leaves, in seconds: a planned note later by the show's delay and by that of its output."""
        if not self.planned:
            return self.time
        return self.time + delay + sum(port_delays[self.port - 1 : self.port])

    @property
    def planned(self) -> bool:
        """Whether this was composed ahead, not played in reaction: such notes leave earlier or later by the output's delay."""
        return self.late != "play"


@dataclass(frozen=True, slots=True)
class Release:
    """From `time` on nothing of this voice with this tag sounds: what sounds is ended, what is planned is taken back.

    An empty tag stands for every tag of the voice, but for the one to `spare`."""

    time: float
    voice: int
    tag: str = ""
    spare: str = ""

    def means(self, play: Play) -> bool:
        """Whether this note is one of those."""
        return play.voice == self.voice and (play.tag == self.tag if self.tag else play.tag != self.spare)


@dataclass(frozen=True, slots=True)
class Pass:
    """A controller, a bend, pressure or a program change of the player goes out, on the channel that the event names; or a tick of
    Performer's own MIDI clock."""

    time: float
    event: Event
    port: int = 1
    """Which of the show's MIDI outputs it leaves by, from 1; 0: all of them."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Panic: end what sounds, take back what is planned, and say all-notes-off on every channel."""

    time: float


@dataclass(frozen=True, slots=True)
class Compensate:
    """From now on planned notes leave `delay` seconds later (earlier where it is negative), for what the way to the ear takes."""

    delay: float


@dataclass(frozen=True, slots=True)
class Feed:
    """The models hear a note that really sounded, in the order of onsets."""

    note: ModelNote


@dataclass(frozen=True, slots=True)
class Forget:
    """The models start again from silence."""


class Ask(NamedTuple):
    """What comes next, from all that was fed so far and from `heard`, the notes that are not yet complete (fed to a copy only).

    Up to `most` notes by the instrument class `part`. `low` to `high` is the range of pitches, `classes` the allowed pitch classes
    (0-11; empty: all), `gap` the range of the gaps in seconds, `first_gap` that of the first note. `distinct` keeps an answer from
    doubling a pitch class it has used or heard; the notes of one that is `held` have no duration. Temperature and top-p as in the table.
    `seed` makes the answer a pure function of what was fed; after `expires` (seconds) nobody waits for it any more. `ahead`: it is composed for
    later and may never hold up one that is not. `model` names the model that is asked; empty: the show's first. `density` onsets a second and
    `polyphony` notes at once are the most (0: no limit), `duration` a range in seconds; the temperatures of time and of velocity follow the
    one of pitch where they are 0. `novelty` (-1 to 1) shuns or seeks the pitch classes played lately; `harmony`: nats that each class is
    likelier. `recent`: what this voice played or planned last, as onset (seconds since the last note that was heard, negative before it),
    duration and pitch: limits count it. `styles` are numbers of the encoding's styles with weights that sum to 1 (empty: any).
    In `rests`, seconds since that same note, no note begins. Pitch and velocity are drawn `at_once` where the answer is in a hurry.
    Pitches in `without` are not played, where there are others. A tuple, since sixteen voices ask at once: it is made in a sixth of the time."""

    id: int
    voice: int
    seed: int
    most: int
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
    ahead: bool = False
    model: str = ""
    held: bool = False
    density: float = 0.0
    polyphony: int = 0
    duration: tuple[float, float] | None = None
    time_temperature: float = 0.0
    velocity_temperature: float = 0.0
    novelty: float = 0.0
    harmony: tuple[float, ...] = ()
    recent: tuple[tuple[float, float, int], ...] = ()
    styles: tuple[tuple[int, float], ...] = ()
    rests: tuple[tuple[float, float], ...] = ()
    without: tuple[int, ...] = ()
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Expect:
    """These notes sound and will probably be fed next, in this order: the model may think of them when there is time. `model` as in Ask.

    After them an ask may hear a `key` (None: none is awaited) of whatever pitch, to be answered at once by one of the instrument classes `parts`, in
    one of `styles`, as the numbers of the encoding (0: any)."""

    heard: tuple[ModelNote, ...]
    model: str = ""
    key: ModelNote | None = None
    parts: tuple[int, ...] = ()
    styles: tuple[int, ...] = (0,)


@dataclass(frozen=True, slots=True)
class Wonder:
    """How surprising is the last of these notes, which the model has not been fed yet? Told to whoever looks, when there is time. `model` as
    in Ask."""

    heard: tuple[ModelNote, ...]
    model: str = ""


@dataclass(frozen=True, slots=True)
class AskChords:
    """What chords come next: `count` of them after `before`, rows of number in the key and class of length (`chords`), in a major (0) or minor
    (1) `mode`. `bar` is the length of a bar in beats; temperature and top-p as in the table; `seed` makes the answer a pure function of this."""

    id: int
    seed: int
    mode: int
    before: tuple[tuple[int, int], ...]
    count: int
    bar: float
    temperature: float = 1.0
    top_p: float = 0.95


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
class Join:
    """Be in the Ableton Link session of the network, or not. Whoever is alone there brings `timeline` along; who is not takes what the
    others have. `quantum` is a bar in beats; with `start_stop` starting and stopping are shared."""

    joined: bool
    timeline: Timeline
    quantum: float
    start_stop: bool


@dataclass(frozen=True, slots=True)
class Propose:
    """A person's wish to all who are in the Link session: another tempo, to start or to stop."""

    bpm: float | None = None
    playing: bool | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """Open this model beside those that play, and say Loaded when it can; its sender is told where it cannot."""

    model: str
    sender: str


@dataclass(frozen=True, slots=True)
class Say:
    """An OSC message for the pages, the picture and the OSC clients; with `sender` for that one only."""

    address: str
    arguments: tuple[Any, ...]
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Soon:
    """Send a Tick with this tag as soon as what the same event brought about has left."""

    tag: str


Effect = (
    Play | Release | Pass | Silence | Compensate | Feed | Forget | Ask | AskChords | Expect | Wonder | Drop | Wake | Soon
    | Join | Propose | Load | Say
)
