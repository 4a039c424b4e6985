"""One track of a MIDI file, read from bytes that may be damaged.

Where bytes make no sense, the reader goes on at the next place from which several events make sense."""

from contextlib import suppress
from dataclasses import dataclass, field

from performer.music.midi_events import (
    CHANNEL_PRESSURE,
    CONTROL,
    END_OF_TRACK,
    ESCAPE,
    KEY,
    KEY_PRESSURE,
    LONGEST_DELTA,
    META,
    METRE,
    PORT,
    SYSEX,
    TEMPO,
    TRACK_NAME,
    MalformedEventError,
    event_at,
    is_text,
    number_at,
    text_of,
)
from performer.music.repairs import Repairs

MOST_EVENTS = 500_000  # of a file, of all kinds; a symphony has some 100,000
MOST_TRIES = 200_000  # places of a file that are tried where its bytes make no sense: less than a second
LOOK_AHEAD = 8  # events that must make sense before a place is taken for the beginning of one
NEAR = 64  # bytes
SHORTEST_SYSTEM_EVENT = 3  # bytes: time, status, length
FASTEST, SLOWEST = 10_000, 0xFFFFFF  # microseconds a beat: 6,000 and 3.6 beats a minute


@dataclass(slots=True)
class Budget:
    """What is left of a file's limits."""

    events: int = MOST_EVENTS
    tries: int = MOST_TRIES


@dataclass(slots=True)
class RawTrack:
    """One track in ticks. `events` are notes, controllers, programs: (tick, status, first, second byte)."""

    events: list[tuple[int, int, int, int]] = field(default_factory=list)
    tempi: list[tuple[int, int]] = field(default_factory=list)  # tick, microseconds a beat
    metres: list[tuple[int, int, int]] = field(default_factory=list)  # tick, beats a bar, beat as 4 of 3/4
    name: str = ""
    port: int = 0
    end: int = 0  # tick of the track's end
    ended: bool = False  # whether it says where it ends


class TrackReader:
    """Reads one track.

    `trusted` says that the chunks of the file agree on its end; another track ends at its own last event."""

    def __init__(
        self, data: bytes, start: int, end: int, trusted: bool, repairs: Repairs, budget: Budget
    ) -> None:
        self._data, self._pos, self._end, self._trusted = data, start, end, trusted
        self._repairs, self._budget = repairs, budget
        self._running = 0
        self._sane_until = start  # the events before this place were looked at and made sense
        self.track = RawTrack()

    def read(self) -> int:
        """Fill `track`; returns the place after it."""
        data, end, keep = self._data, self._end, self.track.events.append
        while self._pos < end and not self._is_over():
            if self._budget.events <= 0:
                self._repairs.add(f"only the first {MOST_EVENTS:,} events are read")
                return end
            self._budget.events -= 1
            try:
                delta, status, first, second, after = event_at(data, self._pos, end, self._running)
            except (MalformedEventError, IndexError):
                self._recover()
                continue
            self._advance(delta)
            if status < SYSEX:
                self._running = status
                if status < KEY_PRESSURE or CONTROL <= status < CHANNEL_PRESSURE:
                    keep((self.track.end, status, first, second))
                self._pos = after
            else:
                self._take_system_event(status, first, second, after)
        return self._pos

    def _advance(self, delta: int) -> None:
        if delta > LONGEST_DELTA:
            self._repairs.add("a time out of range counts as 0", "{count} times out of range count as 0")
            delta = 0
        self.track.end += delta

    def _is_over(self) -> bool:
        """Whether the track is over. After its end event it goes on where its length says so and events follow."""
        if not self.track.ended:
            return False
        if not self._trusted or self._data.startswith(b"MTrk", self._pos):
            return True
        if self._makes_sense(self._pos, 0) > 0:
            self._repairs.add(
                "a track goes on after its end", "in {count} places a track goes on after its end"
            )
            self.track.ended = False
            return False
        if any(self._data[self._pos : self._end]):
            self._repairs.add(
                "what follows a track's end is left out", "what follows the end of {count} tracks is left out"
            )
        self._pos = self._end
        return True

    def _take_system_event(self, status: int, kind: int, content: bytes, after: int) -> None:
        if status == META and kind == END_OF_TRACK:
            self.track.ended = True
        elif content and after > self._sane_until and self._budget.tries > 0:
            place = self._true_end(after)
            if place != after:
                self._repairs.add(
                    "an event of wrong length is left out", "{count} events of wrong length are left out"
                )
                self._pos = place
                return
        if status == META:
            self._take_meta_event(kind, content)
        elif status not in (SYSEX, ESCAPE):
            # Clock, start, stop and their like belong on a cable.
            self._repairs.add("a system message is left out", "{count} system messages are left out")
        self._pos = after

    def _true_end(self, end: int) -> int:
        """Where the event at this place really ends. A wrong length shows in what comes after `end`."""
        if self._makes_sense(end, self._running) >= LOOK_AHEAD:
            return end
        for place in range(self._pos + SHORTEST_SYSTEM_EVENT, min(end + NEAR, self._end)):
            # A text that is longer than it says runs on in letters.
            if place > end and not is_text(self._data[place - 1 : place]):
                break
            if not self._tries():
                break
            if self._makes_sense(place, 0) >= LOOK_AHEAD:
                return place
        return end

    def _take_meta_event(self, kind: int, content: bytes) -> None:
        tick, track, repairs = self.track.end, self.track, self._repairs
        if kind == TRACK_NAME:
            track.name = text_of(content)
        elif kind == PORT and content:
            track.port = content[0]
        elif kind == TEMPO:
            tempo = next((t for t in _tempi(content) if FASTEST <= t <= SLOWEST), None)
            if tempo is None:
                repairs.add("an impossible tempo is left out", "{count} impossible tempi are left out")
            else:
                track.tempi.append((tick, tempo))
        elif kind == METRE:
            if len(content) < 2 or not content[0] or content[1] > 6:
                repairs.add("an impossible metre is left out", "{count} impossible metres are left out")
            else:
                track.metres.append((tick, content[0], 1 << content[1]))
        elif kind == KEY and not (len(content) == 2 and (content[0] + 7) % 256 < 15 and content[1] < 2):
            repairs.add(
                "an impossible key signature is left out", "{count} impossible key signatures are left out"
            )

    def _recover(self) -> None:
        """Take the event at this place as well as it can be, or go on where events make sense again."""
        if self._take_mended(strict=True) or self._take_mended(strict=False):
            return
        near = min(self._pos + 1 + NEAR, self._end)
        place = self._search(near, 0) or self._search(near, self._running) or self._search(self._end, 0)
        self._skip_to(place or self._end)

    def _take_mended(self, strict: bool) -> bool:
        """Take an event with a value above 127 if what follows makes sense, also such values if not `strict`."""
        try:
            delta, status, first, second, after = event_at(
                self._data, self._pos, self._end, self._running, strict=False
            )
        except (MalformedEventError, IndexError):
            return False
        if status >= SYSEX:
            return False
        sense = self._makes_sense(after, status) if strict else self._makes_sense(after, 0, strict=False)
        if sense < (2 if strict else LOOK_AHEAD):
            return False
        self._repairs.add("a value above 127 is mended", "{count} values above 127 are mended")
        self._advance(delta)
        self._running, self._pos = status, after
        # A pitch may have a bit too many; a loudness may really be too large.
        self.track.events.append((self.track.end, status, first & 0x7F, min(second, 127)))
        return True

    def _skip_to(self, place: int) -> None:
        # The time before the damaged event counts.
        with suppress(MalformedEventError, IndexError):
            self._advance(number_at(self._data, self._pos)[0])
        if place >= self._end:
            self._repairs.add("a track breaks off", "{count} tracks break off")
        else:
            self._repairs.add("a damaged place is skipped", "{count} damaged places are skipped")
        self._pos = place

    def _search(self, stop: int, running: int) -> int | None:
        """The next place from which events make sense. `running` 0 wants a status first; mere letters are none."""
        for place in range(self._pos + 1, stop):
            if not self._tries():
                return None
            if running and is_text(self._data[place : place + NEAR]):
                continue
            if self._makes_sense(place, running) >= LOOK_AHEAD:
                return place
        return None

    def _tries(self) -> bool:
        self._budget.tries -= 1
        return self._budget.tries > 0

    def _makes_sense(self, pos: int, running: int, strict: bool = True) -> int:
        """How many events make sense from `pos` on; LOOK_AHEAD where all do up to the end.

        `running` 0 wants a status first. Not `strict` takes values above 127 and wants a status every time."""
        data, end = self._data, self._end
        for count in range(LOOK_AHEAD):
            if pos >= end:
                return LOOK_AHEAD
            try:
                delta, status, kind, _, pos = event_at(data, pos, end, running, strict)
            except IndexError:
                return LOOK_AHEAD if count else 0
            except MalformedEventError:
                return count
            if delta > LONGEST_DELTA or (not running and status >= SYSEX and status != META):
                return count
            if status == META and kind == END_OF_TRACK:
                return LOOK_AHEAD
            if strict and status < SYSEX:
                running = status
        if strict:
            self._sane_until = max(self._sane_until, pos)
        return LOOK_AHEAD


def _tempi(content: bytes) -> tuple[int, ...]:
    """What a tempo event may mean, in microseconds a beat. Some have a byte too many, in front or behind."""
    return (int.from_bytes(content[:3]), int.from_bytes(content[-3:])) if len(content) > 2 else ()
