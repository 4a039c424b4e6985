"""Small MIDI files for the tests, written by mido: a scale that a player varies, drums, and files that are none."""

from collections.abc import Sequence
from pathlib import Path

import mido
import numpy as np

TICKS = 480
Struck = tuple[float, int, float, int]  # onset and held length in seconds, at 120 beats a minute; pitch between them, velocity last

MAJOR = (0, 2, 4, 5, 7, 9, 11)


def write(path: Path, *tracks: tuple[str, int, Sequence[Struck]]) -> Path:
    """A MIDI file of tracks: name, channel (1-16) and notes (onset, pitch, held, velocity)."""
    file = mido.MidiFile(ticks_per_beat=TICKS)
    for name, channel, notes in tracks:
        marks = []
        for onset, pitch, held, velocity in notes:
            common = {"channel": channel - 1, "note": pitch}
            marks.append((round(onset * 2 * TICKS), 1, mido.Message("note_on", velocity=velocity, **common)))
            marks.append((round((onset + held) * 2 * TICKS), 0, mido.Message("note_off", **common)))
        track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
        now = 0
        for tick, _, message in sorted(marks, key=lambda mark: mark[:2]):
            track.append(message.copy(time=tick - now))
            now = tick
        file.tracks.append(track)
    path.parent.mkdir(parents=True, exist_ok=True)
    file.save(path)
    return path


def melody(seed: int, count: int = 60, tonic: int = 60) -> list[Struck]:
    """A walk on a major scale in even steps, louder on every fourth note."""
    rng = np.random.default_rng(seed)
    place = np.cumsum(rng.integers(-2, 3, count))
    return [(k * 0.25, tonic + 12 * int(p // 7) % 24 + MAJOR[p % 7], 0.2, 96 if k % 4 == 0 else 64) for k, p in enumerate(place)]


def beat(seed: int, count: int = 60) -> list[Struck]:
    """Kick, hi-hat, snare, hi-hat, with a player's unevenness."""
    rng = np.random.default_rng(seed)
    return [(k * 0.25 + float(rng.uniform(0, 0.02)), (36, 42, 38, 42)[k % 4], 0.1, int(rng.integers(40, 120))) for k in range(count)]


def folder_of(path: Path, seeds: Sequence[int], drums: bool = False) -> Path:
    """A folder of pieces, one of each seed."""
    for seed in seeds:
        write(path / f"{seed:03}.mid", ("KIT", 10, beat(seed)) if drums else ("PIANO", 1, melody(seed)))
    return path
