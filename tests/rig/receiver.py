"""What a synthesiser behind Performer's output would be in: a ledger from the raw bytes, read with mido and nothing of Performer's own.

Notes end with their note-offs only: who relies on All Notes Off leaves notes sounding on an instrument that ignores it.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import mido

AT_REST: Mapping[int, int] = {1: 0, 64: 0, 65: 0, 66: 0, 67: 0, 68: 0, 69: 0}  # modulation, sustain, portamento, sostenuto, soft, legato, hold 2
MODES = (120, 121, 123, 124, 125, 126, 127)  # the channel mode messages, but for local control


@dataclass(slots=True)
class Channel:
    """What one channel of an instrument was told last."""

    controls: dict[int, int] = field(default_factory=dict)
    bend: int = 0
    pressure: int = 0
    poly: dict[int, int] = field(default_factory=dict)  # pitch -> pressure
    program: int | None = None

    def not_at_rest(self) -> dict[str, int]:
        """The gestures that change how notes sound now, by name, with their values."""
        out = {str(number): value for number, value in self.controls.items() if value != AT_REST.get(number, value)}
        out |= {"bend": self.bend} if self.bend else {}
        out |= {"pressure": self.pressure} if self.pressure else {}
        return out | {f"poly {pitch}": value for pitch, value in self.poly.items() if value}


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that arrived: when (seconds), where, and what it was."""

    time: float
    port: str
    message: mido.Message

    @property
    def is_mode(self) -> bool:
        """Whether it is a channel mode message."""
        return bool(self.message.type == "control_change" and self.message.control in MODES)

    @property
    def is_note(self) -> bool:
        """Whether it begins or ends a note."""
        return self.message.type in ("note_on", "note_off")

    @property
    def is_gesture(self) -> bool:
        """Whether it is a controller, bend, pressure or program."""
        return not self.is_note and not self.is_mode and not self.message.is_realtime and self.message.type != "songpos"


Note = tuple[str, int, int]  # port, channel (1-16), pitch


class Receiver:
    """`open` has what sounds, with the time of each note-on; `faults` has what no instrument should be sent; `heard` has everything."""

    def __init__(self) -> None:
        self.open: dict[Note, float] = {}
        self.faults: list[str] = []
        self.heard: list[Heard] = []
        self.channels: dict[tuple[str, int], Channel] = {}
        self.count = Counter[str]()

    def receive(self, time: float, port: str, message: bytes) -> mido.Message | None:
        """One message arrives at `time` (seconds). Returns it as it was read; None where it is no MIDI."""
        try:
            decoded = mido.Message.from_bytes(message)
        except ValueError as error:
            self.faults.append(f"{time:.3f} {message.hex()} is no MIDI: {error}")
            return None
        heard = Heard(time, port, decoded)
        self.heard.append(heard)
        self.count["mode" if heard.is_mode else "note" if heard.is_note else "gesture" if heard.is_gesture else "clock"] += 1
        if not decoded.is_realtime and decoded.type != "songpos":
            self._take_in(time, port, decoded)
        return decoded

    def channel(self, port: str, number: int) -> Channel:
        """The state of a channel, 1-16."""
        return self.channels.setdefault((port, number), Channel())

    def sounding(self) -> list[tuple[int, int]]:
        """Channel and pitch of what sounds, sorted."""
        return sorted((channel, pitch) for _, channel, pitch in self.open)

    def not_at_rest(self) -> dict[tuple[str, int], dict[str, int]]:
        """By port and channel, the gestures that are not at rest."""
        states = {where: state.not_at_rest() for where, state in self.channels.items()}
        return {where: state for where, state in states.items() if state}

    def _take_in(self, time: float, port: str, message: mido.Message) -> None:
        channel = message.channel + 1
        state = self.channel(port, channel)
        match message.type:
            case "note_on" if message.velocity:
                self._begin(time, (port, channel, message.note))
            case "note_on" | "note_off":
                self._end(time, (port, channel, message.note))
            case "control_change" if message.control == 121:
                state.controls = {number: value for number, value in state.controls.items() if number not in AT_REST}
                state.bend = state.pressure = 0
                state.poly.clear()
            case "control_change":
                state.controls[message.control] = message.value
            case "pitchwheel":
                state.bend = message.pitch
            case "aftertouch":
                state.pressure = message.value
            case "polytouch":
                state.poly[message.note] = message.value
            case "program_change":
                state.program = message.program

    def _begin(self, time: float, note: Note) -> None:
        if note in self.open:
            self.faults.append(f"{time:.3f} {note} begins while it sounds")
        self.open[note] = time

    def _end(self, time: float, note: Note) -> None:
        if self.open.pop(note, None) is None:
            self.faults.append(f"{time:.3f} {note} ends and did not sound")
        self.channel(*note[:2]).poly.pop(note[2], None)
