"""`bench timing`: four voices plan on the beat; how far from the moment that they promised do their notes reach another process?

The promises come over OSC (`/performer/plan/committed`), in seconds of the show's clock, whose origin the status tells in terms of
time.perf_counter, which all processes of a machine share. A thread keeps them until it is over; the notes are stamped as they come in."""

import contextlib
import json
import queue
import socket
import threading
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from performer.bench.figures import median, percentiles, surroundings
from performer.bench.line import Arrival, midi_system, ports
from performer.bench.machine import machine
from performer.bench.match import WINDOW, Promise, match
from performer.bench.reply import round_trips
from performer.bench.stage import Play, show
from performer.errors import PerformerError, PortError
from performer.loopback import LARGEST, decode
from performer.progress import Watch, unwatched, wait

VOICES = tuple(
    f'mode = "autonomous"\nchannel = {number}\nlow = {low}\nhigh = {low + 20}\nahead = 4' for number, low in enumerate((36, 52, 64, 76), start=1)
)
SETTLE = 0.5  # seconds at both ends that are not counted: what was promised before anybody listened, and what is still to come


class Said(NamedTuple):
    """What a show said: the origin of its clock (time.perf_counter; None: not told), the notes that it committed, and those of them that it left
    out itself, since the machine came too late to them; their moments in seconds of the show's clock."""

    origin: float | None
    committed: tuple[Promise, ...]
    left_out: frozenset[Promise]


class Promises(threading.Thread):
    """Keeps what the show says, and understands it when it is over: a thread that decodes has Python's lock in its hand, which the notes wait for
    that come in, and with them JACK's graph."""

    def __init__(self, ear: socket.socket) -> None:
        super().__init__(name="promises", daemon=True)
        self._ear = ear
        self._kept: list[bytes] = []
        self._ended = threading.Event()

    def run(self) -> None:
        self._ear.settimeout(0.2)
        while not self._ended.is_set():
            with contextlib.suppress(TimeoutError):
                self._kept.append(self._ear.recv(LARGEST))
        self._ear.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                self._kept.append(self._ear.recv(LARGEST))

    def end(self) -> Said:
        """Stop listening, when all that has come was heard."""
        self._ended.set()
        self.join()
        origin, committed, left_out = None, [], set()
        for datagram in self._kept:
            for message in decode(datagram):
                match message.address, message.arguments:
                    case "/performer/plan/committed", (voice, pitch, _, moment, _):
                        committed.append(Promise(moment, voice, pitch))
                    case "/performer/plan/missed", (voice, pitch, moment, moved) if moved < 0:
                        left_out.add(Promise(moment, voice, pitch))
                    case "/performer/status", (status,):
                        origin = json.loads(status).get("clock_origin", origin)
        return Said(origin, tuple(committed), frozenset(left_out))


def bench_timing(
    seconds: float, delay_ms: float | None = None, visuals: bool = False, model: str = "", watch: Watch = unwatched
) -> dict[str, Any]:
    """The JSON object. Without `delay_ms` planned notes leave earlier by half of what the bare transport takes there and back. `lost` counts all
    notes that were committed and never came, `left_out` those among them that the show left out itself, since the machine came too late to them."""
    system = midi_system()
    if system is None:
        raise PortError("Lateness is measured through MIDI ports, and this machine has no MIDI system.", "Start a JACK server.")
    bare = round_trips(system)
    chosen = round(-median(bare.first) / 2, 2) if delay_ms is None else delay_ms
    with show(Play(VOICES, True, visuals, chosen, model)) as stage:
        promises = Promises(stage.ear)
        promises.start()
        with machine() as own, ports(system) as line:
            began = time.perf_counter()
            wait(seconds + 2 * SETTLE, watch, "listening")
            ended = time.perf_counter()
            arrivals = _all(line.arrivals)
        said = promises.end()
    return surroundings("timing", system.name.lower(), visuals, model) | {
        "seconds": seconds, "voices": len(VOICES), "delay_ms": chosen, **punctuality(said, arrivals, began + SETTLE, ended - SETTLE),
        "transport_ms": percentiles(bare.first), "transport_lost": bare.lost, "machine_ms": own,
    }  # fmt: skip


def punctuality(said: Said, arrivals: Sequence[Arrival], since: float, until: float) -> dict[str, Any]:
    """Of the notes that were promised for a moment between these two (seconds, time.perf_counter): `n` notes, how many of them were `lost`, were
    `left_out` and came `reordered`; `lateness_ms` and `signed_median_ms` in milliseconds. Raises PerformerError where nobody told the origin."""
    origin = said.origin
    if origin is None:
        raise PerformerError("The show did not tell when its clock began.", "Is it of this version?")
    counted = [each for each in said.committed if since <= each.time + origin <= until]
    expected = [each._replace(time=each.time + origin) for each in counted if each not in said.left_out]
    found = match(expected, [each for each in arrivals if since - WINDOW <= each.time])
    left_out = len(counted) - len(expected)
    return {
        "n": len(counted), "lost": found.lost + left_out, "left_out": left_out, "reordered": found.reordered,
        "lateness_ms": percentiles([abs(each) for each in found.lateness]), "signed_median_ms": median(found.lateness),
    }  # fmt: skip


def _all(arrivals: "queue.SimpleQueue[Arrival]") -> list[Arrival]:
    return [arrivals.get() for _ in range(arrivals.qsize())]
