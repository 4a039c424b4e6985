"""The engine's side of the MIDI ports of a show: what comes in becomes events, what is played goes to the process `ports`, which owns them.

The first input's events come from the source "midi", those of the further ones from "midi:2", "midi:3" and so on.
"""

import contextlib
import json
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from performer.clock import SystemClock
from performer.events import Timed
from performer.inputs.midi import MidiReceiver
from performer.outputs.midi import LinkedOutput, NullOutput
from performer.port_link import ASK, HEARD, LOST, STATUS, PortLink, heard_of, receive, send
from performer.priority import punctual
from performer.scheduler import Output
from performer.show import Midi

log = logging.getLogger("performer")
START_S = 5.0  # seconds that a start waits for the ports; a MIDI system that is stuck keeps no show from starting
IDLE_S = 0.003  # seconds without a message after which the reader is lent to who has something to do meanwhile
REST_S = 10.0  # seconds without a player after which the reader is lent every CHECK_S only
CHECK_S = 0.25  # seconds between two looks at what is missing


@dataclass(frozen=True, slots=True)
class Handlers:
    """Where the events of the inputs go; see `MidiReceiver`. `idle` is called on the reader's thread again and again between messages while
    somebody plays, which `playing` says besides; it may take a fraction of a millisecond."""

    post: Callable[[Timed], object]
    post_back: Callable[[Timed], object]
    idle: Callable[[], object]
    playing: Callable[[], bool] = lambda: False


class ShowMidi:
    """The MIDI of a show. `output` stands in for the ports of a show that has none; without a `link` there are none."""

    def __init__(
        self, midi: Midi, clock: SystemClock, handlers: Handlers, output: Output | None = None, link: PortLink | None = None
    ) -> None:
        self._is_off = not midi.enabled or output is not None or link is None
        self._clock, self._handlers = clock, handlers
        self._inputs: list[MidiReceiver] = []
        self._linked: list[LinkedOutput] = []
        self._status: dict[str, Any] = {}
        self._told: Callable[[], object] = lambda: None
        self._running = threading.Event()
        self._thread = threading.Thread(target=self._read, name="midi in", daemon=True)
        if link is not None and not self._is_off:
            self._sock = link.engine
            self._inputs = [
                MidiReceiver(clock, handlers.post, handlers.post_back, "midi" if number == 1 else f"midi:{number}", port.channel)
                for number, port in enumerate(midi.input_ports, start=1)
            ]
            self._linked = [LinkedOutput(self._sock, number) for number, _ in enumerate(midi.output_ports, start=1)]
            self._await_ports()
        self.outputs: Sequence[Output] = self._linked or [output or NullOutput()]

    @property
    def facts(self) -> dict[str, Any]:
        """The names of the ports that are open."""
        if self._is_off:
            return {"midi_in": "off", "midi_out": "off"}
        return {name: self._status.get(name, "none") for name in ("midi_in", "midi_out")}

    @property
    def remarks(self) -> list[str]:
        """What could not be opened, and why."""
        if self._is_off or self._status:
            return [str(each) for each in self._status.get("remarks", [])]
        return ["The MIDI ports do not answer yet: is the MIDI system stuck? They are used as soon as they do."]

    @property
    def figures(self) -> dict[str, int]:
        """Messages that made no sense, those that could not be sent, and those that came while nobody could take them."""
        return {
            "midi_senseless": sum(each.senseless for each in self._inputs),
            "midi_failed": sum(each.failed for each in self._linked) + int(self._status.get("failed", 0)),
            "midi_dropped": int(self._status.get("dropped", 0)),
        }

    @property
    def allows_real_time(self) -> bool:
        """Whether the engine may have real time: a JACK server without it would have to wait for us, and all its clients with it."""
        return not self._status.get("jack") or self._status.get("priority") == "real-time"

    def start(self, told: Callable[[], object]) -> None:
        """Hear from now on. `told` is called on the reader's thread when a port went or came."""
        self._told = told
        if not self._is_off:
            self._running.set()
            self._thread.start()

    def stop_inputs(self) -> None:
        """Hear nothing more."""
        self._running.clear()
        if self._thread.is_alive():
            send(self._sock, ASK)  # its answer wakes the reader
            self._thread.join(1.0)

    def _await_ports(self) -> None:
        """Wait until the ports tell of themselves. What came in before this engine was there is not heard."""
        until = time.monotonic() + START_S
        send(self._sock, ASK)
        while not self._status and (left := until - time.monotonic()) > 0:
            datagram = receive(self._sock, left)
            if datagram[:1] == STATUS:
                self._take_status(datagram)

    def _read(self) -> None:
        played = checked = time.monotonic()
        with punctual():
            while self._running.is_set():
                now = time.monotonic()
                resting = now - played > REST_S
                datagram = receive(self._sock, CHECK_S if resting else IDLE_S)
                try:
                    if datagram:
                        played = now
                        self._take(datagram)
                    else:
                        self._handlers.idle()
                    if now - checked > CHECK_S:
                        checked = now
                        played = now if self._handlers.playing() else played
                        for each in self._inputs:
                            each.check()
                except Exception:
                    log.exception("the thread that hears MIDI met an error; it goes on")

    def _take(self, datagram: bytes) -> None:
        kind = datagram[:1]
        if kind == HEARD:
            number, moment, message = heard_of(datagram)
            self._inputs[number - 1].receive(message, moment - self._clock.origin)
        elif kind == LOST:
            self._inputs[datagram[1] - 1].lost()
        elif kind == STATUS:
            self._take_status(datagram)
            self._told()

    def _take_status(self, datagram: bytes) -> None:
        with contextlib.suppress(ValueError):
            self._status = json.loads(datagram[len(STATUS) :])
