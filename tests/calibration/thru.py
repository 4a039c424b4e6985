"""A program with two JACK MIDI ports, "Thru In" and "Thru Out": `thru.py MS LOSE DOUBLE` sends on what comes, so many milliseconds later,
leaves out every LOSE-th note and sends every DOUBLE-th twice (0: none). A line on its standard output for each note with the moment of its
arrival in seconds of the system's own monotonic clock. It ends with its standard input."""

import heapq
import sys
import threading
import time

from performer.midi_backends import Handle, backend

HELD_S, LOSE, DOUBLE = float(sys.argv[1]) / 1000, int(sys.argv[2]), int(sys.argv[3])


def pass_on(into: Handle, out: Handle, ended: threading.Event) -> None:
    waiting: list[tuple[float, int, list[int]]] = []
    count = notes = 0
    while not ended.wait(0.0001):
        now = time.perf_counter()
        while (got := into.get_message()) is not None:
            note = got[0][0] & 0xF0 == 0x90
            notes += note
            if note:
                sys.stdout.write(f"{now} {got[0][1]}\n")
                sys.stdout.flush()
            times = 1 if not note else 0 if LOSE and notes % LOSE == 0 else 2 if DOUBLE and notes % DOUBLE == 0 else 1
            for _ in range(times):
                count += 1
                heapq.heappush(waiting, (now + HELD_S, count, got[0]))
        while waiting and waiting[0][0] <= now:
            out.send_message(heapq.heappop(waiting)[2])


midi = backend()
into = midi.make("MidiIn", midi.apis["JACK"], "Thru", queue_size_limit=16384)
out = midi.make("MidiOut", midi.apis["JACK"], "Thru")
into.open_virtual_port("Thru In")
out.open_virtual_port("Thru Out")
ended = threading.Event()
thread = threading.Thread(target=pass_on, args=(into, out, ended))
thread.start()
sys.stdout.write("ready\n")
sys.stdout.flush()
sys.stdin.read()
ended.set()
thread.join()
for handle in (into, out):
    handle.close_port()
    handle.delete()
