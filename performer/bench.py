"""`performer bench`: what a musician can rely on, measured from outside, through real ports where the machine has any.

`reply`: a note goes into Performer, which harmonises; the time until the first generated note comes out is the reply. The show runs in its
own processes, the measuring in this one.
"""

import contextlib
import json
import os
import queue
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from performer.errors import PerformerError, PortError

PHRASE = (60, 62, 64, 65, 67, 69, 71, 72, 71, 69, 67, 65, 64, 62)
RATE_HZ = 8.0  # notes a second
HOLD = 0.06  # seconds a key is down
PATIENCE = 0.5  # seconds after which a reply is lost
WARM_UP = 12  # notes before the measuring begins


class Line(Protocol):
    """A way to the show: `transport` names it, `play` sends a MIDI message, `replies` holds the moments of the note-ons that came back."""

    transport: str
    replies: "queue.SimpleQueue[float]"

    def play(self, message: Sequence[int]) -> None: ...


@dataclass(slots=True)
class PortLine:
    """Real MIDI ports, from this process to the show's."""

    transport: str
    out: Any
    into: Any
    replies: "queue.SimpleQueue[float]" = field(default_factory=queue.SimpleQueue)

    def play(self, message: Sequence[int]) -> None:
        self.out.send_message(message)


class InsideLine:
    """The engine in this process, without a MIDI system: notes are handed to it as its port would, and its output is a queue."""

    transport = "loopback"

    def __init__(self) -> None:
        from performer.app import Engine, EngineOptions
        from performer.inputs.midi import parse
        from performer.loopback import PLACES, Loopback, bind_loopback
        from performer.outputs.midi import NullOutput
        from performer.show import parse_show

        replies: queue.SimpleQueue[float] = queue.SimpleQueue()

        class Heard(NullOutput):
            def note_on(self, channel: int, pitch: int, velocity: int) -> None:
                replies.put(time.perf_counter())

        sockets = {place: bind_loopback() for place in PLACES}
        loopback = Loopback(sockets["engine"], {place: sock.getsockname()[1] for place, sock in sockets.items()})
        self._sockets = [*sockets.values(), bind_loopback()]
        self._parse = parse
        self.replies = replies
        self.engine = Engine(EngineOptions(parse_show(_toml(False, False), "bench")), loopback, self._sockets[-1], bytearray(2048), Heard())
        self.engine.start()

    def play(self, message: Sequence[int]) -> None:
        from performer.events import Timed

        event = self._parse(message)
        if event is not None:
            self.engine.hear(Timed(self.engine.clock.now(), event))

    def close(self) -> None:
        self.engine.stop()
        for sock in self._sockets:
            sock.close()


def reply(seconds: float, with_visuals: bool, as_json: bool) -> str:
    """Measure the reply for so many seconds. Returns the JSON object, or the same in words."""
    with _line(with_visuals) as line:
        times, lost = _measure(line, seconds)
        transport = line.transport
    result = {
        "bench": "reply", "transport": transport, "load": "visuals" if with_visuals else "none", "cores": os.cpu_count(),
        "n": len(times) + lost, "lost": lost, "reply_ms": percentiles(times),
    }  # fmt: skip
    if as_json:
        return json.dumps(result)
    figures = ", ".join(f"{name} {value:.2f} ms" for name, value in percentiles(times).items())
    return f"reply over {transport}, load {result['load']}: {figures}; {result['n']} notes, {lost} lost."


def percentiles(times: Sequence[float]) -> Mapping[str, float]:
    """p50, p95, p99 and max of times in seconds, as milliseconds. Raises PerformerError where there are none."""
    if not times:
        raise PerformerError("Not one note was answered.", "`performer doctor` says what is missing.")
    ordered = sorted(times)
    out = {name: ordered[min(len(ordered) - 1, int(share * len(ordered)))] for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))}
    return {name: round(value * 1000, 3) for name, value in (*out.items(), ("max", ordered[-1]))}


def _measure(line: Line, seconds: float) -> tuple[list[float], int]:
    times: list[float] = []
    lost = 0
    end = time.perf_counter() + WARM_UP / RATE_HZ + seconds
    number = 0
    while time.perf_counter() < end:
        due = time.perf_counter() + 1 / RATE_HZ
        pitch = PHRASE[number % len(PHRASE)] + 12 * (number // len(PHRASE) % 2)
        while not line.replies.empty():
            line.replies.get()
        sent = time.perf_counter()
        line.play((0x90, pitch, 70 + number * 7 % 50))
        try:
            waited = line.replies.get(timeout=PATIENCE) - sent
        except queue.Empty:
            waited = None
        threading.Event().wait(HOLD)
        line.play((0x80, pitch, 0))
        number += 1
        if number > WARM_UP and waited is not None:
            times.append(waited)
        lost += number > WARM_UP and waited is None
        threading.Event().wait(max(0.0, due - time.perf_counter()))
    return times, lost


@contextlib.contextmanager
def _line(with_visuals: bool) -> Iterator[Line]:
    from performer.midi_system import MidiSystem, systems

    system: MidiSystem | None = None
    with contextlib.suppress(PortError):
        system = next((each for each in systems() if each.name != "WinMM"), None)
    with tempfile.TemporaryDirectory() as folder, _show_process(Path(folder), system is not None, with_visuals) as ready:
        if system is None:
            inside = InsideLine()
            try:
                yield inside
            finally:
                inside.close()
        elif ready:
            yield from _ports(system)


@contextlib.contextmanager
def _show_process(folder: Path, midi: bool, visuals: bool) -> Iterator[bool]:
    """The show in processes of its own; where there is no MIDI system, only the picture's load."""
    if not midi and not visuals:
        yield False
        return
    file = folder / "bench.show.toml"
    file.write_text(_toml(midi, visuals), encoding="utf-8")
    process = subprocess.Popen([sys.executable, "-m", "performer", "run", str(file)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        if not process.stdout.readline().startswith("Performer plays"):
            raise PerformerError("The show of the bench did not start.", "Its own words stand above.")
        if visuals:
            threading.Event().wait(3.0)  # the generator loads and warms up
        yield True
    finally:
        process.terminate()
        process.wait(10)


def _ports(system: Any) -> Iterator[PortLine]:
    from performer.midi_system import find

    out, into = system.make("MidiOut", "Performer bench"), system.make("MidiIn", "Performer bench")
    try:
        play_to, listen_to = find("Performer In", out.get_ports()), find("Performer Out", into.get_ports())
        if play_to is None or listen_to is None:
            raise PortError("The ports of the bench's own show cannot be seen.", "Is another JACK server in the way?")
        line = PortLine(system.name.lower(), out, into)

        def heard(message_and_delta: tuple[Sequence[int], float], _: object) -> None:
            now, message = time.perf_counter(), message_and_delta[0]
            if message[0] & 0xF0 == 0x90 and message[2]:
                line.replies.put(now)

        into.set_callback(heard)
        into.open_port(listen_to[0])
        out.open_port(play_to[0])
        yield line
    finally:
        into.cancel_callback()
        for handle in (into, out):
            handle.close_port()
            handle.delete()


def _toml(midi: bool, visuals: bool) -> str:
    return "\n".join((
        f"[midi]\nenabled = {str(midi).lower()}",
        "[audio]\nenabled = false",
        f"[osc]\nport = {_free_port(socket.SOCK_DGRAM)}\nreply_port = {_free_port(socket.SOCK_DGRAM)}",
        f"[desk]\nenabled = false\nport = {_free_port(socket.SOCK_STREAM)}",
        "[takes]\nrecord = false",
        f"[visuals]\nenabled = {str(visuals).lower()}\nfps = 60",
        '[[voice]]\nmode = "harmonise"\nnotes = 1',
    ))  # fmt: skip


def _free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
