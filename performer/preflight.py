"""`performer doctor SHOW`: whether all that a show file names is on this machine: ports, devices, displays, models, folders, libraries.

Each thing is found as the show itself finds it, and let go again. To check one thing more, write a function like those below and name it in CHECKS.
"""

import importlib.util
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

from performer.addresses import family_of, parse_client
from performer.assets import find_model, takes_dir
from performer.card import read_card
from performer.doctor import Examination, Finding, Say, look, ports_of, takes_in
from performer.errors import ModelError, PortError
from performer.inputs.midi import VIRTUAL as IN
from performer.listening import audio
from performer.midi_port import Port
from performer.midi_system import Direction
from performer.minds import open_harmonist, open_mind
from performer.outputs.midi import VIRTUAL as OUT
from performer.packages import extra
from performer.show import Show
from performer.visuals import displays
from performer.visuals.share import SENDERS

OWN_CLIENT = "Performer Doctor"
SMALL = (64, 64)  # width and height of the picture that a sender is tried with
PATTERN = "pattern"  # the picture that needs no model


def preflight(show: Show, say: Say = lambda _: None) -> list[Finding]:
    """Look for all that the show names. `say` hears what takes long."""
    return look(CHECKS, SYSTEMS, say, show)


def _models(show: Show) -> Iterator[Finding]:
    """Models."""
    folders = show.models.folders
    for name in dict.fromkeys(filter(None, (show.models.notes, *show.voice_models, show.models.small))):
        yield _opened(name, "notes", lambda name=name: open_mind(name, folders))  # type: ignore[misc]
    yield _opened(show.models.chords, "chords", lambda: open_harmonist(show.models.chords, folders))
    if show.visuals and show.models.pictures != PATTERN:
        yield _opened(show.models.pictures, "pictures", lambda: _card_of_pictures(show))


def _opened(name: str, role: str, opening: Callable[[], object]) -> Finding:
    try:
        opening()
    except ModelError as error:
        return Finding(f"Model for {role}", False, error.problem, error.remedy)
    return Finding(f"Model for {role}", True, f"{name} can be played.")


def _card_of_pictures(show: Show) -> None:
    """Raises ModelError where the model is not there, is altered or does not paint."""
    name = show.models.pictures
    folder = find_model(name, tuple(map(Path, show.models.folders)))
    if folder is None:
        raise ModelError(f"No model '{name}' was found.", "Put its folder where [models] folders says.")
    card = read_card(folder)
    if card.role != "pictures":
        raise ModelError(f"Model '{name}' is for {card.role}, not for pictures.", "Name another one as [models] pictures.")


def _midi(show: Show) -> Iterator[Finding]:
    """MIDI."""
    if not show.midi.enabled:
        return
    inputs: list[tuple[Direction, bool, str]] = [("in", port.virtual, port.name or IN) for port in show.midi.input_ports]
    outputs: list[tuple[Direction, bool, str]] = [("out", port.virtual, port.name or OUT) for port in show.midi.output_ports]
    for direction, is_virtual, name in (*inputs, *outputs):
        title = f"MIDI {direction}put"
        port = Port(direction, None if is_virtual else name, OWN_CLIENT)
        try:
            port.open()
        except PortError as error:
            yield Finding(title, False, error.problem, error.remedy)
            continue
        remark = port.opened.remark if port.opened else ""
        port.close()
        yield Finding(title, True, f"'{name}' can be made." if is_virtual else f"'{port.name}' is there. {remark}".rstrip())


def _audio(show: Show) -> Iterator[Finding]:
    """Audio input."""
    if show.audio.enabled:
        yield Finding("Audio input", True, f"{audio.choose(show.audio.input or None, audio.inputs())}.")


def _display(show: Show) -> Iterator[Finding]:
    """Display."""
    if not show.window.display and not show.window.windowed:
        return
    missing = [name for name in ("glfw", "moderngl") if importlib.util.find_spec(name) is None]
    if missing:
        yield Finding("Window", False, f"{' and '.join(missing)} for a window: not installed.", extra("window"))
        return
    there = displays.displays()
    if not there:
        yield Finding("Display", False, "there is none.", "Plug the projector in and switch it on.")
        return
    yield Finding("Display", True, f"{displays.choose(show.window.display, there)}.")


def _shares(show: Show) -> Iterator[Finding]:
    """Other programs that get the picture."""
    for name in show.window.share:
        try:
            SENDERS[name](*SMALL).close()
        except PortError as error:
            yield Finding(f"Share {name}", False, error.problem, error.remedy)
        else:
            yield Finding(f"Share {name}", True, "can be opened.")


def _folders(show: Show) -> Iterator[Finding]:
    """Folders."""
    if show.takes.record:
        yield takes_in(Path(show.takes.folder).absolute() if show.takes.folder else takes_dir())
    for key, name in (*(("models", folder) for folder in show.models.folders), ("pictures", show.pictures.folder)):
        if name:
            there = Path(name).is_dir()
            seen = f"the folder '{name}' is {'there' if there else 'not there'}."
            yield Finding(key.capitalize(), there, seen, "" if there else f"Make it, or correct [{key}] in the show file.")


def _clients(show: Show) -> Iterator[Finding]:
    """OSC clients."""
    for client in show.osc.clients:
        host, port = parse_client(client)
        try:
            socket.getaddrinfo(host, port, family_of(show.osc.host), socket.SOCK_DGRAM, 0, socket.AI_V4MAPPED)
        except (OSError, UnicodeError) as error:
            remedy = "Correct it under [osc] clients, or write its number, as 192.168.1.20."
            yield Finding("OSC client", False, f"'{host}' cannot be found in the network ({error}).", remedy)
        else:
            yield Finding("OSC client", True, f"{client} is an address.")


def _link(show: Show) -> Iterator[Finding]:
    """Ableton Link."""
    if show.values.get("/performer/tempo/source") == "link":
        there = importlib.util.find_spec("aalink") is not None
        yield Finding("Ableton Link", there, "can be joined." if there else "aalink is not installed.", "" if there else extra("link"))


CHECKS: tuple[Examination, ...] = (_models, _midi, _audio, _display, _shares, ports_of, _clients, _folders, _link)
SYSTEMS = {_midi: "sound", _audio: "sound", _display: "displays", _shares: "displays", _clients: "network"}  # what may hang
