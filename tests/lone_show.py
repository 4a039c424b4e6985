"""A show in a session of its own that harmonises keys from OSC, and what can be seen of it: what it says, its children, its take, its end."""

import contextlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from performer.loopback import decode, encode
from tests.show_process import free_port

OFF = "".join(f"[{part}]\nenabled = false\n" for part in ("midi", "audio", "visuals", "desk"))
SOON = 2.0  # seconds within which a show ends
PATIENCE = 40.0


class LoneShow:
    """A show that harmonises keys which come over OSC, in a session of its own; `ready` waits until notes sound."""

    def __init__(self, folder: Path, text: str = OFF, takes: str | None = None, **options: Any) -> None:
        self.osc, self.takes = free_port(), Path(folder / "takes" if takes is None else takes)
        self._ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._ear.bind(("127.0.0.1", 0))
        osc = f'[osc]\nport = {self.osc}\nreply_port = {free_port()}\nclients = ["127.0.0.1:{self._ear.getsockname()[1]}"]\n'
        models = '[models]\nnotes = "echo"\n[[voice]]\nmode = "harmonise"\n'
        where = "" if takes == "" else f"[takes]\nfolder = '{self.takes}'\n"
        file = folder / "show.toml"
        file.write_text(f"{text}{osc}{where}{models}", encoding="utf-8")
        command = options.pop("command", [sys.executable, "-m", "performer"])
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True} | options
        self.process = subprocess.Popen([*command, "run", str(file)], **options)

    def sound(self) -> None:
        """Press three keys until their harmonies sound."""
        for _ in self._hear("/performer/played", True):
            return

    def errors(self, playing: bool = False) -> Iterator[tuple[Any, ...]]:
        """The arguments of each /performer/error; meanwhile keys are pressed or not."""
        yield from self._hear("/performer/error", playing)

    def _hear(self, address: str, playing: bool) -> Iterator[tuple[Any, ...]]:
        self._ear.settimeout(0.1)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            assert self.process.poll() is None, f"the show ended by itself with {self.process.returncode}"
            for pitch in (60, 64, 67) if playing else ():
                for datagram in (encode("/performer/note/off", pitch), encode("/performer/note/on", pitch, 90)):
                    self._ear.sendto(datagram, ("127.0.0.1", self.osc))
            with contextlib.suppress(TimeoutError, ConnectionError):
                yield from (message.arguments for message in decode(self._ear.recv(65507)) if message.address == address)
        raise AssertionError(f"no {address} came")

    def engine(self) -> int:
        """The process that plays: the first that was started, beside Python's own tracker of resources."""
        return next(child for child in self.children() if b"spawn_main" in command_of(child))

    def another_engine(self) -> None:
        """Wait until one process more is there than the tracker of resources."""
        end = time.monotonic() + PATIENCE
        while not any(b"spawn_main" in command_of(child) for child in self.children()) and time.monotonic() < end:
            time.sleep(0.05)

    def children(self) -> list[int]:
        """The processes that it started."""
        return [int(text) for text in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()]

    def ended(self, seconds: float = SOON) -> int:
        """Wait for its end, and see that nothing sounds, its take is whole and no process is left. Returns the exit status."""
        children, began = self.children() if self.process.poll() is None else [], time.monotonic()
        code = self.process.wait(seconds + 8)
        took = time.monotonic() - began
        assert took < seconds, f"it took {took:.1f} s"
        self.check_take()
        assert not [child for child in children if Path(f"/proc/{child}/cmdline").exists() and b"performer" in command_of(child)]
        return code

    def check_take(self) -> None:
        """Every take is whole, and each of its notes ended."""
        for take in self.takes.glob("*.jsonl"):
            lines = [json.loads(line) for line in take.read_text(encoding="utf-8").splitlines()]
            on, off = ([line[word][1:3] for line in lines if word in line] for word in ("on", "off"))
            assert "end" in lines[-1] and sorted(on) == sorted(off)

    def __enter__(self) -> "LoneShow":
        return self

    def __exit__(self, *_: object) -> None:
        self._ear.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(5)


def command_of(process: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_bytes()
    return b""
