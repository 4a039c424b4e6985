"""The keys that people hold: each is known by where it came from, so that a note-off releases exactly what its own note-on started.

Pure, and owned by the session.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

DRUM_CHANNEL = 10
NOTE_MESSAGES = 2
"""Messages that a note costs: its beginning and its end."""
PERCUSSION_HELD = 2.0
"""Seconds after which a key on the drum channel counts as released: pads and e-drums may never send a note-off."""
LONGEST_PLAYED = 30.0
"""Seconds after which a key that is still down no longer counts as playing: its note-off may be lost."""
LONGEST_HELD = 600.0
"""Seconds after which a key counts as released: nobody holds one so long."""


TAG = "key "
"""How the tags of keys begin."""


def port_of(source: str) -> int:
    """The number of the MIDI input that a source names, from 1. The page, OSC clients and a replayed player count as the first input's.

    >>> port_of("midi:2")
    2
    """
    kind, _, number = source.partition(":")
    return int(number) if kind == "midi" and number.isdigit() else 1


class Key(NamedTuple):
    """One key of one player."""

    source: str
    """The input that it came through: "midi", "midi:2", "desk:...", "osc:...", "replay"."""
    channel: int
    pitch: int

    @property
    def tag(self) -> str:
        """The tag of what this key makes sound."""
        return f"{TAG}{self.source} {self.channel} {self.pitch}"


def is_answer_to_key(tag: str) -> bool:
    """Whether a tag is that of something that a key made sound, and not of something planned."""
    return tag.startswith(TAG)


@dataclass(slots=True)
class HeldKey:
    """A key that is down."""

    velocity: int
    since: float
    """When it went down, in seconds."""
    receivers: frozenset[int]
    """The numbers of the voices that received its note-on."""
    playing: bool = True
    """Whether it shows that its player is playing. Percussion never does, and a key that is down for very long no longer does."""


class HeldKeys(dict[Key, HeldKey]):
    """The keys that are down, in the order in which they went down."""

    due = math.inf
    """When the next key dozes off or becomes overdue, in seconds. It may be too early, never too late."""

    def press(self, time: float, key: Key, velocity: int, receivers: frozenset[int]) -> None:
        """Enter a key that went down."""
        self[key] = HeldKey(velocity, time, receivers, playing=key.channel != DRUM_CHANNEL)
        self.due = min(self.due, time + (PERCUSSION_HELD if key.channel == DRUM_CHANNEL else LONGEST_PLAYED))

    @property
    def pitches(self) -> list[int]:
        """The pitches that are held; one that two keys hold stands twice."""
        return [key.pitch for key in self]

    def of(self, source: str, channel: int | None = None) -> list[Key]:
        """The keys that are held through this input, on this channel (None: on any)."""
        return [key for key in self if key.source == source and channel in (None, key.channel)]

    def overdue(self, time: float) -> list[Key]:
        """The keys that have been down for longer than anybody holds one."""
        return [key for key, held in self.items() if time >= held.since + _longest(key) - 0.001]

    def doze(self, time: float) -> list[Key]:
        """Keys that from now on no longer count as playing."""
        dozing = [key for key, held in self.items() if held.playing and time >= held.since + LONGEST_PLAYED - 0.001]
        for key in dozing:
            self[key].playing = False
        return dozing

    def look_ahead(self) -> None:
        """Compute again when the next key dozes off or becomes overdue."""
        ends = (held.since + (LONGEST_PLAYED if held.playing else _longest(key)) for key, held in self.items())
        self.due = min(ends, default=math.inf)


def _longest(key: Key) -> float:
    return PERCUSSION_HELD if key.channel == DRUM_CHANNEL else LONGEST_HELD
