"""A DAW beside Performer: it keeps what it receives, and sends it back late, twice, in part, softer, transposed, on another channel."""

import heapq
import itertools
import random
from dataclasses import dataclass

import mido


@dataclass(frozen=True, slots=True)
class Loop:
    """How what arrives is sent back. Times are seconds; `loss` is the share that is lost, `transpose` in semitones, `softer` is subtracted from
    velocities, `channel` 1-16 (0: the one it came on). With a jitter above 0 messages change places; a note-off never overtakes its note-on."""

    delay: float = 0.0
    jitter: float = 0.0
    copies: int = 1
    loss: float = 0.0
    transpose: int = 0
    softer: int = 0
    channel: int = 0


class Daw:
    """`recorded` has what arrived. What is to be sent back waits with its time; `loop` None sends nothing back."""

    def __init__(self, seed: int) -> None:
        self.loop: Loop | None = None
        self.recorded: list[tuple[float, mido.Message]] = []
        self.tick: float | None = None  # when the clock ticks next (seconds); None where it does not run
        self.bpm = 120.0
        self._coming: list[tuple[float, int, list[int]]] = []
        self._order = itertools.count()
        self._begun: dict[tuple[int, int, int], float] = {}  # copy, channel and pitch -> when its note-on is sent back
        self._random = random.Random(seed)

    def receive(self, time: float, message: mido.Message) -> None:
        """A message arrives, and its copies are made."""
        self.recorded.append((time, message))
        if self.loop is None or message.is_realtime or message.type == "songpos":
            return
        for copy in range(self.loop.copies):
            if self._random.random() >= self.loop.loss:
                self._send_back(time, copy, message, self.loop)

    @property
    def next_time(self) -> float | None:
        """When the next message is sent, a tick or a copy."""
        times = [time for time in (self._coming[0][0] if self._coming else None, self.tick) if time is not None]
        return min(times, default=None)

    def pop(self) -> tuple[bool, list[int]]:
        """The next message that is sent, and whether it is a copy of what arrived."""
        if self.tick is not None and (not self._coming or self.tick <= self._coming[0][0]):
            self.tick += 60.0 / (24.0 * self.bpm)
            return False, [0xF8]
        return True, heapq.heappop(self._coming)[2]

    def forget(self) -> None:
        """Nothing that waits is sent."""
        self._coming.clear()

    def _send_back(self, time: float, copy: int, message: mido.Message, loop: Loop) -> None:
        at = time + loop.delay + self._random.random() * loop.jitter
        changed = _changed(message, loop)
        if changed is None:
            return
        if changed.type in ("note_on", "note_off"):
            note = (copy, changed.channel, changed.note)
            begins = changed.type == "note_on" and changed.velocity > 0
            at = at if begins else max(at, self._begun.pop(note, at))
            if begins:
                self._begun[note] = at
        heapq.heappush(self._coming, (at, next(self._order), changed.bytes()))


def _changed(message: mido.Message, loop: Loop) -> mido.Message | None:
    """The copy of a message; None where it would be no MIDI."""
    out = message.copy(channel=loop.channel - 1) if loop.channel else message
    if out.type in ("note_on", "note_off"):
        pitch = out.note + loop.transpose
        if not 0 <= pitch <= 127:
            return None
        out = out.copy(note=pitch)
        if out.type == "note_on" and out.velocity:
            out = out.copy(velocity=max(1, out.velocity - loop.softer))
    return out
