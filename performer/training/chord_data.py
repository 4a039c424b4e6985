"""Chord progressions of three corpora, relative to their keys: `python -m performer.training.chord_data --from /data --out .work/chords.json`.

McGill Billboard gives chords bar by bar as text, OpenEWLD lead sheets as MusicXML, POP909 chords and beats in seconds. A chord that goes on in
the next bar is one chord; what has no chord ("N", a pause) is left out. Part of each corpus is held out by piece, as in `data`.
"""

import argparse
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from performer.chords import BEATS, QUALITIES, Chord, length_class
from performer.training.data import held_out_by_name
from performer.training.data_scores import STEPS, root_of, scores_in

ONE_IN = 10  # pieces are held out
FEWEST = 8  # chords of a piece
LONGEST = BEATS[-1]
Sounding = tuple[Chord, float]  # and its beats
Row = tuple[int, int, int]  # number in the key, class of its length, mode (0 major, 1 minor)


@dataclass(frozen=True, slots=True)
class Song:
    """`rows` are relative to the key of the moment."""

    name: str
    corpus: str
    held_out: bool
    rows: tuple[Row, ...]


SHORTHAND: Mapping[str, str] = MappingProxyType({  # of Harte et al. 2005, as Billboard and POP909 write
    "maj": "", "min": "m", "7": "7", "maj7": "maj7", "min7": "m7", "maj6": "6", "min6": "m6", "sus4": "sus4", "sus2": "sus2", "dim": "dim",
    "dim7": "dim7", "hdim7": "m7b5", "aug": "aug", "9": "7", "11": "7", "13": "7", "maj9": "maj7", "maj11": "maj7", "maj13": "maj7",
    "min9": "m7", "min11": "m7", "min13": "m7", "minmaj7": "m", "5": "", "1": "", "": "",
})  # fmt: skip
KINDS: Mapping[str, str] = MappingProxyType({  # of MusicXML
    "major": "", "minor": "m", "dominant": "7", "major-seventh": "maj7", "minor-seventh": "m7", "major-sixth": "6", "minor-sixth": "m6",
    "diminished": "dim", "diminished-seventh": "dim7", "half-diminished": "m7b5", "augmented": "aug", "augmented-seventh": "aug",
    "suspended-fourth": "sus4", "suspended-second": "sus2", "dominant-ninth": "7", "dominant-11th": "7", "dominant-13th": "7",
    "augmented-ninth": "7", "major-ninth": "maj7", "minor-ninth": "m7", "minor-11th": "m7", "major-minor": "m", "minor-major": "m", "power": "",
})  # fmt: skip


def chord_of(word: str) -> Chord | None:
    """A chord in the syntax of Harte et al., "Bb:min7/5"; None for one that is none. Its bass and added notes are left out."""
    found = re.match(r"([A-G])([#b]*)(?::([a-z]*\d*))?", word)
    if found is None or (found[3] or "") not in SHORTHAND:
        return None
    return Chord(_root(found[1], found[2]), SHORTHAND[found[3] or ""])


def _root(letter: str, signs: str) -> int:
    return (STEPS[letter] + signs.count("#") - signs.count("b")) % 12


def _joined(chords: Iterable[tuple[Chord | None, float, int, int]]) -> tuple[Row, ...]:
    """Rows of (chord, beats, tonic, mode): the same chord again is one, no chord none, and one that is too long is said again."""
    runs: list[list] = []
    for chord, beats, tonic, mode in chords:
        if chord is not None and runs and runs[-1][0] == chord and runs[-1][2:] == [tonic, mode]:
            runs[-1][1] += beats
        elif chord is not None:
            runs.append([chord, beats, tonic, mode])
    rows: list[Row] = []
    for chord, beats, tonic, mode in runs:
        whole = max(0, math.ceil(beats / LONGEST - 1.25))
        rows += [(chord.number(tonic), length_class(LONGEST), mode)] * whole
        rows.append((chord.number(tonic), length_class(beats - whole * LONGEST), mode))
    return tuple(rows)


def _mode(chords: Iterable[tuple[Chord, float]], tonic: int) -> int:
    """Minor (1) where the chord of the key note has a minor third for longer than a major one."""
    third = [0.0, 0.0]
    for chord, beats in chords:
        if chord.root == tonic and (3 in QUALITIES[chord.quality] or 4 in QUALITIES[chord.quality]):
            third[3 in QUALITIES[chord.quality]] += beats
    return int(third[1] > third[0])


def _billboard(folder: Path) -> Iterator[tuple[str, tuple[Row, ...]]]:
    for path in sorted(folder.rglob("*.txt")):
        chords = list(_salami(path.read_text(encoding="utf-8")))
        modes = {tonic: _mode(((c, b) for c, b, t in chords if c is not None and t == tonic), tonic) for tonic in {t for _, _, t in chords}}
        yield path.parent.name + "/" + path.stem, _joined((chord, beats, tonic, modes[tonic]) for chord, beats, tonic in chords)


def _salami(text: str) -> Iterator[tuple[Chord | None, float, int]]:
    """Chord, beats and tonic of every part of every bar. A bar is "| G:7 . C:maj D:7 |"; a dot goes on with the chord before."""
    beats, tonic, last = 4.0, 0, None
    for line in text.splitlines():
        if found := re.match(r"# (metre|tonic): (\S+)", line):
            if found[1] == "metre":
                beats = _beats(found[2])
            else:
                tonic = _root(found[2][0], found[2][1:])
            continue
        bars = [bar.strip() for bar in re.findall(r"\|([^|]*)(?=\|)", line)]
        times = int(found[1]) if (found := re.search(r"\| x(\d+)", line)) else 1
        for bar in bars * times:
            here, words = beats, bar.split()
            if words and (changed := re.fullmatch(r"\((\d+/\d+)\)", words[0])):
                here, words = _beats(changed[1]), words[1:]
            for word in words:
                last = last if word == "." else chord_of(word)
                yield last, here / len(words), tonic


def _beats(metre: str) -> float:
    count, value = map(int, metre.split("/"))
    return count * 4 / value


def _pop909(folder: Path) -> Iterator[tuple[str, tuple[Row, ...]]]:
    for path in sorted(folder.glob("*/chord_midi.txt")):
        beats = np.loadtxt(path.with_name("beat_midi.txt"))[:, 0]
        keys = [line.split() for line in path.with_name("key_audio.txt").read_text().splitlines()]
        rows = []
        for begin, end, word in (line.split() for line in path.read_text().splitlines()):
            count = float(np.searchsorted(beats, float(end) - 0.1) - np.searchsorted(beats, float(begin) - 0.1))
            tonic, mode = next((key[2].split(":") for key in keys if float(key[1]) > float(begin)), keys[-1][2].split(":"))
            rows.append((chord_of(word), count, _root(tonic[0], tonic[1:]), int(mode == "min")))
        yield path.parent.name, _joined(row for row in rows if row[1] > 0)


def _openewld(folder: Path) -> Iterator[tuple[str, tuple[Row, ...]]]:
    for path in scores_in(folder):
        chords, fifths, mode = _lead_sheet(path)
        tonic = (fifths * 7 + (9 if mode == "minor" else 0)) % 12
        yield path.stem, _joined((chord, beats, tonic, int(mode == "minor")) for chord, beats in chords)


def _lead_sheet(path: Path) -> tuple[list[Sounding], int, str]:
    """The chords of an .mxl file with their beats, its key signature and mode. Each lasts to the next, the last to the end of its bar."""
    at: list[tuple[float, Chord]] = []
    divisions, start, fifths, mode = 1.0, 0.0, 0, ""
    for measure in root_of(path).iterfind("part[1]/measure"):
        cursor = longest = 0.0
        for item in measure:
            if item.tag == "attributes":
                divisions = float(item.findtext("divisions") or divisions)
                fifths = fifths if mode else int(item.findtext("key/fifths") or 0)
                mode = mode or item.findtext("key/mode") or ""
            elif item.tag == "harmony" and item.findtext("kind") in KINDS and item.find("root") is not None:
                root = STEPS[item.findtext("root/root-step") or "C"] + round(float(item.findtext("root/root-alter") or 0))
                at.append((start + cursor, Chord(root % 12, KINDS[str(item.findtext("kind"))])))
            elif item.tag in ("note", "forward", "backup") and item.find("chord") is None and item.find("grace") is None:
                step = float(item.findtext("duration") or 0) / divisions
                cursor += -step if item.tag == "backup" else step
            longest = max(longest, cursor)
        start += longest
    ends = [*(beat for beat, _ in at[1:]), start]
    return [(chord, end - beat) for (beat, chord), end in zip(at, ends, strict=True) if end > beat], fifths, mode or "major"


@dataclass(frozen=True, slots=True)
class Corpus:
    licence: str
    credit: str
    read: Callable[[Path], Iterator[tuple[str, tuple[Row, ...]]]]


CORPORA = {
    "billboard": Corpus("CC0 1.0", "McGill Billboard 2.0, Burgoyne et al. 2011: chords", _billboard),
    "openewld": Corpus("public domain", "OpenEWLD lead sheets, Simonetta 2018: chord symbols", _openewld),
    "pop909": Corpus("MIT", "POP909, Wang et al. 2020: chord annotations", _pop909),
}


def songs_of(source: Path) -> Iterator[Song]:
    """Every song that is long enough, of each corpus whose folder is there."""
    for name, corpus in CORPORA.items():
        for song, rows in corpus.read(source / name):
            if len(rows) >= FEWEST:
                yield Song(song, name, held_out_by_name(song, ONE_IN), rows)


def load(path: Path) -> list[Song]:
    """What `main` wrote."""
    return [Song(each["name"], each["corpus"], each["held_out"], tuple(map(tuple, each["rows"]))) for each in json.loads(path.read_text())]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--from", dest="source", type=Path, required=True, help="folder that holds one folder a corpus")
    parser.add_argument("--out", type=Path, default=Path(".work/chords.json"))
    options = parser.parse_args(arguments)
    songs = list(songs_of(options.source))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps([{key: getattr(song, key) for key in Song.__slots__} for song in songs]), encoding="utf-8")
    for name in CORPORA:
        own = [song for song in songs if song.corpus == name]
        held, chords = sum(song.held_out for song in own), sum(len(song.rows) for song in own)
        print(f"{name}: {len(own)} songs ({held} held out), {chords} chords")


if __name__ == "__main__":
    main()
