"""How every process of a show is: what the supervisor knows of them, told once a second, and what follows from all of it in words.

The supervisor tells Performer's own processes on the loopback; the engine adds its figures and tells OSC clients, the desk answers GET /health.
"""

import contextlib
import json
import math
import os
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from performer.loopback import Loopback

ADDRESS = "/performer/supervisor/processes"
EVERY = 1.0  # seconds between two reports
STALE = 5.0  # seconds without a word after which a process is not believed to be well
LATELY = 60.0  # seconds after a restart in which the show counts as degraded
LITTLE_GB = 0.5  # of disk that is left
OK, DEGRADED, FAILED = "ok", "degraded", "failed"
NEEDED = ("engine",)  # without these there is no show


class Watched(Protocol):
    """A process as the supervisor knows it."""

    name: str
    restarts: int
    last_reason: str

    @property
    def pid(self) -> int | None: ...

    @property
    def state(self) -> str: ...


class Reporter:
    """Tells the engine and the desk how the processes are, every `EVERY` seconds. Used by the supervisor's thread."""

    def __init__(self, loopback: Loopback) -> None:
        self._loopback = loopback
        self._told = 0.0
        self._restarts: dict[str, tuple[int, float]] = {}  # how many, and when the last was seen

    def look(self, children: Sequence[Watched]) -> None:
        """Tell, if it is time."""
        now = time.monotonic()
        if now - self._told < EVERY:
            return
        self._told = now
        words = json.dumps([self._describe(child, now) for child in children])
        for place in ("engine", "desk"):
            self._loopback.send(place, ADDRESS, words)

    def _describe(self, child: Watched, now: float) -> dict[str, Any]:
        count, since = self._restarts.get(child.name, (0, now - LATELY))
        if child.restarts != count:
            since = now
        self._restarts[child.name] = child.restarts, since
        age = getattr(child, "beat_age", None)
        return {
            "name": child.name, "pid": child.pid, "state": child.state, "restarts": child.restarts, "reason": child.last_reason,
            "lately": now - since < LATELY, "memory_mb": memory_mb(child.pid), "beat_age_s": None if age is None else round(float(age), 1),
        }  # fmt: skip


def memory_mb(pid: int | None) -> int | None:
    """The megabytes of memory that a process holds; None where the system does not say."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") >> 20
    return None


def disk_left_gb(folder: Path) -> float | None:
    """The gigabytes that are left where the folder is, or will be; None where the system does not say. May wait for a slow disk."""
    for place in (folder, *folder.parents):
        with contextlib.suppress(OSError, ValueError):
            return math.floor(shutil.disk_usage(place).free / 1e8) / 10  # to a tenth: less is no news
    return None


def read_report(words: Any) -> list[dict[str, Any]]:
    """The processes that a message of the supervisor tells of; none where it makes no sense."""
    with contextlib.suppress(ValueError, TypeError):
        told = json.loads(words)
        return [each for each in told if isinstance(each, dict) and "name" in each]
    return []


def judge(processes: Sequence[Mapping[str, Any]], figures: Mapping[str, Any], silent_s: Mapping[str, float]) -> tuple[str, list[str]]:
    """ok, degraded or failed, and the reasons. `figures` are those of /performer/health; `silent_s` says for how many seconds the engine and the
    supervisor have said nothing to who asks."""
    failed, degraded = list[str](), list[str]()
    for process in processes:
        name, state, reason = process["name"], process.get("state"), process.get("reason") or "no reason is known"
        if state != "running":
            (failed if name in NEEDED else degraded).append(f"{name} is {state} ({reason})")
        elif process.get("lately"):
            degraded.append(f"{name} was started again, {process.get('restarts')} times in all ({reason})")
    for who, seconds in silent_s.items():
        if seconds > STALE:
            failed.append(f"the {who} has said nothing for {seconds:.0f} s")
    take = figures.get("take")
    if isinstance(take, Mapping) and take.get("problem"):
        degraded.append(str(take["problem"]))
    left = figures.get("disk_left_gb")
    if isinstance(left, int | float) and left < LITTLE_GB:
        degraded.append(f"{left:.2f} GB are left on the disk of the takes")
    for name, count in (figures.get("failures") or {}).items():
        if count:
            degraded.append(f"the thread {name} met {count} errors")
    return (FAILED if failed else DEGRADED if degraded else OK), [*failed, *degraded]
