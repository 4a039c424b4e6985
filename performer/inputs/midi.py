"""MIDI in: a message's bytes become an event. The callback runs on RtMidi's own thread, or with JACK on the port's, which looks four times a
millisecond: it stamps the time, parses and hands over. Who gets a note may answer it on this thread, which does nothing else meanwhile.

RtMidi's delta is not used: it says nothing about the show's clock.
"""

from collections.abc import Callable, Mapping, Sequence

from performer.clock import Clock
from performer.events import Bend, Control, Event, NoteOff, NoteOn, Panic, PortGone, Pressure, Program, Sysex, Timed, Transport
from performer.midi_parser import MidiParser, is_whole
from performer.midi_port import Port
from performer.port_owner import PortOwner

VIRTUAL = "Performer In"
SENSING_S = 1.0  # seconds without a message after which a cable that carried active sensing (one each 0.3 s at least) is gone


def _note_on(source: str, channel: int, pitch: int, velocity: int) -> Event:
    return NoteOn(pitch, velocity, channel, source) if velocity else NoteOff(pitch, channel, source)


_CHANNEL_MESSAGES: Mapping[int, Callable[..., Event]] = {  # status: the event of source, channel and the data bytes
    0x80: lambda source, channel, pitch, _: NoteOff(pitch, channel, source),
    0x90: _note_on,
    0xA0: lambda source, channel, pitch, value: Pressure(value, pitch, channel, source),
    0xB0: lambda source, channel, number, value: Control(number, value, channel, source),
    0xC0: lambda source, channel, number: Program(number, channel, source),
    0xD0: lambda source, channel, value: Pressure(value, None, channel, source),
    0xE0: lambda source, channel, low, high: Bend((high << 7 | low) - 8192, channel, source),
}
_TRANSPORT: Mapping[int, str] = {0xF8: "clock", 0xFA: "start", 0xFB: "continue", 0xFC: "stop"}
_SONG_POSITION, _SYSEX, _SENSING, _RESET = 0xF2, 0xF0, 0xFE, 0xFF


def parse(message: Sequence[int], source: str = "midi") -> Event | None:
    """The event of one whole MIDI message; None where Performer has no use for it (time code, song select, tune request, active sensing), or where
    it is truncated or makes no sense.

    >>> parse([0x91, 60, 100])
    NoteOn(pitch=60, velocity=100, channel=2, source='midi')
    """
    if not is_whole(message):
        return None
    status = message[0]
    if status < _SYSEX:
        return _CHANNEL_MESSAGES[status & 0xF0](source, (status & 0x0F) + 1, *message[1:])
    if status in _TRANSPORT:
        return Transport(_TRANSPORT[status], 0, source)
    if status == _SONG_POSITION:
        return Transport("songpos", message[2] << 7 | message[1], source)
    if status == _SYSEX:
        return Sysex(bytes(message[1:-1]).hex(), source)
    return Panic(source) if status == _RESET else None


class MidiReceiver:
    """What all MIDI inputs share: messages as they come become events that bear the name `source`; of channel messages only those of `channel`
    are heard (0: all). `post` gets them, `post_back` those that came on a thread of the system's that may not be held up (without a moment).
    Neither may wait or raise. `heard` counts what came, `senseless` what of it was no MIDI.

    PortGone is posted by `post_back` when the port goes or closes, when a port that is connected with it goes, and when a cable that carried active
    sensing is silent for SENSING_S seconds: whatever is held down through this input may have lost its end."""

    def __init__(
        self,
        clock: Clock,
        post: Callable[[Timed], object],
        post_back: Callable[[Timed], object] | None = None,
        source: str = "midi",
        channel: int = 0,
    ) -> None:
        self.heard = 0
        self.source = source
        self._channel = channel
        self._clock = clock
        self._post, self._post_back = post, post_back or post
        self._parser = MidiParser()
        self._last: float | None = None  # when the last message came, where active sensing did

    @property
    def senseless(self) -> int:
        """Messages that were cut off, and what makes no sense."""
        return self._parser.senseless

    def check(self) -> None:
        """See whether active sensing has stopped. Thread-safe."""
        last = self._last
        if last is not None and self._clock.now() - last > SENSING_S:
            self.lost()

    def lost(self) -> None:
        """What is held down may have lost its end. Thread-safe."""
        self._last = None
        self._post_back(Timed(self._clock.now(), PortGone(self.source)))

    def receive(self, message: Sequence[int], moment: float | None) -> None:
        """A message came at this moment of the clock, or now on a thread of the system's."""
        now = self._clock.now() if moment is None else moment
        self.heard += 1
        if self._last is not None:
            self._last = now
        for each in self._parser.feed(message, now):
            if self._channel and each[0] < _SYSEX and each[0] & 0x0F != self._channel - 1:
                continue
            event = parse(each, self.source)
            if event is not None:
                (self._post_back if moment is None else self._post)(Timed(now, event))
            elif each[0] == _SENSING:
                self._last = now


class MidiInput(MidiReceiver, PortOwner):
    """The port that is played into: `want` is (part of) the name of an existing one, None makes the virtual port of the name `virtual`.

    Where the port is polled, `post` is called on its reader's thread, and `idle` while nothing comes; where the system calls back, `post_back` (if
    none: `post`) is. `busy` says whether who would answer has something to do first: then the port is looked at seldomer."""

    def __init__(
        self,
        want: str | None,
        clock: Clock,
        post: Callable[[Timed], object],
        idle: Callable[[], object] | None = None,
        post_back: Callable[[Timed], object] | None = None,
        busy: Callable[[], bool] = lambda: False,
        source: str = "midi",
        virtual: str = VIRTUAL,
        channel: int = 0,
    ) -> None:
        super().__init__(clock, post, post_back, source, channel)
        self.port = Port("in", want, virtual, self._receive, idle, clock.now, busy, self.lost, self.check)

    def _receive(self, message_and_delta: tuple[list[int], float], moment: float | None) -> None:
        self.receive(message_and_delta[0], moment)
