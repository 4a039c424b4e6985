"""The process `ports`: opens the MIDI ports of a show, sends what the engine plays, hands over what comes in, and does nothing else.

JACK holds up all its clients when one of them dies, and forgets its ports and their connections. So the engine, where the models run, is no
client of it: when the engine dies, this process ends what sounds at once, over connections that were never gone.
"""

import contextlib
import logging
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from performer.crash_memory import CrashMemory, ending_of
from performer.errors import PortError
from performer.heartbeat import LOOPS
from performer.inputs.midi import VIRTUAL as INPUT
from performer.midi_port import Port, PortWatch
from performer.outputs.midi import MidiOutput
from performer.port_link import ASK, LOST, PLAY, SILENCE, PortLink, heard, receive, send, status
from performer.priority import punctual, raise_priority
from performer.shared_value import SharedValue
from performer.show_ports import InputPort, OutputPort

log = logging.getLogger("performer")
SWITCH_INTERVAL = 0.0001  # seconds that one Python thread may keep the others waiting
GUARD_S = 0.1  # seconds between two looks after the inputs
OPENED, STOP = b"O", b"X"  # what this process tells itself, behind all that the engine has sent


@dataclass(frozen=True, slots=True)
class PortsOptions:
    """The ports that a show names."""

    inputs: tuple[InputPort, ...]
    outputs: tuple[OutputPort, ...]


class PortServer:
    """Every MIDI port of a show. Messages are sent by the thread `midi out` alone."""

    def __init__(self, options: PortsOptions, link: PortLink, memory: CrashMemory) -> None:
        self._link, self._memory = link, memory
        self._inputs = [
            Port(
                "in", None if port.virtual else port.name, port.name or INPUT, partial(self._heard, number),
                lost=partial(self._lost, number), direct=True,
            )
            for number, port in enumerate(options.inputs, start=1)
        ]
        self._outputs = [MidiOutput(None if port.virtual else port.name, port.name) for port in options.outputs]
        self._remarks: list[str] = []
        self._priority = "normal"
        self._dropped = 0
        self._last_status = b""
        self._ready = False
        self._owed: dict[int, dict[tuple[int, ...], None]] = {}  # output -> what ends something and could not be sent
        self._ports = [*self._inputs, *(output.port for output in self._outputs)]
        self._watch = PortWatch(self._ports, self._changed, memory=SharedValue(memory.connections), looked=self._tell)
        self._thread = threading.Thread(target=self._serve, name="midi out", daemon=True)

    def start(self) -> None:
        """Open the ports, end what a process before this one left sounding, and go to work. A port that is not there is waited for."""
        self._watch.expect(self._memory.ports())
        for port in self._ports:
            try:
                port.open()
            except PortError as error:
                if str(error) not in self._remarks:
                    self._remarks.append(str(error))
        self._watch.look()  # the connections of before are made first
        self._priority = raise_priority(self._is_beside_jack)
        self._silence()
        self._thread.start()
        self._watch.start()
        self._ready = True
        self._tell(anew=True)

    def look_after(self) -> None:
        """What is to be done some ten times a second; see `Port.look_after`."""
        for port in self._inputs:
            port.look_after()

    def stop(self) -> None:
        """Send what the engine sent before it ended, end what still sounds, and close the ports."""
        self._watch.stop()
        for port in self._inputs:
            port.close()
        send(self._link.engine, STOP)
        self._thread.join(1.0)
        for output in self._outputs:
            output.stop()

    @property
    def _is_beside_jack(self) -> bool:
        opened = (port.opened for port in self._ports)
        return any(each is not None and each.system.name == "JACK" for each in opened)

    def _serve(self) -> None:
        with punctual():
            while (datagram := receive(self._link.ports))[:1] != STOP:
                try:
                    self._take(datagram)
                except Exception:
                    log.exception("the thread that sends MIDI met an error; it goes on")
            self._silence()

    def _take(self, datagram: bytes) -> None:
        kind = datagram[:1]
        if kind == PLAY and len(datagram) > 2:
            self._play(datagram[1], datagram[2:])
        elif kind == SILENCE:
            self._silence()
        elif kind == ASK:
            self._tell(anew=True)
        elif kind == OPENED:
            for message in self._owed.pop(datagram[1], {}):
                self._play(datagram[1], message)

    def _play(self, number: int, message: Sequence[int]) -> None:
        if not 1 <= number <= len(self._outputs):
            return
        if self._outputs[number - 1].send_message(bytes(message)):
            self._memory.follow(number, message)
            if number in self._owed:
                self._owed[number].pop(ending_of(message), None)
        elif ending_of(message) == tuple(message):
            self._owed.setdefault(number, {})[tuple(message)] = None

    def _silence(self) -> None:
        """End all that sounds and bring all gestures to rest, where nobody else will."""
        for number, message in list(self._memory.endings()):
            self._play(number, message)

    def _heard(self, number: int, message_and_delta: tuple[list[int], float], moment: float | None) -> None:
        if not send(self._link.ports, heard(number, time.perf_counter() if moment is None else moment, message_and_delta[0])):
            self._dropped += 1

    def _lost(self, number: int) -> None:
        send(self._link.ports, LOST + bytes([number]))

    def _changed(self, sentence: str) -> None:
        log.warning(sentence)
        raise_priority(self._is_beside_jack)  # JACK's library has started a thread for the new port
        for number in list(self._owed):
            send(self._link.engine, OPENED + bytes([number]))

    def _tell(self, anew: bool = False) -> None:
        """Tell the engine what has changed, or everything; nothing before all is known."""
        if not self._ready:
            return
        facts: dict[str, Any] = {
            "midi_in": _names(self._inputs), "midi_out": _names([output.port for output in self._outputs]),
            "jack": self._is_beside_jack, "priority": self._priority, "failed": sum(output.failed for output in self._outputs),
            "dropped": self._dropped, "remarks": self._remarks,
        }  # fmt: skip
        told = status(facts)
        if anew or told != self._last_status:
            self._last_status = told
            send(self._link.ports, told)


def _names(ports: Sequence[Port]) -> str:
    return ", ".join(port.name for port in ports if port.handle is not None) or "none"


def run(options: PortsOptions, link: PortLink, memory: CrashMemory, lifeline: Connection) -> None:
    """The process: serve until the lifeline ends."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    server = PortServer(options, link, memory)
    server.start()
    with contextlib.suppress(EOFError, OSError):
        LOOPS.has_begun = True
        went_round = LOOPS.watch("ports")
        while not lifeline.poll(GUARD_S):
            went_round()
            server.look_after()
        LOOPS.forget("ports")
    server.stop()
