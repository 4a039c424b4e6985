"""Who looks at the picture from outside, as a page of the desk does: every picture that comes, with its moment, in a thread of its own."""

import contextlib
import io
import threading
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect
from websockets.typing import Origin

REST = 20.0  # times less than what is visible is no movement
VISIBLE = 1.0  # of 255, in the mean over the picture: what changes by so much has visibly changed


class Seen(NamedTuple):
    """A picture as it came: its moment (time.perf_counter) and its JPEG."""

    moment: float
    jpeg: bytes


class Eye:
    """A page's WebSocket. `seen` grows."""

    def __init__(self, port: int) -> None:
        self.seen: list[Seen] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, args=(port,), name="eye", daemon=True)
        self._thread.start()

    def since(self, moment: float) -> list[Seen]:
        """What came from this moment on, and the one before it."""
        seen = self.seen[:]
        first = next((place for place, each in enumerate(seen) if each.moment >= moment), len(seen))
        return seen[max(0, first - 1) :]

    def close(self) -> None:
        self._over.set()
        self._thread.join(3.0)

    def _look(self, port: int) -> None:
        here = f"127.0.0.1:{port}"
        with (
            contextlib.suppress(OSError, WebSocketException),
            connect(f"ws://{here}/ws?pictures=1", origin=Origin(f"http://{here}"), compression=None) as page,
        ):
            while not self._over.is_set():
                with contextlib.suppress(TimeoutError):
                    message = page.recv(timeout=0.5)
                    if isinstance(message, bytes):
                        self.seen.append(Seen(time.perf_counter(), message))


@contextlib.contextmanager
def eye(port: int) -> Iterator[Eye]:
    """An eye on the desk at this port of this machine."""
    opened = Eye(port)
    try:
        yield opened
    finally:
        opened.close()


def change(seen: Sequence[Seen], visible: float = VISIBLE) -> float | None:
    """The moment of the first picture that differs visibly from the first of all; None where none does."""
    for each in seen[1:]:
        if each.jpeg != seen[0].jpeg and float(np.abs(_pixels(each) - _pixels(seen[0])).mean()) >= visible:
            return each.moment
    return None


def still(seen: Sequence[Seen]) -> bool:
    """Whether nobody could see a difference between these pictures: what fades away does so for long."""
    first = _pixels(seen[0])
    return all(each.jpeg == seen[0].jpeg or float(np.abs(_pixels(each) - first).mean()) < VISIBLE / REST for each in seen[1:])


def _pixels(seen: Seen) -> npt.NDArray[np.float32]:
    return np.asarray(Image.open(io.BytesIO(seen.jpeg)).convert("RGB"), np.float32)
