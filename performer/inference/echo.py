"""The mind that needs no model: it answers with what was played. A show without a model uses it, and so do tests of the wiring."""

import copy
from collections.abc import Mapping

from performer.constraints import Chance, Constraints
from performer.events import ModelNote

REST = 1.0  # seconds without a note of the human after which the next one begins a phrase
MOST = 48  # notes of a phrase that are remembered
TOGETHER = 0.01  # seconds: a gap that must be shorter asks for a note of a chord
MIDDLE = ModelNote(0.4, 60, 72, 0.3)  # what there is to say before anything was played

# How gladly a note joins another, by their distance in semitones from 0 to 11: thirds, fifth, sixths, fourth, octave, then the rest.
CONSONANCE = (6, 10, 8, 1, 0, 5, 11, 2, 4, 3, 7, 9)


class Echo:
    """A Mind (see `thinker`) that plays the last phrase again, note by note and over again, bent to the constraints.

    Where the constraints ask for a note at the same time as the last one, it is the allowed note that suits that one best. Its memory is a
    tuple that is replaced and never written to, so a fork shares it."""

    name = "echo"

    def __init__(self) -> None:
        self.hashes: Mapping[str, str] = {}
        self._phrase: tuple[ModelNote, ...] = ()
        self._place = 0  # of the note that is said next
        self._now = self._onset = 0.0  # of the last note, and of the last one of the human's

    def feed(self, note: ModelNote) -> None:
        """Hear one note; only the human's are remembered."""
        self._now += note.gap
        if note.own:
            return
        if not self._phrase or self._now - self._onset > REST:
            self._phrase = ()
        since = self._now - self._onset if self._phrase else MIDDLE.gap
        held = note.duration if note.duration is not None else MIDDLE.duration
        self._phrase = (*self._phrase, ModelNote(since, note.pitch, note.velocity, held, note.voice))[-MOST:]
        self._onset, self._place = self._now, 0

    def query(self, constraints: Constraints, rng: Chance) -> ModelNote:
        """The next note of the phrase, a little louder or softer than it was. Raises ValueError where no pitch is allowed."""
        phrase = self._phrase or (MIDDLE,)
        said = phrase[self._place % len(phrase)]
        self._place += 1
        joins = constraints.gap is not None and constraints.gap[1] < TOGETHER
        wanted = (constraints.voice,) if isinstance(constraints.voice, int) else constraints.voice or (said.voice,)
        voice = said.voice if said.voice in wanted else wanted[0]
        return ModelNote(
            gap=_into(said.gap, constraints.gap),
            pitch=_joining(phrase[-1].pitch, constraints.pitches) if joins else _nearest(said.pitch, constraints.pitches),
            velocity=int(_into(said.velocity + int(11 * rng.random()) - 5, constraints.velocity or (1, 127))),
            duration=None if constraints.held else _into(said.duration or 0.0, constraints.duration),
            voice=voice,
            own=True,
        )

    def prepare(self) -> None:
        """There is nothing to think of before."""

    def fork(self) -> "Echo":
        """An echo with the same memory that goes its own way."""
        return copy.copy(self)

    def reset(self) -> None:
        """Forget everything."""
        self._phrase = ()
        self._place = 0
        self._now = self._onset = 0.0

    def warm(self) -> None:
        """There is nothing to warm."""


def _into(value: float, wanted: tuple[float, float] | None) -> float:
    return value if wanted is None else min(max(value, wanted[0]), wanted[1])


def _nearest(pitch: int, allowed: tuple[int, ...] | None) -> int:
    """The same note in another octave if it must be, its neighbour if that is not allowed either."""
    return pitch if allowed is None else min(allowed, key=lambda each: ((each - pitch) % 12 != 0, abs(each - pitch)))


def _joining(pitch: int, allowed: tuple[int, ...] | None) -> int:
    return min(allowed or range(pitch, min(pitch + 12, 128)), key=lambda each: (CONSONANCE[(each - pitch) % 12], abs(each - pitch - 4)))
