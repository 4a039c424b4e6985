"""Reads MIDI files as musicians have them: forgives what other programs forgive, and says each repair.

One reader for what is played, learned from and measured. No library does this: mido and symusic stop at an
oddity. Limits: LARGEST bytes, MOST_EVENTS events (midi_track), silences of LONGEST_SILENCE."""

import stat
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from performer.errors import MidiFileError
from performer.music.midi_chunks import SEPARATE, Header, NoMidiError, read_chunks
from performer.music.midi_events import PROGRAM
from performer.music.midi_notes import Message, Part, TimedTrack, pair_notes
from performer.music.midi_track import RawTrack
from performer.music.repairs import Repairs
from performer.music.tempo_map import TempoMap

ENDINGS = (".mid", ".midi", ".rmi", ".kar", ".smf")
LARGEST = 32 << 20  # bytes
LONGEST_SILENCE = 3600.0  # seconds in which nothing happens; longer ones come of damaged times
SHORTENED_SILENCE = 10.0  # seconds that are left of those


@dataclass(frozen=True, slots=True)
class MidiFile:
    """What a file holds. Times are seconds from its beginning."""

    parts: tuple[Part, ...]
    """The notes by track and channel, in the order of the file; only parts with notes."""
    messages: tuple[Message, ...]
    """Notes and controllers of all tracks by time, as an instrument gets them. Every note ends."""
    tempi: tuple[tuple[float, float], ...]
    """Changes of the tempo: time, beats a minute. Empty where time is in frames."""
    metres: tuple[tuple[float, int, int], ...]
    """Changes of the metre: time, beats a bar, and the beat as the 4 of 3/4."""
    repairs: tuple[str, ...]
    """What was mended or left out, a clause each."""

    def remark(self, name: str) -> str:
        """One sentence about all repairs of the file; empty where it is in order."""
        return f"'{name}' is mended: {'; '.join(self.repairs)}." if self.repairs else ""


def read_midi_file(path: Path) -> MidiFile:
    """Read a file. One without notes is no error.

    Raises MidiFileError for what is no MIDI file, too large or not to be opened."""
    try:
        return parse_midi_file(_content(path))
    except NoMidiError as error:
        raise MidiFileError(path, str(error)) from None
    except OSError as error:
        raise MidiFileError(path, error.strerror or type(error).__name__) from None


def _content(path: Path) -> bytes:
    # A device or a pipe may never end.
    facts = path.stat()
    if not stat.S_ISREG(facts.st_mode):
        raise NoMidiError("it is a folder" if stat.S_ISDIR(facts.st_mode) else "it is no ordinary file")
    if facts.st_size > LARGEST:
        raise NoMidiError(f"it has {facts.st_size / (1 << 20):,.0f} MiB, and {LARGEST >> 20} are the most")
    with path.open("rb") as file:
        return file.read(LARGEST)


def parse_midi_file(data: bytes) -> MidiFile:
    """The same from the bytes of a file. Raises NoMidiError."""
    repairs = Repairs()
    header, raw = read_chunks(data, repairs)
    if header.kind == SEPARATE and len(raw) > 1:
        repairs.add(f"its {len(raw)} separate pieces (type 2) are read one after the other")
        groups: list[list[RawTrack]] = [[track] for track in raw]
    else:
        groups = [raw]
    tracks: list[TimedTrack] = []
    tempi: list[tuple[float, float]] = []
    metres: list[tuple[float, int, int]] = []
    begin = 0.0
    for number, group in enumerate(groups):
        times = _tempo_map(header, group)
        for track in group:
            tracks.append(_timed(track, times, begin, number))
            if not header.frames:
                tempi += [(begin + times.seconds(at), 60e6 / tempo) for at, tempo in track.tempi]
            metres += [(begin + times.seconds(at), beats, unit) for at, beats, unit in track.metres]
        begin = max(track.end for track in tracks[-len(group) :])
    _shorten_silences(tracks, repairs)
    parts, made = pair_notes(tracks, repairs)
    return MidiFile(
        parts=tuple(parts),
        messages=tuple(_merged(tracks, made)),
        tempi=tuple(sorted(tempi)),
        metres=tuple(sorted(metres)),
        repairs=repairs.clauses(),
    )


def _tempo_map(header: Header, tracks: Sequence[RawTrack]) -> TempoMap:
    if header.frames:
        return TempoMap.in_frames(header.frames, header.ticks)
    return TempoMap(header.ticks, [change for track in tracks for change in track.tempi])


def _timed(track: RawTrack, times: TempoMap, begin: float, group: int) -> TimedTrack:
    seconds = times.seconds
    messages = [Message(begin + seconds(tick), status, a, b) for tick, status, a, b in track.events]
    track.events.clear()
    # Separate pieces share no channel.
    return TimedTrack(track.name, group << 8 | track.port, begin + seconds(track.end), messages)


def _shorten_silences(tracks: Sequence[TimedTrack], repairs: Repairs) -> None:
    last = max((track.messages[-1].time for track in tracks if track.messages), default=0.0)
    if last <= LONGEST_SILENCE:
        return
    times = sorted({0.0, *(message.time for track in tracks for message in track.messages)})
    gaps = [(before, after) for before, after in pairwise(times) if after - before > LONGEST_SILENCE]
    if not gaps:
        return
    ends, cut = [after for _, after in gaps], [0.0]
    for before, after in gaps:
        cut.append(cut[-1] + after - before - SHORTENED_SILENCE)
        repairs.add(
            f"a silence of more than an hour is shortened to {SHORTENED_SILENCE:g} seconds",
            f"{{count}} silences of more than an hour are shortened to {SHORTENED_SILENCE:g} seconds each",
        )
    for track in tracks:
        track.messages = [
            message._replace(time=message.time - cut[bisect_right(ends, message.time)])
            for message in track.messages
        ]
        track.end = max(track.end - cut[-1], track.messages[-1].time if track.messages else 0.0)


def _merged(tracks: Sequence[TimedTrack], made: Iterable[Message]) -> list[Message]:
    """All notes and controllers by time; a made-up end comes before what begins with it."""
    merged = [*made, *(message for track in tracks for message in track.messages if message.status < PROGRAM)]
    merged.sort(key=lambda message: message.time)
    return merged
