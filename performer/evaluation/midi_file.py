"""Standard MIDI files as arrays of sounding notes: tempo map, note pairing, sustain pedal. One function, no state."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

PEDAL_LIMIT = 8.0  # seconds that the pedal may lengthen a note: a piano string has mostly decayed by then
COLUMNS = np.dtype([("onset", "f8"), ("hold", "f8"), ("sound", "f8"), ("pitch", "i2"), ("velocity", "i2")])


@dataclass(frozen=True, slots=True)
class Track:
    """One track and channel of a file. `notes` is a structured array of COLUMNS sorted by onset, then pitch: onset, seconds that the
    key was held, seconds that it sounded (pedal included), MIDI pitch and velocity."""

    name: str
    channel: int  # 0-15, as in the file
    program: int
    notes: npt.NDArray[Any]  # (notes,) of COLUMNS


def read_midi(path: Path) -> list[Track]:
    """Every track of a MIDI file that has notes. Raises ValueError, a reason in words, for what is no MIDI file."""
    import mido  # late: arrays are prepared where it is installed, networks are trained where it need not be
    from mido.midifiles.meta import KeySignatureError

    try:
        file = mido.MidiFile(path, clip=True)
    except (OSError, ValueError, EOFError, IndexError, KeyError, TypeError, KeySignatureError) as error:
        raise ValueError(f"it cannot be read as a MIDI file ({str(error) or type(error).__name__})") from None
    if file.ticks_per_beat <= 0:
        raise ValueError("its time is counted in SMPTE frames")
    second_at = _tempo_map(file)
    found = []
    for track in file.tracks:
        tick, name = 0, ""
        open_keys: dict[tuple[int, int], list[tuple[float, int]]] = {}
        raw: dict[int, list[tuple[float, float, int, int]]] = {}  # channel -> (onset, end, pitch, velocity)
        pedal: dict[int, list[tuple[float, bool]]] = {}
        program: dict[int, int] = {}
        for message in track:
            tick += message.time
            now = second_at(tick)
            if message.type == "track_name":
                name = message.name.strip()
            elif message.type == "program_change":
                program.setdefault(message.channel, message.program)
            elif message.type == "control_change" and message.control == 64:
                pedal.setdefault(message.channel, []).append((now, message.value >= 64))
            elif message.type == "note_on" and message.velocity > 0:
                open_keys.setdefault((message.channel, message.note), []).append((now, message.velocity))
            elif message.type in ("note_on", "note_off") and open_keys.get((message.channel, message.note)):
                onset, velocity = open_keys[message.channel, message.note].pop(0)
                raw.setdefault(message.channel, []).append((onset, now, message.note, velocity))
        for channel, notes in raw.items():
            found.append(Track(name, channel, program.get(channel, 0), sounding(notes, pedal.get(channel, []))))
    return found


def _tempo_map(file: Any) -> Callable[[int], float]:
    """Seconds at a tick, all tracks' tempo changes taken together."""
    ticks, tempi = [0], [500_000]
    for track in file.tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.type == "set_tempo":
                ticks.append(tick)
                tempi.append(message.tempo)
    order = np.argsort(ticks, kind="stable")
    at, tempo = np.array(ticks)[order], np.array(tempi)[order] / (1e6 * file.ticks_per_beat)
    seconds = np.concatenate([[0.0], np.cumsum(np.diff(at) * tempo[:-1])])

    def second_at(tick: int) -> float:
        index = int(np.searchsorted(at, tick, side="right")) - 1
        return float(seconds[index] + (tick - at[index]) * tempo[index])

    return second_at


def sounding(raw: list[tuple[float, float, int, int]], pedal: list[tuple[float, bool]]) -> npt.NDArray[Any]:
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
