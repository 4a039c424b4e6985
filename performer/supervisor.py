"""The parent process: binds every socket, starts the others, watches them, starts a dead one again, and stops them all in silence.

It computes nothing while the show runs. The sockets and the memory of what sounds are its own, so both outlive a child that dies.
"""

import contextlib
import errno
import json
import logging
import multiprocessing
import multiprocessing.connection
import multiprocessing.context
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from performer import app
from performer.addresses import family_of
from performer.assets import file_name, takes_dir
from performer.console import print_without_waiting, stand_somewhere
from performer.crash_memory import CrashMemory
from performer.endings import ConsoleWindow, be_deaf_to_terminal, end_on_signals, held_back, wake_with_parent_gone
from performer.errors import PerformerError, PortError
from performer.folders import prepare_folders
from performer.heartbeat import LATE_S, Heartbeat, start_beating
from performer.log_limit import limit_log
from performer.loopback import PLACES, Loopback, bind_loopback
from performer.port_link import SILENCE, PortLink, send
from performer.ports.process import PortsOptions
from performer.ports.process import run as serve_ports
from performer.process_report import Reporter
from performer.show import Show
from performer.state_keeper import StateGuard, StateMemory

log = logging.getLogger("performer")
CONTEXT = multiprocessing.get_context("spawn")
FIRST_WAIT, LONGEST_WAIT = 0.25, 20.0  # seconds before a dead child is started again, doubled each time
STEADY = 5.0  # seconds of life after which a death counts as the first again
FORMAT = "performer: %(message)s"
PATIENCE, OTHERS_PATIENCE = 1.3, 0.4  # seconds that the engine, and after it the others, have to stop by themselves
BEGIN_S = 60.0  # seconds that a process has to its first beat; a busy machine takes some
GAP_S = 1.0  # seconds between two looks after which this process itself stood still
WATCH_S = 0.1  # seconds between two looks at whether to end


@dataclass(slots=True)
class Child:
    """One process: what it runs, and how often it died."""

    name: str
    target: Callable[..., None]
    arguments: tuple[Any, ...]
    process: multiprocessing.context.SpawnProcess | None = None
    lifeline: Connection | None = None
    started: float = 0.0
    deaths: int = 0
    due: float = field(default=0.0)
    restarts: int = 0
    last_reason: str = ""
    heartbeat: Heartbeat = field(default_factory=lambda: Heartbeat(CONTEXT.RawArray("d", 2)))
    hung: str = ""
    """Why it was ended from here, until its end is seen."""

    @property
    def pid(self) -> int | None:
        """The number of the process; None while there is none."""
        return None if self.process is None else self.process.pid

    @property
    def state(self) -> str:
        """Whether it is running, or waits to be started again."""
        return "down" if self.process is None else "running"

    def start(self) -> None:
        """Start it with a lifeline of its own: when this end closes, the child stops."""
        here, there = CONTEXT.Pipe()
        self.heartbeat.clear()
        arguments = (self.name, self.heartbeat, logging.getLogger().level, self.target, *self.arguments, there)
        self.process = CONTEXT.Process(target=_begin, args=arguments, name=f"performer {self.name}")
        stand_somewhere()
        with held_back():
            self.process.start()
        there.close()
        self.lifeline, self.started, self.due = here, time.monotonic(), 0.0

    @property
    def beat_age(self) -> float | None:
        """Seconds since the process last said that it is well; None before the first time."""
        return None if self.process is None else self.heartbeat.age(time.monotonic())

    def end_if_hung(self, now: float) -> None:
        """Kill a process that says nothing any more, or does not come to its first beat."""
        if self.process is None or self.hung:
            return
        age = self.heartbeat.age(now)
        if self.heartbeat.has_begun and age is not None and age > LATE_S:
            self.hung = f"it did not answer for {age:.1f} s"
        elif not self.heartbeat.has_begun and now - self.started > BEGIN_S:
            self.hung = f"it did not begin within {BEGIN_S:.0f} s"
        if self.hung:
            self.process.kill()

    def last_words(self) -> str:
        """Why it ended, in its own words where it said any."""
        said = self.hung
        if self.lifeline is not None and not said:
            with contextlib.suppress(EOFError, OSError):
                while self.lifeline.poll():
                    said = self.lifeline.recv_bytes().decode(errors="replace")
        self.hung = ""
        return "" if said.startswith(app.READY.decode()) else said

    def exit_code(self) -> int | None:
        """How a process whose end was seen ended. The end of its pipe is seen a moment before its status can be read."""
        assert self.process is not None
        self.process.join(1.0)
        return self.process.exitcode

    def died(self) -> float:
        """Note the death and return the seconds to wait before the next start."""
        self.restarts += 1
        self.deaths = 1 if time.monotonic() - self.started > STEADY else self.deaths + 1
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (self.deaths - 1))
        self.due = time.monotonic() + wait
        if self.lifeline is not None:
            self.lifeline.close()
        self.process = self.lifeline = None
        return wait

    def let_go(self) -> None:
        """Ask it to stop."""
        if self.lifeline is not None:
            self.lifeline.close()
            self.lifeline = None

    def gone(self, until: float, hurry: Callable[[], bool] = lambda: False) -> None:
        """Wait for its end until the moment `until`, then end it; at once where it stands still, or there is a `hurry`."""
        if self.process is None:
            return
        self.process.join(0.05)
        while self.process.is_alive() and time.monotonic() < until and not hurry() and (self.beat_age or 0.0) < LATE_S:
            self.process.join(0.05)
        if self.process.is_alive():
            log.warning("%s did not stop by itself", self.name)
            self.process.kill()
            self.process.join(1.0)


def _begin(name: str, heartbeat: Heartbeat, level: int, target: Callable[..., None], *arguments: Any) -> None:
    """The first function of every child. On Linux `ps` and `top` show it as `perf.NAME`."""
    with contextlib.suppress(OSError):
        Path("/proc/self/comm").write_text(f"perf.{name}", encoding="ascii")
    wake_with_parent_gone()
    be_deaf_to_terminal()
    print_without_waiting()
    logging.basicConfig(level=level, format=FORMAT, stream=sys.stderr)
    limit_log()
    start_beating(heartbeat)
    target(*arguments)


class Supervisor:
    """A running show. `open` starts it and returns the engine's facts; `run` watches until `seconds` are over or a signal comes."""

    def __init__(self, show: Show, play: Path | None = None) -> None:
        self.show = show = prepare_folders(show)
        self._stopping = self._ready = self._hurry = False
        self._window: ConsoleWindow | None = None
        self._public = _bind(socket.SOCK_DGRAM, show.osc.host, show.osc.port, "OSC", "[osc] port")
        try:
            self._http = _bind(socket.SOCK_STREAM, show.desk.host, show.desk.port, "the desk page", "[desk] port") if show.desk.enabled else None
        except PortError:
            self._public.close()
            raise
        sockets = {place: bind_loopback() for place in PLACES}
        self._loopbacks = {
            place: Loopback(sock, {other: each.getsockname()[1] for other, each in sockets.items()}) for place, sock in sockets.items()
        }
        self._link = PortLink.make() if show.midi.enabled else None
        self._reporter = Reporter(self._loopbacks["engine"])
        engine = app.EngineOptions(show, play)
        memory = _state_memory()
        self._guard = StateGuard(memory)
        arguments = (engine, self._loopbacks["engine"], self._public, self._link, memory)
        self.children = [Child("engine", app.run, arguments), *self._ports(), *self._others()]

    def _ports(self) -> Iterator[Child]:
        if self._link is not None:
            options = PortsOptions(self.show.midi.input_ports, self.show.midi.output_ports)
            memory = CrashMemory.make(partial(CONTEXT.RawArray, "B"))
            yield Child("ports", serve_ports, (options, self._link, memory))

    def _others(self) -> Iterator[Child]:
        show = self.show
        if self._http is not None:
            from performer.desk.process import DeskOptions, run

            options = DeskOptions(voices=len(show.instruments), token=show.desk.token or None, host=show.desk.host)
            yield Child("desk", run, (self._loopbacks["desk"], self._http, options))
        if show.visuals:
            from performer.visuals.presenter import ScreenOptions
            from performer.visuals.presenter import run as present
            from performer.visuals.process import VisualsOptions
            from performer.visuals.process import run as paint
            from performer.visuals.reel import BYTES

            reel = CONTEXT.RawArray("B", BYTES)
            seed, pictures = show.general.seed or time.time_ns(), show.pictures.folder
            light = VisualsOptions(show.models.pictures, tuple(show.models.folders), show.values, seed, pictures)
            yield Child("visuals", paint, (self._loopbacks["visuals"], reel, light))
            files = (Path(show.takes.folder) if show.takes.folder else takes_dir()) / file_name(show.general.name)
            screen = ScreenOptions(show.values, show.window.display, show.window.windowed, str(files), show.takes.keep_gb, tuple(show.window.share))
            yield Child("screen", present, (self._loopbacks["screen"], reel, screen))
        if show.audio.enabled:
            from performer.listening.process import ListeningOptions
            from performer.listening.process import run as listen

            yield Child("listening", listen, (self._loopbacks["listening"], ListeningOptions(show.audio.input or None)))

    def open(self) -> Mapping[str, Any]:
        """Start every process; wait until the engine is ready. Raises PerformerError with its sentence if it cannot be."""
        self._window = end_on_signals(self._end)
        for child in self.children:
            child.start()
        return self._engine_ready(self.children[0])

    def _engine_ready(self, engine: Child) -> Mapping[str, Any]:
        assert engine.lifeline is not None
        until = time.monotonic() + BEGIN_S
        while not self._stopping and not engine.lifeline.poll(WATCH_S):
            if time.monotonic() > until:
                self.close()
                raise PerformerError(f"The engine was not ready within {BEGIN_S:.0f} s.", "`performer doctor` tells what is slow or stuck here.")
        try:
            said = b"" if self._stopping else engine.lifeline.recv_bytes()
        except (EOFError, OSError):
            time.sleep(WATCH_S)  # what ended it may be on its way to this process too
            said = b"The engine ended before it was ready; its own words stand above."
        if self._stopping:
            self.close()
            raise KeyboardInterrupt
        if not said.startswith(app.READY):
            self.close()
            raise PerformerError(said.decode())
        self._ready = True
        facts: Mapping[str, Any] = json.loads(said.removeprefix(app.READY))
        return facts

    def run(self, seconds: float | None = None) -> None:
        """Watch until it is time. A process that dies is started again, the sooner the seldomer it died."""
        end = None if seconds is None else time.monotonic() + seconds
        looked = calm_from = time.monotonic()
        while not self._stopping and (end is None or time.monotonic() < end):
            alive = {child.process.sentinel: child for child in self.children if child.process is not None}
            waits = [WATCH_S, *(child.due - time.monotonic() for child in self.children if child.process is None)]
            for sentinel in multiprocessing.connection.wait(list(alive), max(0.01, min(waits))):
                child = alive[sentinel]  # type: ignore[index]
                code = child.exit_code()
                if child.name == "engine":
                    self._silence()
                    self._guard.died()
                if not self._stopping:
                    self._tell_end(child, code)
            self._reporter.look(self.children)
            now = time.monotonic()
            if now - looked > GAP_S:
                calm_from = now + LATE_S  # this process stood still too, and with it perhaps all others: a machine that slept
            looked = now
            for child in self.children if now > calm_from else ():
                child.end_if_hung(now)
            for child in self.children:
                if child.process is None and time.monotonic() >= child.due and not self._stopping:
                    if child.name == "engine":
                        self._guard.starts()
                    child.start()

    def _tell_end(self, child: Child, code: int | None) -> None:
        """Say that a child ended and why, in the log and, once for each reason, on the page."""
        words = child.last_words()
        reason, before = words or f"it ended with {code}", child.last_reason
        child.last_reason = reason
        wait = child.died()
        (log.debug if code == 4 else log.warning)("%s ended (%s); it starts again in %.1f s", child.name, words or code, wait)
        if words and words != before:
            self._loopbacks["engine"].send("desk", "/performer/error", child.name, f"{child.name} ended: {words} It starts again.")

    def close(self) -> None:
        """Stop everything, the engine first: it ends in silence while the others still see it."""
        self._stopping = True
        for child in self.children:
            child.let_go()
            if child.name == "engine":
                # An engine that still loads its models hears nothing yet, and nothing sounds.
                child.gone(time.monotonic() + (PATIENCE if self._ready else 0.0), lambda: self._hurry)
                self._silence()
        until = time.monotonic() + (OTHERS_PATIENCE if self._ready else 0.0)
        for child in self.children:
            child.gone(until, lambda: self._hurry)
        for sock in (self._public, self._http, *(loopback.sock for loopback in self._loopbacks.values())):
            if sock is not None:
                sock.close()
        if self._link is not None:
            self._link.close()
        if self._window is not None:
            self._window.over.set()

    def _silence(self) -> None:
        """Have what a dead engine left sounding ended."""
        if self._link is not None:
            send(self._link.engine, SILENCE)

    def _end(self) -> None:
        """A signal came; a second one does not wait for anybody."""
        self._hurry, self._stopping = self._stopping, True


def _state_memory() -> StateMemory | None:
    """Memory for the engine's state; None where the system gives none: the show plays all the same."""
    try:
        return StateMemory.make(partial(CONTEXT.RawArray, "B"))
    except OSError as error:
        log.warning("There is no memory for the engine's state (%s): should it die, the next one starts with the show file's values.", error.strerror)
        return None


def _bind(kind: socket.SocketKind, host: str, port: int, what: str, key: str) -> socket.socket:
    sock = None
    try:
        sock = socket.socket(family_of(host), kind)
        if kind == socket.SOCK_STREAM and sys.platform != "win32":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if kind == socket.SOCK_DGRAM:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
        if host == "::":
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)  # every address of this machine, IPv4 too
        sock.bind((host, port))
        if kind == socket.SOCK_STREAM:
            sock.listen(64)
    except (OSError, UnicodeError) as error:
        if sock is not None:
            sock.close()
        name = "UDP" if kind == socket.SOCK_DGRAM else "TCP"
        reason = getattr(error, "strerror", None) or str(error)
        raise PortError(f"{name} port {port} at {host}, which {what} wants, cannot be had ({reason}).", _bind_remedy(error, key)) from None
    return sock


def _bind_remedy(error: Exception, key: str) -> str:
    """What a person can do about a port that cannot be bound."""
    number = getattr(error, "errno", None)
    if isinstance(error, (socket.gaierror, UnicodeError)) or number in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EINVAL):
        return f"Write an address of this machine as {key.replace('port', 'host')} in the show file, for example 127.0.0.1."
    if number in (errno.EACCES, errno.EPERM):
        return f"Name a port above 1023 as {key} in the show file."
    return f"Stop the program that uses it, or name another one as {key} in the show file."
