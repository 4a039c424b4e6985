"""Keys that go down and up become notes. The end of a note may lie in another track of its channel, or nowhere."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from performer.music.midi_events import CONTROL, NOTE_ON, PROGRAM
from performer.music.repairs import Repairs

SUSTAIN, ALL_SOUND_OFF, RESET, ALL_NOTES_OFF = 64, 120, 121, 123
LONGEST_UNENDED = 8.0  # seconds that a note gets whose end is nowhere: a piano string has mostly decayed by then
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
    """The notes of one track and channel. `channel` is 0-15; `pedal` are (seconds, whether it goes down), those of the
    channel in whatever track; `program` is the first one of the channel."""

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


@dataclass(slots=True)
class _Channel:
    """What all tracks of a port say of one channel."""

    pedal: list[tuple[float, bool]] = field(default_factory=list)
    silencings: list[float] = field(default_factory=list)
    program: int = 0
    stray: dict[int, list[_Key]] = field(default_factory=dict)  # pitch -> ends that ended nothing in their track


def pair_notes(tracks: Sequence[TimedTrack], repairs: Repairs) -> tuple[list[Part], list[Message]]:
    """The parts of all tracks, and the ends that had to be made up, as note-off messages."""
    channels = _channels(tracks)
    keys = [_keys(track) for track in tracks]
    paired = [{key: _first_in_first_out(events) for key, events in each.items()} for each in keys]
    for track, each in zip(tracks, paired, strict=True):
        for (channel, pitch), (_, _, stray) in each.items():
            channels[track.port, channel].stray.setdefault(pitch, []).extend(stray)
    parts: list[Part] = []
    made: list[Message] = []
    for track, events, each in zip(tracks, keys, paired, strict=True):
        closed: dict[int, list[tuple[int, Note]]] = {}
        for (channel, pitch), (sound, left_open, _) in each.items():
            pairs = sound
            if left_open:
                state = channels[track.port, channel]
                mender = _Mender(track, channel, pitch, state, repairs)
                pairs = mender.pairs(events[channel, pitch])
                made += mender.made
            if not pairs:
                continue
            closed.setdefault(channel, []).extend(
                (up.place, Note(down.time, up.time, pitch, down.velocity)) for down, up in pairs
            )
        # The channel whose note ends first comes first.
        for channel, notes in sorted(closed.items(), key=lambda item: min(place for place, _ in item[1])):
            state = channels[track.port, channel]
            found = tuple(note for _, note in notes)
            parts.append(Part(track.name, channel, state.program, found, tuple(state.pedal)))
    return parts, made


def _channels(tracks: Sequence[TimedTrack]) -> dict[tuple[int, int], _Channel]:
    found: dict[tuple[int, int], _Channel] = {}
    programs: dict[tuple[int, int], int] = {}
    for track in tracks:
        for time, status, first, second in track.messages:
            place = track.port, status & 0x0F
            channel = found.get(place) or found.setdefault(place, _Channel())
            if status >= PROGRAM:
                channel.program = programs.setdefault(place, first)
            elif status >= CONTROL and first in (SUSTAIN, RESET):
                channel.pedal.append((time, first == SUSTAIN and second >= 64))
            elif status >= CONTROL and first in (ALL_SOUND_OFF, ALL_NOTES_OFF):
                channel.silencings.append(time)
    for channel in found.values():
        channel.pedal.sort(key=lambda change: change[0])
        channel.silencings.sort()
    return found


def _keys(track: TimedTrack) -> dict[tuple[int, int], list[_Key]]:
    """What each key of the track does: (channel, pitch) -> its ups and downs."""
    found: dict[tuple[int, int], list[_Key]] = {}
    for place, (time, status, first, second) in enumerate(track.messages):
        if status < CONTROL:
            key = _Key(place, time, second if status >= NOTE_ON else 0)
            found.setdefault((status & 0x0F, first), []).append(key)
    return found


def _first_in_first_out(
    events: Iterable[_Key],
) -> tuple[list[tuple[_Key, _Key]], list[_Key], list[_Key]]:
    """Downs with their ups, downs without, and ups without."""
    pairs, waiting, stray = [], list[_Key](), list[_Key]()
    for event in events:
        if event.velocity:
            waiting.append(event)
        elif waiting:
            pairs.append((waiting.pop(0), event))
        else:
            stray.append(event)
    return pairs, waiting, stray


class _Mender:
    """Finds an end for every note of one key in a track where some have none. `made` are those that are made up."""

    def __init__(
        self, track: TimedTrack, channel: int, pitch: int, state: _Channel, repairs: Repairs
    ) -> None:
        self._track, self._channel, self._pitch, self._state = track, channel, pitch, state
        self._repairs = repairs
        self.made: list[Message] = []

    def pairs(self, events: list[_Key]) -> list[tuple[_Key, _Key]]:
        """Downs with their ups: those of other tracks first, then those of the next down, then made-up ones."""
        elsewhere = self._state.stray.pop(self._pitch, [])
        if elsewhere:
            events = sorted([*events, *elsewhere], key=lambda event: (event.time, event.velocity > 0))
            pairs, left_open, unused = _first_in_first_out(events)
            if len(unused) < len(elsewhere):
                self._repairs.add(
                    "a note ends in another track", "{count} notes end in another track", len(elsewhere) - len(unused)
                )
            if unused:
                self._state.stray[self._pitch] = unused
            if not left_open:
                return pairs
        return self._struck_again(events)

    def _struck_again(self, events: Iterable[_Key]) -> list[tuple[_Key, _Key]]:
        pairs: list[tuple[_Key, _Key]] = []
        down: _Key | None = None
        for event in events:
            if down is not None:
                pairs.append((down, self._made_up(down, event.time) if event.velocity else event))
            down = event if event.velocity else None
        if down is not None:
            late = self._track.end if self._track.end > down.time else down.time + SHORTEST_UNENDED
            pairs.append((down, self._made_up(down, late)))
        return pairs

    def _made_up(self, down: _Key, latest: float) -> _Key:
        silencing = next((time for time in self._state.silencings if time > down.time), latest)
        time = min(latest, silencing, down.time + LONGEST_UNENDED)
        self._repairs.add("a note without an end gets one", "{count} notes without an end get one")
        self.made.append(Message(time, NOTE_ON - 0x10 | self._channel, self._pitch, 0))
        return _Key(len(self._track.messages), time, 0)
