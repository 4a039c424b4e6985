"""The MIDI system of this machine: which of RtMidi's APIs works here, what ports it has, how one is opened.

A JACK server that runs comes first, then ALSA, CoreMIDI, WinMM. A port given by name is looked for in each of them in turn.
"""

import contextlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from performer import jack
from performer.errors import PortError
from performer.midi_backends import Callback, Handle, Kind, backend

CLIENTS = {"in": "Performer In", "out": "Performer Out"}  # one each: else a patch bay finds them under other names after a restart
GUARD = "Performer guard"  # the client of a SysexGuard
ALSA_SEQUENCER = "/dev/snd/seq"
QUEUE = 16384  # messages that rtmidi holds for a port that is polled
Direction = Literal["in", "out"]

_KINDS: tuple[Kind, Kind] = ("MidiIn", "MidiOut")
_NONE_HERE = {
    "linux": "Start a JACK server, or load ALSA's sequencer with `sudo modprobe snd-seq`.",
    "darwin": "Open Audio MIDI Setup once, so that CoreMIDI's server starts.",
    "win32": "Connect a MIDI device or install loopMIDI.",
}
_LOOPMIDI = (
    "Make a port with loopMIDI (https://www.tobias-erichsen.de/software/loopmidi.html) and give its name: "
    'input = "..." and output = "..." under [midi] in the show file.'
)


@dataclass(frozen=True, slots=True)
class Ports:
    """The MIDI ports there are: `inputs` can be listened to, `outputs` can be played to."""

    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MidiSystem:
    """One of RtMidi's APIs that works here."""

    name: str
    api: Any

    @property
    def polled(self) -> bool:
        """Whether an input's messages are fetched with `get_message`, no callback being called.

        JACK would call back on the thread that all audio of its server waits for: while that thread waits for Python's lock, JACK loses
        messages and delivers others twice (of 5,000 notes in 10 s beside a busy thread 714 were lost; polled, none). And JACK cancels that
        thread when the port closes: if it waits for Python's lock then, nothing ever releases the lock's mutex, and the process stands still."""
        return self.name == "JACK" or not backend().calls_back

    def ports(self) -> Ports:
        """The ports that fresh objects see: an older object may give an old list. Raises PortError if the system is gone."""
        if self.name == "JACK" and jack.library() is not None:
            observer = jack.Observer.open()
            if observer is None:
                raise PortError("The MIDI system JACK does not answer.", _NONE_HERE.get(sys.platform, ""))
            with contextlib.closing(observer):
                return jack_ports(observer)
        listed = []
        for kind in _KINDS:
            handle = self.make(kind, "Performer list")
            try:
                listed.append(tuple(handle.get_ports()))
            finally:
                handle.delete()
        return Ports(*listed)

    def make(self, kind: Kind, client: str, **options: Any) -> Handle:
        """A fresh MidiIn or MidiOut. Raises PortError. Only its `delete` ever frees it: Python's collector does not."""
        midi = backend()
        try:
            return midi.make(kind, self.api, client, **options)
        except midi.errors as error:
            raise PortError(f"The MIDI system {self.name} does not answer ({error}).", _NONE_HERE.get(sys.platform, "")) from None


def jack_ports(observer: jack.Observer) -> Ports:
    """The MIDI ports of a JACK server, without those that end a sysex for a port of Performer's own (see `SysexGuard`)."""
    inputs = (name for name in observer.midi_ports(jack.IS_OUTPUT) if not name.startswith(GUARD))
    return Ports(tuple(inputs), observer.midi_ports(jack.IS_INPUT))


@dataclass(frozen=True, slots=True)
class Opened:
    """An open port: RtMidi's object, the name a person reads, a remark where the choice needs one, and the full names that have to stay
    among the inputs and outputs that others see while it is alive. `own` is the full name under which others see it, where that is known."""

    handle: Handle
    system: MidiSystem
    name: str
    remark: str = ""
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    own: str = ""
    guard: "SysexGuard | None" = None
    calls_back: bool = False

    def among(self, ports: Ports) -> bool:
        """Whether all of it is still there."""
        return set(self.inputs) <= set(ports.inputs) and set(self.outputs) <= set(ports.outputs)


def systems() -> list[MidiSystem]:
    """The MIDI systems that answer, the preferred one first. Raises PortError if RtMidi cannot be used or none answers."""
    found = [MidiSystem(name, api) for name, api in backend().apis.items()]
    answering = [system for system in found if _answers(system)]
    if not answering:
        raise PortError("This machine has no MIDI system that answers.", _NONE_HERE.get(sys.platform, ""))
    return answering


def list_ports() -> Ports:
    """The ports of every MIDI system here. Raises PortError if there is none."""
    each = [system.ports() for system in systems()]
    return Ports(tuple(name for ports in each for name in ports.inputs), tuple(name for ports in each for name in ports.outputs))


def find(want: str, names: Sequence[str]) -> tuple[int, str] | None:
    """The place of the port called `want`, in full or in part and in upper or lower case, and a remark if others match too.

    >>> find("piano", ["Drums 1", "Piano 1", "Piano 2"])
    (1, "'piano' fits Piano 1, Piano 2; Piano 1 was taken.")
    """
    exact = [place for place, name in enumerate(names) if name == want]
    partial = exact or [place for place, name in enumerate(names) if want.casefold() in name.casefold()]
    if not partial:
        return None
    taken = names[partial[0]]
    fits = ", ".join(names[place] for place in partial)
    return partial[0], f"'{want}' fits {fits}; {taken} was taken." if len(partial) > 1 else ""


def open_port(
    direction: Direction, want: str | None, virtual: str, callback: Callback | None = None, direct: bool = False
) -> Opened:
    """Open the port called `want`, or make the virtual one where `want` is None. `direct`: RtMidi calls back wherever it can, on JACK too.
    Raises PortError."""
    available = systems()
    if want is None:
        if available[0].name == "WinMM":
            raise PortError("Windows has no virtual MIDI ports.", _LOOPMIDI)
        return _open(available[0], direction, None, virtual, callback, direct)
    seen: list[str] = []
    for system in available:
        ports = system.ports()
        names = ports.inputs if direction == "in" else ports.outputs
        if (match := find(want, names)) is not None:
            opened = _open(system, direction, names[match[0]], virtual, callback, direct)
            return replace(opened, remark=match[1])
        seen += names
    there = f"There are: {', '.join(seen)}." if seen else "There are none."
    raise PortError(f"No MIDI {direction}put is called '{want}'.", f"{there} `performer devices` lists them.")


def _open(
    system: MidiSystem, direction: Direction, name: str | None, virtual: str, callback: Callback | None, direct: bool
) -> Opened:
    """Open the port with this full name, or the virtual one, and see under which names others see it now."""
    before = system.ports()
    calls_back = not system.polled or (direct and backend().calls_back)
    if direction == "in":
        handle = system.make("MidiIn", CLIENTS[direction], queue_size_limit=QUEUE)
        handle.ignore_types(sysex=False, timing=False, active_sense=False)
        if callback is not None and calls_back:
            handle.set_callback(callback)  # before the port opens, so that no message waits in RtMidi's queue
    else:
        handle = system.make("MidiOut", CLIENTS[direction])
    try:
        if name is None or _by_name(system):
            handle.open_virtual_port(virtual)
        else:
            handle.open_port(handle.get_ports().index(name), virtual)
    except backend().errors as error:
        handle.delete()
        raise _not_opened(name or virtual, f" ({error})") from None
    after = system.ports()
    target = (name,) if name else ()
    own_inputs = tuple(each for each in after.inputs if virtual in each and each not in before.inputs)
    own_outputs = tuple(each for each in after.outputs if virtual in each and each not in before.outputs)
    inputs, outputs = (target, own_outputs) if direction == "in" else (own_inputs, target)
    own = next(iter(own_outputs if direction == "in" else own_inputs), "")
    if name is not None and _by_name(system) and not _connect(*((name, own) if direction == "in" else (own, name))):
        handle.delete()
        raise _not_opened(name, "")
    guard = SysexGuard.open(system, own) if direction == "in" and callback is not None and own else None
    return Opened(handle, system, name or virtual, "", inputs, outputs, own, guard, calls_back)


def _by_name(system: MidiSystem) -> bool:
    """Whether ports are connected by their names, which RtMidi cannot do: it counts them, and others come and go meanwhile."""
    return system.name == "JACK" and jack.library() is not None


def _connect(source: str, into: str) -> bool:
    """Connect two JACK ports. Whether they are."""
    observer = jack.Observer.open()
    if observer is None:
        return False
    with contextlib.closing(observer):
        jack_ports(observer)
        return observer.connect(source, into)


def _not_opened(name: str, reason: str) -> PortError:
    return PortError(f"The MIDI port '{name}' could not be opened{reason}.", "Close the program that uses it, or plug it in again.")


class SysexGuard:
    """Keeps a JACK input from going deaf: RtMidi before version 6 takes everything after a sysex without an end for a part of it.

    A port of its own sends MARK, a sysex that is whole, to the input when nothing has come for EVERY seconds. It comes back alone where all is
    well; else after all that RtMidi had kept. One is on its way at a time, so a server that is stuck never fills. Used by the reader's thread."""

    MARK = (0xF0, 0x7D, 0x50, 0x66, 0x47, 0xF7)
    EVERY = 0.1  # seconds: so late is at most what follows a sysex without an end

    def __init__(self, handle: Handle, port: str) -> None:
        self.handle = handle
        self.port = port  # its full name
        self._sent = False
        self._quiet_since = 0.0

    @classmethod
    def open(cls, system: MidiSystem, into: str) -> "SysexGuard | None":
        """A guard of the JACK input with this full name; None where none is needed or can be made."""
        if system.name != "JACK" or not backend().joins_sysex or jack.library() is None:
            return None
        try:
            handle = system.make("MidiOut", GUARD)
        except PortError:
            return None
        observer = jack.Observer.open()
        if observer is None:
            handle.delete()
            return None
        with contextlib.closing(observer):
            before = set(observer.midi_ports(jack.IS_OUTPUT))
            handle.open_virtual_port("sysex end")
            own = next((name for name in observer.midi_ports(jack.IS_OUTPUT) if name.startswith(GUARD) and name not in before), "")
            if not own or not observer.connect(own, into):
                handle.delete()
                return None
        return cls(handle, own)

    def strip(self, message: list[int], now: float) -> list[int]:
        """The message without the mark."""
        self._quiet_since = now
        if tuple(message[-len(self.MARK) :]) != self.MARK:
            return message
        self._sent = False
        return message[: -len(self.MARK)]

    def look(self, now: float) -> None:
        """Send the mark if it is time."""
        if not self._sent and now - self._quiet_since >= self.EVERY:
            self._sent = True
            self.handle.send_message(self.MARK)

    def connected(self) -> None:
        """The connection was made again: a mark that was on its way is lost."""
        self._sent = False


def _answers(system: MidiSystem) -> bool:
    if system.name == "JACK" and jack.library() is not None:
        observer = jack.Observer.open()
        if observer is None:
            return False
        observer.close()
    if system.name == "ALSA" and not Path(ALSA_SEQUENCER).exists():
        return False
    try:
        system.make("MidiIn", "Performer look").delete()
    except PortError:
        return False
    return True
