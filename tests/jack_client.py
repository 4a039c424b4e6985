"""A program: a JACK client with MIDI ports whose names are any bytes, by libjack itself. `jack_client.py CLIENT PORT ...`, the names in hexadecimal,
a port's with "in:" or "out:" before it. It ends with its standard input."""

import ctypes
import sys

from performer import jack


def main(client_name: str, *ports: str) -> None:
    lib = jack.library()
    assert lib is not None
    lib.jack_port_register.restype = ctypes.c_void_p
    lib.jack_port_register.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_ulong]
    lib.jack_activate.argtypes = [ctypes.c_void_p]
    lib.jack_set_process_callback.argtypes = [ctypes.c_void_p] * 3
    status = ctypes.c_int()
    client = lib.jack_client_open(bytes.fromhex(client_name), jack.NO_START, ctypes.byref(status))
    assert client
    for port in ports:
        direction, name = port.split(":")
        flag = jack.IS_INPUT if direction == "in" else jack.IS_OUTPUT
        assert lib.jack_port_register(client, bytes.fromhex(name), jack.MIDI_TYPE, flag, 0)
    # A client without this is none of the graph. Any C function will do that returns 0.
    lib.jack_set_process_callback(client, ctypes.cast(ctypes.CDLL(None).sched_yield, ctypes.c_void_p), None)
    assert lib.jack_activate(client) == 0
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()
    lib.jack_client_close(client)


if __name__ == "__main__":
    main(*sys.argv[1:])
