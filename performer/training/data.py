"""The corpora as one file of compact arrays: `python -m performer.training.data --from /data --out .work/notes.npz`.

Every piece keeps the sounding length of its notes beside the held one, so that a model learns both a pedal's world and a drum pad's.
Part of each corpus is held out by piece. The licences are in CORPORA and travel into the model's card.
"""

import argparse
import csv
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from performer.encoding import STYLES, VOICES, style_number
from performer.evaluation.midi_file import read_midi
from performer.training.data_scores import read_score, scores_in

TICK = 0.0005  # seconds: the unit of stored times
KEYS, MELODY, DRUMS, BASS, WINDS = (VOICES.index(name) for name in ("keys", "melody", "drums", "bass", "winds"))
TRAIN, HELD_OUT = 0, 1

Part = tuple[int, np.ndarray]  # instrument class, notes as midi_file.COLUMNS


@dataclass(frozen=True, slots=True)
class Piece:
    name: str
    style: str
    split: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Where a corpus comes from, and how it may be used. A `guest` voice is only ever an input: its notes carry no loss."""

    name: str
    licence: str
    credit: str
    read: Callable[[Path], Iterator[Piece]]
    guest: int | None = None
    share: float = 1.0  # how often a piece is taken in one pass through the data


@dataclass(frozen=True, slots=True)
class Store:
    """The prepared file in memory. Note arrays are flat; piece p owns notes `offsets[p]` to `offsets[p + 1]`, sorted by onset, then pitch."""

    onset: np.ndarray  # (notes,) int32 ticks since the piece's first onset
    hold: np.ndarray  # (notes,) uint16 ticks that the key was down
    sound: np.ndarray  # (notes,) uint16 ticks that the note rang
    pitch: np.ndarray  # (notes,) uint8
    velocity: np.ndarray  # (notes,) uint8
    voice: np.ndarray  # (notes,) uint8
    offsets: np.ndarray  # (pieces + 1,) int64
    corpus: np.ndarray  # (pieces,) uint8, number in `corpora`
    style: np.ndarray  # (pieces,) uint8
    split: np.ndarray  # (pieces,) uint8
    corpora: tuple[str, ...]
    names: tuple[str, ...]

    def pieces(self, split: int, corpora: tuple[str, ...] = ()) -> np.ndarray:
        """Numbers of the pieces of one split, of all corpora or of those named."""
        wanted = np.array([not corpora or name in corpora for name in self.corpora])
        return np.flatnonzero((self.split == split) & wanted[self.corpus])


def held_out_by_name(name: str, one_in: int) -> bool:
    """The same pieces every time, on every machine: by the hash of the name."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % one_in == 0


def _held_out(name: str, one_in: int) -> int:
    return HELD_OUT if held_out_by_name(name, one_in) else TRAIN


def _groove(folder: Path) -> Iterator[Piece]:
    with (folder / "info.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            notes = [track.notes for track in read_midi(folder / row["midi_filename"])]
            if notes:
                style = row["style"].split("/")[0]
                yield Piece(row["midi_filename"], style, TRAIN if row["split"] == "train" else HELD_OUT, ((DRUMS, np.concatenate(notes)),))


def _giantmidi(folder: Path) -> Iterator[Piece]:
    for path in sorted(folder.glob("*.mid")):
        notes = [track.notes for track in read_midi(path)]
        work = path.stem.split("_cut")[0].split("_mov")[0]  # movements of one recording stay on one side
        yield Piece(path.stem, "classical", _held_out(work, 8), ((KEYS, np.concatenate(notes)),))


def _lieder(folder: Path) -> Iterator[Piece]:
    for path in scores_in(folder):
        parts = []
        for name, notes in read_score(path):
            lower = name.lower()
            keys = any(word in lower for word in ("pian", "klavier", "harpsichord", "keyboard", "organ"))
            winds = any(word in lower for word in ("flute", "oboe", "clarinet", "recorder", "flöte", "klarinette"))
            parts.append((KEYS if keys else WINDS if winds else MELODY, notes))
        yield Piece(path.stem, "lied", _held_out(path.stem, 12), tuple(parts))


def _pop909(folder: Path) -> Iterator[Piece]:
    for path in sorted(folder.glob("*/*.mid")):
        found = {track.name: track.notes for track in read_midi(path)}
        guests = [found[name] for name in ("MELODY", "BRIDGE") if name in found]
        if "PIANO" in found:
            parts = [(KEYS, found["PIANO"])] + ([(MELODY, np.concatenate(guests))] if guests else [])
            yield Piece(path.stem, "pop", _held_out(path.stem, 12), tuple(parts))


CORPORA = {
    corpus.name: corpus
    for corpus in (
        Corpus("groove", "CC BY 4.0", "Groove MIDI Dataset 1.0.0, Gillick et al. 2019, Google LLC", _groove),
        Corpus("giantmidi", "CC BY 4.0", "GiantMIDI-Piano, Kong et al. 2022, ByteDance (49 pieces)", _giantmidi, share=2.0),
        Corpus("lieder", "CC0 1.0", "OpenScore Lieder Corpus", _lieder),
        Corpus("pop909", "MIT", "POP909, Wang et al. 2020: PIANO tracks; MELODY and BRIDGE only as input", _pop909, guest=MELODY),
    )
}


def pack(pieces: list[tuple[str, Piece]]) -> Store:
    """Pieces with the names of their corpora as one Store."""
    corpora = tuple(sorted({corpus for corpus, _ in pieces}))
    columns: dict[str, list[np.ndarray]] = {key: [] for key in ("onset", "hold", "sound", "pitch", "velocity", "voice")}
    lengths = []
    for _, piece in pieces:
        notes = np.concatenate([part for _, part in piece.parts])
        voice = np.concatenate([np.full(len(part), number, np.uint8) for number, part in piece.parts])
        onset = np.round(notes["onset"] / TICK).astype(np.int64)
        order = np.lexsort((notes["pitch"], onset))
        columns["onset"].append((onset - onset.min())[order].astype(np.int32))
        for key in ("hold", "sound"):
            columns[key].append(np.clip(np.round(notes[key] / TICK), 0, 65535)[order].astype(np.uint16))
        columns["pitch"].append(notes["pitch"][order].astype(np.uint8))
        columns["velocity"].append(np.clip(notes["velocity"], 1, 127)[order].astype(np.uint8))
        columns["voice"].append(voice[order])
        lengths.append(len(notes))
    return Store(
        **{key: np.concatenate(value) for key, value in columns.items()},
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        corpus=np.array([corpora.index(corpus) for corpus, _ in pieces], np.uint8),
        style=np.array([style_number(piece.style) for _, piece in pieces], np.uint8),
        split=np.array([piece.split for _, piece in pieces], np.uint8),
        corpora=corpora,
        names=tuple(piece.name for _, piece in pieces),
    )


def save(store: Store, path: Path) -> None:
    """Write a Store. Onsets are stored as differences within a piece: they compress three times better."""
    steps = np.diff(store.onset, prepend=0)
    steps[store.offsets[:-1]] = 0
    facts = json.dumps({"corpora": store.corpora, "names": store.names, "styles": STYLES, "tick": TICK})
    arrays = {key: getattr(store, key) for key in ("hold", "sound", "pitch", "velocity", "voice", "offsets", "corpus", "style", "split")}
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, steps=steps.astype(np.uint32), facts=np.frombuffer(facts.encode(), np.uint8), **arrays)


def load(path: Path) -> Store:
    """Read what `save` wrote. Nothing is unpickled."""
    with np.load(path, allow_pickle=False) as file:
        arrays = {key: file[key] for key in file.files}
    facts = json.loads(arrays.pop("facts").tobytes())
    total = np.cumsum(arrays.pop("steps").astype(np.int64))
    starts = np.repeat(total[arrays["offsets"][:-1]], np.diff(arrays["offsets"]))
    return Store(onset=(total - starts).astype(np.int32), corpora=tuple(facts["corpora"]), names=tuple(facts["names"]), **arrays)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--from", dest="source", type=Path, required=True, help="folder that holds one folder a corpus")
    parser.add_argument("--out", type=Path, default=Path(".work/notes.npz"))
    parser.add_argument("--corpora", nargs="*", default=list(CORPORA), choices=list(CORPORA))
    arguments = parser.parse_args()
    found: list[tuple[str, Piece]] = []
    for name in arguments.corpora:
        before = len(found)
        found += [(name, piece) for piece in CORPORA[name].read(arguments.source / name) if sum(len(part) for _, part in piece.parts) >= 8]
        notes = sum(len(part) for _, piece in found[before:] for _, part in piece.parts)
        held = sum(piece.split for _, piece in found[before:])
        print(f"{name}: {len(found) - before} pieces ({held} held out), {notes} notes", flush=True)
    save(pack(found), arguments.out)
    print(f"{arguments.out}: {arguments.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
