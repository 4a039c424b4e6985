"""MusicXML scores as arrays of notes in seconds: tempo, dynamics, hairpins, articulation and metre give velocities and lengths.

A reader for training data only: repeats are not taken, grace notes are left out, what is not sounding is skipped. It reads a song in
tens of milliseconds where music21 needs hundreds. Dynamics to velocity follow the usual engraving programs' tables (ppp 24 … fff 118).
"""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from performer.evaluation.midi_file import COLUMNS

STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
LEVELS = {"pppp": 18, "ppp": 26, "pp": 36, "p": 50, "mp": 62, "mf": 74, "f": 88, "ff": 104, "fff": 116, "ffff": 124,
          "sf": 92, "sfz": 94, "fp": 58, "fz": 92, "rf": 84, "rfz": 86}  # fmt: skip
TEMPI = {"larg": 54, "grave": 48, "adagio": 62, "lent": 60, "langsam": 60, "andant": 80, "mässig": 92, "moderat": 100, "allegret": 112,
         "lebhaft": 126, "allegro": 130, "bewegt": 112, "vivac": 144, "schnell": 144, "presto": 164, "rasch": 140}  # fmt: skip
HAIRPIN = 16  # velocity that a hairpin gains or loses where no dynamic follows it
SHORTENED = {"staccato": 0.5, "staccatissimo": 0.35, "detached-legato": 0.75}
LOUDER = {"accent": 10, "strong-accent": 16}


@dataclass(slots=True)
class Part:
    """One part while it is read. Times are quarter notes from the start of its measure, beside the measure's index."""

    name: str
    notes: list[tuple[int, float, float, int, int, float]] = field(default_factory=list)  # measure, offset, length, pitch, accent, staccato
    dynamics: list[tuple[int, float, str, int]] = field(default_factory=list)  # measure, offset, what, velocity
    lengths: list[float] = field(default_factory=list)  # quarters, one a measure


def read_score(path: Path) -> list[tuple[str, np.ndarray]]:
    """Each part of an .mxl file: its name and its notes as COLUMNS in seconds. Raises ValueError, KeyError or BadZipFile for other files."""
    parts: list[Part] = []
    tempi: list[tuple[int, float, float]] = []  # measure, offset, quarters a minute
    root = root_of(path)
    names = {each.get("id"): (each.findtext("part-name") or "").strip() for each in root.iter("score-part")}
    for element in root.iterfind("part"):
        part = Part(names.get(element.get("id"), ""))
        _read_part(element, part, tempi)
        parts.append(part)
    measures = max(len(part.lengths) for part in parts)
    lengths = np.array([max(part.lengths[m] for part in parts if m < len(part.lengths)) for m in range(measures)])
    starts = np.concatenate([[0.0], np.cumsum(lengths)])  # quarters
    tempo_at = sorted((starts[m] + offset, bpm) for m, offset, bpm in tempi)
    if not tempo_at or tempo_at[0][0] > 0:
        tempo_at.insert(0, (0.0, tempo_at[0][1] if tempo_at and tempo_at[0][0] < 4 else 92.0))
    beats, rates = np.array([t[0] for t in tempo_at]), 60 / np.array([t[1] for t in tempo_at])
    seconds = np.concatenate([[0.0], np.cumsum(np.diff(beats) * rates[:-1])])

    def second(beat: np.ndarray) -> np.ndarray:
        index = np.searchsorted(beats, beat, side="right") - 1
        return seconds[index] + (beat - beats[index]) * rates[index]

    return [(part.name, _notes(part, starts, second)) for part in parts if part.notes]


def root_of(path: Path) -> ElementTree.Element:
    """The score inside a compressed MusicXML file. Its container is not asked: in some an & of the title is not escaped."""
    with zipfile.ZipFile(path) as archive:
        name = next(name for name in archive.namelist() if not name.startswith("META-INF") and name.endswith("xml"))
        return ElementTree.fromstring(archive.read(name))


def _read_part(element: ElementTree.Element, part: Part, tempi: list[tuple[int, float, float]]) -> None:
    divisions = 1.0
    ties: dict[int, int] = {}  # pitch -> index of the note that is held on
    for number, measure in enumerate(element.iterfind("measure")):
        cursor = longest = onset = 0.0
        for item in measure:
            if item.tag == "attributes":
                divisions = float(item.findtext("divisions") or divisions)
            elif item.tag in ("backup", "forward"):
                step = float(item.findtext("duration") or 0) / divisions
                cursor += step if item.tag == "forward" else -step
            elif item.tag in ("direction", "sound"):
                _read_direction(item, number, cursor, part, tempi)
            elif item.tag == "note" and item.find("grace") is None:
                length = float(item.findtext("duration") or 0) / divisions
                if item.find("chord") is None:
                    onset, cursor = cursor, cursor + length
                if item.find("pitch") is not None and item.find("cue") is None:
                    _read_note(item, (number, onset, length), part, ties)
            longest = max(longest, cursor)
        part.lengths.append(longest)


def _read_note(item: ElementTree.Element, where: tuple[int, float, float], part: Part, ties: dict[int, int]) -> None:
    pitch_of = item.find("pitch")
    pitch = STEPS[pitch_of.findtext("step")] + 12 * (int(pitch_of.findtext("octave")) + 1) + round(float(pitch_of.findtext("alter") or 0))
    if not 0 <= pitch < 128:
        return
    kinds = {tie.get("type") for tie in item.iterfind("tie")}
    marks = {mark.tag for group in item.iterfind("notations/articulations") for mark in group}
    if "stop" in kinds and pitch in ties:
        held = part.notes[ties[pitch]]
        part.notes[ties[pitch]] = (*held[:2], held[2] + where[2], *held[3:])
    else:
        accent = max((LOUDER.get(mark, 0) for mark in marks), default=0)
        part.notes.append((*where, pitch, accent, min((SHORTENED.get(mark, 1.0) for mark in marks), default=1.0)))
        if "start" in kinds:
            ties[pitch] = len(part.notes) - 1
    if "start" not in kinds:
        ties.pop(pitch, None)


def _read_direction(item: ElementTree.Element, measure: int, offset: float, part: Part, tempi: list[tuple[int, float, float]]) -> None:
    sound = item if item.tag == "sound" else item.find("sound")
    if sound is not None and sound.get("tempo"):
        tempi.append((measure, max(0.0, offset), min(300.0, max(20.0, float(sound.get("tempo"))))))
    else:
        words = " ".join(word.text or "" for word in item.iterfind("direction-type/words")).lower()
        if (tempo := next((bpm for stem, bpm in TEMPI.items() if stem in words), None)) and not tempi:
            tempi.append((measure, max(0.0, offset), float(tempo)))
    for mark in item.iterfind("direction-type/dynamics"):
        part.dynamics += [(measure, offset, "level", LEVELS[child.tag]) for child in mark if child.tag in LEVELS]
    for wedge in item.iterfind("direction-type/wedge"):
        sign = {"crescendo": 1, "diminuendo": -1, "stop": 0}.get(wedge.get("type", ""))
        if sign is not None:
            part.dynamics.append((measure, offset, "wedge", sign))


def _loudness(part: Part, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Break points (quarters, velocity) of the part's dynamics; a hairpin leads to the dynamic that follows it closely."""
    marks = sorted(((starts[m] + offset, what, value) for m, offset, what, value in part.dynamics), key=lambda mark: mark[0])
    points: list[tuple[float, float]] = [(0.0, 64.0)]
    opened: tuple[float, int] | None = None
    for beat, what, value in marks:
        level = points[-1][1]
        if what == "level":
            points += [(beat, points[-1][1] if opened is None else value), (beat, value)]
        elif value:
            points.append((beat, level))
            opened = (beat, value)
            continue
        elif opened is not None:
            following = next((v for b, w, v in marks if w == "level" and beat <= b <= beat + 1.01), None)
            points.append((beat, following if following is not None else min(120, max(24, level + HAIRPIN * opened[1]))))
        opened = None
    return np.array([p[0] for p in points]), np.array([p[1] for p in points])


def _notes(part: Part, starts: np.ndarray, second) -> np.ndarray:
    raw = np.array(part.notes)  # (notes, 6)
    measure = raw[:, 0].astype(int)
    beat = starts[measure] + raw[:, 1]
    notes = np.zeros(len(raw), COLUMNS)
    notes["onset"] = second(beat)
    notes["hold"] = notes["sound"] = np.maximum(0.02, (second(beat + raw[:, 2]) - notes["onset"]) * raw[:, 5] * 0.97)
    notes["pitch"] = raw[:, 3]
    metre = np.where(raw[:, 1] < 1e-6, 4, np.where(np.abs(raw[:, 1] - np.round(raw[:, 1])) < 1e-6, 0, -3))
    points, levels = _loudness(part, starts)
    notes["velocity"] = np.clip(np.round(np.interp(beat, points, levels) + raw[:, 4] + metre), 1, 127)
    notes = np.sort(notes, order=["onset", "pitch"], kind="stable")
    keep = np.ones(len(notes), bool)  # two voices of one staff often share a note
    keep[1:] = (np.diff(notes["onset"]) > 1e-4) | (np.diff(notes["pitch"]) != 0)
    return notes[keep]


def scores_in(folder: Path) -> Iterator[Path]:
    """Every .mxl file below `folder`, in a fixed order."""
    return iter(sorted(folder.rglob("*.mxl")))
