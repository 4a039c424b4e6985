"""libjack, spoken to without a library in between: is there a server, does it still answer, which MIDI ports does it have.

RtMidi's Python libraries hold Python's global lock while they open a client (about 10 ms) and never notice that the server died. A call through
ctypes holds no lock, and a question that the server itself must answer (about 30 µs) tells at once whether it lives. No server is ever started.

A port's name is bytes. One that is no UTF-8 is shown with backslashes (`Caf\\xe9`), and found again by that.
"""

import contextlib
import ctypes
import errno
import functools
import sys
from pathlib import Path
from typing import Any

NO_START = 0x01  # jack_options_t: JackNoStartServer
IS_INPUT, IS_OUTPUT = 0x1, 0x2  # JackPortFlags
MIDI_TYPE = b"8 bit raw midi"
_preloaded: list[ctypes.CDLL] = []


def quiet_handler() -> ctypes.c_void_p:
    """A C function that may stand for any error handler: it takes no argument, does nothing and needs no lock of Python's."""
    return ctypes.cast(ctypes.CDLL(None).getpid, ctypes.c_void_p)


def preload() -> None:
    """Load the system's libjack where there is one, so that a library that brings a copy of its own uses this one."""
    if sys.platform.startswith("linux") and not _preloaded:
        with contextlib.suppress(OSError):
            _preloaded.append(ctypes.CDLL("libjack.so.0", mode=ctypes.RTLD_GLOBAL))


@functools.cache
def library() -> Any | None:
    """libjack with its functions declared and its chatter on the standard error silenced; None where there is none.

    The one that RtMidi uses is taken: what was preloaded, else the copy that RtMidi brought along if that is loaded. Silencing another would
    not help."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        lib = _preloaded[0] if _preloaded else ctypes.CDLL(_loaded("libjack") or "libjack.so.0")
        for name, result, *arguments in (
            ("jack_client_open", ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p),
            ("jack_client_close", ctypes.c_int, ctypes.c_void_p),
            ("jack_get_client_name", ctypes.c_char_p, ctypes.c_void_p),
            ("jack_get_uuid_for_client_name", ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p),
            ("jack_get_ports", ctypes.POINTER(ctypes.c_char_p), ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong),
            ("jack_port_by_name", ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p),
            ("jack_port_get_all_connections", ctypes.POINTER(ctypes.c_char_p), ctypes.c_void_p, ctypes.c_void_p),
            ("jack_connect", ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p),
            ("jack_get_sample_rate", ctypes.c_uint32, ctypes.c_void_p),
            ("jack_get_buffer_size", ctypes.c_uint32, ctypes.c_void_p),
            ("jack_is_realtime", ctypes.c_int, ctypes.c_void_p),
            ("jack_free", None, ctypes.c_void_p),
            ("jack_set_error_function", None, ctypes.c_void_p),
            ("jack_set_info_function", None, ctypes.c_void_p),
        ):
            function = getattr(lib, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError):
        return None
    lib.jack_set_error_function(quiet_handler())
    lib.jack_set_info_function(quiet_handler())
    return lib


def _loaded(name: str) -> str | None:
    """The path of the shared library called so that this process has loaded, or None."""
    for line in Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines():
        path = line.split(maxsplit=5)[-1]
        if name in Path(path).name and ".so" in path:
            return path
    return None


class Observer:
    """A client without ports that asks the running server. For one thread at a time."""

    def __init__(self, lib: Any, client: int) -> None:
        self._lib = lib
        self._client: int | None = client
        self._name: bytes = lib.jack_get_client_name(client)
        self._bytes: dict[str, bytes] = {}  # the names as they were read -> as JACK has them

    @classmethod
    def open(cls, name: str = "Performer look") -> "Observer | None":
        """An observer of the server that runs (JACK_DEFAULT_SERVER names it), or None if none does or there is no libjack."""
        lib = library()
        status = ctypes.c_int()
        client = lib.jack_client_open(name.encode(), NO_START, ctypes.byref(status)) if lib is not None else None
        return cls(lib, client) if client else None

    def answers(self) -> bool:
        """Whether the server answers a question."""
        if self._client is None:
            return False
        found = self._lib.jack_get_uuid_for_client_name(self._client, self._name)
        if found:
            self._lib.jack_free(found)
        return bool(found)

    def midi_ports(self, flags: int) -> tuple[str, ...]:
        """The full names of the MIDI ports with these flags. Meaningless unless the server `answers`."""
        return self._names(self._lib.jack_get_ports(self._client, None, MIDI_TYPE, flags))

    def connections(self, port: str) -> tuple[str, ...]:
        """The full names of the ports that are connected with the one of this full name; none where there is no such port."""
        found = self._lib.jack_port_by_name(self._client, self._encode(port))
        return self._names(self._lib.jack_port_get_all_connections(self._client, found)) if found else ()

    def _names(self, names: Any) -> tuple[str, ...]:
        """The names in an array of C strings that ends with NULL, which is freed."""
        if not names:
            return ()
        out: list[str] = []
        while (name := names[len(out)]) is not None:
            out.append(name.decode(errors="backslashreplace"))
            self._bytes[out[-1]] = name
        self._lib.jack_free(names)
        return tuple(out)

    def _encode(self, name: str) -> bytes:
        return self._bytes.get(name) or name.encode(errors="replace")

    @property
    def rate(self) -> int:
        """The server's frames a second."""
        return int(self._lib.jack_get_sample_rate(self._client))

    @property
    def period(self) -> int:
        """The frames of a cycle of the server."""
        return int(self._lib.jack_get_buffer_size(self._client))

    @property
    def is_real_time(self) -> bool:
        """Whether the server runs with real-time priority."""
        return bool(self._lib.jack_is_realtime(self._client))

    def connect(self, source: str, into: str) -> bool:
        """Have the second port hear the first, both by their full names. Whether it will, or does already."""
        return bool(self._lib.jack_connect(self._client, self._encode(source), self._encode(into)) in (0, errno.EEXIST))

    def close(self) -> None:
        """Leave the server; safe when it is dead, and twice."""
        if self._client is not None:
            self._lib.jack_client_close(self._client)
            self._client = None
