"""Asking the sound system and the displays of this machine, which may hang: in a process apart, and a second time, longer, before anybody is blamed.

A machine that is busy answers late; a server that is stopped or hangs never does. Which of them it is can be seen on Linux in /proc.
"""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from performer.apart import STARTING_S, Apart
from performer.errors import PortError

FIRST_S, LONGEST_S = 5.0, 20.0  # seconds after which it is asked again, and after which it is given up
SPINS = 0.5  # of a core: a server that uses more of it while it answers nobody runs in circles
IDLE = 0.1  # of all cores: with less the machine is busy
TICK_S = 1 / os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 0.01
LESS = "Close other programs and try again."
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class System:
    """What is asked: its name for people, the programs that may answer for it, and how it is started again."""

    title: str
    programs: tuple[str, ...]
    again: str


SYSTEMS = {
    "sound": System("sound system", ("jackd", "jackdbus", "pipewire"), "Start the sound system of this machine again."),
    "displays": System(
        "desktop", ("Xorg", "Xvfb", "Xwayland", "gnome-shell", "kwin_wayland", "sway", "weston"), "Log out of the desktop and in again."
    ),
    "network": System("network", (), "See whether this machine is connected."),
}


@dataclass(frozen=True, slots=True)
class Server:
    """A process that answers for sound or displays: its name and number, its state as /proc names it, the seconds of a core that it has used."""

    name: str
    process: int
    state: str
    used_s: float

    def __str__(self) -> str:
        return f"{self.name} (process {self.process})"


def ask(apart: Apart[Result], system: str, say: Callable[[str], object] = lambda _: None) -> Result:
    """The result of the call, which asks `system`, a key of SYSTEMS. `say` hears that it takes longer. Raises PortError where there is none."""
    try:
        return apart.result(FIRST_S)
    except TimeoutError:
        pass
    before, load = servers(system), idle()
    stopped = next((server for server in before if server.state in "Tt"), None)
    if stopped is not None:
        raise PortError(f"It did not answer within {FIRST_S:g} s: {stopped} is stopped.", f"Let it go on: kill -CONT {stopped.process}")
    say(f"The {SYSTEMS[system].title} did not answer within {FIRST_S:g} s. It is asked for {LONGEST_S - FIRST_S:g} s more.")
    try:
        return apart.result(LONGEST_S)
    except TimeoutError:
        passed = LONGEST_S - FIRST_S
        busy = is_busy(load, idle())
    if not apart.begun:
        raise PortError(f"It could not be asked: a process did not start within {STARTING_S:g} s.{busy_words()}", LESS)
    raise silence(system, before, servers(system), passed, busy)


def silence(system: str, before: Sequence[Server], after: Sequence[Server], passed: float, busy: bool) -> PortError:
    """The error for a system that did not answer in LONGEST_S, from its servers then and `passed` seconds later."""
    problem = f"It did not answer within {LONGEST_S:g} s"
    used = {server.process: server.used_s for server in before}
    for server in after:
        if server.process in used and server.used_s - used[server.process] > SPINS * passed:
            return PortError(f"{problem}: {server} uses a core and answers nobody.", f"End it and start it again: kill {server.process}")
    if busy:
        return PortError(f"{problem}; the machine is busy.{busy_words()}", LESS)
    hung = next((server for server in after if server.process in used), None)
    if hung is not None:
        return PortError(f"{problem}: {hung} hangs.", f"End it and start it again: kill {hung.process}")
    return PortError(f"{problem}.", SYSTEMS[system].again)


def servers(system: str) -> list[Server]:
    """The processes that may be the ones that do not answer; none where the kernel does not tell."""
    return [server for server in _processes(SYSTEMS[system].programs) if _is_ours(server)]


def _processes(names: Sequence[str]) -> Iterator[Server]:
    for stat in Path("/proc").glob("[0-9]*/stat") if sys.platform.startswith("linux") else ():
        try:
            head, _, rest = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")
        except OSError:
            continue  # it has ended
        process, _, name = head.partition(" (")
        if name in names:
            fields = rest.split()
            yield Server(name, int(process), fields[0], (int(fields[11]) + int(fields[12])) * TICK_S)


def _is_ours(server: Server) -> bool:
    """Whether it is the JACK server or the X server that the environment names."""
    try:
        words = Path(f"/proc/{server.process}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return False
    if server.name == "jackd":
        name = next((words[place + 1] for place, word in enumerate(words[:-1]) if word in ("-n", "--name")), "default")
        return name == os.environ.get("JACK_DEFAULT_SERVER", "default")
    display = os.environ.get("DISPLAY", "").split(".")[0]
    return not server.name.startswith("X") or display in words or not any(word.startswith(":") for word in words)


def idle() -> tuple[float, float]:
    """Seconds of the cores that nobody used since the machine started, and of all; zeros where the kernel does not tell."""
    try:
        fields = [int(word) for word in Path("/proc/stat").read_text(encoding="ascii").split("\n")[0].split()[1:9]]
    except (OSError, ValueError):
        return 0.0, 0.0
    return (fields[3] + fields[4]) * TICK_S, sum(fields) * TICK_S


def is_busy(before: tuple[float, float], after: tuple[float, float]) -> bool:
    """Whether all cores were in use between two looks at `idle`; where it does not tell, whether more wait than there are cores."""
    unused, total = after[0] - before[0], after[1] - before[1]
    if total > 0:
        return unused < IDLE * total
    return hasattr(os, "getloadavg") and os.getloadavg()[0] > (os.cpu_count() or 1)


def busy_words() -> str:
    """The load of the machine as a sentence, where the system tells it."""
    return f" Its load is {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores." if hasattr(os, "getloadavg") else ""
