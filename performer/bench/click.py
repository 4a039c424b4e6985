"""A program, `python -m performer.bench.click TARGET...`: a JACK client that plays a click into these ports for each line on its standard input,
and says the moment (time.perf_counter) of the cycle in which its first sample went in. It ends with its standard input.

libjack through ctypes: the callback runs in the cycle of the graph, so what it writes is in the target's input in the same cycle."""

import ctypes
import math
import sys
import time

from performer import jack
from performer.errors import PortError

AUDIO = b"32 bit float mono audio"
LENGTH_S, HZ = 0.004, 2000.0
PROCESS = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_uint32, ctypes.c_void_p)
Sample = ctypes.c_float


class Click:
    """The client. `strike` plays one click and returns its moment."""

    def __init__(self, rate_hz: float) -> None:
        lib = jack.library()
        if lib is None:
            raise PortError("There is no libjack.", "Install JACK.")
        for name, result, *arguments in (
            ("jack_port_register", ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_ulong),
            ("jack_port_get_buffer", ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint32),
            ("jack_set_process_callback", ctypes.c_int, ctypes.c_void_p, PROCESS, ctypes.c_void_p),
            ("jack_activate", ctypes.c_int, ctypes.c_void_p),
            ("jack_connect", ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p),
        ):
            function = getattr(lib, name)
            function.restype, function.argtypes = result, arguments
        self._lib = lib
        self._client = lib.jack_client_open(b"Performer click", jack.NO_START, None)
        if not self._client:
            raise PortError("No JACK server runs.", "Start one.")
        count = round(LENGTH_S * rate_hz)
        sound = [0.8 * math.exp(-4.0 * n / count) * math.cos(2 * math.pi * HZ * n / rate_hz) for n in range(count)]
        self._sound = (Sample * count)(*sound)
        self._at = count
        self._moment = 0.0
        self._port = lib.jack_port_register(self._client, b"out", AUDIO, jack.IS_OUTPUT, 0)
        self._callback = PROCESS(self._process)  # kept: C calls it
        lib.jack_set_process_callback(self._client, self._callback, None)
        lib.jack_activate(self._client)

    def connect(self, target: str) -> bool:
        """Play into this port. False where it is not there."""
        return bool(self._lib.jack_connect(self._client, b"Performer click:out", target.encode()) == 0)

    def strike(self) -> float:
        self._moment, self._at = 0.0, 0
        while not self._moment:
            time.sleep(0.001)
        return self._moment

    def close(self) -> None:
        self._lib.jack_client_close(self._client)

    def _process(self, frames: int, _: object) -> int:
        buffer = self._lib.jack_port_get_buffer(self._port, frames)
        ctypes.memset(buffer, 0, frames * ctypes.sizeof(Sample))
        left = len(self._sound) - self._at
        if left > 0:
            if self._at == 0:
                self._moment = time.perf_counter()
            part = min(left, frames)
            ctypes.memmove(buffer, ctypes.byref(self._sound, self._at * ctypes.sizeof(Sample)), part * ctypes.sizeof(Sample))
            self._at += part
        return 0


def main(*targets: str) -> None:
    click = Click(48000.0)
    connected = [click.connect(target) for target in targets]
    print("ready" if any(connected) else "There is no such port.", flush=True)
    for _ in sys.stdin:
        print(click.strike(), flush=True)
    click.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
