"""A whole show in processes of its own, as a person starts it."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

SILENT = ("[audio]\nenabled = false", "[visuals]\nenabled = false", "[desk]\nenabled = false", "[midi]\nenabled = false")


def free_port(kind: socket.SocketKind = socket.SOCK_DGRAM) -> int:
    """A port of 127.0.0.1 that nobody uses now."""
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class ShowProcess:
    """`performer run` on a show file of these lines; its takes go to the folder. It has started when the constructor returns."""

    def __init__(self, folder: Path, *lines: str, arguments: Sequence[str] = ()) -> None:
        self.osc, self.reply, self.page = free_port(), free_port(), free_port(socket.SOCK_STREAM)
        self.takes = folder / "takes"
        text = "\n".join(lines)
        for section, keys in (("osc", f"port = {self.osc}\nreply_port = {self.reply}"), ("desk", f"port = {self.page}")):
            text = text.replace(f"[{section}]", f"[{section}]\n{keys}") if f"[{section}]" in text else f"[{section}]\n{keys}\n{text}"
        file = folder / "test.show.toml"
        file.write_text(f'[takes]\nfolder = "{self.takes.as_posix()}"\n{text}\n', encoding="utf-8")
        command = [sys.executable, "-m", "performer", "run", str(file), *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=dict(os.environ))
        self.words: list[str] = []
        self._started = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if not self._started.wait(30) or self.process.poll() is not None:
            self.end()
            raise AssertionError("the show did not start: " + "".join(self.words))

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.words.append(line)
            if line.startswith("Ctrl-C ends"):
                self._started.set()
        self._started.set()

    @property
    def take(self) -> Path:
        """The take that it writes."""
        return next(self.takes.glob("*.jsonl"))

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send the signal and return the exit status; a show that does not end by itself is killed and gives -9."""
        self.process.send_signal(number)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)
        self._reader.join(5)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return self.process.returncode

    def __enter__(self) -> "ShowProcess":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None or (self.process.stdout is not None and not self.process.stdout.closed):
            self.end()
