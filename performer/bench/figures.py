"""The figures that every bench tells: percentiles of what was measured, and what the machine had to carry meanwhile. Pure but for the load."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from performer.errors import PerformerError

INSIDE = "No MIDI system answers here, so this was measured within one process; `performer doctor` tells how to get one."
SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "p999": 0.999}


def percentiles(times: Sequence[float]) -> Mapping[str, float]:
    """p50, p95, p99, p999 and max of times in seconds, as milliseconds: the time that at least this share does not pass (nearest rank).
    Raises PerformerError where there are none."""
    if not times:
        raise PerformerError("Nothing came back that could be measured.", "`performer doctor` says what is missing.")
    ordered = sorted(times)
    out = {name: ordered[min(len(ordered) - 1, int(share * len(ordered)))] for name, share in SHARES.items()}
    return {name: round(value * 1000, 3) for name, value in (*out.items(), ("max", ordered[-1]))}


def median(times: Sequence[float]) -> float:
    """The middle one of the times, in milliseconds with their sign."""
    return round(sorted(times)[len(times) // 2] * 1000, 3)


def surroundings(bench: str, transport: str, visuals: bool, model: str = "") -> dict[str, Any]:
    """How the JSON object of a bench begins: its name, what the notes went through (and a remark where that was no port), the model where one was
    chosen, the cores, and the load beside it as it is now."""
    more = {"remark": INSIDE} if transport == "loopback" else {}
    more |= {"model": model} if model else {}
    average = [round(value, 2) for value in os.getloadavg()] if hasattr(os, "getloadavg") else []
    return {"bench": bench, "transport": transport, **more, "cores": os.cpu_count(), "load": {"visuals": visuals, "average": average}}
