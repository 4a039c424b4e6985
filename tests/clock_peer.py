"""A program that sends a MIDI clock with jitter to the port with `NAME` in its name: `clock_peer.py NAME 'JSON'`.

The JSON is a list of steps, each [word, bpm, quarter notes]: "start", "continue" or "stop" is sent and then a clock of that tempo runs for so
many quarter notes, also after a stop; "songpos" sends the last number as sixteenths. It tells, as JSON lines, [word, the true moment]
(time.perf_counter) of every step and tick; what it sends is off by normal jitter of JITTER seconds.
"""

import json
import random
import sys
import time

from performer.midi_backends import backend

JITTER, TICKS = 0.002, 24
WORDS = {"start": 0xFA, "continue": 0xFB, "stop": 0xFC}


def wait(moment: float) -> None:
    while (left := moment - time.perf_counter()) > 0:
        time.sleep(max(0.0, left - 0.0005))


def main(name: str, steps: list[list]) -> None:
    handle = backend().make("MidiOut", backend().apis["JACK"], "Clock")
    handle.open_port(next(place for place, port in enumerate(handle.get_ports()) if name in port), "midi")
    time.sleep(0.5)
    rng = random.Random(5)
    told = []
    due = time.perf_counter() + 0.2
    for word, bpm, amount in steps:
        if word == "songpos":
            handle.send_message([0xF2, amount & 127, amount >> 7])
            continue
        wait(due - 0.002)
        if word in WORDS:
            handle.send_message([WORDS[word]])
        told.append([word, due])
        for _ in range(amount * TICKS):
            wait(due + max(0.0, min(0.009, 0.0045 + rng.gauss(0, JITTER))))
            handle.send_message([0xF8])
            told.append(["clock", due + 0.0045])
            due += 60.0 / (bpm * TICKS)
    time.sleep(0.1)
    print("\n".join(map(json.dumps, told)), flush=True)
    handle.delete()


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
