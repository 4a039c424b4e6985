"""What the programs of this folder share: a JACK server of their own, and percentiles."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.jack import JackServer


@contextmanager
def own_jack() -> Iterator[JackServer]:
    """A JACK server that every process started meanwhile finds."""
    server = JackServer()
    os.environ |= {"JACK_DEFAULT_SERVER": server.name, "JACK_NO_START_SERVER": "1"}
    server.start()
    try:
        yield server
    finally:
        server.end()
        JackServer.ended()


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """p50, p95 and the greatest, in the values' own unit; not a number where there are none."""
    ordered = sorted(values) or [float("nan")]
    shares = {"p50": 0.5, "p95": 0.95, "max": 1.0}
    return {name: round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2) for name, share in shares.items()}
