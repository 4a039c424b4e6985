"""`bench idle`: what a show costs while nobody plays, as the kernel counts it in /proc, and how late the first reply after that is.

A voluntary context switch is a thread that went to sleep; so many a second are its wake-ups. CPU time is counted in ticks of 10 ms, and
does not depend on what else this machine has to do."""

import contextlib
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from performer.bench.figures import surroundings
from performer.bench.line import Line, midi_system, ports
from performer.bench.reply import play_phrase
from performer.bench.stage import Play, Stage, descendants, show
from performer.errors import PerformerError
from performer.progress import Watch, unwatched

CASES: Mapping[str, Play] = {
    "default": Play(visuals=True, desk=True),
    "picture off": Play(),
    "page open": Play(visuals=True, desk=True),
    "after six model swaps": Play(),
}
SWAPS = ("lstm-drums", "lstm-first", "lstm-piano", "transformer-piano", "lstm-first-int8", "lstm-first")
SWAP_S = 4.0  # seconds between two swaps
SETTLE_S = 12.0  # seconds after which a show without a player is quiet
PLAYED = 12  # notes before the silence, and as many whose replies the first one is compared with


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process has used since it began."""

    name: str
    cpu_s: float
    switches: int
    rss_mb: float
    threads: Mapping[str, int]
    """voluntary context switches, by the number of the thread"""


def read_usage(pid: int) -> Usage | None:
    """What the process has used, by /proc; None where it has ended. Linux only."""
    try:
        folder = Path(f"/proc/{pid}")
        stat = (folder / "stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
        pages = int((folder / "statm").read_text(encoding="ascii").split()[1])
        threads: dict[str, int] = {}
        for task in (folder / "task").iterdir():
            with contextlib.suppress(OSError):
                threads[task.name] = _switches((task / "status").read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return None
    cpu_s = (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
    rss_mb = pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    return Usage(_name(words), cpu_s, sum(threads.values()), round(rss_mb, 1), threads)


def _switches(status: str) -> int:
    """A thread's voluntary context switches.

    >>> _switches("Name:\\tpython\\nvoluntary_ctxt_switches:\\t41\\nnonvoluntary_ctxt_switches:\\t3")
    41
    """
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("voluntary_ctxt_switches:"))


def _name(words: list[str]) -> str:
    """What a person calls a process of the show.

    >>> _name(["python", "-m", "performer", "run", "a.toml"]), _name(["python", "-c", "from multiprocessing.spawn import x"])
    ('performer', 'spawn')
    """
    if "performer" in words:
        return "performer"
    return "spawn" if any("spawn" in word for word in words) else "tracker"


def compare(before: Mapping[int, Usage], after: Mapping[int, Usage], seconds: float) -> dict[str, Any]:
    """The JSON object of so many seconds: `cpu_percent` of one core, `wakeups` a second and `rss_mb` of all, and of each process."""
    each: list[dict[str, Any]] = []
    for pid, used in after.items():
        began = before.get(pid, Usage(used.name, 0.0, 0, 0.0, {}))
        threads = {name: round((count - began.threads.get(name, 0)) / seconds, 1) for name, count in used.threads.items()}
        each.append({
            "process": f"{used.name} {pid}", "cpu_percent": round(100.0 * (used.cpu_s - began.cpu_s) / seconds, 1),
            "wakeups": round((used.switches - began.switches) / seconds, 1), "rss_mb": used.rss_mb,
            "threads": dict(sorted(threads.items(), key=lambda thread: -thread[1])[:8]),
        })  # fmt: skip
    total = {key: round(sum(process[key] for process in each), 1) for key in ("cpu_percent", "wakeups", "rss_mb")}
    return total | {"processes": each}


def bench_idle(seconds: float, cases: tuple[str, ...] = tuple(CASES), settle_s: float = SETTLE_S, watch: Watch = unwatched) -> dict[str, Any]:
    """The JSON object: for each case what the show costs in so many seconds without a player, and its replies: `warm_ms` while somebody plays,
    `first_ms` after the silence. Raises PerformerError where there is no /proc, no MIDI system or no such case."""
    system = midi_system()
    if system is None or read_usage(os.getpid()) is None:
        raise PerformerError("`bench idle` needs /proc and a MIDI system.", "Run it on Linux, with a JACK server or ALSA's sequencer.")
    unknown = [name for name in cases if name not in CASES]
    if unknown:
        raise PerformerError(f"--case '{unknown[0]}' is no show of this bench.", f"Give one of: {', '.join(CASES)}.")
    found: dict[str, Any] = {}
    for number, name in enumerate(cases):
        watch("shows without a player", number, len(cases))
        with show(CASES[name]) as stage, ports(system) as line, _prepared(name, stage):
            found[name] = _measure(stage, line, seconds, settle_s)
    watch("shows without a player", len(cases), len(cases))
    return surroundings("idle", system.name.lower(), True) | {"seconds": seconds, "cases": found}


def _measure(stage: Stage, line: Line, seconds: float, settle_s: float) -> dict[str, Any]:
    play_phrase(line, PLAYED, 8.0, 1)
    warm = play_phrase(line, PLAYED, 8.0, 1).first
    _wait(settle_s)
    before = _all(stage)
    _wait(seconds)
    costs = compare(before, _all(stage), seconds)
    first = play_phrase(line, 1, 8.0, 1).first
    return costs | {
        "warm_ms": round(1000.0 * sorted(warm)[len(warm) // 2], 2) if warm else None,
        "first_ms": round(1000.0 * first[0], 2) if first else None,
    }


@contextlib.contextmanager
def _prepared(name: str, stage: Stage) -> Iterator[None]:
    """What the case needs besides its show."""
    with contextlib.ExitStack() as stack:
        if name == "page open":
            from websockets.sync.client import connect

            page = stack.enter_context(connect(f"ws://127.0.0.1:{stage.page}/ws?pictures=1"))
            threading.Thread(target=_read_all, args=(page,), daemon=True).start()
        elif name == "after six model swaps":
            for model in SWAPS:
                stage.say("/performer/model", model)
                _wait(SWAP_S)
        yield


def _read_all(page: Any) -> None:
    with contextlib.suppress(Exception):  # the show ends, and the page with it
        for _ in page:
            pass


def _all(stage: Stage) -> dict[int, Usage]:
    pids = (stage.process.pid, *descendants(stage.process.pid))
    return {pid: usage for pid in pids if (usage := read_usage(pid)) is not None}


def _wait(seconds: float) -> None:
    threading.Event().wait(seconds)
