"""`performer devices`: the MIDI ports, audio inputs and displays of this machine, with the names that a show file may use.

All lists are made in processes of their own: JACK's library hangs where its server does.
"""

from collections.abc import Callable, Iterator

from performer import midi_system
from performer.apart import Apart
from performer.errors import PortError
from performer.listening import audio
from performer.midi_system import MidiSystem, Ports
from performer.probe import ask
from performer.visuals.displays import displays

Say = Callable[[str], object]


def devices(say: Say = lambda _: None) -> str:
    """The whole list as text. What cannot be listed is told in its sentence. `say` hears what takes long."""
    with Apart(midi) as ports, Apart(audio_inputs) as inputs, Apart(screens) as shown:
        parts = (("MIDI", ports, "sound"), ("Audio inputs", inputs, "sound"), ("Displays", shown, "displays"))
        return "\n\n".join(_text(*part, say) for part in parts)


def midi() -> str:
    """The MIDI ports as lines."""
    return "\n".join(_midi())


def audio_inputs() -> str:
    """The audio inputs as lines."""
    return "\n".join(_audio())


def screens() -> str:
    """The displays as lines."""
    return "\n".join(_screens())


def _text(title: str, apart: Apart[str], system: str, say: Say) -> str:
    try:
        return ask(apart, system, say)
    except PortError as error:
        return f"{title}: {error}"


def _midi() -> Iterator[str]:
    try:
        systems = midi_system.systems()
    except PortError as error:
        yield f"MIDI: {error}"
        return
    for system in systems:
        yield from _ports(system)
    if systems[0].name != "WinMM":
        yield f"  Without a name Performer makes ports of its own there ({systems[0].name}): 'Performer In' and 'Performer Out'."
    yield '  In the show file, under [midi]: input = "...", output = "..." with a name from above or a part of it.'


def _ports(system: MidiSystem) -> Iterator[str]:
    try:
        ports = _asked_twice(system)
    except PortError as error:
        yield f"MIDI ({system.name}): {error}"
        return
    for title, names in (("inputs", ports.inputs), ("outputs", ports.outputs)):
        yield f"MIDI {title} ({system.name}): {'' if names else 'none'}".rstrip()
        yield from (f'    "{name}"' for name in names)


def _asked_twice(system: MidiSystem) -> Ports:
    """Its ports. A JACK server of a busy machine turns a client away now and then that it would have taken a moment later."""
    try:
        return system.ports()
    except PortError:
        return system.ports()


def _audio() -> Iterator[str]:
    try:
        inputs = audio.inputs()
        audio.choose(None, inputs)
    except PortError as error:
        yield f"Audio inputs: {error}"
        return
    yield "Audio inputs:"
    for place, each in enumerate(inputs):
        own = "" if place else ", taken where no name is given"
        yield f'    "{each.name}"  {each.api}, {each.channels} channel{"s" if each.channels > 1 else ""}, {each.rate_hz:.0f} Hz{own}'
    yield '  In the show file, under [audio]: input = "..." with a name from above or a part of it.'


def _screens() -> Iterator[str]:
    try:
        found = displays()
    except PortError as error:
        yield f"Displays: {error}"
        return
    yield f"Displays: {'' if found else 'none'}".rstrip()
    yield from (f'    "{each.name}"  {each.width} x {each.height}{f", {each.rate_hz} Hz" if each.rate_hz else ""}' for each in found)
    yield '  In the show file, under [window]: display = "..." with a name from above or a part of it.'
