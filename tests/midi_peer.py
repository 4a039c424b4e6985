"""A program: `midi_peer.py play|hear NAME` connects to the MIDI port with that in its name; tests/jack.py drives it over its pipes."""

import json
import queue
import sys
import threading

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
    handle.delete()


def hear(name: str) -> None:
    heard: queue.SimpleQueue[list[int]] = queue.SimpleQueue()
    handle = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, CLIENT)
    handle.ignore_types(sysex=False, timing=False, active_sense=False)
    handle.set_callback(lambda pair, _: heard.put(pair[0]))  # and no more: JACK waits for it
    connect(handle, name)
    threading.Thread(target=tell, args=(heard,), daemon=True).start()
    sys.stdin.read()
    handle.delete()


def tell(heard: "queue.SimpleQueue[list[int]]") -> None:
    while True:
        sys.stdout.write(json.dumps(heard.get()) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    {"play": play, "hear": hear}[sys.argv[1]](sys.argv[2])
