"""MIDI files as arrays of sounding notes, with the sustain pedal."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from performer.music.midi_file import read_midi_file

log = logging.getLogger("performer")

PEDAL_LIMIT = 8.0  # seconds that the pedal may lengthen a note: a piano string has mostly decayed by then
Say = Callable[[str], object]
COLUMNS = np.dtype([("onset", "f8"), ("hold", "f8"), ("sound", "f8"), ("pitch", "i2"), ("velocity", "i2")])


@dataclass(frozen=True, slots=True)
class Track:
    """One track and channel of a file. `notes` is a structured array of COLUMNS sorted by onset, then pitch: onset, seconds that the
    key was held, seconds that it sounded (pedal included), MIDI pitch and velocity."""

    name: str
    channel: int  # 0-15, as in the file
    program: int
    notes: npt.NDArray[Any]  # (notes,) of COLUMNS


def read_midi(path: Path, say: Say = log.warning) -> list[Track]:
    """Every track and channel of a MIDI file that has notes. `say` gets one sentence if the file had to be mended.

    Raises MidiFileError for what is no MIDI file."""
    file = read_midi_file(path)
    if remark := file.remark(path.name):
        say(remark)
    return [
        Track(part.name, part.channel, part.program, sounding(part.notes, part.pedal)) for part in file.parts
    ]


def sounding(
    raw: Sequence[tuple[float, float, int, int]], pedal: Sequence[tuple[float, bool]]
) -> npt.NDArray[Any]:
    """Notes with held and sounding lengths: a note rings on to the pedal's release, or until its key is struck again."""
    raw = sorted(raw, key=lambda note: (note[0], note[2]))
    notes = np.zeros(len(raw), COLUMNS)
    notes["onset"], notes["pitch"], notes["velocity"] = ([note[k] for note in raw] for k in (0, 2, 3))
    end = np.array([note[1] for note in raw])
    notes["hold"] = end - notes["onset"]
    times, down = np.array([p[0] for p in pedal]), np.array([p[1] for p in pedal], bool)
    releases = times[~down] if len(pedal) else times
    restrike: dict[int, float] = {}
    for index in range(len(raw) - 1, -1, -1):
        stop = end[index]
        if len(pedal) and (last := np.searchsorted(times, stop, side="right") - 1) >= 0 and down[last]:
            after = np.searchsorted(releases, stop, side="right")
            stop = min(releases[after] if after < len(releases) else stop + PEDAL_LIMIT, stop + PEDAL_LIMIT)
        pitch = raw[index][2]
        stop = max(min(stop, restrike.get(pitch, np.inf)), min(end[index], restrike.get(pitch, np.inf)))
        notes["sound"][index] = stop - notes["onset"][index]
        restrike[pitch] = notes["onset"][index]
    return notes
