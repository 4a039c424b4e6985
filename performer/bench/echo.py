"""A program, `python -m performer.bench.echo SYSTEM`: two virtual MIDI ports, and what comes into one leaves by the other at once, on the
thread that the MIDI system calls back on. It ends with its standard input."""

import sys

from performer.midi_system import systems


def main(name: str) -> None:
    system = next(each for each in systems() if each.name == name)
    out, into = system.make("MidiOut", "Echo Out"), system.make("MidiIn", "Echo In")
    into.set_callback(lambda message_and_delta, _: out.send_message(message_and_delta[0]))
    out.open_virtual_port("Echo Out")
    into.open_virtual_port("Echo In")
    print("ready", flush=True)
    sys.stdin.read()
    into.cancel_callback()
    for handle in (into, out):
        handle.close_port()
        handle.delete()


if __name__ == "__main__":
    main(sys.argv[1])
