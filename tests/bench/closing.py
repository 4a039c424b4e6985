"""A program: it opens and closes the bench's line to a port that is flooded, while another thread computes, so many times (`closing.py COUNT`)."""

import sys
import threading
import time

from performer.bench.line import midi_system, ports
from performer.midi_port import Port

OPEN_S, PAUSE_S = 0.02, 0.0005


def flood(out: Port, ended: threading.Event) -> None:
    while not ended.wait(PAUSE_S):
        for _ in range(4):
            out.handle.send_message((0x90, 60, 1))


def compute(ended: threading.Event) -> None:
    while not ended.is_set():
        sum(range(2000))


def main(count: int) -> None:
    system = midi_system()
    assert system is not None
    out, into, ended = Port("out", None, "Performer Out"), Port("in", None, "Performer In"), threading.Event()
    out.open()
    into.open()
    threads = [threading.Thread(target=flood, args=(out, ended)), threading.Thread(target=compute, args=(ended,))]
    for thread in threads:
        thread.daemon = True
        thread.start()
    for _ in range(count):
        with ports(system):
            time.sleep(OPEN_S)  # that notes come
    ended.set()
    for thread in threads:
        thread.join()
    for port in (out, into):
        port.close()


if __name__ == "__main__":
    main(int(sys.argv[1]))
