"""MIDI out. Channels are 1-16 here and 0-15 in the bytes. The scheduler's thread plays; nothing raises while a show runs, it is counted.

JACK through rtmidi has a trap: a message to a dead server is kept, and when 16 KiB of them are (about 2,300) the next one waits for ever
with Python's lock in its hand, so that the whole process stands still. Hence a port is asked whether it lives long before that.
"""

import socket
from collections.abc import Iterable, Mapping

from performer.events import Bend, Control, Event, Pressure, Program, Transport
from performer.midi_port import Port
from performer.port_link import play, send
from performer.port_owner import PortOwner

VIRTUAL = "Performer Out"
PEDAL, ALL_SOUND_OFF, ALL_NOTES_OFF = 64, 120, 123
UNCONFIRMED = 1500  # messages that may leave before the port is asked whether it lives
_SILENCE: Mapping[int, tuple[tuple[int, int, int], ...]] = {
    channel: tuple((0xAF + channel, number, 0) for number in (PEDAL, ALL_NOTES_OFF, ALL_SOUND_OFF)) for channel in range(1, 17)
}


_TRANSPORT: Mapping[str, int] = {"clock": 0xF8, "start": 0xFA, "continue": 0xFB, "stop": 0xFC}


def encode(event: Event) -> tuple[int, ...] | None:
    """The bytes of an event that may be passed through; None for any other."""
    match event:
        case Control(number, value, channel):
            return (0xAF + channel, number, value)
        case Bend(value, channel):
            return (0xDF + channel, value + 8192 & 0x7F, value + 8192 >> 7)
        case Pressure(value, None, channel):
            return (0xCF + channel, value)
        case Pressure(value, int(pitch), channel):
            return (0x9F + channel, pitch, value)
        case Program(number, channel):
            return (0xBF + channel, number)
        case Transport("songpos", position):
            return (0xF2, position & 0x7F, position >> 7)
        case Transport(word):
            return (_TRANSPORT[word],)
    return None


class MidiSender:
    """What all MIDI outputs share: notes and events become messages. `sent` counts them, `failed` those that could not be sent: there was no
    port, or they were no MIDI."""

    def __init__(self) -> None:
        self.sent = 0
        self.failed = 0

    def note_on(self, channel: int, pitch: int, velocity: int) -> None:
        self.send_message((0x8F + channel, pitch, velocity))

    def note_off(self, channel: int, pitch: int) -> None:
        self.send_message((0x7F + channel, pitch, 0))

    def control(self, channel: int, number: int, value: int) -> None:
        self.send_message((0xAF + channel, number, value))

    def send(self, event: Event) -> None:
        """Pass a Control, Bend, Pressure, Program or Transport through; any other event is counted as failed."""
        self.send_message(encode(event) or ())

    def silence(self, channels: Iterable[int]) -> None:
        """Pedal up, all notes off, all sound off."""
        for channel in channels:
            for message in _SILENCE[channel]:
                self.send_message(message)

    def send_message(self, message: tuple[int, ...] | bytes) -> bool:
        """Send these bytes. Whether they left."""
        left = bool(message) and max(message[1:], default=0) <= 127 and self._send(message)
        if left:
            self.sent += 1
        else:
            self.failed += 1
        return left

    def _send(self, message: tuple[int, ...] | bytes) -> bool:
        raise NotImplementedError


class MidiOutput(MidiSender, PortOwner):
    """The port that Performer plays to: `want` is (part of) the name of an existing one, None makes the virtual port of the name `virtual`
    (empty: "Performer Out")."""

    def __init__(self, want: str | None, virtual: str = "") -> None:
        super().__init__()
        self.port = Port("out", want, virtual or VIRTUAL)
        self._confirmed = 0
        self._unconfirmed = 0

    def _send(self, message: tuple[int, ...] | bytes) -> bool:
        handle = self.port.handle
        if handle is None or not self._is_safe():
            return False
        try:
            handle.send_message(message)
        except Exception:  # rtmidi's own errors are known only to rtmidi, and none may stop the scheduler
            return False
        return True

    def _is_safe(self) -> bool:
        if self.port.confirmed != self._confirmed:
            self._confirmed = self.port.confirmed
            self._unconfirmed = 0
        self._unconfirmed += 1
        if self._unconfirmed <= UNCONFIRMED:
            return True
        self._unconfirmed = 0
        if self.port.alive():
            return True
        self.port.abandon()
        return False


class LinkedOutput(MidiSender):
    """The output of this number, from 1, of the process `ports`: see `port_link`."""

    def __init__(self, sock: socket.socket, number: int) -> None:
        super().__init__()
        self._sock, self._number = sock, number

    def _send(self, message: tuple[int, ...] | bytes) -> bool:
        return send(self._sock, play(self._number, message))


class NullOutput:
    """Plays to nobody: the output of a machine without MIDI."""

    name = "nothing"

    def start(self) -> None:
        pass

    def stop(self) -> None:
        pass

    def note_on(self, channel: int, pitch: int, velocity: int) -> None:
        pass

    def note_off(self, channel: int, pitch: int) -> None:
        pass

    def control(self, channel: int, number: int, value: int) -> None:
        pass

    def send(self, event: Event) -> None:
        pass

    def silence(self, channels: Iterable[int]) -> None:
        pass


class RecordingOutput(NullOutput):
    """Writes down what is played, as tuples: ("on", channel, pitch, velocity), ("off", channel, pitch), ("control", channel, number, value),
    ("send", event), ("silence", channels)."""

    name = "recording"

    def __init__(self) -> None:
        self.played: list[tuple[object, ...]] = []

    def note_on(self, channel: int, pitch: int, velocity: int) -> None:
        self.played.append(("on", channel, pitch, velocity))

    def note_off(self, channel: int, pitch: int) -> None:
        self.played.append(("off", channel, pitch))

    def control(self, channel: int, number: int, value: int) -> None:
        self.played.append(("control", channel, number, value))

    def send(self, event: Event) -> None:
        self.played.append(("send", event))

    def silence(self, channels: Iterable[int]) -> None:
        self.played.append(("silence", tuple(channels)))
