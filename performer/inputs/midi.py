"""MIDI in: a message's bytes become an event. The callback runs on rtmidi's own thread, or with JACK on the port's, which looks four times a
millisecond: it stamps the time, parses and hands over. Who gets a note may answer it on this thread, which does nothing else meanwhile.

rtmidi's delta is not used: it says nothing about the show's clock.
"""

from collections.abc import Callable, Mapping, Sequence

from performer.clock import Clock
from performer.events import Bend, Control, Event, NoteOff, NoteOn, Pressure, Program, Sysex, Timed, Transport
from performer.midi_port import Port

VIRTUAL = "Performer In"


def _note_on(channel: int, pitch: int, velocity: int) -> Event:
    return NoteOn(pitch, velocity, channel) if velocity else NoteOff(pitch, channel)


_CHANNEL_MESSAGES: Mapping[int, tuple[int, Callable[..., Event]]] = {  # status: (length in bytes, event of the channel and the data bytes)
    0x80: (3, lambda channel, pitch, _: NoteOff(pitch, channel)),
    0x90: (3, _note_on),
    0xA0: (3, lambda channel, pitch, value: Pressure(value, pitch, channel)),
    0xB0: (3, lambda channel, number, value: Control(number, value, channel)),
    0xC0: (2, lambda channel, number: Program(number, channel)),
    0xD0: (2, lambda channel, value: Pressure(value, None, channel)),
    0xE0: (3, lambda channel, low, high: Bend((high << 7 | low) - 8192, channel)),
}
_TRANSPORT: Mapping[int, Transport] = {
    0xF8: Transport("clock"),
    0xFA: Transport("start"),
    0xFB: Transport("continue"),
    0xFC: Transport("stop"),
}
_SONG_POSITION, _SYSEX, _SYSEX_END, _REALTIME = 0xF2, 0xF0, 0xF7, 0xF8
# Known and of no use here: time code, song select, tune request, tick, active sensing, reset.
_IGNORED = frozenset({0xF1, 0xF3, 0xF6, 0xF9, 0xFE, 0xFF})


def parse(message: Sequence[int]) -> Event | None:
    """The event of one whole MIDI message; None where Performer has no use for it, or where it is truncated or makes no sense.

    >>> parse([0x91, 60, 100])
    NoteOn(pitch=60, velocity=100, channel=2, source='midi')
    """
    if not message:
        return None
    status = message[0]
    if status < _SYSEX:
        length, make = _CHANNEL_MESSAGES.get(status & 0xF0, (0, None))
        if make is None or len(message) != length or max(message[1:]) > 127:
            return None
        return make((status & 0x0F) + 1, *message[1:])
    if status in _TRANSPORT:
        return _TRANSPORT[status]
    if status == _SONG_POSITION and len(message) == 3 and max(message[1:]) <= 127:
        return Transport("songpos", message[2] << 7 | message[1])
    if status == _SYSEX and message[-1] == _SYSEX_END:
        data = [byte for byte in message[1:-1] if byte < _REALTIME]  # a clock may tick in the midst of it
        return Sysex(bytes(data).hex()) if max(data, default=0) <= 127 else None
    return None


class MidiInput:
    """The port that is played into: `want` is (part of) the name of an existing one, None makes the virtual port "Performer In".

    Where the port is polled, `post` is called on its reader's thread, and `idle` while nothing comes; where the system calls back, `post_back` (if
    none: `post`) is, on a thread of the system's that may not be held up. None of them may wait or raise. `busy` says whether who
    would answer has something to do first: then the port is looked at seldomer. `heard` counts messages, `senseless` those that were no MIDI."""

    def __init__(
        self,
        want: str | None,
        clock: Clock,
        post: Callable[[Timed], object],
        idle: Callable[[], object] | None = None,
        post_back: Callable[[Timed], object] | None = None,
        busy: Callable[[], bool] = lambda: False,
    ) -> None:
        self.heard = 0
        self.senseless = 0
        self._clock = clock
        self._post, self._post_back = post, post_back or post
        self.port = Port("in", want, VIRTUAL, self._receive, idle, clock.now, busy)

    @property
    def name(self) -> str:
        """The name of the port."""
        return self.port.name

    def start(self) -> None:
        """Open the port. Raises PortError with the names that there are."""
        self.port.open()

    def stop(self) -> None:
        self.port.close()

    def alive(self) -> bool:
        """Whether the port is still there; see `Port.alive`."""
        return self.port.alive()

    def _receive(self, message_and_delta: tuple[list[int], float], moment: float | None) -> None:
        now = self._clock.now() if moment is None else moment
        message = message_and_delta[0]
        self.heard += 1
        event = parse(message)
        if event is not None:
            (self._post_back if moment is None else self._post)(Timed(now, event))
        elif not message or message[0] not in _IGNORED:
            self.senseless += 1
