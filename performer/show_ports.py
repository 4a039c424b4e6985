"""[[midi.inputs]] and [[midi.outputs]] of a show file: any number of named MIDI ports, and which of them a voice means by a name."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from performer.show_check import Checker
from performer.show_values import shown

MOST_PORTS = 8


def _key(default: Any, doc: str, low: float | None = None, high: float | None = None) -> Any:
    return field(default=default, metadata={"doc": doc, "low": low, "high": high, "choices": (), "holds": ""})


@dataclass(frozen=True, slots=True)
class InputPort:
    """[[midi.inputs]]"""

    name: str = _key("", "Part of the name of a port that is there; with virtual = true the name of one that Performer makes.")
    virtual: bool = _key(False, "Whether Performer makes the port.")
    channel: int = _key(0, "The only MIDI channel that is listened to; 0 is all.", 0, 16)


@dataclass(frozen=True, slots=True)
class OutputPort:
    """[[midi.outputs]]"""

    name: str = _key("", "Part of the name of a port that is there; with virtual = true the name of one that Performer makes.")
    virtual: bool = _key(False, "Whether Performer makes the port.")
    channel: int = _key(0, "The MIDI channel of the voices here that name none themselves; 0: as ever.", 0, 16)
    delay: float = _key(0.0, "Milliseconds that planned notes leave here later, besides [midi] delay; below 0 earlier.", -100.0, 500.0)


Port = InputPort | OutputPort


def read_ports(checker: Checker, key: str, content: Any, kind: type[Any]) -> tuple[Any, ...]:
    """The ports of a list of tables. Raises ShowError with line, key and remedy."""
    title = f"midi.{key}"
    if not isinstance(content, list) or not all(isinstance(port, dict) for port in content) or len(content) > MOST_PORTS:
        checker.fail("midi", key, "ports are written as tables", f"write [[{title}]] once for each, {MOST_PORTS} at most")
    ports = []
    known = {each.name: each for each in dataclasses.fields(kind)}
    for place, port in enumerate(content, start=1):
        for name in port:
            if name not in known:
                checker.fail(title, name, f"[[{title}]] has no such key", f"its keys are {', '.join(known)}", place)
        ports.append(kind(**{name: checker.check(title, name, value, known[name], place) for name, value in port.items()}))
        if not ports[-1].name:
            checker.fail(title, "name", "a port has a name", 'write for example name = "Keystation"', place)
    names = [port.name for port in ports]
    for place, name in enumerate(names, start=1):
        if name in names[: place - 1]:
            checker.fail(title, "name", f"{shown(name)} names a port above too", "give each port a name of its own", place)
    return tuple(ports)


def number_of(checker: Checker, key: str, value: Any, ports: Sequence[Port], place: int, section: str = "voice") -> Any:
    """What a voice's `input_port` or `output_port` means as a number: the port of that name; a number stays as it is."""
    kind = "inputs" if key == "input_port" else "outputs"
    count = max(1, len(ports))
    if isinstance(value, str):
        names = [port.name for port in ports]
        if value not in names:
            remedy = f"write one of {', '.join(names)}" if names else f"write [[midi.{kind}]] and name = {value!r} below it"
            checker.fail(section, key, f"there is no port {shown(value)} under [[midi.{kind}]]", remedy, place)
        return names.index(value) + 1
    if isinstance(value, int) and not isinstance(value, bool) and value > count:
        remedy = f"write a number up to {count}, or one more [[midi.{kind}]]"
        checker.fail(section, key, f"there is no port {value} under [[midi.{kind}]]", remedy, place)
    return value


def on_ports(checker: Checker, voice: Mapping[str, Any], outputs: Sequence[OutputPort], inputs: Sequence[InputPort], place: int) -> dict[str, Any]:
    """The voice's keys with its ports as numbers, and on the channel of its output where it names none itself."""
    keys = dict(voice)
    for key, ports in (("input_port", inputs), ("output_port", outputs)):
        if key in keys:
            keys[key] = number_of(checker, key, keys[key], ports, place)
    number = keys.get("output_port", 1)
    if "channel" not in keys and isinstance(number, int) and 0 < number <= len(outputs) and outputs[number - 1].channel:
        keys["channel"] = outputs[number - 1].channel
    return keys


def check_scene(checker: Checker, values: Mapping[str, Any], outputs: Sequence[OutputPort], inputs: Sequence[InputPort], place: int) -> None:
    """Raises ShowError where a scene gives a voice a port that the show does not have."""
    for address, value in values.items():
        key = address.rpartition("/")[2]
        if key in ("input_port", "output_port"):
            number_of(checker, key, value, inputs if key == "input_port" else outputs, place, "scene")


EXAMPLE = """\
# Several ports: two keyboards, the first of them split, and two instruments. A voice names its ports; without these there are the two above.
# [[midi.inputs]]
# name = "Keystation"  # Part of the name of a port that is there.
# [[midi.inputs]]
# name = "Pads"
# virtual = true  # Performer makes this one.
# channel = 10  # The only channel that is listened to; 0 is all.
# [[midi.outputs]]
# name = "Bass"
# virtual = true
# channel = 2  # The channel of the voices that play here.
# [[midi.outputs]]
# name = "Piano"
# virtual = true
# delay = -4.0  # Milliseconds that planned notes leave later; below 0 earlier.
"""
VOICES_EXAMPLE = """\
# With several ports: the lower half of the first keyboard for a bass, the upper half for a harmony, the pads for drums.
# [[voice]]
# mode = "input"
# input_port = "Keystation"
# input_high = 59
# transpose = -12
# output_port = "Bass"
# [[voice]]
# mode = "harmonise"
# input_port = "Keystation"
# input_low = 60
# output_port = "Piano"
# [[voice]]
# instrument = "drums"
# mode = "accompany"
# input_port = "Pads"
# output_port = "Piano"
# channel = 10
"""
