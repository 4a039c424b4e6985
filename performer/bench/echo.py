"""A program, `python -m performer.bench.echo SYSTEM`: two virtual MIDI ports, and what comes into one leaves by the other at once. It
reads its port as a show does, with the same priority, and ends with its standard input."""

import sys

from performer.midi_port import reading
from performer.midi_system import QUEUE, systems
from performer.priority import raise_priority


def main(name: str) -> None:
    system = next(each for each in systems() if each.name == name)
    out, into = system.make("MidiOut", "Echo Out"), system.make("MidiIn", "Echo In", queue_size_limit=QUEUE)
    out.open_virtual_port("Echo Out")
    into.open_virtual_port("Echo In")
    with reading(into, lambda message_and_delta, _: out.send_message(message_and_delta[0])):
        raise_priority(system.name == "JACK")
        print("ready", flush=True)
        sys.stdin.read()
    for handle in (into, out):
        handle.close_port()
        handle.delete()


if __name__ == "__main__":
    main(sys.argv[1])
