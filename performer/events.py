"""The vocabulary of everything that reaches the session. Frozen values: they may cross threads and be written to a take.

`channel` is 1-16, `velocity` 1-127, `pitch` 0-127 (MIDI note numbers), times are seconds of the show's clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, get_args

# What a model can be told of the music; a number of the encoding each.
STYLES = (
    "any", "classical", "lied", "pop", "ragtime", "folk", "chorale", "player",
    "afrobeat", "afrocuban", "blues", "country", "dance", "funk", "gospel", "highlife", "hiphop", "jazz", "latin",
    "middleeastern", "neworleans", "punk", "reggae", "rock", "soul", "metal", "ambient", "stage",
    "free-1", "free-2", "free-3", "free-4",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NoteOn:
    """A key went down. `source` names the input it came through: "midi" or "midi:2" and so on for further MIDI inputs, "desk", "osc", either
    with the page or the client after a colon, or "replay". A key is known by source, channel and pitch."""

    pitch: int
    velocity: int
    channel: int = 1
    source: str = "midi"


@dataclass(frozen=True, slots=True)
class NoteOff:
    """A key came up."""

    pitch: int
    channel: int = 1
    source: str = "midi"


@dataclass(frozen=True, slots=True)
class Control:
    """A MIDI controller, 0-127 each; number 64 is the sustain pedal."""

    number: int
    value: int
    channel: int = 1
    source: str = "midi"


@dataclass(frozen=True, slots=True)
class Bend:
    """Pitch bend, -8192 to 8191."""

    value: int
    channel: int = 1
    source: str = "midi"


@dataclass(frozen=True, slots=True)
class Pressure:
    """Aftertouch 0-127; `pitch` is None for the whole channel."""

    value: int
    pitch: int | None = None
    channel: int = 1
    source: str = "midi"


@dataclass(frozen=True, slots=True)
class Program:
    """A program change, 0-127."""

    number: int
    channel: int = 1
    source: str = "midi"


@dataclass(frozen=True, slots=True)
class Transport:
    """MIDI clock and transport: `word` is clock, start, stop, continue or songpos (position in sixteenths). One whose source is not midi
    is the wish of a hand."""

    word: str
    position: int = 0
    source: str = "midi"


@dataclass(frozen=True, slots=True)
class Tap:
    """A hand taps the beat."""

    source: str = "osc"


@dataclass(frozen=True, slots=True)
class LinkState:
    """What the Ableton Link session says: `beat` falls on `time`, at this tempo. `peers` are the others; `playing` is their common
    start/stop. The edge says it when it changes."""

    bpm: float
    beat: float
    time: float
    playing: bool
    peers: int


@dataclass(frozen=True, slots=True)
class Sysex:
    """A system-exclusive message without its F0 and F7, as hexadecimal."""

    data: str
    source: str = "midi"


@dataclass(frozen=True, slots=True)
class ParameterSet:
    """Somebody asked for a parameter's value. `value` has passed the table. `sender` is where a reply goes. `when` is one of the table's
    WHENS: on which beat or bar the change is to come; empty: by the show's own rule."""

    address: str
    value: Any
    sender: str = ""
    when: str = ""


@dataclass(frozen=True, slots=True)
class Recall:
    """Somebody asked for a scene: its parameters are set, all together."""

    scene: str
    sender: str = ""
    when: str = ""


@dataclass(frozen=True, slots=True)
class Store:
    """Somebody asked to keep the parameters as they are now, as a scene."""

    scene: str
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Suggest:
    """Somebody asked for so many other ways in which the next phrase of a voice could go."""

    voice: int
    count: int
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Listen:
    """Somebody wants to hear a suggestion, softly and once."""

    voice: int
    number: int
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Choose:
    """Somebody wants a voice to play a suggestion; number 0 is its idea before."""

    voice: int
    number: int
    sender: str = ""
    when: str = ""


@dataclass(frozen=True, slots=True)
class Swap:
    """Somebody asked that another model plays in place of the show's first."""

    model: str
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The model that was asked for is there, and has heard what was played last."""

    model: str


@dataclass(frozen=True, slots=True)
class Panic:
    """Silence everything that sounds, now."""

    source: str = "midi"
    restarts: bool = True
    """Whether voices that play by themselves begin again at the next bar."""


@dataclass(frozen=True, slots=True)
class LearnPanic:
    """Somebody wants the controller or key that is pressed next to stand for the panic button."""

    source: str = "osc"


@dataclass(frozen=True, slots=True)
class RestoreInputs:
    """Somebody wants to hear the inputs again that were cut off because of a MIDI storm."""

    source: str = "osc"


@dataclass(frozen=True, slots=True)
class PortGone:
    """What was held through this input is released: its port or what was connected with it is gone, or its cable is silent."""

    source: str = "midi"


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody asked the picture for something that is no value: `word` is model, picture, keyframe/store or keyframe/recall, `name` its name."""

    word: str
    name: str
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Still:
    """Somebody asked to keep what is seen now as a file."""

    source: str = "osc"


@dataclass(frozen=True, slots=True)
class Sync:
    """Somebody asked to be sent every parameter's value."""

    sender: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """Somebody asked for the value of one parameter."""

    address: str
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """A timer that the session set comes due."""

    tag: str


@dataclass(frozen=True, slots=True)
class ModelNote:
    """A note as a model speaks it: `gap` seconds after the onset before it, lasting `duration` seconds (None: not known yet),
    sung by an instrument class `voice` of the encoding; `own` is True where Performer played it and False where the human did."""

    gap: float
    pitch: int
    velocity: int
    duration: float | None
    voice: int = 0
    own: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The model's note number `index` in answer to the Ask with this id; `note` is None at the end of the answer, which is told with its `last` note
    where that is known."""

    ask: int
    index: int
    note: ModelNote | None
    model: str = ""
    last: bool = False


@dataclass(frozen=True, slots=True)
class ChordAnswer:
    """The chords that answer the AskChords with this id: number in the key, and beats."""

    ask: int
    chords: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Progression:
    """Somebody wrote the chords of the song, as text ("Am F C G")."""

    text: str
    sender: str = ""


@dataclass(frozen=True, slots=True)
class ModelFailed:
    """The model could not answer; the voice falls back."""

    ask: int
    reason: str


@dataclass(frozen=True, slots=True)
class Resume:
    """A new engine goes on where another one died: the song is at this beat. `position` is the beat from which a continue goes on,
    `counted_from` the one from which bars are counted; `clock_plays` is whether a MIDI clock that ticks means a song that runs."""

    beat: float
    bpm: float
    playing: bool
    halted: bool = False
    position: float = 0.0
    counted_from: float = 0.0
    clock_plays: bool = True


Event = (
    NoteOn | NoteOff | Control | Bend | Pressure | Program | Transport | Tap | LinkState | Sysex
    | ParameterSet | Recall | Store | Suggest | Listen | Choose | Swap | Loaded
    | Panic | LearnPanic | RestoreInputs | PortGone | Still | Wish | Sync | Query | Tick | Answer | ChordAnswer | Progression | ModelFailed
    | Resume
)  # fmt: skip
KINDS: Mapping[str, type] = {kind.__name__: kind for kind in get_args(Event)}


@dataclass(frozen=True, slots=True)
class Timed:
    """An event and the moment it happened, in seconds of the show's clock."""

    time: float
    event: Event


def to_json(event: Any) -> dict[str, Any]:
    """The event as a JSON object: its kind under "kind", its fields by name."""
    out: dict[str, Any] = {"kind": type(event).__name__}
    for each in fields(event):
        value = getattr(event, each.name)
        out[each.name] = to_json(value) if isinstance(value, ModelNote) else value
    return out
