"""A real JACK server without hardware, and a second process that plays into it or listens to it."""

import contextlib
import itertools
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

PEER = Path(__file__).with_name("midi_peer.py")


def sweep() -> None:
    """Where no server runs, remove what killed ones left in shared memory: JACK has places for eight, and theirs stay taken. To be done
    before a client is made: libjack looks for the registry once."""
    if subprocess.run(["pgrep", "-x", "-r", "S,R,D", "jackd|jackdbus"], capture_output=True, check=False).returncode != 0:
        for left in Path("/dev/shm").glob("jack*"):
            shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)


class JackServer:
    """`jackd` with the dummy driver under a name of its own, which no other has had: what a client of a dead server leaves behind in
    shared memory makes the next server of its name hang. A killed one keeps its place, of eight, in JACK's registry until a server of
    the same name ends in order."""

    _numbers = itertools.count(1)
    _ending: ClassVar[list[subprocess.Popen[bytes]]] = []

    def __init__(self, period: int = 64) -> None:
        self.period, self.rate = period, 48000  # frames, Hz
        self.name = f"performer-test-{os.getpid()}-{next(self._numbers)}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server, again if it was killed, and wait until it answers.

        It is synchronous: the other kind does not wait for a client that is late, as any is here now and then without the right to
        real-time scheduling, and then loses what was sent to it and plays once more what it sent."""
        command = ["jackd", "-n", self.name, "-r", "-S", "-d", "dummy", "-r", str(self.rate), "-p", str(self.period)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        subprocess.run(["jack_wait", "-s", self.name, "-w", "-t", "10"], check=True, capture_output=True, timeout=15)

    def kill(self) -> None:
        """Kill the server as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(20)
            self._process = None

    @property
    def process(self) -> int:
        """The number of the server's process."""
        assert self._process is not None
        return self._process.pid

    @contextlib.contextmanager
    def stuck(self) -> Iterator[None]:
        """Meanwhile the server is there and answers nobody."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        """End the server in order, so that its place in JACK's registry is free again. It takes five seconds more for that where a client of it was
        killed, which nobody waits for: the next server has another name. `ended` waits for all."""
        if self._process is None:
            self.start()
        assert self._process is not None
        self._process.terminate()
        self._ending.append(self._process)
        self._process = None
        if len(self._ending) > 3:  # the registry has eight places
            self._ending.pop(0).wait(20)

    @classmethod
    def ended(cls) -> None:
        """Wait until all servers are gone that were ended."""
        while cls._ending:
            cls._ending.pop(0).wait(20)

    def ports(self) -> list[str]:
        """The full names of all ports."""
        return subprocess.run(["jack_lsp"], check=True, capture_output=True, text=True, errors="backslashreplace", timeout=10).stdout.split("\n")[:-1]

    def connect(self, source: str, target: str) -> None:
        subprocess.run(["jack_connect", source, target], check=True, capture_output=True, timeout=10)


class MidiPeer:
    """Another process with a MIDI port, connected to the port whose name contains `target`: role "play" sends to it, "hear" receives."""

    def __init__(self, role: str, target: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(PEER), role, target], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._heard: queue.SimpleQueue[list[int]] = queue.SimpleQueue()
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "connected\n"
        await_connection("Tester", target)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def play(self, messages: Sequence[Sequence[int]]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(messages) + "\n")
        self._process.stdin.flush()

    def heard(self, count: int, timeout: float = 15.0) -> list[list[int]]:
        """The next `count` messages. Raises queue.Empty when one of them does not come within `timeout` seconds."""
        return [self._heard.get(timeout=timeout) for _ in range(count)]

    def close(self) -> None:
        """End the process in order: a JACK server needs five seconds more for its own end where a client of it was killed."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        self._process.kill()
        self._process.wait(20)
        self._thread.join(5)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def __enter__(self) -> "MidiPeer":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._heard.put(json.loads(line))


def await_connection(client: str, target: str, seconds: float = 5.0) -> None:
    """Wait until a port of the client is connected with the port that has `target` in its name: JACK does so with its next cycle only."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        command = ["jack_lsp", "-c"]
        listed = subprocess.run(command, check=True, capture_output=True, text=True, errors="backslashreplace", timeout=10).stdout
        port = ""
        for line in listed.splitlines():
            if not line.startswith(" "):
                port = line
            elif target in port and client in line:
                return
    raise AssertionError(f"{client} was not connected with {target}")
