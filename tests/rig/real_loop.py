"""The real loop, by hand: `python -m tests.rig.real_loop --seconds 300`.

Starts a JACK server and a show with two harmonising voices, connects Performer Out with Performer In, plays notes, pedal and bend into it, and
a DAW's stop every ten seconds. Prints one JSON line: messages out for each one that was played in, what sounds and what is not at rest at the
end, with the loop still closed, and after the show. Exit status 1 where something does.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from performer.midi_backends import Handle, Kind, backend
from tests.jack import JackServer
from tests.rig.receiver import Receiver
from tests.show_process import ShowProcess

CLIENT = "Real loop"
LOOK_S = 0.001  # seconds between two looks at what came
STOP_EVERY_S = 10.0
QUIET_S = 4.0  # seconds after the last message in before the ledger is read
SHOW = (
    "[audio]\nenabled = false", "[visuals]\nenabled = false", "[desk]\nenabled = false",
    '[[voice]]\nmode = "harmonise"\nchannel = 1', '[[voice]]\nmode = "harmonise"\nchannel = 2',
)  # fmt: skip
Part = Iterator[tuple[float, list[list[int]]]]


def player(rng: random.Random, seconds: float) -> Part:
    """What is played, with the seconds since the beginning."""
    now, stop = 1.0, STOP_EVERY_S
    while now < seconds:
        if now >= stop:
            stop += STOP_EVERY_S
            yield now, [message for channel in range(16) for message in ([0xB0 + channel, 64, 0], [0xB0 + channel, 123, 0])]
        pitches = rng.sample(range(48, 73), rng.choice((1, 1, 2, 3)))
        velocity = rng.randint(50, 110)
        yield now, [[0x90, pitch, velocity] for pitch in pitches]
        pedalled, bent = rng.random() < 0.5, rng.random() < 0.3
        if pedalled:
            yield now + 0.05, [[0xB0, 64, 127]]
        for step in range(6 if bent else 0):
            yield now + 0.07 + step * 0.02, [[0xE0, 0, 64 + 10 * step]]
        length = rng.uniform(0.2, 0.6)
        yield now + length, [[0x80, pitch, 0] for pitch in pitches]
        if bent:
            yield now + length + 0.01, [[0xE0, 0, 64]]
        if pedalled:
            yield now + length + 0.05, [[0xB0, 64, 0]]
        now += length + rng.uniform(0.1, 0.5)


class Peer:
    """A MIDI output and a polled MIDI input of this process, connected with the show's ports; `receiver` has the ledger of what arrived."""

    def __init__(self) -> None:
        self.receiver = Receiver()
        self.sent = 0
        self._output, self._input = self._open("MidiOut", "Performer In"), self._open("MidiIn", "Performer Out")

    def play(self, messages: list[list[int]]) -> None:
        """Send these."""
        for message in messages:
            self._output.send_message(message)
            self.sent += 1

    def listen(self, until: float) -> None:
        """Take in what comes up to then (seconds of `time.monotonic`)."""
        while True:
            while (got := self._input.get_message()) is not None:
                self.receiver.receive(time.monotonic(), "out", bytes(got[0]))
            if time.monotonic() >= until:
                return
            time.sleep(LOOK_S)

    def close(self) -> None:
        """Close both."""
        self._output.delete()
        self._input.delete()

    @staticmethod
    def _open(kind: Kind, name: str) -> Handle:
        options = {"queue_size_limit": 16384} if kind == "MidiIn" else {}
        handle = backend().make(kind, backend().apis["JACK"], f"{CLIENT} {kind}", **options)
        handle.open_port(next(place for place, port in enumerate(handle.get_ports()) if name in port), "midi")
        return handle


def close_loop(server: JackServer) -> None:
    """Connect Performer Out with Performer In."""
    source, target = (next(port for port in server.ports() if name in port) for name in ("Performer Out", "Performer In"))
    server.connect(source, target)


def run(seconds: float, seed: int) -> dict[str, object]:
    """The figures of one run."""
    os.environ.update({"JACK_DEFAULT_SERVER": (server := JackServer()).name, "JACK_NO_START_SERVER": "1"})
    server.start()
    try:
        with tempfile.TemporaryDirectory() as folder, ShowProcess(Path(folder), *SHOW) as show:
            return _played(server, show, seconds, seed)
    finally:
        server.end()
        JackServer.ended()


def _played(server: JackServer, show: ShowProcess, seconds: float, seed: int) -> dict[str, object]:
    peer = Peer()
    close_loop(server)
    begun = time.monotonic()
    told = begun
    for moment, messages in player(random.Random(seed), seconds):
        peer.listen(begun + moment)
        peer.play(messages)
        if time.monotonic() - told > 10.0:
            told = time.monotonic()
            _tell(f"{moment:.0f} of {seconds:.0f} s, {peer.sent} in, {len(peer.receiver.heard)} out")
    peer.play([[0xB0, 64, 0], [0xE0, 0, 64]])
    last = time.monotonic()
    peer.listen(last + QUIET_S)
    receiver = peer.receiver
    figures: dict[str, object] = {
        "seconds": seconds, "seed": seed, "messages_in": peer.sent, "messages_out": len(receiver.heard),
        "out_per_in": round(len(receiver.heard) / peer.sent, 3), "notes": receiver.count["note"] // 2,
        "gestures": receiver.count["gesture"], "mode_messages": receiver.count["mode"],
        "notes_in_the_last_10_s": sum(each.is_note and each.time > last - 10.0 for each in receiver.heard) // 2,
        "open_notes": receiver.sounding(), "not_at_rest": _flat(receiver), "faults": receiver.faults[:5],
        "messages_in_the_last_2_s": sum(each.time > last + QUIET_S - 2.0 for each in receiver.heard),
    }  # fmt: skip
    figures["exit_status"] = show.end()
    peer.listen(time.monotonic() + 1.0)
    figures |= {"open_notes_after_the_show": receiver.sounding(), "not_at_rest_after_the_show": _flat(receiver)}
    peer.close()
    return figures


def _flat(receiver: Receiver) -> dict[str, dict[str, int]]:
    return {f"channel {channel}": state for (_, channel), state in receiver.not_at_rest().items()}


def _tell(words: str) -> None:
    sys.stderr.write(words + "\n")


def main(arguments: list[str] | None = None, tell: Callable[[str], object] = sys.stdout.write) -> int:
    """The program."""
    parser = argparse.ArgumentParser(prog="python -m tests.rig.real_loop", description=__doc__)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    try:
        figures = run(asked.seconds, asked.seed)
    except subprocess.CalledProcessError as error:
        _tell(f"JACK did not do it: {error}. Is jackd installed?")
        return 2
    tell(json.dumps(figures) + "\n")
    bad = ("open_notes", "not_at_rest", "faults", "open_notes_after_the_show", "not_at_rest_after_the_show", "exit_status")
    return 1 if any(figures[name] for name in bad) else 0


if __name__ == "__main__":
    sys.exit(main())
