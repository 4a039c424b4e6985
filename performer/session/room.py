"""What all voices share. Owned by the session, read and written by its voices and modes."""

import functools
import random
import statistics
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from performer.clock import Timeline
from performer.effects import Effect, Say
from performer.events import ModelNote, Query
from performer.session.harmony import Harmony
from performer.session.hearing import Heard, Hearing
from performer.session.keys import HeldKeys
from performer.session.song import SECTION, SECTIONS, Section
from performer.session.tempo import Tempo
from performer.session.tonality import Tonality

DELAY = "/performer/midi/delay"
MOST_ASKED = 4096  # questions of which it is known who asked
CHORD = 0.05  # seconds: onsets nearer than this are one chord
LATELY = 2.5  # seconds over which the human's density is counted at most
COUNTED = 5  # chords over which it is counted at most: who plays faster is heard sooner
FELT = 2.0  # seconds over which the human's loudness is felt
FEWEST_FELT = 3  # notes by which it is, however long ago they were
USUAL_GAP = 0.25  # seconds before a key, for a model that is to know the key before it goes down


class Values(dict[str, Any]):
    """The parameters' values, and how often one was set: what was reckoned from them holds until then."""

    changes = 0

    def __setitem__(self, address: str, value: Any) -> None:
        super().__setitem__(address, value)
        self.changes += 1

    def tell(self, time: float, event: Query) -> Iterator[Effect]:
        """The value that was asked for, to the one who asked."""
        yield Say(event.address, (self[event.address],), event.sender)


class Foreseen(Protocol):
    """Something that knows what it will play."""

    def foreseen(self, until: float) -> Sequence[Heard]: ...


@functools.lru_cache(maxsize=512)  # all voices ask about the same one
def usual_key(pitch: int, velocity: int, part: int) -> ModelNote:
    """A key as a model may think of it before it goes down: as long after the one before as any."""
    return ModelNote(USUAL_GAP, pitch, velocity, None, part)


class Room:
    """What was heard, the key, the player's dynamics, the timeline, the plans, the numbering of asks and their seeds."""

    def __init__(self, values: Values, seed: int, small: str = "") -> None:
        self.values = values
        self.tempo = Tempo(values)
        self.hearing = Hearing()
        self.tonality = Tonality()
        self.chords = Harmony(values, self.tempo, self.tonality, self.next_ask)
        self.held = HeldKeys()
        self.onsets: deque[float] = deque(maxlen=32)  # of the human's chords
        self.pitches: deque[tuple[float, int]] = deque(maxlen=8)  # the human's last notes: onset, pitch
        self.velocities: deque[tuple[float, int]] = deque(maxlen=12)  # of the human's last notes, with their onsets
        self.loudness = 80.0  # the human's recent velocity, 1-127
        self.usual = 80  # the same before the last key
        self.legato = False  # whether another key was down when the last one went down
        self.chordal = False  # whether the last key was of a chord, and not its first
        self.drumming = False  # whether the last key was a drum's
        self.small = small  # the name of the smaller model that stands by, if there is one
        self.lanes: list[Foreseen] = []  # of the voices that plan ahead
        self.asks = 0
        self._asked: dict[int, int] = {}  # ask -> the voice that asked
        self._lanes = 0
        self._random = random.Random(seed)

    @property
    def timeline(self) -> Timeline:
        """The beats and their times, as they are now."""
        return self.tempo.timeline

    @property
    def early(self) -> float:
        """Seconds before their time that planned notes leave, where the output's delay is negative."""
        return max(0.0, -float(self.values[DELAY]) / 1000.0)

    @property
    def bar(self) -> float:
        """The length of a bar in beats."""
        return self.tempo.metre.beats

    @property
    def section(self) -> Section:
        """Where the song is."""
        return SECTIONS[self.values[SECTION]]

    @property
    def halted(self) -> bool:
        """Whether whoever leads the song has stopped it."""
        return self.tempo.halted

    def next_ask(self, voice: int = 0) -> tuple[int, int]:
        """The number of a new ask of this voice (0: of none), and its seed."""
        self.asks += 1
        self._asked[self.asks] = voice
        self._asked.pop(self.asks - MOST_ASKED, None)
        return self.asks, self._random.getrandbits(31)

    def asker(self, ask: int) -> int:
        """The voice that asked; 0 where nobody knows any more."""
        return self._asked.get(ask, 0)

    def next_beat(self, when: str, time: float) -> float:
        """The beat of the next beat, bar or bars (one of QUANTA) that is not before `time`."""
        return self.timeline.beat_at(self.tempo.next(when, time))

    def next_lane(self) -> int:
        """The number of a new lane."""
        self._lanes += 1
        return self._lanes

    def foreseen(self, until: float) -> list[Heard]:
        """What all voices plan to play up to `until` (seconds), by onset."""
        return [note for lane in self.lanes for note in lane.foreseen(until)]

    def told(self, time: float, begins: float) -> tuple[float, tuple[ModelNote, ...]]:
        """What whoever composes from `begins` on (seconds) is told: the onset that its first gap is reckoned from, and the notes that are to be
        heard first."""
        plans = self.foreseen(begins)
        last = self.hearing.last_before(begins, plans)
        return begins if last is None else last, self.hearing.expected(time, begins, plans)

    def press(self, time: float, pitch: int, velocity: int) -> bool:
        """The human begins a note, which is not yet among the held ones; whether it is a new chord."""
        self.legato = bool(self.held)
        self.usual = round(self.loudness)
        self.velocities.append((time, velocity))
        self.loudness = self._felt()
        self.pitches.append((time, pitch))
        fresh = not self.onsets or time - self.onsets[-1] > CHORD
        self.chordal = not fresh
        if fresh:
            self.onsets.append(time)
        return fresh

    def rate(self, time: float) -> float:
        """The human's onsets a second of late; a chord is one."""
        lately = [onset for onset in self.onsets if onset > time - LATELY][-COUNTED:]
        if len(lately) < COUNTED:
            return len(lately) / LATELY
        first, last = lately[0], lately[-1]
        return min((COUNTED - 1) / max(last - first, CHORD), COUNTED / max(time - first, CHORD))

    def harmony(self, time: float) -> set[int]:
        """The pitch classes that the human holds, or played last where no key is down."""
        held = {pitch % 12 for pitch in self.held.pitches}
        return held or {pitch % 12 for onset, pitch in self.pitches if onset > time - LATELY}

    def _felt(self) -> float:
        newest = self.velocities[-1][0]
        felt = [velocity for onset, velocity in self.velocities if onset > newest - FELT]
        return statistics.fmean(felt if len(felt) >= FEWEST_FELT else [velocity for _, velocity in list(self.velocities)[-FEWEST_FELT:]])
