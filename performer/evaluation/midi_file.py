"""MIDI files as arrays of sounding notes, with the sustain pedal."""

import logging
import math
from bisect import bisect_right
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


class Pedal:
    """A sustain pedal: `changes` are (seconds, whether it goes down) in the order of time."""

    def __init__(self, changes: Sequence[tuple[float, bool]]) -> None:
        self._times = [time for time, _ in changes]
        self._down = [down for _, down in changes]
        self._releases = [time for time, down in changes if not down]

    def rings_until(self, end: float) -> float:
        """When a note dies away whose key comes up at `end`: at the pedal's release, if the pedal is down."""
        place = bisect_right(self._times, end)
        if not place or not self._down[place - 1]:
            return end
        after = bisect_right(self._releases, end)
        return min(self._releases[after] if after < len(self._releases) else math.inf, end + PEDAL_LIMIT)


def read_midi(path: Path, say: Say = log.warning, name: str = "") -> list[Track]:
    """Every track and channel of a MIDI file that has notes. `say` gets one sentence if it had to be mended.

    `name` is what the sentence calls the file; the default is its name without its folder.

    Raises MidiFileError for what is no MIDI file."""
    file = read_midi_file(path)
    if remark := file.remark(name or path.name):
        say(remark)
    # The tracks of a channel share their pedal.
    changes = {id(part.pedal): part.pedal for part in file.parts}
    pedals = {key: Pedal(each) for key, each in changes.items()}
    return [
        Track(part.name, part.channel, part.program, sounding(part.notes, pedals[id(part.pedal)]))
        for part in file.parts
    ]


def sounding(raw: Sequence[tuple[float, float, int, int]], pedal: Pedal) -> npt.NDArray[Any]:
    """Held and sounding lengths: a note rings on to the pedal's release, or until its key is struck again.

    Args:
        raw: onset and end in seconds, pitch, velocity, in any order"""
    raw = sorted(raw, key=lambda note: (note[0], note[2]))
    sound = [0.0] * len(raw)
    restrike: dict[int, float] = {}
    for index in range(len(raw) - 1, -1, -1):
        onset, end, pitch, _ = raw[index]
        again = restrike.get(pitch, math.inf)
        sound[index] = max(min(pedal.rings_until(end), again), min(end, again)) - onset
        restrike[pitch] = onset
    notes = np.zeros(len(raw), COLUMNS)
    notes["onset"], notes["pitch"], notes["velocity"] = ([note[k] for note in raw] for k in (0, 2, 3))
    notes["hold"] = np.array([note[1] for note in raw]) - notes["onset"]
    notes["sound"] = sound
    return notes
