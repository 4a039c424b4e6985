"""Music that has nothing to do with the player, to measure what a model forgets: folders of MIDI files, or prepared corpora."""

from collections.abc import Iterator
from pathlib import Path

import torch

from performer.errors import PerformerError
from performer.evaluation.corpus import KINDS, Say
from performer.training.data import HELD_OUT, Piece, Store, load, pack
from performer.training.data_epoch import Flat, Notes
from performer.training.evaluate import flat_of
from performer.training.player import SHORTEST, parts_of

PIECES = 40  # of each corpus, evenly chosen


def general_sets(path: Path, say: Say) -> Iterator[tuple[str, Flat]]:
    """The folder's MIDI files under its name, or the held-out pieces of each corpus of a prepared file under theirs.

    `say` hears of files that are left out. Raises PerformerError for what is neither."""
    if path.is_dir():
        yield path.name, _held_out(pack([(path.name, piece) for piece in _pieces(path, say)]), path.name)
        return
    try:
        store = load(path)
    except (OSError, ValueError, KeyError) as error:
        problem = f"'{path}' is neither a folder nor a prepared corpus ({error})."
        raise PerformerError(problem, "Give a folder of MIDI files, or what performer.training.data wrote.") from None
    for corpus in store.corpora:
        if len(store.pieces(HELD_OUT, (corpus,))):
            yield corpus, _held_out(store, corpus)


def _pieces(folder: Path, say: Say) -> list[Piece]:
    pieces = []
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in KINDS]
    for path in paths:
        try:
            pieces.append(Piece(path.stem, "any", HELD_OUT, tuple(parts_of(path, say))))
        except ValueError as error:
            say(f"{path.name}: {error}; it is left out.")
    if len(pieces) < len(paths):
        say(f"{len(paths) - len(pieces)} of {len(paths)} files of '{folder}' are left out.")
    if not pieces:
        raise PerformerError(f"'{folder}' has no MIDI files of {SHORTEST} notes.", "Give another folder as --general.")
    return pieces


def _held_out(store: Store, corpus: str) -> Flat:
    pieces = store.pieces(HELD_OUT, (corpus,))
    return flat_of(Notes(store, torch.device("cpu")), pieces[:: max(1, len(pieces) // PIECES)])
