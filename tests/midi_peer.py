"""A program: `midi_peer.py play|hear NAME` connects to the MIDI port with that in its name; tests/jack.py drives it over its pipes."""

import json
import queue
import sys
import threading

from performer.midi_backends import Handle, Kind, backend
from performer.midi_port import reading

CLIENT = "Tester"


def made(kind: Kind, **options: int) -> Handle:
    return backend().make(kind, backend().apis["JACK"], CLIENT, **options)


def connect(handle: Handle, name: str) -> None:
    handle.open_port(next(place for place, port in enumerate(handle.get_ports()) if name in port), "midi")
    sys.stdout.write("connected\n")
    sys.stdout.flush()


def play(name: str) -> None:
    handle = made("MidiOut")
    connect(handle, name)
    for line in sys.stdin:
        for message in json.loads(line):
            handle.send_message(message)
    handle.delete()


def hear(name: str) -> None:
    heard: queue.SimpleQueue[list[int]] = queue.SimpleQueue()
    handle = made("MidiIn", queue_size_limit=16384)
    handle.ignore_types(sysex=False, timing=False, active_sense=False)
    connect(handle, name)
    threading.Thread(target=tell, args=(heard,), daemon=True).start()
    with reading(handle, lambda pair, _: heard.put(pair[0])):
        sys.stdin.read()
    handle.delete()


def tell(heard: "queue.SimpleQueue[list[int]]") -> None:
    while True:
        sys.stdout.write(json.dumps(heard.get()) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    {"play": play, "hear": hear}[sys.argv[1]](sys.argv[2])
