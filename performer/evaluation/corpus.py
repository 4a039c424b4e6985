"""A folder of MIDI files as pieces: what is measured, learned from and compared. A file that cannot be used is named and left out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from performer.encoding import DURATION, GAP, PITCH, SCALES, VELOCITY, VOICES
from performer.errors import MidiFileError, PerformerError
from performer.evaluation.midi_file import Track, read_midi
from performer.events import ModelNote
from performer.music.midi_file import ENDINGS as KINDS

DRUM_CHANNEL = 9  # as in the file; channel 10 to people
CHAIN = (GAP, PITCH, DURATION, VELOCITY)  # the order in which a note's attributes are predicted, and of the columns of `bins`
KEYS, DRUMS = VOICES.index("keys"), VOICES.index("drums")
T = TypeVar("T")
Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Piece:
    """The notes of one file, in the order of their onsets, then pitches. Arrays (notes,): seconds since the first onset, MIDI pitch,
    seconds that the key was held, MIDI velocity, instrument class."""

    name: str
    onset: npt.NDArray[np.float64]
    pitch: npt.NDArray[np.int64]
    duration: npt.NDArray[np.float64]
    velocity: npt.NDArray[np.int64]
    voice: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.onset)

    @property
    def gap(self) -> npt.NDArray[np.float64]:
        """Seconds since the onset before; 0 for the first note."""
        return np.diff(self.onset, prepend=self.onset[:1])

    @property
    def drums(self) -> bool:
        """Whether most of the notes are drums."""
        return bool(np.mean(self.voice == DRUMS) > 0.5)

    def bins(self) -> npt.NDArray[np.int64]:
        """(notes, 4) bins of gap, pitch, duration and velocity: those that every model and the baseline are measured in."""
        values = (self.gap, self.pitch, self.duration, self.velocity)
        return np.stack([SCALES[k].bin_of(SCALES[k].encode(value)) for k, value in zip(CHAIN, values, strict=True)], axis=1)

    def notes(self, own: bool) -> list[ModelNote]:
        """The notes as a model hears them."""
        columns = (self.gap.tolist(), self.pitch.tolist(), self.velocity.tolist(), self.duration.tolist(), self.voice.tolist())
        return [ModelNote(*values, own=own) for values in zip(*columns, strict=True)]

    def cut(self, begin: int, end: int) -> "Piece":
        """Notes `begin` up to but not including `end`."""
        taken = slice(begin, end)
        return Piece(self.name, self.onset[taken], self.pitch[taken], self.duration[taken], self.velocity[taken], self.voice[taken])


@dataclass(frozen=True, slots=True)
class Corpus:
    """The pieces of a folder, and what was left out of it: file and reason."""

    pieces: tuple[Piece, ...]
    skipped: tuple[tuple[str, str], ...]

    @property
    def notes(self) -> int:
        return sum(map(len, self.pieces))


def read_corpus(folder: Path, track: str = "", limit: int = 0, say: Say = lambda _: None) -> Corpus:
    """The MIDI files in `folder` and below, in the order of their names; with a `limit` above 0 only so many, evenly chosen.

    With `track`, only the tracks of that name, whatever its case. `say` hears of every file that is left out or mended. Raises PerformerError where
    there is no such folder, or nothing in it that can be used."""
    if not folder.is_dir():
        raise PerformerError(f"There is no folder '{folder}'.", "Give a folder with MIDI files.")
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in KINDS and path.is_file()]
    if not paths:
        raise PerformerError(f"'{folder}' has no MIDI files in it or below.", f"Give a folder with files that end in {', '.join(KINDS)}.")
    paths = evenly_chosen(paths, limit)
    pieces: list[Piece] = []
    skipped: list[tuple[str, str]] = []
    for path in paths:
        name = str(path.relative_to(folder))
        try:
            pieces.append(_piece(name, read_midi(path, say, name), track))
        except (MidiFileError, ValueError) as error:
            reason = error.reason if isinstance(error, MidiFileError) else str(error)
            skipped.append((name, reason))
            say(f"{name}: {reason}; it is left out.")
    if not pieces:
        reasons = f"the first: {skipped[0][0]}, {skipped[0][1]}"
        raise PerformerError(f"None of the {len(paths)} MIDI files in '{folder}' can be used ({reasons}).", "Give others, or another --track.")
    if skipped:
        say(f"{len(skipped)} of {len(paths)} files of '{folder}' are left out.")
    return Corpus(tuple(pieces), tuple(skipped))


def evenly_chosen(items: Sequence[T], limit: int) -> list[T]:
    """At most `limit` of the items, evenly chosen in their order; 0: all."""
    return [items[place * len(items) // limit] for place in range(limit)] if 0 < limit < len(items) else list(items)


def _piece(name: str, tracks: Sequence[Track], wanted: str) -> Piece:
    """Raises ValueError, its reason, where there is no note to measure."""
    chosen = [track for track in tracks if not wanted or track.name.lower() == wanted.lower()]
    if not chosen:
        names = ", ".join(sorted({track.name for track in tracks if track.name})) or "none with a name"
        raise ValueError(f"it has no track '{wanted}' with notes (tracks: {names})" if wanted and tracks else "it has no notes")
    notes = np.concatenate([track.notes for track in chosen])
    voice = np.repeat([DRUMS if track.channel == DRUM_CHANNEL else KEYS for track in chosen], [len(track.notes) for track in chosen])
    order = np.lexsort((notes["pitch"], notes["onset"]))
    notes, voice = notes[order], voice[order]
    return Piece(
        name,
        notes["onset"] - notes["onset"][0],
        notes["pitch"].astype(np.int64),
        notes["hold"].astype(np.float64),
        notes["velocity"].astype(np.int64),
        voice.astype(np.int64),
    )
