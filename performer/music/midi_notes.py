"""Pairs keys that go down and up to notes.

The end of a note may lie in another track of its channel, or nowhere."""

from bisect import bisect_right
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from performer.music.midi_events import CONTROL, NOTE_ON, PROGRAM
from performer.music.repairs import Repairs

SUSTAIN, ALL_SOUND_OFF, RESET, ALL_NOTES_OFF = 64, 120, 121, 123
# Seconds that a note gets whose end is nowhere: a piano string has mostly decayed by then.
LONGEST_UNENDED = 8.0
SHORTEST_UNENDED = 0.5  # seconds, where it begins at the track's end


class Note(NamedTuple):
    """Seconds at which the key goes down and up, MIDI pitch and velocity."""

    onset: float
    end: float
    pitch: int
    velocity: int


class Message(NamedTuple):
    """A channel message: its time in seconds, status and data bytes."""

    time: float
    status: int
    first: int
    second: int


@dataclass(frozen=True, slots=True)
class Part:
    """The notes of one track and channel. `channel` is 0-15, `program` the first one of the channel.

    `pedal` are (seconds, whether it goes down), those of the channel in whatever track."""

    name: str
    channel: int
    program: int
    notes: tuple[Note, ...]
    pedal: tuple[tuple[float, bool], ...]


@dataclass(slots=True)
class TimedTrack:
    """A track in seconds. Tracks of different `port` have nothing to do with each other's channels."""

    name: str
    port: int
    end: float
    messages: list[Message]


class _Key(NamedTuple):
    place: int  # in the track
    time: float
    velocity: int  # 0: up


Pair = tuple[_Key, _Key]  # down, up


@dataclass(slots=True)
class _Channel:
    """What all tracks of a port say of one channel. Lists are in the order of time."""

    pedal: tuple[tuple[float, bool], ...] = ()
    silencings: list[float] = field(default_factory=list)
    program: int = 0


@dataclass(slots=True)
class _KeyOfTrack:
    """What one key does in one track."""

    events: list[_Key] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    unended: list[_Key] = field(default_factory=list)
    stray: list[_Key] = field(default_factory=list)  # ups that end nothing in the track
    foreign: list[_Key] = field(default_factory=list)  # ups of other tracks that end what is unended here

    def pair(self) -> None:
        """The first that goes down is the first that comes up."""
        waiting: deque[_Key] = deque()
        for event in self.events:
            if event.velocity:
                waiting.append(event)
            elif waiting:
                self.pairs.append((waiting.popleft(), event))
            else:
                self.stray.append(event)
        self.unended = list(waiting)


Keys = dict[tuple[int, int], _KeyOfTrack]  # by channel and pitch


def pair_notes(tracks: Sequence[TimedTrack], repairs: Repairs) -> tuple[list[Part], list[Message]]:
    """The parts of all tracks, and the ends that had to be made up, as note-off messages."""
    channels = _channels(tracks)
    keys = [_keys(track) for track in tracks]
    _end_in_other_tracks(tracks, keys, repairs)
    parts: list[Part] = []
    made: list[Message] = []
    for track, each in zip(tracks, keys, strict=True):
        closed: dict[int, list[tuple[int, Note]]] = {}
        for (channel, pitch), key in each.items():
            if key.unended:
                made += _make_up_ends(key, track, channels[track.port, channel], channel, pitch)
            if key.pairs:
                notes = [(up.place, Note(down.time, up.time, pitch, down.velocity)) for down, up in key.pairs]
                closed.setdefault(channel, []).extend(notes)
        # The channel whose note ends first comes first.
        for channel, notes in sorted(closed.items(), key=lambda item: min(place for place, _ in item[1])):
            state = channels[track.port, channel]
            found = tuple(note for _, note in notes)
            parts.append(Part(track.name, channel, state.program, found, state.pedal))
    if made:
        repairs.add("a note without an end gets one", "{count} notes without an end get one", len(made))
    return parts, made


def _channels(tracks: Sequence[TimedTrack]) -> dict[tuple[int, int], _Channel]:
    found: dict[tuple[int, int], _Channel] = {}
    pedals: dict[tuple[int, int], list[tuple[float, bool]]] = {}
    programs: dict[tuple[int, int], int] = {}
    for track in tracks:
        for time, status, first, second in track.messages:
            place = track.port, status & 0x0F
            channel = found.get(place) or found.setdefault(place, _Channel())
            if status >= PROGRAM:
                channel.program = programs.setdefault(place, first)
            elif status >= CONTROL and first in (SUSTAIN, RESET):
                pedals.setdefault(place, []).append((time, first == SUSTAIN and second >= 64))
            elif status >= CONTROL and first in (ALL_SOUND_OFF, ALL_NOTES_OFF):
                channel.silencings.append(time)
    for place, channel in found.items():
        channel.pedal = tuple(sorted(pedals.get(place, ()), key=lambda change: change[0]))
        channel.silencings.sort()
    return found


def _keys(track: TimedTrack) -> Keys:
    found: Keys = {}
    for place, (time, status, first, second) in enumerate(track.messages):
        if status < CONTROL:
            where = status & 0x0F, first
            key = found.get(where) or found.setdefault(where, _KeyOfTrack())
            key.events.append(_Key(place, time, second if status >= NOTE_ON else 0))
    for key in found.values():
        key.pair()
    return found


def _end_in_other_tracks(tracks: Sequence[TimedTrack], keys: Sequence[Keys], repairs: Repairs) -> None:
    """Gives notes without an end in their own track the stray ends in other tracks of the channel."""
    same: dict[tuple[int, int, int], list[_KeyOfTrack]] = {}
    for track, each in zip(tracks, keys, strict=True):
        for (channel, pitch), key in each.items():
            if key.unended or key.stray:
                same.setdefault((track.port, channel, pitch), []).append(key)
    count = 0
    for group in same.values():
        events = [(down.time, 1, number, down) for number, key in enumerate(group) for down in key.unended]
        events += [(up.time, 0, number, up) for number, key in enumerate(group) for up in key.stray]
        for key in group:
            key.unended = []
        waiting: deque[tuple[_KeyOfTrack, _Key]] = deque()
        for _, down, number, event in sorted(events, key=lambda each: each[:2]):
            if down:
                waiting.append((group[number], event))
            elif waiting:
                key, begun = waiting.popleft()
                key.pairs.append((begun, event))
                key.foreign.append(event)
                count += 1
        for key, begun in waiting:
            key.unended.append(begun)
    if count:
        repairs.add("a note ends in another track", "{count} notes end in another track", count)


def _make_up_ends(
    key: _KeyOfTrack, track: TimedTrack, state: _Channel, channel: int, pitch: int
) -> list[Message]:
    """Pairs a key's events again, where ends are missing: a note ends no later than the next one begins."""
    events = sorted([*key.foreign, *key.events], key=lambda event: event.time)
    made: list[Message] = []

    def made_up(down: _Key, latest: float) -> _Key:
        place = bisect_right(state.silencings, down.time)
        silencing = state.silencings[place] if place < len(state.silencings) else latest
        time = min(latest, silencing, down.time + LONGEST_UNENDED)
        made.append(Message(time, NOTE_ON - 0x10 | channel, pitch, 0))
        return _Key(len(track.messages), time, 0)

    key.pairs, last = [], None
    for event in events:
        if last is not None:
            key.pairs.append((last, made_up(last, event.time) if event.velocity else event))
        last = event if event.velocity else None
    if last is not None:
        late = track.end if track.end > last.time else last.time + SHORTEST_UNENDED
        key.pairs.append((last, made_up(last, late)))
    return made
