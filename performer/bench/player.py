"""Players that are made up, so that how well they are followed can be measured anywhere: melodies over cadences that modulate, and playing that
swells and thins out. And players of a folder of MIDI files, moved to another key in the middle.
"""

import logging
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from performer.errors import MidiFileError, PerformerError
from performer.evaluation.midi_file import Track, read_midi
from performer.events import NoteOff, NoteOn, Timed
from performer.music.midi_file import ENDINGS
from performer.parameters import SCALES

log = logging.getLogger("performer")

BARS_BEFORE, BARS_AFTER = 8, 5  # of the modulation
MODULATIONS = (1, 2, 3, 4, 6, -1, -2, -3, -4)  # semitones; by a fifth all but one note would stay
PROGRESSIONS = ((0, 5, 3, 4), (0, 3, 4, 0), (1, 4, 0, 0), (0, 4, 5, 3), (5, 3, 0, 4), (0, 2, 3, 4))  # degrees of the scale, from 0
RHYTHMS = ((0, 1, 2, 3), (0, 0.5, 1, 2, 2.5, 3), (0, 1.5, 2, 3), (0, 0.5, 1.5, 2, 3, 3.5), (0, 1, 1.5, 2, 3))  # beats of a bar
TRACKS = ("MELODY", "PIANO")
AT_LEAST = 0.93  # of the notes of a file that lie in one key: then it is in that key
SECONDS = 2.0  # a bar of those that are made up: four beats at 120


@dataclass(frozen=True, slots=True)
class Note:
    """A note of the player's: seconds, MIDI pitch and velocity."""

    onset: float
    hold: float
    pitch: int
    velocity: int


@dataclass(frozen=True, slots=True)
class Modulating:
    """A player who modulates at `turn` seconds, from the pitch classes `old` to the pitch classes `new`; `bar` is in seconds."""

    name: str
    notes: tuple[Note, ...]
    turn: float
    bar: float
    old: frozenset[int]
    new: frozenset[int]


def events(notes: Sequence[Note]) -> list[Timed]:
    """The notes as keys that go down and up, in the order of time."""
    found: list[tuple[float, int, NoteOn | NoteOff]] = []
    for note in notes:
        found.append((note.onset, 1, NoteOn(note.pitch, note.velocity)))
        found.append((note.onset + max(0.03, note.hold) - 0.002, 0, NoteOff(note.pitch)))
    return [Timed(time, event) for time, _, event in sorted(found, key=lambda each: each[:2])]


def cadences(count: int, seed: int = 0) -> Iterator[Modulating]:
    """Made-up players in turn: a melody over chords, and a melody alone."""
    for number in range(count):
        rng = random.Random(f"{seed} {number}")
        mode = "minor" if number % 3 == 2 else "major"
        tonic, step = rng.randrange(12), rng.choice(MODULATIONS)
        notes: list[Note] = []
        for bar in range(BARS_BEFORE + BARS_AFTER):
            key = tonic + (step if bar >= BARS_BEFORE else 0)
            notes += _bar(rng, bar * SECONDS, key, mode, bar, chords=number % 2 == 0)
        scale = frozenset((tonic + degree) % 12 for degree in SCALES[mode])
        moved = frozenset((each + step) % 12 for each in scale)
        yield Modulating(f"cadence {number}", tuple(notes), BARS_BEFORE * SECONDS, SECONDS, scale, moved)


def _bar(rng: random.Random, begins: float, tonic: int, mode: str, number: int, chords: bool) -> Iterator[Note]:
    progression = PROGRESSIONS[rng.randrange(len(PROGRESSIONS))] if number % 4 == 0 else PROGRESSIONS[tonic % len(PROGRESSIONS)]
    root = progression[number % 4]
    beat = SECONDS / 4
    if chords:
        for degree in (root, root + 2, root + 4):
            yield Note(begins, SECONDS * 0.9, 48 + _pitch(tonic, mode, degree), 60 + rng.randrange(12))
    rhythm, degree = rng.choice(RHYTHMS), root + rng.choice((0, 2, 4))
    for place, where in enumerate(rhythm):
        lasts = (rhythm[place + 1] if place + 1 < len(rhythm) else 4) - where
        yield Note(begins + where * beat, lasts * beat * 0.85, 60 + _pitch(tonic, mode, degree), 70 + rng.randrange(25))
        degree = min(9, max(-3, degree + rng.choice((-2, -1, -1, 1, 1, 2))))


def _pitch(tonic: int, mode: str, degree: int) -> int:
    """Semitones above C of a degree of the scale, from 0."""
    scale = SCALES[mode]
    return (tonic % 12) - (12 if tonic % 12 > 6 else 0) + 12 * (degree // len(scale)) + scale[degree % len(scale)]


def players(folder: Path, count: int, seed: int = 0) -> Iterator[Modulating]:
    """Players of the MIDI files in a folder and below, from its last file on backwards; the tracks MELODY and PIANO in turn where there are such,
    else all. Files in no single key are left out. Raises PerformerError where there are fewer than `count`."""
    if not folder.is_dir():
        raise PerformerError(f"There is no folder '{folder}'.", "Give a folder with MIDI files.")
    found = 0
    paths = (path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS)
    for path in sorted(paths, reverse=True):
        try:
            tracks = read_midi(path)
        except MidiFileError as error:
            log.warning("%s: %s; it is left out.", path.name, error.reason)
            continue
        rng = random.Random(f"{seed} {path.name}")
        player = _modulated(path.stem, tracks, TRACKS[found % 2], rng)
        if player is not None:
            found += 1
            yield player
        if found == count:
            return
    raise PerformerError(f"'{folder}' has {found} MIDI files in one key that are long enough; {count} are wanted.", "Give another folder.")


def _modulated(name: str, tracks: Sequence[Track], wanted: str, rng: random.Random) -> Modulating | None:
    pitched = [track for track in tracks if track.channel != 9]
    chosen = [track for track in pitched if track.name == wanted] or pitched
    if not chosen:
        return None
    every, notes = np.concatenate([track.notes for track in pitched]), np.concatenate([track.notes for track in chosen])
    weights = np.bincount(every["pitch"] % 12, minlength=12)
    scales = [frozenset((tonic + degree) % 12 for degree in SCALES["major"]) for tonic in range(12)]
    old = max(scales, key=lambda scale: sum(weights[index] for index in scale))
    bar, notes = SECONDS, np.sort(notes, order="onset")
    begins = notes["onset"][0] + rng.random() * 20
    ends = begins + (BARS_BEFORE + BARS_AFTER) * bar
    if sum(weights[index] for index in old) < AT_LEAST * weights.sum() or notes["onset"][-1] < ends:
        return None
    turn, step = BARS_BEFORE * bar, rng.choice(MODULATIONS)
    played = notes[(notes["onset"] >= begins) & (notes["onset"] < ends)]
    made = tuple(
        Note(float(n["onset"] - begins), float(n["hold"]), int(n["pitch"]) + (step if n["onset"] - begins >= turn else 0), int(n["velocity"]))
        for n in played
    )
    return Modulating(name, made, turn, bar, old, frozenset((each + step) % 12 for each in old))


def swelling(bars: int, seed: int = 0) -> list[Note]:
    """A player in C whose notes a bar and loudness change every other bar, each for itself."""
    rng = random.Random(f"swelling {seed}")
    notes, degree = [], 0
    for bar in range(bars):
        if bar % 2 == 0:
            count, loudness = rng.choice((2, 4, 6, 8, 12, 16)), rng.randrange(30, 116)
        for place in range(count):
            degree = min(8, max(-4, degree + rng.choice((-2, -1, -1, 1, 1, 2))))
            velocity = min(127, max(1, loudness + rng.randrange(-8, 9)))
            notes.append(Note((bar + place / count) * SECONDS, SECONDS / count * 0.8, 60 + _pitch(0, "major", degree), velocity))
    return notes
