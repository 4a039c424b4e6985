"""Notes that leave the output and are awaited at the input: how long they are on their way. Runs in a process of its own, on one thread.

Each note is another one, so that one that is lost or comes twice is known as that. Their distances are irregular: a sound system works in
cycles, and even distances would meet its cycles always at the same place.
"""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from performer.calibration.findings import Measured
from performer.errors import PortError
from performer.inputs.midi import VIRTUAL as IN
from performer.midi_port import Port
from performer.outputs.midi import VIRTUAL as OUT

CHANNEL = 16  # where fewest instruments listen
GAP_S = (0.04, 0.12)  # seconds between two notes
PROBE_S = 0.25  # seconds between two notes while nothing has come back yet
LATE_S = 0.5  # seconds after the last note in which one may still come
LOOK_S = 0.0001  # seconds between two looks at the input
LOWEST, PITCHES, VELOCITIES = 36, 60, 100
Key = tuple[int, int]  # pitch and velocity


@dataclass(frozen=True, slots=True)
class LoopOptions:
    """The ports by (part of) their names, None for Performer's own; `join` lets the own input listen to the own output; so many notes are
    sent; `wait` is the seconds in which the first has to come back."""

    output: str | None = None
    input: str | None = None
    join: bool = False
    notes: int = 64
    wait: float = 2.0
    seed: int = 1


def measure(options: LoopOptions) -> Measured:
    """Play and listen. Raises PortError if a port is not to be had or nothing comes back."""
    own = options.output is None and options.input is None
    if options.join and not own:
        raise PortError("--connect joins Performer's own two ports.", "Leave out --connect, or the names of the ports.")
    out = Port("out", options.output, OUT)
    into: Port | None = None
    try:
        out.open()
        into = Port("in", _own_output(out) if options.join else options.input, IN)
        into.open()
        loop = Loop(out, into)
        loop.await_first(options.wait, _remedy(own))
        sent = loop.play(options.notes, random.Random(options.seed))
        came = [loop.came[key][0] - moment for key, moment in sent.items() if key in loop.came]
        doubled = sum(len(loop.came.get(key, ())) > 1 for key in sent)
        transport = out.opened.system.name.lower() if out.opened else ""
        return Measured("midi", transport, out.name, IN if options.join else into.name, len(sent), tuple(came), 1 if own else 2, doubled)
    finally:
        for port in (into, out):
            if port is not None:
                port.close()


@dataclass(slots=True)
class Loop:
    """An open output and an open input, and what came in: the moments of each note-on by its pitch and velocity."""

    out: Port
    into: Port
    came: dict[Key, list[float]] = field(default_factory=dict)
    _sounding: Key | None = None

    def await_first(self, seconds: float, remedy: str) -> None:
        """Play the first note again and again until it comes back. Raises PortError if it does not within so many seconds."""
        probe = (LOWEST - 1, 1)
        end = time.perf_counter() + seconds
        while probe not in self.came:
            if time.perf_counter() > end:
                raise PortError(f"Nothing came back at '{self.into.name}' within {seconds:g} s of playing to '{self.out.name}'.", remedy)
            self._play(probe)
            self._listen(PROBE_S, until=probe)
        self._listen(LATE_S)

    def play(self, notes: int, chance: random.Random) -> dict[Key, float]:
        """Play so many notes and listen. Returns the moments at which they left."""
        sent: dict[Key, float] = {}
        for key in _keys(notes):
            sent[key] = self._play(key)
            self._listen(chance.uniform(*GAP_S))
        self._listen(LATE_S)
        self._release()
        return sent

    def _play(self, key: Key) -> float:
        self._release()
        self._sounding = key
        sent = time.perf_counter()
        self.out.handle.send_message((0x8F + CHANNEL, *key))
        return sent

    def _release(self) -> None:
        if self._sounding is not None:
            self.out.handle.send_message((0x7F + CHANNEL, self._sounding[0], 0))

    def _listen(self, seconds: float, until: Key | None = None) -> None:
        """Take in what comes for so many seconds, or until this note comes."""
        end = time.perf_counter() + seconds
        while time.perf_counter() < end and until not in self.came:
            while (message_and_delta := self.into.handle.get_message()) is not None:
                message = message_and_delta[0]
                if len(message) == 3 and message[0] & 0xF0 == 0x90 and message[2]:
                    self.came.setdefault((message[1], message[2]), []).append(time.perf_counter())
            time.sleep(LOOK_S)


def _keys(count: int) -> Iterator[Key]:
    for number in range(count):
        yield LOWEST + number % PITCHES, 2 + number // PITCHES % VELOCITIES


def _own_output(out: Port) -> str:
    names = out.opened.inputs if out.opened else ()
    if not names:
        raise PortError(f"The port '{OUT}' cannot be seen by others.", f"Connect it with '{IN}' by hand: leave out --connect.")
    return names[0]


def _remedy(own: bool) -> str:
    if own:
        return f"Connect '{OUT}' with '{IN}' (--wait 60 leaves you the time), or let --connect do it."
    return "Join the two with a cable, or name others with --output and --input; `performer devices` lists them."
