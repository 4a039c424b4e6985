"""`performer devices`: the MIDI ports, audio inputs and displays of this machine, with the names that a show file may use.

All lists are made in processes of their own: JACK's library hangs where its server does.
"""

from collections.abc import Iterator

from performer import midi_system
from performer.apart import Apart
from performer.errors import PortError
from performer.listening import audio
from performer.midi_system import MidiSystem, no_answer
from performer.visuals.displays import displays

PATIENCE_S = 5.0  # seconds that the MIDI and the audio system and the displays have to answer
NO_DISPLAYS = f"They do not answer within {PATIENCE_S:.0f} s. Start the desktop of this machine again."


def devices() -> str:
    """The whole list as text. What cannot be listed is told in its sentence."""
    with Apart(midi) as ports, Apart(audio_inputs) as inputs, Apart(screens) as shown:
        silent = str(no_answer(PATIENCE_S))
        parts = (_text("MIDI", ports, silent), _text("Audio inputs", inputs, silent), _text("Displays", shown, NO_DISPLAYS))
        return "\n\n".join(parts)


def midi() -> str:
    """The MIDI ports as lines."""
    return "\n".join(_midi())


def audio_inputs() -> str:
    """The audio inputs as lines."""
    return "\n".join(_audio())


def screens() -> str:
    """The displays as lines."""
    return "\n".join(_screens())


def _text(title: str, apart: Apart[str], silent: str) -> str:
    try:
        return apart.result(PATIENCE_S)
    except TimeoutError:
        return f"{title}: {silent}"
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


def _screens() -> Iterator[str]:
    try:
        found = displays()
    except PortError as error:
        yield f"Displays: {error}"
        return
    yield f"Displays: {'' if found else 'none'}".rstrip()
    yield from (f'    "{each.name}"  {each.width} x {each.height}{f", {each.rate_hz} Hz" if each.rate_hz else ""}' for each in found)
    yield '  In the show file, under [window]: display = "..." with a name from above or a part of it.'
