"""The MIDI system of this machine: which of rtmidi's APIs works here, what ports it has, how one is opened. rtmidi is imported here only.

A JACK server that runs comes first, then ALSA, CoreMIDI, WinMM. A port given by name is looked for in each of them in turn.
"""

import ctypes
import functools
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from performer import jack
from performer.errors import PortError

CLIENTS = {"in": "Performer In", "out": "Performer Out"}  # one each: else a patch bay finds them under other names after a restart
ALSA_SEQUENCER = "/dev/snd/seq"
QUEUE = 16384  # messages that rtmidi holds for a port that is polled
Direction = Literal["in", "out"]
Callback = Callable[[tuple[list[int], float], Any], None]

_APIS = (("JACK", "API_UNIX_JACK"), ("ALSA", "API_LINUX_ALSA"), ("CoreMIDI", "API_MACOSX_CORE"), ("WinMM", "API_WINDOWS_MM"))
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
    """One of rtmidi's APIs that works here."""

    name: str
    api: int

    @property
    def polled(self) -> bool:
        """Whether an input's messages are fetched with `get_message`, no callback being called.

        JACK would call back on the thread that all audio of its server waits for: while that thread waits for Python's lock, JACK loses
        messages and delivers others twice (of 5,000 notes in 10 s beside a busy thread 714 were lost; polled, none)."""
        return self.name == "JACK"

    def ports(self) -> Ports:
        """The ports that fresh rtmidi objects see: an older object may give an old list. Raises PortError if the system is gone."""
        listed = []
        for kind in ("MidiIn", "MidiOut"):
            handle = self.make(kind, "Performer list")
            try:
                listed.append(tuple(handle.get_ports()))
            finally:
                handle.delete()
        return Ports(*listed)

    def make(self, kind: str, client: str, **options: Any) -> Any:
        """A fresh MidiIn or MidiOut. Raises PortError. Only its `delete` ever frees it: Python's collector does not."""
        rtmidi = _rtmidi()
        try:
            return getattr(rtmidi, kind)(self.api, client, **options)
        except (rtmidi.RtMidiError, RuntimeError) as error:
            raise PortError(f"The MIDI system {self.name} does not answer ({error}).", _NONE_HERE.get(sys.platform, "")) from None


@dataclass(frozen=True, slots=True)
class Opened:
    """An open port: rtmidi's object, the name a person reads, a remark where the choice needs one, and the full names that have to stay
    among the inputs and outputs that others see while it is alive."""

    handle: Any
    system: MidiSystem
    name: str
    remark: str = ""
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()

    def among(self, ports: Ports) -> bool:
        """Whether all of it is still there."""
        return set(self.inputs) <= set(ports.inputs) and set(self.outputs) <= set(ports.outputs)


def no_answer(seconds: float) -> PortError:
    """The error to tell when the MIDI or audio system of this machine keeps a caller waiting."""
    remedy = "A JACK server that is stuck does that: end it and start it again." if sys.platform.startswith("linux") else "Start it again."
    return PortError(f"It does not answer within {seconds:g} s.", remedy)


def systems() -> list[MidiSystem]:
    """The MIDI systems that answer, the preferred one first. Raises PortError if rtmidi cannot be used or none answers."""
    rtmidi = _rtmidi()
    compiled = rtmidi.get_compiled_api()
    found = [MidiSystem(name, getattr(rtmidi, api)) for name, api in _APIS if getattr(rtmidi, api) in compiled]
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


def open_port(direction: Direction, want: str | None, virtual: str, callback: Callback | None = None) -> Opened:
    """Open the port called `want`, or make the virtual one where `want` is None. Raises PortError."""
    available = systems()
    if want is None:
        if available[0].name == "WinMM":
            raise PortError("Windows has no virtual MIDI ports.", _LOOPMIDI)
        return _open(available[0], direction, None, virtual, callback)
    seen: list[str] = []
    for system in available:
        ports = system.ports()
        names = ports.inputs if direction == "in" else ports.outputs
        if (match := find(want, names)) is not None:
            opened = _open(system, direction, names[match[0]], virtual, callback)
            return replace(opened, remark=match[1])
        seen += names
    there = f"There are: {', '.join(seen)}." if seen else "There are none."
    raise PortError(f"No MIDI {direction}put is called '{want}'.", f"{there} `performer devices` lists them.")


def _open(system: MidiSystem, direction: Direction, name: str | None, virtual: str, callback: Callback | None) -> Opened:
    """Open the port with this full name, or the virtual one, and see under which names others see it now."""
    before = system.ports()
    if direction == "in":
        handle = system.make("MidiIn", CLIENTS[direction], queue_size_limit=QUEUE)
        handle.ignore_types(sysex=False, timing=False, active_sense=True)
        if callback is not None and not system.polled:
            handle.set_callback(callback)  # before the port opens, so that no message waits in rtmidi's queue
    else:
        handle = system.make("MidiOut", CLIENTS[direction])
    try:
        if name is None:
            handle.open_virtual_port(virtual)
        else:
            handle.open_port(handle.get_ports().index(name), virtual)
    except (_rtmidi().RtMidiError, ValueError) as error:
        handle.delete()
        remedy = "Close the program that uses it, or plug it in again."
        raise PortError(f"The MIDI port '{name or virtual}' could not be opened ({error}).", remedy) from None
    after = system.ports()
    target = (name,) if name else ()
    own_inputs = tuple(each for each in after.inputs if virtual in each and each not in before.inputs)
    own_outputs = tuple(each for each in after.outputs if virtual in each and each not in before.outputs)
    inputs, outputs = (target, own_outputs) if direction == "in" else (own_inputs, target)
    return Opened(handle, system, name or virtual, "", inputs, outputs)


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


@functools.cache
def _rtmidi() -> Any:
    """rtmidi, imported when it is first needed. Raises PortError with the remedy where it cannot be."""
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    try:
        import rtmidi
    except (ImportError, OSError) as error:
        raise PortError(f"MIDI cannot be used: {error}.", "`performer doctor` gives the command that installs what is missing.") from None
    if sys.platform.startswith("linux"):
        jack.library()
        ctypes.CDLL("libasound.so.2").snd_lib_error_set_handler(jack.quiet_handler())
    return rtmidi
