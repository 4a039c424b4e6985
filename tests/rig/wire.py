"""The wires of the rig: what leaves, as the bytes that the real output makes; what comes in, as the events that the real parser makes."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from performer.events import Event, Transport
from performer.inputs.midi import parse
from performer.outputs.midi import MidiOutput

PORTS = ("Performer Out", "Performer Out 2")
Receive = Callable[[str, bytes], object]


class Wire:
    """Stands in an output where an open port would: hands on the bytes of each message, with the port's name."""

    confirmed = 0

    def __init__(self, name: str, receive: Receive) -> None:
        self.handle = self
        self.name = name
        self._receive = receive

    def send_message(self, message: Sequence[int]) -> None:
        """One message leaves."""
        self._receive(self.name, bytes(message))

    def alive(self) -> bool:
        """The port is there."""
        return True


def output_to(receive: Receive, name: str = PORTS[0]) -> MidiOutput:
    """The real output, wired to `receive`."""
    output = MidiOutput(None)
    wire: Any = Wire(name, receive)
    output.port = wire
    return output


def event_of(message: Sequence[int], source: str) -> Event | None:
    """The event of a message that came in through the port `source`; None where Performer has no use for it."""
    event = parse(message)
    if event is None or isinstance(event, Transport) or not hasattr(event, "source"):
        return event
    return replace(event, source=source)
