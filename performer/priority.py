"""Who goes first on the processor: the engine asks the system for the right to run before everything that can wait.

Its threads share Python's lock, so one that waits for the processor with the lock in hand holds up all the others: the whole process is raised,
and with it the threads that JACK's library starts in it, which ask for nothing where their server has no right to real time. Among them those go
first that sleep until a moment which may not pass, a due note or a key: of equal ones who computes goes on until it rests.
"""

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

REALTIME, PUNCTUAL = 3, 4  # of 1 to 99: above all that is not real-time, below the clients of a JACK server by its default (10; they have 5 less)
NICE, NICEST = -11, -15  # where real time is not to be had
THREADS = Path("/proc/self/task")
_punctual: set[int] = set()  # the threads that go first


@contextlib.contextmanager
def punctual() -> Iterator[None]:
    """Meanwhile the calling thread goes before all others of this process, where that has been raised or will be."""
    thread = threading.get_native_id()
    _punctual.add(thread)
    with contextlib.suppress(OSError, AttributeError):
        if os.sched_getscheduler(thread) == os.SCHED_RR:
            _raise_thread(thread)
        elif os.getpriority(os.PRIO_PROCESS, thread) == NICE:
            os.setpriority(os.PRIO_PROCESS, thread, NICEST)
    try:
        yield
    finally:
        _punctual.discard(thread)


def raise_priority(beside_jack: bool = False, real_time: bool = True) -> str:
    """Raise every thread of this process, and all that they will start. Returns what was granted: "real-time", "nice" or "normal".

    With `beside_jack` real time is asked for only where JACK has it, which shows in the threads of its library: a JACK server that is scheduled
    like everybody else would have to wait for us, and all its clients with it. Without `real_time` it is not asked for."""
    threads = _threads()
    if real_time and hasattr(os, "sched_setscheduler"):
        with contextlib.suppress(OSError):
            if not beside_jack or any(os.sched_getscheduler(thread) != os.SCHED_OTHER for thread in threads):
                for thread in threads:
                    _raise_thread(thread)
                return "real-time"
    if hasattr(os, "setpriority"):
        with contextlib.suppress(OSError):
            for thread in threads:
                with contextlib.suppress(ProcessLookupError):
                    os.setpriority(os.PRIO_PROCESS, thread, NICEST if thread in _punctual else NICE)
            return "nice"
    return "normal"


def _threads() -> list[int]:
    """All of this process; where nobody tells, or a process is niced as one, 0, which stands for itself."""
    return [int(each.name) for each in THREADS.iterdir()] if THREADS.exists() else [0]


def _raise_thread(thread: int) -> None:
    """Raises OSError where the system refuses. A thread that has as much or another kind of real time, as JACK's, keeps what it has."""
    wanted = PUNCTUAL if thread in _punctual else REALTIME
    with contextlib.suppress(ProcessLookupError):
        has, policy = os.sched_getparam(thread).sched_priority, os.sched_getscheduler(thread)
        if policy == os.SCHED_OTHER or (policy == os.SCHED_RR and has < wanted):
            os.sched_setscheduler(thread, os.SCHED_RR, os.sched_param(wanted))


def lower_priority() -> None:
    """Give back the real time of every thread of this process: what it starts from now on is like everybody else."""
    if hasattr(os, "sched_setscheduler"):
        for thread in _threads():
            with contextlib.suppress(OSError):
                os.sched_setscheduler(thread, os.SCHED_OTHER, os.sched_param(0))
