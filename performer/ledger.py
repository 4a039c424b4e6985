"""What sounds at the receivers, so that every note that left gets its end. Pure; the stage owns it."""

from collections.abc import Sequence
from dataclasses import dataclass

from performer.effects import Play

Slot = tuple[int, int, int]
"""Where a note sounds: output port, channel (both from 1) and pitch."""
CHANNELS, PITCHES = 16, 128
PORTS = 8
"""MIDI outputs of a show at most."""


@dataclass(slots=True)
class Sounding:
    """What sounds at one slot."""

    play: Play
    """The note-on that was sent last."""
    holders: list[Play]
    """Who still wants it to sound; when the last of them ends, the note-off leaves."""


class Ledger:
    """What sounds, by output port, channel and pitch.

    Two keys may sound the same pitch on the same channel. Its note-off leaves when the last of them ends, so that no key cuts
    a note that another one still holds."""

    def __init__(self) -> None:
        self._sounding: dict[Slot, Sounding] = {}

    def __len__(self) -> int:
        return len(self._sounding)

    def get(self, slot: Slot) -> Sounding | None:
        """What sounds at this slot."""
        return self._sounding.get(slot)

    def start(self, play: Play, holders: Sequence[Play] = ()) -> None:
        """Enter a note-on. `holders` are earlier notes of the same slot that still want it to sound."""
        self._sounding[slot_of(play)] = Sounding(play, [*holders, play])

    def end(self, slot: Slot) -> None:
        """Remove what sounds at this slot."""
        del self._sounding[slot]

    def sounding(self) -> list[Sounding]:
        """All that sounds."""
        return list(self._sounding.values())


def slot_of(play: Play) -> Slot:
    """The slot that a note sounds at."""
    return play.port, play.channel, play.pitch
