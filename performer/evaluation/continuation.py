"""Held-out pieces played on by a model: it hears how a piece begins and goes on from there, for as many notes as the piece has."""

import dataclasses
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from performer.constraints import Constraints
from performer.errors import ModelError
from performer.evaluation.corpus import DRUMS, Piece
from performer.events import ModelNote
from performer.inference.thinker import Mind
from performer.progress import Watch, unwatched, watched
from performer.session.tonality import Tonality

PRIME = 48  # notes that the model hears first
SHARE = 3  # of a short piece, one in so many
FEWEST = 24  # notes of a piece that is worth going on with


@dataclass(frozen=True, slots=True)
class Continuation:
    """The beginning of a piece, how it went on, and how the model did: three pieces, the latter two of as many notes."""

    prime: Piece
    played: Piece
    generated: Piece


def continuations(mind: Mind, pieces: Sequence[Piece], seed: int, free: Constraints, watch: Watch = unwatched) -> list[Continuation]:
    """One of each piece that is long enough; the same seed gives the same notes, whatever the other pieces. `free` limits every note.

    Raises ModelError where the model gives no finite numbers."""
    long_enough = [piece for piece in pieces if len(piece) >= FEWEST]
    return [_continued(mind, piece, seed, free) for piece in watched(long_enough, watch, "playing pieces on")]


def _continued(mind: Mind, piece: Piece, seed: int, free: Constraints) -> Continuation:
    """The instrument is the piece's own where it has a single one."""
    primed = min(PRIME, len(piece) // SHARE)
    rng = np.random.default_rng([seed, zlib.crc32(piece.name.encode())])
    voices = np.unique(piece.voice)
    wanted = dataclasses.replace(free, voice=int(voices[0])) if len(voices) == 1 else free
    mind.reset()
    for note in piece.cut(0, primed).notes(own=False):
        mind.feed(note)
    made: list[ModelNote] = []
    try:
        for _ in range(len(piece) - primed):
            made.append(mind.query(wanted, rng))
            mind.feed(made[-1])
    except ValueError as error:
        raise ModelError(f"Model '{mind.name}' cannot go on with '{piece.name}': {error}.", "It cannot be measured: export it again.") from None
    return Continuation(piece.cut(0, primed), piece.cut(primed, len(piece)), _piece(piece.name, made))


def _piece(name: str, notes: Sequence[ModelNote]) -> Piece:
    """Time begins with the gap before the first note."""
    columns = {key: np.array([getattr(note, key) for note in notes]) for key in ("gap", "pitch", "duration", "velocity", "voice")}
    return Piece(name, np.cumsum(columns.pop("gap")), **columns)


def in_key(prime: Piece, pieces: Sequence[Piece]) -> list[tuple[int, int]]:
    """Of each piece the notes inside the key that the session's own ear hears at the end of `prime`, and all; drums have no key."""
    ear = Tonality()
    for pitch, velocity, voice in zip(prime.pitch.tolist(), prime.velocity.tolist(), prime.voice.tolist(), strict=True):
        if voice != DRUMS:
            ear.hear(pitch, velocity)
    key = list(ear.scale())
    pitched = [piece.pitch[piece.voice != DRUMS] for piece in pieces]
    return [(int(np.isin(pitch % 12, key).sum()), len(pitch)) for pitch in pitched]
