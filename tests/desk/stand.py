"""The desk's own process on real sockets, and a stand-in for the engine at the other end of the loopback."""

import contextlib
import http.client
import io
import json
import multiprocessing
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from PIL import Image

from performer.desk.process import DeskOptions, run
from performer.loopback import PLACES, Loopback, bind_loopback, decode

PATIENCE = 10.0  # seconds for what should come at once
CONTEXT = multiprocessing.get_context("spawn")


def jpeg(grey: int, side: int = 64) -> bytes:
    """A picture of one grey."""
    file = io.BytesIO()
    Image.fromarray(np.full((side, side, 3), grey, np.uint8)).save(file, "JPEG")
    return file.getvalue()


def noise(number: int, side: int = 192) -> bytes:
    """A picture that does not compress, about as large as a datagram may be; `number` is the grey of its upper left corner."""
    pixels = np.random.default_rng(number).integers(0, 255, (side, side, 3), np.uint8)
    pixels[:16, :16] = number
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=75)
    return file.getvalue()


def corner(picture: bytes) -> int:
    """The grey of a picture's upper left corner."""
    return int(np.asarray(Image.open(io.BytesIO(picture)))[4:12, 4:12].mean().round())


def eventually(seen: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """Look until it is there, and return it."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found = seen()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"not seen: {what}")


class Stand:
    """A desk that serves, and what the engine hears of it."""

    def __init__(self, options: DeskOptions, bind: str = "127.0.0.1") -> None:
        self._sockets = {place: bind_loopback() for place in PLACES}
        ports = {place: sock.getsockname()[1] for place, sock in self._sockets.items()}
        self._http = socket.socket()
        self._http.bind((bind, 0))
        self._http.listen(64)
        self.port = self._http.getsockname()[1]
        self.engine = Loopback(self._sockets["engine"], ports)
        self._sockets["engine"].settimeout(0.5)
        here, there = CONTEXT.Pipe()
        self.lifeline = here
        self.process = CONTEXT.Process(target=run, args=(Loopback(self._sockets["desk"], ports), self._http, options, there))
        self.process.start()
        there.close()
        eventually(self._serves, "a desk that serves", 30.0)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"Host": self.host, **headers})
            response = connection.getresponse()
            return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()

    def say(self, address: str, *arguments: Any) -> None:
        """The engine tells the desk."""
        self.engine.send("desk", address, *arguments)

    def paint(self, picture: bytes) -> None:
        """The picture's process sends a frame."""
        self.engine.send_raw("desk", picture)

    def heard(self, patience: float = PATIENCE) -> Iterator[tuple[Any, ...]]:
        """What arrives at the engine, message by message, until nothing comes for long."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            try:
                datagram = self.engine.receive()
            except TimeoutError:
                continue
            for message in decode(datagram):
                yield (message.address, *message.arguments)

    def hears(self, *wanted: Any) -> tuple[Any, ...]:
        """Wait until the engine hears this message (its beginning is enough), and return it."""
        seen = []
        for message in self.heard():
            if message[: len(wanted)] == wanted:
                return message
            seen.append(message)
        raise AssertionError(f"the engine did not hear {wanted}, only {seen}")

    def health(self) -> dict[str, Any]:
        return dict(json.loads(self.get("/health")[2]))

    def end(self) -> int | None:
        """Close the lifeline; the exit status."""
        self.lifeline.close()
        self.process.join(5.0)
        code = self.process.exitcode
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.process.close()
        for sock in (self._http, *self._sockets.values()):
            sock.close()
        return code

    def _serves(self) -> bool:
        assert self.process.is_alive(), "the desk ended"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1.0)
        with contextlib.closing(connection), contextlib.suppress(OSError):
            connection.request("GET", "/health")
            connection.getresponse().read()
            return True
        return False
