"""The ways to a show and back: real MIDI ports, or the engine in this process where the machine has no MIDI system.

A thread reads what comes back, as the show's own does, and puts it into a queue. Its stamp is not the moment at which the thread found it: RtMidi
tells the time between two messages to a microsecond, taken on JACK's own thread."""

import contextlib
import math
import queue
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from performer.bench.stage import Play, toml
from performer.errors import PerformerError, PortError
from performer.midi_port import reading
from performer.midi_system import QUEUE, MidiSystem, find, systems
from performer.priority import lower_priority, raise_priority

CLIENT = "Performer bench"


class Arrival(NamedTuple):
    """A note-on that came: when (time.perf_counter), on which channel (1-16), and its pitch."""

    time: float
    channel: int
    pitch: int


class Line(Protocol):
    """A way to the show: `transport` names it, `play` sends a MIDI message, `arrivals` holds the notes that came back."""

    transport: str
    arrivals: "queue.SimpleQueue[Arrival]"

    def play(self, message: Sequence[int]) -> None: ...


class Stamps:
    """The moments of messages in seconds of time.perf_counter, by the time between them and the moments at which they were found.

    A message is found some time after it came, so the one that was found soonest tells where the sum of the times between them begins."""

    def __init__(self) -> None:
        self._sum = 0.0
        self._origin = math.inf

    def stamp(self, delta: float, found: float) -> float:
        """The moment of the next message: `delta` seconds after the last one, found at `found`."""
        self._sum += delta
        self._origin = min(self._origin, found - self._sum)
        return self._origin + self._sum


@dataclass(slots=True)
class PortLine:
    """Real MIDI ports, from this process to another."""

    transport: str
    out: Any
    into: Any
    arrivals: "queue.SimpleQueue[Arrival]" = field(default_factory=queue.SimpleQueue)
    stamps: Stamps = field(default_factory=Stamps)

    def play(self, message: Sequence[int]) -> None:
        self.out.send_message(message)

    def heard(self, message_and_delta: tuple[Sequence[int], float], found: float) -> None:
        message, delta = message_and_delta
        now = self.stamps.stamp(delta, found) if self.transport == "jack" else found
        if message[0] & 0xF0 == 0x90 and message[2]:
            self.arrivals.put(Arrival(now, (message[0] & 0x0F) + 1, message[1]))


class InsideLine:
    """The engine in this process, without a MIDI system: notes are handed to it as its port would, and its output is a queue."""

    transport = "loopback"

    def __init__(self, play: Play) -> None:
        from performer.app import Engine, EngineOptions
        from performer.inputs.midi import parse
        from performer.loopback import PLACES, Loopback, bind_loopback
        from performer.outputs.midi import NullOutput
        from performer.show import parse_show

        arrivals: queue.SimpleQueue[Arrival] = queue.SimpleQueue()

        class Heard(NullOutput):
            def note_on(self, channel: int, pitch: int, velocity: int) -> None:
                arrivals.put(Arrival(time.perf_counter(), channel, pitch))

        sockets = {place: bind_loopback() for place in PLACES}
        loopback = Loopback(sockets["engine"], {place: sock.getsockname()[1] for place, sock in sockets.items()})
        self._sockets = [*sockets.values(), bind_loopback()]
        self._parse = parse
        self.arrivals = arrivals
        self.engine = Engine(EngineOptions(parse_show(toml(play, 9, 10, 11), "bench")), loopback, self._sockets[-1], None, Heard())
        self.engine.start()

    def play(self, message: Sequence[int]) -> None:
        from performer.events import Timed

        event = self._parse(message)
        if event is not None:
            self.engine.play(Timed(self.engine.clock.now(), event))

    def close(self) -> None:
        self.engine.stop()
        for sock in self._sockets:
            sock.close()


def midi_system() -> MidiSystem | None:
    """The MIDI system that virtual ports can be made in; None where there is none."""
    with contextlib.suppress(PortError):
        return next((each for each in systems() if each.name != "WinMM"), None)
    return None


@contextlib.contextmanager
def inside(play: Play) -> Iterator[Line]:
    """A line to an engine in this process."""
    line = InsideLine(play)
    try:
        yield line
    finally:
        line.close()


@contextlib.contextmanager
def ports(system: MidiSystem, play_to: str = "Performer In", listen_to: str = "Performer Out") -> Iterator[PortLine]:
    """A line through the ports that have these names. Raises PortError where they cannot be seen."""
    out, into = system.make("MidiOut", CLIENT), system.make("MidiIn", CLIENT, queue_size_limit=QUEUE)
    try:
        target, source = find(play_to, out.get_ports()), find(listen_to, into.get_ports())
        if target is None or source is None:
            raise PortError("The ports of the bench's own show cannot be seen.", "Is another JACK server in the way?")
        line = PortLine(system.name.lower(), out, into)
        into.ignore_types(sysex=False, timing=False, active_sense=False)  # the time between two messages is told from the one before, also of these
        into.open_port(source[0], "RtMidi input")
        out.open_port(target[0], "RtMidi output")
        with reading(into, line.heard):
            raise_priority(system.name == "JACK")  # what is measured is the show, not how long this program waits for the processor
            yield line
    finally:
        lower_priority()
        for handle in (into, out):
            handle.close_port()
            handle.delete()


@contextlib.contextmanager
def echo(system: MidiSystem) -> Iterator[PortLine]:
    """A line to a bare process that sends back at once whatever comes: what the transport alone costs."""
    command = [sys.executable, "-m", "performer.bench.echo", system.name]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        if process.stdout.readline() != "ready\n":
            raise PerformerError("The echo of the bench did not start.", "Its own words stand above.")
        with ports(system, "Echo In", "Echo Out") as line:
            yield line
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()
