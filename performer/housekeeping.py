"""What is kept out of the music, and done in its pauses: Python's garbage collector, and a processor that dozes. Thread `housekeeping`.

What the show starts with is frozen (never looked at again). Most of what is made while playing is freed at once by counting references; only cycles
wait for a pause, and there are few. The processor is kept awake until nobody has played for long: an installation sleeps at night.
"""

import contextlib
import gc
import logging
import threading
from collections.abc import Callable

from performer.awake import Awake

log = logging.getLogger("performer")
EVERY = 1.0  # seconds between two looks
MANY = 100_000  # objects that wait, over which a short pause is used as well
NIGHT = 900.0  # seconds without a note after which the processor may doze


class Housekeeping:
    """`pause()` tells how long nothing will leave, in seconds, as far as it is known, and `silent()` whether nobody plays. `collections` counts.
    `keep` is called at each look. `awake`: None where the processor may doze as it likes."""

    def __init__(
        self,
        pause: Callable[[], float],
        silent: Callable[[], bool] = lambda: False,
        awake: Awake | None = None,
        long: float = 1.0,
        short: float = 0.03,
        keep: Callable[[], object] = lambda: None,
    ) -> None:
        self.collections = 0
        self._pause, self._silent, self._awake, self._long, self._short = pause, silent, awake, long, short
        self._rested = 0.0  # seconds of silence
        self._keep = keep
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Collect, freeze what is there, and switch the collector off."""
        gc.collect()
        gc.freeze()
        gc.disable()
        self._wake()
        self._thread.start()

    def stop(self) -> None:
        """As Python has it by itself again."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(2.0)
        gc.unfreeze()
        gc.enable()
        if self._awake is not None:
            self._awake.let_go()

    def look(self) -> None:
        """Collect if this is a pause: all in a long one, the youngest objects in a short one where they are many. To be called `EVERY` seconds."""
        pause, waiting = self._pause(), gc.get_count()[0]
        self._rested = self._rested + EVERY if self._silent() else 0.0
        if self._rested < NIGHT:
            self._wake()
        elif self._awake is not None:
            self._awake.let_go()
        if waiting and pause >= self._long:
            gc.collect()
        elif waiting > MANY and pause >= self._short:
            gc.collect(0)
        else:
            return
        self.collections += 1

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # `performer doctor` has a remedy
            if self._awake is not None:
                self._awake.hold()

    def _run(self) -> None:
        while not self._ended.wait(EVERY):
            try:
                self._keep()
                self.look()
            except Exception:
                log.exception("the pause could not be used; the next one will be")
