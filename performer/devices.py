"""`performer devices`: the MIDI ports and audio inputs of this machine, with the names that a show file may use.

Both lists are made in processes of their own: JACK's library hangs where its server does.
"""

from collections.abc import Iterator

from performer import midi_system
from performer.apart import Apart
from performer.errors import PortError
from performer.listening import audio
from performer.midi_system import MidiSystem, no_answer

PATIENCE_S = 5.0  # seconds that the MIDI and the audio system have to answer


def devices() -> str:
    """The whole list as text. What cannot be listed is told in its sentence."""
    with Apart(midi) as ports, Apart(audio_inputs) as inputs:
        return f"{_text('MIDI', ports)}\n\n{_text('Audio inputs', inputs)}"


def midi() -> str:
    """The MIDI ports as lines."""
    return "\n".join(_midi())


def audio_inputs() -> str:
    """The audio inputs as lines."""
    return "\n".join(_audio())


def _text(title: str, apart: Apart[str]) -> str:
    try:
        return apart.result(PATIENCE_S)
    except TimeoutError:
        return f"{title}: {no_answer(PATIENCE_S)}"
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
        ports = system.ports()
    except PortError as error:
        yield f"MIDI ({system.name}): {error}"
        return
    for title, names in (("inputs", ports.inputs), ("outputs", ports.outputs)):
        yield f"MIDI {title} ({system.name}): {'' if names else 'none'}".rstrip()
        yield from (f'    "{name}"' for name in names)


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
