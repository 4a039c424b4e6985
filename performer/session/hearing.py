"""What was heard: the notes of the human and of Performer as one line of onsets, turned into what a model is fed.

A model wants notes in the order of their onsets, each with its duration; a key that is still down has none yet. So a note is fed once it
has ended, or when the next one begins and it still sounds: then its duration is unknown. Training masks durations in the same way. Voices of the
same kind that strike the same pitch together are heard as one note: nobody has two such keys, and no music that a model learned from. Nor does a
model hear more than eight notes of one chord: of the 1.8 million onsets that ours learned from one in a thousand has more.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from performer.encoding import GAP_EDGES
from performer.events import ModelNote
from performer.session.keys import Key

TOGETHER = float(GAP_EDGES[0])  # seconds between onsets below which a model takes them for one chord
MOST_TOGETHER = 8  # notes of a chord after which Performer's own are not heard; the human's are
LONG_HELD = 1.0  # seconds after which a key that is still down no longer keeps later notes from being fed


@dataclass(slots=True)
class Heard:
    """A note with its onset and end (None: it still sounds) in seconds; `part` is its instrument class, `voice` 0 for the human."""

    onset: float
    pitch: int
    velocity: int
    part: int
    own: bool
    voice: int
    end: float | None
    key: Key | None = None
    """The human's key; None for a note of Performer's own."""


Chord = set[tuple[int, int, bool]]  # pitch, instrument class, whether it is Performer's own


class Hearing:
    """The notes that were not fed yet, by onset. Owned by the session; times are seconds of the show's clock."""

    def __init__(self) -> None:
        self._line: list[Heard] = []
        self._last: float | None = None  # the onset of the note fed last
        self._chord: Chord = set()  # what was fed together with that
        self._pending: tuple[float, tuple[ModelNote, ...]] | None = None  # at a time: all voices ask at the same one

    def down(self, time: float, key: Key, velocity: int, part: int) -> Iterator[ModelNote]:
        """The human begins a note. Yields what is to be fed before it."""
        yield from self._feed(time, still_sounding=True)
        self._add(Heard(time, key.pitch, velocity, part, own=False, voice=0, end=None, key=key))

    def up(self, time: float, key: Key) -> Iterator[ModelNote]:
        """The human ends a note. Yields what is to be fed now."""
        self._pending = None
        for note in self._line:
            if note.key == key and note.end is None:
                note.end = time
        yield from self._feed(time)

    def plan(self, onset: float, pitch: int, velocity: int, duration: float | None, part: int, voice: int) -> None:
        """Performer will play this; it counts as heard once its onset has passed."""
        self._add(Heard(onset, pitch, velocity, part, True, voice, None if duration is None else onset + duration))

    def cut(self, time: float, voice: int, pitches: frozenset[int] | None = None) -> None:
        """From `time` on nothing of this voice sounds (of these pitches, where given): what had not begun was never heard."""
        kept = []
        for note in self._line:
            mine = note.voice == voice and note.own and (pitches is None or note.pitch in pitches)
            if mine and note.onset > time:
                continue
            if mine and (note.end is None or note.end > time):
                note.end = time
            kept.append(note)
        self._line, self._pending = kept, None

    def settle(self, time: float, still_sounding: bool = False) -> Iterator[ModelNote]:
        """Yields what has ended by now and was not fed yet, or what is `still_sounding` too, without its duration."""
        yield from self._feed(time, still_sounding)

    def pending(self, time: float) -> tuple[ModelNote, ...]:
        """What has begun and was not fed yet, as the model would hear it now."""
        if self._pending is None or self._pending[0] != time:
            self._pending = time, self.expected(time, time)
        return self._pending[1]

    def expected(self, time: float, until: float, plans: Iterable[Heard] = ()) -> tuple[ModelNote, ...]:
        """What was not fed yet and begins by `until`: heard, committed, and of these plans; as the model would hear it."""
        return tuple(self._speak(note, last, time) for note, last in self._line_up(until, plans))

    def last_before(self, until: float, plans: Iterable[Heard] = ()) -> float | None:
        """The latest onset that is not after `until`, of the same notes; of what was fed where there is none."""
        return max((note.onset for note, _ in self._line_up(until, plans)), default=self._last)

    def _line_up(self, until: float, plans: Iterable[Heard]) -> Iterator[tuple[Heard, float | None]]:
        """What will be fed up to `until`, each note with the onset before it."""
        last, chord = self._last, self._chord.copy()
        for note in sorted((*self._line, *plans), key=lambda note: note.onset):
            if note.onset > until:
                break
            if _joins(note, last, chord):
                yield note, last
                last = note.onset

    @property
    def last_onset(self) -> float | None:
        """The latest onset of all that was fed or waits to be."""
        return self._line[-1].onset if self._line else self._last

    def _add(self, note: Heard) -> None:
        self._line.append(note)
        self._line.sort(key=lambda each: each.onset)
        self._pending = None

    def _feed(self, time: float, still_sounding: bool = False) -> Iterator[ModelNote]:
        while self._line and self._line[0].onset <= time:
            note = self._line[0]
            if not still_sounding and note.end is None and note.onset > time - LONG_HELD:
                break
            del self._line[0]
            self._pending = None
            if not _joins(note, self._last, self._chord):
                continue
            said, self._last = self._speak(note, self._last, time), note.onset
            yield said

    @staticmethod
    def _speak(note: Heard, last: float | None, now: float) -> ModelNote:
        known = note.end is not None and (note.own or note.end <= now)
        gap = 0.0 if last is None else max(0.0, note.onset - last)
        duration = max(0.01, note.end - note.onset) if known and note.end is not None else None
        return ModelNote(gap, note.pitch, note.velocity, duration, note.part, note.own)


def _joins(note: Heard, last: float | None, chord: Chord) -> bool:
    """Take the note into the `chord` that was heard last, or begin another with it. False where that has it already, or is all a model can hear."""
    if last is None or note.onset - last >= TOGETHER:
        chord.clear()
    key = (note.pitch, note.part, note.own)
    if key in chord or (note.own and len(chord) >= MOST_TOGETHER):
        return False
    chord.add(key)
    return True
