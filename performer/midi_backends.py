"""The two libraries that speak RtMidi, behind one interface: python-rtmidi up to Python 3.12, supriya-midi from 3.13 on.

python-rtmidi has no wheels for newer Pythons. Both are imported in this module only, and when a port is first needed.
"""

import ctypes
import functools
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from performer import jack
from performer.errors import PortError

LIBRARY = "rtmidi" if sys.version_info < (3, 13) else "supriya_midi"
PACKAGE = "python-rtmidi" if LIBRARY == "rtmidi" else "supriya-midi"
Kind = Literal["MidiIn", "MidiOut"]
Message = Sequence[int]
Callback = Callable[[tuple[list[int], float], Any], object]

# The names that people know -> what python-rtmidi calls the API. supriya-midi leaves out "API_".
_APIS = {"JACK": "API_UNIX_JACK", "ALSA": "API_LINUX_ALSA", "CoreMIDI": "API_MACOSX_CORE", "WinMM": "API_WINDOWS_MM"}


class Handle(Protocol):
    """An RtMidi object: an input or an output. Only `delete` frees it."""

    def get_ports(self) -> list[str]: ...
    def open_port(self, number: int, name: str) -> object: ...
    def open_virtual_port(self, name: str) -> object: ...
    def close_port(self) -> object: ...
    def delete(self) -> object: ...
    def ignore_types(self, sysex: bool, timing: bool, active_sense: bool) -> object: ...
    def get_message(self) -> tuple[list[int], float] | None: ...
    def send_message(self, message: Message) -> object: ...
    def set_callback(self, callback: Callback) -> object: ...
    def cancel_callback(self) -> object: ...


@dataclass(frozen=True, slots=True)
class Backend:
    """One of the libraries: the APIs it was built with, in the order in which Performer prefers them, and the errors it raises.

    `calls_back` is False where inputs are always polled. `joins_sysex` is True where a sysex without an end swallows what follows it."""

    name: str
    apis: Mapping[str, Any]
    errors: tuple[type[Exception], ...]
    calls_back: bool
    joins_sysex: bool
    _make: Callable[..., Handle]

    def make(self, kind: Kind, api: Any, client: str, **options: Any) -> Handle:
        """A fresh object. Raises one of `errors`."""
        return self._make(kind, api, client, **options)


@functools.cache
def backend() -> Backend:
    """The library for this Python. Raises PortError with the remedy where it cannot be imported."""
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    # supriya-midi's wheel brings a libjack that servers of Debian refuse: the system's is to be found first.
    if LIBRARY == "supriya_midi":
        jack.preload()
    try:
        if LIBRARY == "rtmidi":
            import rtmidi as module
        else:
            import supriya_midi as module
    except (ImportError, OSError) as error:
        raise PortError(f"MIDI cannot be used: {error}.", "`performer doctor` gives the command that installs what is missing.") from None
    if sys.platform.startswith("linux"):
        jack.library()
        ctypes.CDLL("libasound.so.2").snd_lib_error_set_handler(jack.quiet_handler())
    return _python_rtmidi(module) if LIBRARY == "rtmidi" else _supriya_midi(module)


def _python_rtmidi(rtmidi: Any) -> Backend:
    compiled = rtmidi.get_compiled_api()
    apis = {name: getattr(rtmidi, api) for name, api in _APIS.items() if getattr(rtmidi, api) in compiled}

    def make(kind: Kind, api: Any, client: str, **options: Any) -> Handle:
        handle: Handle = getattr(rtmidi, kind)(api, client, **options)
        return handle

    return Backend("python-rtmidi", apis, (rtmidi.RtMidiError, RuntimeError, ValueError, TypeError), True, True, make)


def _supriya_midi(supriya: Any) -> Backend:
    compiled = supriya.get_compiled_apis()
    known = {name: getattr(supriya.RtMidiAPI, api.removeprefix("API_")) for name, api in _APIS.items()}
    apis = {name: api for name, api in known.items() if api in compiled}

    def make(kind: Kind, api: Any, client: str, **options: Any) -> Handle:
        return _Supriya(getattr(supriya, kind)(api, client, **options))

    return Backend("supriya-midi", apis, (supriya.RtMidiError, RuntimeError, ValueError, TypeError), False, False, make)


class _Supriya:
    """supriya-midi's object as python-rtmidi's. Its collector would free a port whose server died, and crash: only `delete` does here."""

    def __init__(self, midi: Any) -> None:
        self._midi = midi
        self._send: Any = getattr(midi._rt_midi, "send_message", None)
        self._get: Any = getattr(midi._rt_midi, "get_message", None)
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(midi._rt_midi))

    def get_ports(self) -> list[str]:
        names: list[str] = []
        for number in range(self._midi.get_port_count()):
            try:
                names.append(self._midi.get_port_name(number))
            except UnicodeDecodeError:
                names.append(f"port {number + 1}")
        return names

    def open_port(self, number: int, name: str) -> None:
        self._midi.open_port(number, name)

    def open_virtual_port(self, name: str) -> None:
        self._midi.open_virtual_port(name)

    def close_port(self) -> None:
        self._midi.close_port()

    def delete(self) -> None:
        if self._midi.is_deleted:
            return
        ctypes.pythonapi.Py_DecRef(ctypes.py_object(self._midi._rt_midi))
        self._send = self._get = None
        self._midi.delete()

    def ignore_types(self, sysex: bool, timing: bool, active_sense: bool) -> None:
        self._midi.ignore_types(sysex, timing, active_sense)

    def get_message(self) -> tuple[list[int], float] | None:
        got: tuple[list[int], float] = self._get()
        return got if got[0] else None

    def send_message(self, message: Message) -> None:
        self._send(list(message))

    def set_callback(self, callback: Callback) -> None:
        raise NotImplementedError("supriya-midi's inputs are polled")

    def cancel_callback(self) -> None:
        pass
