"""A MIDI listener in a process of its own that notes when each message came, and what sounds."""

import queue
import threading
import time
from collections.abc import Callable

from tests.jack import MidiPeer


class Listener:
    """Hears the port with this in its name, on a thread. Connected when the constructor returns."""

    def __init__(self, target: str) -> None:
        self._peer = MidiPeer("hear", target)
        self._changed = threading.Condition()
        self._over = False
        self.heard: list[tuple[float, list[int]]] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while not self._over:
            try:
                message = self._peer.heard(1, 0.2)[0]
            except queue.Empty:
                continue
            with self._changed:
                self.heard.append((time.monotonic(), message))
                self._changed.notify_all()

    def sounding(self) -> set[tuple[int, int]]:
        """Channel (from 0) and pitch of what sounds."""
        out: set[tuple[int, int]] = set()
        for _, (status, *data) in list(self.heard):
            if status & 0xF0 == 0x90 and data[1]:
                out.add((status & 15, data[0]))
            elif status & 0xF0 in (0x80, 0x90):
                out.discard((status & 15, data[0]))
        return out

    def wait_for(self, holds: Callable[[], bool], seconds: float) -> bool:
        """Wait until this holds. Whether it does."""
        with self._changed:
            return self._changed.wait_for(holds, seconds)

    def __enter__(self) -> "Listener":
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._thread.join(5)
        self._peer.close()
