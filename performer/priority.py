"""Who goes first on the processor: the engine asks the system for the right to run before everything that can wait.

Its threads share Python's lock, so one that waits for the processor with the lock in hand holds up all the others: the whole process is raised,
and with it the threads that JACK's library starts in it, which ask for nothing where their server has no right to real time.
"""

import contextlib
import os
from pathlib import Path

REALTIME = 3  # of 1 to 99: above all that is not real-time, below the clients of a JACK server by its default (10; they have 5 less)
NICE = -11  # where real time is not to be had
THREADS = Path("/proc/self/task")


def raise_priority(beside_jack: bool = False) -> str:
    """Raise every thread of this process, and all that they will start. Returns what was granted: "real-time", "nice" or "normal".

    With `beside_jack` real time is asked for only where JACK has it, which shows in the threads of its library: a JACK server that is scheduled
    like everybody else would have to wait for us, and all its clients with it."""
    if hasattr(os, "sched_setscheduler"):
        with contextlib.suppress(OSError):
            threads = [int(each.name) for each in THREADS.iterdir()] if THREADS.exists() else [0]
            if not beside_jack or any(os.sched_getscheduler(thread) != os.SCHED_OTHER for thread in threads):
                for thread in threads:
                    _raise_thread(thread)
                return "real-time"
    if hasattr(os, "setpriority"):
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, NICE)
            return "nice"
    return "normal"


def _raise_thread(thread: int) -> None:
    """Raises OSError where the system refuses. A thread that has real time already keeps what it has."""
    with contextlib.suppress(ProcessLookupError):
        if os.sched_getscheduler(thread) == os.SCHED_OTHER:
            os.sched_setscheduler(thread, os.SCHED_RR, os.sched_param(REALTIME))


def lower_priority() -> None:
    """Undo it for every thread of this process: what it starts from now on is like everybody else."""
    if hasattr(os, "sched_setscheduler") and THREADS.exists():
        for thread in [int(each.name) for each in THREADS.iterdir()]:
            with contextlib.suppress(OSError):
                os.sched_setscheduler(thread, os.SCHED_OTHER, os.sched_param(0))
