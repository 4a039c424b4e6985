"""What one voice means to play: notes in beats that are not committed yet, and the grid that they are drawn to. Pure, owned by a lane."""

import bisect
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlannedNote:
    """A note on the timeline: its beat, its length in beats, and the model that thought of it. One that was `chosen` is not thought over."""

    beat: float
    pitch: int
    velocity: int
    beats: float
    model: str
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """Notes with their beats since its beginning, and its length in beats."""

    notes: tuple[PlannedNote, ...]
    beats: float

    @property
    def likeness(self) -> tuple[tuple[float, int], ...]:
        """What two phrases that are the same have in common: beats, nearly, and pitches."""
        return tuple((round(note.beat * 8) / 8, note.pitch) for note in self.notes)


class Plan:
    """Notes in the order of their beats."""

    def __init__(self) -> None:
        self.notes: list[PlannedNote] = []

    def add(self, note: PlannedNote) -> None:
        bisect.insort(self.notes, note, key=lambda each: each.beat)

    def take(self, before: float) -> list[PlannedNote]:
        """The notes before this beat; they are no longer in the plan."""
        count = bisect.bisect_left(self.notes, before, key=lambda each: each.beat)
        taken, self.notes = self.notes[:count], self.notes[count:]
        return taken

    def clear(self, spare_chosen: bool = False) -> list[PlannedNote]:
        """Forget the notes, all or all but the chosen ones; returns what they were."""
        taken = [note for note in self.notes if not (spare_chosen and note.chosen)]
        self.notes = [note for note in self.notes if spare_chosen and note.chosen]
        return taken

    def clear_from(self, beat: float) -> list[PlannedNote]:
        """Forget the notes from this beat on; returns what they were."""
        count = bisect.bisect_left(self.notes, beat, key=lambda each: each.beat)
        kept, taken = self.notes[:count], self.notes[count:]
        self.notes = kept
        return taken


def place(beat: float, grid: float, strength: float = 1.0, swing: float = 0.0) -> float:
    """Where a note at `beat` belongs: drawn to the nearest place of the grid by `strength` (0 leaves it, 1 puts it there).

    `swing` moves every second place later, by a third of the grid at 1: then two of them stand 2:1, a triplet's feel."""
    if grid <= 0:
        return beat
    number = round(beat / grid)
    target = number * grid + (swing * grid / 3 if number % 2 else 0.0)
    return beat + strength * (target - beat)
