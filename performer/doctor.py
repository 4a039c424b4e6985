"""`performer doctor`: what works on this machine and what is missing or in use, each with the command that gets it here.

Nothing is changed: a port that is opened to see whether it can be is closed again. Performer itself needs only the first three.
To examine one thing more, write a function like those below and name it in EXAMINATIONS.
"""

import errno
import importlib
import importlib.util
import os
import shutil
import socket
import sys
import tempfile
import threading
import webbrowser
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from performer import awake, jack, midi_system
from performer.apart import Apart
from performer.assets import find_model, models_dir, own_models_dir, takes_dir
from performer.card import CARD, read_card
from performer.errors import ModelError, PortError
from performer.listening import audio
from performer.midi_port import Port
from performer.packages import extra, install, reinstall
from performer.probe import ask
from performer.show import Show
from performer.visuals.displays import displays

OLDEST_PYTHON = (3, 11)
BROWSERS = (
    "firefox", "firefox-esr", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "brave-browser",
    "epiphany", "falkon", "konqueror",
)  # fmt: skip
RIGHTS = (
    "Write the two lines `@audio - rtprio 95` and `@audio - memlock unlimited` into /etc/security/limits.d/audio.conf,"
    " `sudo usermod -aG audio $USER`, and log in again."
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: its name, whether it works, what was seen, and the remedy where it does not: it is missing, or `in_use`."""

    what: str
    works: bool
    seen: str
    remedy: str = ""
    in_use: bool = False

    @property
    def mark(self) -> str:
        """The word that begins its line."""
        return "ok" if self.works else "in use" if self.in_use else "missing"


Say = Callable[[str], object]
Examination = Callable[..., Iterator[Finding]]


def examine(say: Say = lambda _: None) -> list[Finding]:
    """Look at everything; an examination that fails itself, or never ends, is a finding too. `say` hears what takes long."""
    return look(EXAMINATIONS, APART, say)


def look(examinations: Sequence[Examination], systems: Mapping[Examination, str], say: Say, *given: Any) -> list[Finding]:
    """What these examinations find of what is `given` to each, in their order. Those that ask one of the `systems`, which may hang, run at the
    same time, in processes of their own."""
    with ExitStack() as stack:
        apart = {each: stack.enter_context(Apart(examined, each, *given)) for each in examinations if each in systems}
        answers = (_answer(each, apart[each], systems[each], say) if each in apart else examined(each, *given) for each in examinations)
        return [finding for findings in answers for finding in findings]


def report(findings: Sequence[Finding], all_well: str = "Everything works here.") -> str:
    """The findings as lines: `ok`, `missing` or `in use`, and the remedy below; `all_well` where all works."""
    lines = []
    for finding in findings:
        lines.append(f"{finding.mark:7}  {finding.what}: {finding.seen}")
        if finding.remedy:
            lines.append(f"         {finding.remedy}")
    marks = [finding.mark for finding in findings]
    missing, in_use = marks.count("missing"), marks.count("in use")
    summary = []
    if missing:
        summary.append(f"{missing} thing{'s are' if missing > 1 else ' is'} missing; what does not need {'them' if missing > 1 else 'it'} runs.")
    if in_use:
        summary.append(f"{in_use} port{'s are' if in_use > 1 else ' is'} in use; a show that needs {'them' if in_use > 1 else 'it'} does not start.")
    return "\n".join([*lines, "", *(summary or [all_well])])


def examined(examination: Examination, *given: Any) -> list[Finding]:
    """What the examination finds, in this process."""
    findings: list[Finding] = []
    try:
        findings.extend(examination(*given))
    except PortError as error:
        findings.append(Finding(_title(examination), False, error.problem, error.remedy))
    except Exception as error:  # whatever a library does on this machine, the other examinations go on
        findings.append(Finding(_title(examination), False, f"it could not be examined ({type(error).__name__}: {error})."))
    return findings


def _answer(examination: Examination, apart: Apart[list[Finding]], system: str, say: Say) -> list[Finding]:
    try:
        return ask(apart, system, say)
    except PortError as error:
        return [Finding(_title(examination), False, error.problem, error.remedy)]


def _title(examination: Examination) -> str:
    return (examination.__doc__ or "").rstrip(".")


def _python() -> Iterator[Finding]:
    """Python."""
    version = ".".join(map(str, sys.version_info[:3]))
    works = sys.version_info[:2] >= OLDEST_PYTHON
    wanted = ".".join(map(str, OLDEST_PYTHON))
    yield Finding("Python", works, f"{version}, {wanted} or later is wanted.", "" if works else install("python"))


def _onnx_runtime() -> Iterator[Finding]:
    """ONNX Runtime."""
    try:
        runtime = importlib.import_module("onnxruntime")
    except (ImportError, OSError) as error:
        yield Finding("ONNX Runtime", False, f"it does not load ({error}).", reinstall("onnxruntime"))
        return
    providers = ", ".join(name.removesuffix("ExecutionProvider") for name in runtime.get_available_providers())
    yield Finding("ONNX Runtime", True, f"{runtime.__version__}, built for {providers}.")


def _models() -> Iterator[Finding]:
    """Models."""
    models = Show().models
    for place, name, without in (
        ("notes", models.notes, "Until then 'echo' answers with what you played."),
        ("chords", models.chords, "Until then the song's chords are plain ones."),
        ("pictures", models.pictures, "Until then nothing is painted."),
    ):
        if find_model(name) is None:
            seen = f"'{name}' is not among the models."
            yield Finding(f"Model for {place}", False, seen, f"Put its folder into {own_models_dir()}. {without}")
    for folder in sorted(card.parent for root in (models_dir(), own_models_dir()) for card in root.glob(f"*/{CARD}")):
        try:
            card = read_card(folder)
        except ModelError as error:
            yield Finding(f"Model {folder.name}", False, error.problem, error.remedy)
        else:
            yield Finding(f"Model {folder.name}", True, f"for {card.role}, its card agrees with its files.")


def _midi() -> Iterator[Finding]:
    """MIDI."""
    try:
        systems = midi_system.systems()
    except PortError as error:
        if not sys.modules.keys() & {"rtmidi", "supriya_midi"}:
            remedy = f"{install('midi')} If that is not it: {reinstall('midi')}"
        elif sys.platform.startswith("linux") and not shutil.which("jackd"):
            remedy = f"{error.remedy} JACK: {install('jack')}"
        else:
            remedy = error.remedy
        yield Finding("MIDI", False, error.problem, remedy)
        return
    yield Finding("MIDI", True, f"{', '.join(system.name for system in systems)}.")
    port = Port("out", None, "Performer Doctor")
    try:
        port.open()
    except PortError as error:
        yield Finding("Virtual MIDI ports", False, error.problem, error.remedy)
    else:
        port.close()
        yield Finding("Virtual MIDI ports", True, f"can be made ({systems[0].name}).")


def _jack() -> Iterator[Finding]:
    """JACK server."""
    observer = jack.Observer.open()
    if observer is None:
        return  # `_midi` tells whether there is another MIDI system
    try:
        real_time = observer.is_real_time
        seen = f"{observer.period} frames at {observer.rate} Hz, {'with' if real_time else 'without'} real-time priority."
    finally:
        observer.close()
    remedy = "A cycle that comes too late takes the notes in it along. Start it with: jackd -R -S -d alsa -r 48000 -p 64"
    yield Finding("JACK server", real_time, seen, "" if real_time else remedy)


def _audio() -> Iterator[Finding]:
    """Audio input."""
    device = audio.choose(None, audio.inputs())
    yield Finding("Audio input", True, f"{device}.")


def _real_time() -> Iterator[Finding]:
    """Real-time priority."""
    if not hasattr(os, "sched_setscheduler"):
        return  # macOS and Windows give it to whoever plays
    refused: list[OSError] = []

    def try_it() -> None:
        try:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))  # of this thread alone, which ends with it
        except OSError as error:
            refused.append(error)

    thread = threading.Thread(target=try_it, name="priority")
    thread.start()
    thread.join()
    seen = f"it is refused ({refused[0].strerror}), so other programs may delay the notes." if refused else "is granted (SCHED_FIFO)."
    yield Finding("Real-time priority", not refused, seen, RIGHTS if refused else "")


def _dozing() -> Iterator[Finding]:
    """A processor that dozes."""
    if not awake.DEVICE.exists():
        return  # no Linux, or one whose processor does not doze
    wish, refused = awake.Awake(), ""
    try:
        wish.hold()
    except OSError as error:
        refused = error.strerror or str(error)
    wish.let_go()
    seen = f"cannot be kept awake ({refused}), so notes may leave late after every pause." if refused else "is kept awake while the show plays."
    yield Finding("Processor", not refused, seen, awake.REMEDY if refused else "")


def _ports() -> Iterator[Finding]:
    """UDP and TCP ports."""
    yield from ports_of(Show())


def ports_of(show: Show) -> Iterator[Finding]:
    """The ports of the network that the show wants."""
    wanted = [("OSC", socket.SOCK_DGRAM, "UDP", show.osc.host, show.osc.port, "[osc]")]
    wanted += [("Desk page", socket.SOCK_STREAM, "TCP", show.desk.host, show.desk.port, "[desk]")] if show.desk.enabled else []
    for what, kind, name, host, port, section in wanted:
        obstacle = in_the_way(kind, port, host)
        at = "" if host == Show().osc.host else f" at {host}"
        if obstacle is None:
            yield Finding(what, True, f"{name} port {port}{at} is free.")
            continue
        in_use = obstacle.errno == errno.EADDRINUSE
        other = f"another {section} port{' or host' if at else ''} in the show file."
        remedy = f"Stop the program that uses it (a Performer that runs already?), or write {other}" if in_use else f"Write {other}"
        yield Finding(what, False, f"{name} port {port}{at} is {'taken' if in_use else f'refused ({obstacle.strerror})'}.", remedy, in_use)


def in_the_way(kind: socket.SocketKind, port: int, host: str = "127.0.0.1") -> OSError | None:
    """Why a show could not have this port; None where it could."""
    with socket.socket(socket.AF_INET, kind) as sock:
        if kind == socket.SOCK_STREAM and sys.platform != "win32":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
        except OSError as error:
            return error
    return None


def _takes() -> Iterator[Finding]:
    """Takes."""
    yield takes_in(takes_dir())


def takes_in(folder: Path) -> Finding:
    """Whether takes can be written into the folder, which is not made."""
    there = next(each for each in (folder, *folder.parents) if each.exists())
    writable = _writable(there)
    remedy = 'Write another one into the show file: folder = "..." under [takes].'
    return Finding("Takes", writable, f"{folder} {'can' if writable else 'cannot'} be written.", "" if writable else remedy)


def _writable(folder: Path) -> bool:
    """Whether a file can be made there. A folder that does not exist yet is examined at its nearest parent, and not made."""
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        return False
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _window() -> Iterator[Finding]:
    """Displays."""
    missing = [name for name in ("glfw", "moderngl") if importlib.util.find_spec(name) is None]
    if missing:
        yield Finding("Window", False, f"{' and '.join(missing)} for a window on a projector: not installed.", extra("window"))
        return
    found = displays()
    yield Finding("Displays", bool(found), f"{', '.join(map(str, found)) or 'none'}.")


def _video() -> Iterator[Finding]:
    """Video."""
    there = importlib.util.find_spec("av") is not None
    yield Finding("Video", there, "can be recorded." if there else "PyAV, which records it, is not installed.", "" if there else extra("video"))


def _browser() -> Iterator[Finding]:
    """Browser."""
    found = next((name for name in BROWSERS if shutil.which(name)), "")
    if not found:
        try:
            found = webbrowser.get().name
        except (webbrowser.Error, AttributeError):
            found = "the system's own" if sys.platform in ("darwin", "win32") else ""
    seen = f"{found} shows the desk page, the sound in it and the picture." if found else "there is none for the desk page and the picture."
    yield Finding("Browser", bool(found), seen, "" if found else f"{install('browser')} Or open the page on another device of the network.")


EXAMINATIONS: tuple[Examination, ...] = (
    _python, _onnx_runtime, _models, _midi, _jack, _audio, _real_time, _dozing, _ports, _takes, _window, _video, _browser,
)  # fmt: skip
# What may hang with Python's lock in its hand is looked at in a process of its own: which system it asks.
APART = {_midi: "sound", _jack: "sound", _audio: "sound", _window: "displays"}
