"""`bench frames`: how many pictures the generator paints and the screen shows, as the show itself tells them while it stands."""

import json
import socket
import time
from collections import defaultdict
from typing import Any

from performer.assets import find_model
from performer.bench.figures import surroundings
from performer.bench.stage import Play, show
from performer.card import read_card
from performer.errors import PerformerError
from performer.loopback import LARGEST, decode
from performer.show import Show


def bench_frames(seconds: float = 10.0) -> dict[str, Any]:
    """The JSON object: means over the seconds, the generator asked for 60 pictures a second."""
    with show(Play(midi=False, visuals=True)) as stage:
        told = _told(stage.ear, seconds)
    if "fps" not in told["visuals"]:
        raise PerformerError("The generator said nothing of its pictures.", "Measure longer.")
    folder = find_model(told["visuals"]["model"][-1], Show().models.folders)
    return surroundings("frames", "none", True) | {
        "seconds": seconds, "model": told["visuals"]["model"][-1], "px": None if folder is None else read_card(folder).shape.get("px"),
        "generator_fps": _mean(told["visuals"]["fps"]), "generator_ms": told["visuals"]["ms"][-1],
        "presenter_fps": _mean(told["screen"]["fps"]), "late_frames_percent": _mean(told["screen"]["late_percent"]),
        "longest_ms": max(told["screen"]["longest_ms"], default=None),
    }  # fmt: skip


def _told(ear: socket.socket, seconds: float) -> dict[str, dict[str, list[Any]]]:
    """What `visuals` and `screen` said of themselves from now on, by the word."""
    told: dict[str, dict[str, list[Any]]] = {who: defaultdict(list) for who in ("visuals", "screen")}
    last: dict[str, Any] = {}
    end = time.monotonic() + seconds
    ear.settimeout(0.2)
    while time.monotonic() < end:
        try:
            messages = list(decode(ear.recv(LARGEST)))
        except TimeoutError:
            continue
        for message in messages:
            facts = json.loads(message.arguments[0]) if message.address == "/performer/status" else {}
            for who in told.keys() & facts.keys():
                if facts[who] != last.get(who):
                    last[who] = facts[who]
                    for word, value in facts[who].items():
                        told[who][word].append(value)
    return told


def _mean(values: list[float]) -> float | None:
    return round(sum(values) / len(values), 2) if values else None
