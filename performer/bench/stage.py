"""The show that is measured, in processes of its own, and what this machine's kernel says of them."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from performer.errors import PerformerError
from performer.inputs.midi import VIRTUAL
from performer.loopback import LARGEST, Message, decode, encode
from performer.midi_system import list_ports

ENDING = 2.0  # seconds in which the ports of a show go that has ended
SETTLE = 3.0  # seconds in which the generator loads and warms up


@dataclass(frozen=True, slots=True)
class Play:
    """What the show is to be: the tables of its voices as TOML, its delay in ms, whether it has MIDI ports, paints, listens to the audio input
    and serves the desk, further keys of [visuals], the keys of [window], the name of its model (empty: the show's own choice)."""

    voices: tuple[str, ...] = ('mode = "harmonise"\nnotes = 1',)
    midi: bool = True
    visuals: bool = False
    delay_ms: float = 0.0
    model: str = ""
    audio: bool = False
    desk: bool = False
    looks: str = ""
    window: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """A show that runs: its process, its OSC port, the socket that hears everything it says, the seconds that it took to be ready, and the
    port of its desk."""

    process: "subprocess.Popen[str]"
    osc_port: int
    ear: socket.socket
    ready_s: float
    page: int = 0

    def say(self, address: str, *arguments: Any) -> None:
        """Send the show an OSC message."""
        self.ear.sendto(encode(address, *arguments), ("127.0.0.1", self.osc_port))

    def said(self) -> list[Message]:
        """What the show has said since somebody last listened."""
        messages: list[Message] = []
        self.ear.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                messages += decode(self.ear.recv(LARGEST))
        return messages


@contextlib.contextmanager
def show(play: Play) -> Iterator[Stage]:
    """The show while the block runs. Raises PerformerError where it does not start, or would not be the only one."""
    if play.midi:
        _alone()
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        ear.bind(("127.0.0.1", 0))
        port, page = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_STREAM)
        file = Path(folder) / "bench.show.toml"
        file.write_text(toml(play, port, ear.getsockname()[1], page), encoding="utf-8")
        begun = time.perf_counter()
        process = subprocess.Popen([sys.executable, "-m", "performer", "run", str(file)], stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            if not process.stdout.readline().startswith("Performer plays"):
                raise PerformerError("The show of the bench did not start.", "Its own words stand above.")
            ready_s = time.perf_counter() - begun
            if play.visuals:
                threading.Event().wait(SETTLE)
            yield Stage(process, port, ear, ready_s, page)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()


def _alone() -> None:
    """Raises PerformerError where another show has its ports already: the bench would play into that one, and measure it."""
    end = time.monotonic() + ENDING
    while any(VIRTUAL in name for name in list_ports().outputs):  # one that has just ended may still be seen
        if time.monotonic() > end:
            raise PerformerError(f"A show is playing here already: its port '{VIRTUAL}' is there.", "Stop it first: the bench would play into it.")
        threading.Event().wait(0.1)


def toml(play: Play, osc_port: int, ear: int, page: int) -> str:
    """The show file."""
    return "\n".join((
        f"[midi]\nenabled = {str(play.midi).lower()}\ndelay = {play.delay_ms}",
        f"[audio]\nenabled = {str(play.audio).lower()}",
        f'[osc]\nport = {osc_port}\nreply_port = {ear}\nclients = ["127.0.0.1:{ear}"]',
        f"[desk]\nenabled = {str(play.desk).lower()}\nport = {page}",
        "[takes]\nrecord = false",
        "[tempo]\nbpm = 120",
        f"[visuals]\nenabled = {str(play.visuals).lower()}\nfps = 60\n{play.looks}",
        f"[window]\n{play.window}",
        *([f'[models]\nnotes = "{play.model}"'] if play.model else []),
        *(f"[[voice]]\n{voice}" for voice in play.voices),
    ))  # fmt: skip


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def rss_mb(process: int) -> float | None:
    """The memory that the process and all that it started hold, in MB (resident, shared pages counted in each); None where nobody tells."""
    if not Path("/proc/self/statm").exists():
        return None
    pages = 0
    for pid in (process, *descendants(process)):
        with contextlib.suppress(OSError):
            pages += int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


def descendants(process: int) -> Sequence[int]:
    """The processes that it started, and those that they did."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in (task / "children").read_text(encoding="ascii").split():
                found += [int(child), *descendants(int(child))]
    return found
