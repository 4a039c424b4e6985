"""Python's garbage collector, kept out of the music: it is off while anything sounds, and works in the pauses. Thread `housekeeping`.

What the show starts with is frozen (never looked at again). Most of what is made while playing is freed at once by counting references; only cycles
wait for a pause, and there are few.
"""

import gc
import logging
import threading
from collections.abc import Callable

log = logging.getLogger("performer")
EVERY = 1.0  # seconds between two looks
MANY = 100_000  # objects that wait, over which a short pause is used as well


class Housekeeping:
    """`pause()` tells how long nothing will happen, in seconds, as far as it is known. `collections` counts."""

    def __init__(self, pause: Callable[[], float], long: float = 1.0, short: float = 0.03) -> None:
        self.collections = 0
        self._pause, self._long, self._short = pause, long, short
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Collect, freeze what is there, and switch the collector off."""
        gc.collect()
        gc.freeze()
        gc.disable()
        self._thread.start()

    def stop(self) -> None:
        """As Python has it by itself again."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(2.0)
        gc.unfreeze()
        gc.enable()

    def look(self) -> None:
        """Collect if this is a pause: all in a long one, the youngest objects in a short one where they are many."""
        pause, waiting = self._pause(), gc.get_count()[0]
        if waiting and pause >= self._long:
            gc.collect()
        elif waiting > MANY and pause >= self._short:
            gc.collect(0)
        else:
            return
        self.collections += 1

    def _run(self) -> None:
        while not self._ended.wait(EVERY):
            try:
                self.look()
            except Exception:
                log.exception("the pause could not be used; the next one will be")
