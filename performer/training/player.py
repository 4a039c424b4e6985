"""What a player played, out of takes and MIDI files: pieces to learn from, to choose by, and to measure on.

Of a take it is the human's keys and pedal, not what Performer answered; channel 10 is drums, all else keys, as in a show. A long rest ends a piece:
in a take somebody else plays there. The three parts are whole files where there are enough of them, else the ends of what was played.
"""

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from performer.assets import demo_performance
from performer.encoding import GAP_EDGES
from performer.errors import MidiFileError, PerformerError, TakeError
from performer.evaluation.corpus import DRUM_CHANNEL, Say
from performer.evaluation.corpus import KINDS as MIDI
from performer.evaluation.midi_file import Pedal, read_midi, sounding
from performer.events import Control, NoteOff, NoteOn
from performer.inputs.replay import read_performance
from performer.outputs.take import read_take
from performer.training.data import DRUMS, HELD_OUT, KEYS, TRAIN, Part, Piece, Store, pack

TAKES = (".jsonl",)
CHOSEN_BY = 2  # the split between TRAIN and HELD_OUT: neither learned from nor reported
SHARE = 1 / 8  # of the notes that each of the two other parts has
FILES = 6  # fewer are cut by time
LEAST = 200  # notes
SHORTEST = 8  # notes of a piece
REST = float(GAP_EDGES[-1])  # seconds, the longest gap that is told from longer ones
SUSTAIN = 64


@dataclass(frozen=True, slots=True)
class Material:
    """The pieces, split, and in what way (`by`: take or time). `minutes` is how long was played, long rests left out."""

    store: Store
    files: int
    notes: int
    minutes: float
    by: str


def read_material(source: Path, corpus: str, say: Say) -> Material:
    """Everything playable in `source`, a file or a folder with all below it. `say` hears of what is left out and why.

    Raises PerformerError where there is nothing, or less than LEAST notes."""
    if not source.exists():
        raise PerformerError(f"There is no '{source}'.", "Give a folder with takes or MIDI files.")
    paths = [source] if source.is_file() else sorted(path for path in source.rglob("*") if path.is_file())
    files: list[list[Piece]] = []
    paths = [path for path in paths if path.suffix.lower() in (*TAKES, *MIDI)]
    for path in paths:
        try:
            files.append(list(_pieces(path.stem, parts_of(path, say))))
        except (ValueError, TakeError) as error:
            say(f"{path.name}: {error.problem if isinstance(error, TakeError) else error}; it is left out.")
    if len(files) < len(paths):
        say(f"{len(paths) - len(files)} of {len(paths)} files of '{source}' are left out.")
    pieces = [piece for file in files for piece in file]
    notes = sum(map(_notes, pieces))
    if notes < LEAST:
        remedy = f"Play for some minutes more: {LEAST} notes are the least, some thousands are better."
        raise PerformerError(f"'{source}' has {notes} notes of a player in {len(files)} files: too few to learn from.", remedy)
    split, by = _split(files)
    return Material(pack([(corpus, piece) for piece in split]), len(files), notes, sum(map(_seconds, pieces)) / 60, by)


def parts_of(path: Path, say: Say) -> list[Part]:
    """What a person plays in a take or a MIDI file, by instrument. `say` hears of a MIDI file that is mended.

    Raises ValueError or TakeError, the reason, where that is too little."""
    if path.suffix.lower() in TAKES:
        parts = _of_take(path)
    else:
        try:
            tracks = read_midi(path, say)
        except MidiFileError as error:
            raise ValueError(error.reason) from None
        parts = [(DRUMS if track.channel == DRUM_CHANNEL else KEYS, track.notes) for track in tracks]
    if sum(len(notes) for _, notes in parts) < SHORTEST:
        raise ValueError(f"it has fewer than {SHORTEST} notes")
    return parts


def _of_take(path: Path) -> list[Part]:
    """What reached the session of a take from a person's hands."""
    _, lines = read_take(path)
    heard = [(line["t"], line["in"]) for line in lines if isinstance(line.get("in"), NoteOn | NoteOff | Control)]
    if _is_demo([event for _, event in heard]):
        raise ValueError("the demo played in it, not a person")
    open_keys: dict[tuple[int, int], tuple[float, int]] = {}
    raw: dict[int, list[tuple[float, float, int, int]]] = {}  # channel -> (onset, end, pitch, velocity)
    pedal: dict[int, list[tuple[float, bool]]] = {}
    for time, event in heard:
        match event:
            case Control(number, value, channel) if number == SUSTAIN:
                pedal.setdefault(channel, []).append((time, value >= 64))
            case NoteOn(pitch, _, channel) | NoteOff(pitch, channel) if (channel, pitch) in open_keys:
                onset, velocity = open_keys.pop((channel, pitch))
                raw.setdefault(channel, []).append((onset, time, pitch, velocity))
        if isinstance(event, NoteOn):
            open_keys[event.channel, event.pitch] = time, event.velocity
    for (channel, pitch), (onset, velocity) in open_keys.items():
        raw.setdefault(channel, []).append((onset, max(onset, lines[-1].get("t", onset)), pitch, velocity))
    return [
        (DRUMS if channel == DRUM_CHANNEL + 1 else KEYS, sounding(notes, Pedal(pedal.get(channel, []))))
        for channel, notes in sorted(raw.items())
    ]


def _is_demo(heard: Sequence[NoteOn | NoteOff | Control]) -> bool:
    """Whether these are the first keys of `performer demo`."""
    replayed = [event.pitch for event in heard if isinstance(event, NoteOn) and event.source == "replay"]
    demo = [timed.event.pitch for timed in read_performance(demo_performance()) if isinstance(timed.event, NoteOn)]
    return len(replayed) > 0 and replayed[: len(demo)] == demo[: len(replayed)]


def _pieces(name: str, parts: list[Part]) -> Iterator[Piece]:
    """The file cut where nobody begins a note for longer than REST; what is shorter than SHORTEST is left out."""
    onsets = np.sort(np.concatenate([notes["onset"] for _, notes in parts]))
    cuts = [-np.inf, *onsets[1:][np.diff(onsets) > REST], np.inf]
    for begin, end in itertools.pairwise(cuts):
        piece = _between(Piece(name, "player", TRAIN, tuple(parts)), begin, end)
        if _notes(piece) >= SHORTEST:
            yield piece


def _between(piece: Piece, begin: float, end: float) -> Piece:
    """The notes that begin from `begin` up to but not at `end`, in seconds of the file."""
    kept = [(voice, notes[(notes["onset"] >= begin) & (notes["onset"] < end)]) for voice, notes in piece.parts]
    return replace(piece, parts=tuple((voice, notes) for voice, notes in kept if len(notes)))


def _notes(piece: Piece) -> int:
    return sum(len(notes) for _, notes in piece.parts)


def _seconds(piece: Piece) -> float:
    onsets = np.concatenate([notes["onset"] for _, notes in piece.parts])
    return float(np.ptp(onsets))


def _split(files: list[list[Piece]]) -> tuple[list[Piece], str]:
    """The pieces with their splits, and how they were found: by take, or by time."""
    pieces = [piece for file in files for piece in file]
    whole = _by_group(files)
    if whole is not None:
        return whole, "take"
    cut = [part for piece in pieces for part in _by_time(piece)]
    held = [sum(_notes(part) for part in cut if part.split == split) for split in (CHOSEN_BY, HELD_OUT)]
    if min(held) < SHARE / 2 * sum(map(_notes, cut)):
        cut = _by_group([[piece] for piece in pieces]) or cut
    return cut, "time"


def _by_group(groups: list[list[Piece]]) -> list[Piece] | None:
    """Whole groups held out, the same ones every time; None where they are too few or too unequal for it."""
    groups = [group for group in groups if group]
    sizes = [sum(map(_notes, group)) for group in groups]
    wanted = SHARE * sum(sizes)
    splits = [TRAIN] * len(groups)
    order = sorted(range(len(groups)), key=lambda k: hashlib.sha256(f"{groups[k][0].name}/{k}".encode()).hexdigest())
    for split in (HELD_OUT, CHOSEN_BY):
        reached = 0
        for k in order:
            if reached < 0.8 * wanted and splits[k] == TRAIN and reached + sizes[k] <= 2 * wanted:
                splits[k], reached = split, reached + sizes[k]
        if len(groups) < FILES or reached < wanted / 2:
            return None
    return [replace(piece, split=split) for group, split in zip(groups, splits, strict=True) for piece in group]


def _by_time(piece: Piece) -> Iterator[Piece]:
    """The last eighth of the notes held out, the eighth before it to choose by; a piece too short for that is learned from."""
    onsets = np.sort(np.concatenate([notes["onset"] for _, notes in piece.parts]))
    count = len(onsets)
    if count * SHARE < 2:
        yield piece
        return
    first, second = onsets[int(count * (1 - 2 * SHARE))], onsets[int(count * (1 - SHARE))]
    for split, begin, end in ((TRAIN, -np.inf, first), (CHOSEN_BY, first, second), (HELD_OUT, second, np.inf)):
        part = _between(piece, begin, end)
        if _notes(part):
            yield replace(part, split=split)
