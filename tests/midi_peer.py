"""A program: `midi_peer.py play|hear NAME` connects to the MIDI port with that in its name, and is driven by tests/jack.py over its pipes."""

import json
import sys

import rtmidi

CLIENT = "Tester"


def connect(handle: "rtmidi.MidiIn | rtmidi.MidiOut", name: str) -> None:
    handle.open_port(next(place for place, port in enumerate(handle.get_ports()) if name in port))
    sys.stdout.write("connected\n")
    sys.stdout.flush()


def play(name: str) -> None:
    handle = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, CLIENT)
    connect(handle, name)
    for line in sys.stdin:
        for message in json.loads(line):
            handle.send_message(message)


def hear(name: str) -> None:
    handle = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, CLIENT)
    handle.ignore_types(sysex=False, timing=False, active_sense=False)
    handle.set_callback(lambda pair, _: sys.stdout.write(json.dumps(pair[0]) + "\n") and sys.stdout.flush())
    connect(handle, name)
    sys.stdin.read()


if __name__ == "__main__":
    {"play": play, "hear": hear}[sys.argv[1]](sys.argv[2])
