"""The MIDI ports of a show: opened, watched, named for whoever looks, and closed. The engine owns them.

The first input's events come from the source "midi", those of the further ones from "midi:2", "midi:3" and so on.
"""

import logging
from collections.abc import Callable, MutableSequence, Sequence
from dataclasses import dataclass
from typing import Any

from performer.clock import Clock
from performer.errors import PortError
from performer.events import Timed
from performer.inputs.midi import VIRTUAL as INPUT
from performer.inputs.midi import MidiInput
from performer.ledger import CHANNELS, PITCHES, PORTS
from performer.midi_port import Port, PortWatch
from performer.outputs.midi import MidiOutput, NullOutput
from performer.scheduler import Output
from performer.show import Midi

log = logging.getLogger("performer")
MIRROR = PORTS * CHANNELS * PITCHES
"""Bytes of the ledger's mirror: one for each note that may sound."""


@dataclass(frozen=True, slots=True)
class Handlers:
    """Where the events of the inputs go; see `MidiInput`."""

    post: Callable[[Timed], object]
    post_back: Callable[[Timed], object]
    idle: Callable[[], object]
    busy: Callable[[], bool]


class ShowMidi:
    """Every MIDI port of a show. `output` stands in for the ports of a show that has none."""

    def __init__(self, midi: Midi, clock: Clock, handlers: Handlers, output: Output | None = None) -> None:
        self.remarks: list[str] = []
        self._inputs: list[MidiInput] = []
        self._midi_outputs: list[MidiOutput] = []
        self._is_off = not midi.enabled or output is not None
        if not self._is_off:
            self._inputs = [
                MidiInput(
                    None if port.virtual else port.name, clock, handlers.post, handlers.idle if number == 1 else None, handlers.post_back,
                    handlers.busy, "midi" if number == 1 else f"midi:{number}", port.name or INPUT, port.channel,
                )
                for number, port in enumerate(midi.input_ports, start=1)
            ]  # fmt: skip
            self._midi_outputs = [MidiOutput(None if port.virtual else port.name, port.name) for port in midi.output_ports]
        self.outputs: Sequence[Output] = self._midi_outputs or [output or NullOutput()]
        virtual = [*(port.virtual for port in midi.input_ports), *(port.virtual for port in midi.output_ports)]
        named = {each.port for each, is_virtual in zip(self._all, virtual, strict=False) if not is_virtual}
        self._open(named)
        self._told: Callable[[], object] = lambda: None
        self._watch = PortWatch([each.port for each in self._all], self._changed)

    @property
    def facts(self) -> dict[str, Any]:
        """The names of the ports that are open."""
        if self._is_off:
            return {"midi_in": "off", "midi_out": "off"}
        return {"midi_in": _names(self._inputs), "midi_out": _names(self._midi_outputs)}

    @property
    def figures(self) -> dict[str, int]:
        """Messages that made no sense, and those that could not be sent."""
        return {
            "midi_senseless": sum(each.senseless for each in self._inputs),
            "midi_failed": sum(each.failed for each in self._midi_outputs),
        }

    @property
    def is_beside_jack(self) -> bool:
        """Whether a port is one of JACK's."""
        opened = [each.port.opened for each in self._all]
        return any(each is not None and each.system.name == "JACK" for each in opened)

    def start(self, told: Callable[[], object]) -> None:
        """Watch the ports from now on. `told` is called on the watch's thread when one of them went or came."""
        self._told = told
        self._watch.start()

    def stop_inputs(self) -> None:
        """Hear nothing more."""
        self._watch.stop()
        for each in self._inputs:
            each.stop()

    def stop_outputs(self) -> None:
        """Close the outputs; nothing may play to them any more."""
        for each in self._midi_outputs:
            each.stop()

    def end_left_over(self, mirror: MutableSequence[int]) -> None:
        """End what an engine that died before this one left sounding."""
        for place in [index for index, sounding in enumerate(mirror) if sounding]:
            port, slot = divmod(place, CHANNELS * PITCHES)
            if port < len(self.outputs):
                self.outputs[port].note_off(slot // PITCHES + 1, slot % PITCHES)
            mirror[place] = 0

    @property
    def _all(self) -> list[MidiInput | MidiOutput]:
        return [*self._inputs, *self._midi_outputs]

    def _open(self, named: set[Port]) -> None:
        """Open every port. One that the show names must be there; a virtual one that cannot be made now is made when it can be."""
        for each in self._all:
            try:
                each.start()
            except PortError as error:
                if each.port in named:
                    raise
                if str(error) not in self.remarks:
                    self.remarks.append(str(error))

    def _changed(self, sentence: str) -> None:
        log.warning(sentence)
        self._told()


def _names(ports: Sequence[MidiInput | MidiOutput]) -> str:
    return ", ".join(each.name for each in ports if each.port.handle is not None) or "none"
