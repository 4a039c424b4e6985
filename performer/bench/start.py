"""`bench start`: from the command to the show that plays, and the memory of all its processes."""

from typing import Any

from performer.bench.figures import surroundings
from performer.bench.line import midi_system
from performer.bench.stage import Play, rss_mb, show


def bench_start(visuals: bool = True) -> dict[str, Any]:
    """The JSON object; `rss_mb` is None where the system does not tell."""
    system = midi_system()
    with show(Play(midi=system is not None, visuals=visuals)) as stage:
        memory = rss_mb(stage.process.pid)
        transport = "none" if system is None else system.name.lower()
        return surroundings("start", transport, visuals) | {"ready_s": round(stage.ready_s, 3), "rss_mb": memory}
