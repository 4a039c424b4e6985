"""The command `performer bench`: which bench by its name, and its object as JSON or in words."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from performer.bench.endure import bench_endure
from performer.bench.follow import TAKES, bench_follow
from performer.bench.frames import CLICKS, bench_frames
from performer.bench.models import EVENTS, bench_models
from performer.bench.notochord import bench_notochord
from performer.bench.osc import bench_osc
from performer.bench.reply import bench_reply
from performer.bench.response import bench_response
from performer.bench.start import bench_start
from performer.bench.style import bench_style
from performer.bench.timing import bench_timing
from performer.bench.trouble import KILLS, SECONDS, bench_trouble
from performer.minds import open_mind

BRIEF_NOTES, BRIEF_SECONDS = 100, 5.0  # of each in `all`


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says; None where it leaves the choice to the bench."""

    notes: int | None = None
    rate: float | None = None
    voices: int = 1
    silence: float = 0.0
    seconds: float | None = None
    delay: float | None = None
    visuals: bool = False
    python: Path | None = None
    takes: Path | None = None
    model: str = ""
    kills: int | None = None
    sounds: tuple[Path, ...] = ()


def _model(asked: Asked) -> str:
    """The model that the show of the bench is to play; empty: its own choice. Raises ModelError: a show would play another one instead."""
    if asked.model:
        open_mind(asked.model)
    return asked.model


def _all(asked: Asked) -> dict[str, Any]:
    visuals = asked.visuals
    return {
        "bench": "all",
        "start": bench_start(visuals),
        "models": bench_models(BRIEF_NOTES),
        "reply": bench_reply(asked.notes or BRIEF_NOTES, asked.rate or 16.0, asked.voices, asked.silence, visuals),
        "timing": bench_timing(asked.seconds or BRIEF_SECONDS, asked.delay, visuals),
        "osc": bench_osc(asked.seconds or BRIEF_SECONDS, visuals=visuals),
        "frames": bench_frames(asked.seconds or BRIEF_SECONDS),
    }


BENCHES: Mapping[str, Callable[[Asked], dict[str, Any]]] = {
    "reply": lambda asked: bench_reply(asked.notes or 2000, asked.rate or 16.0, asked.voices, asked.silence, asked.visuals, _model(asked)),
    "timing": lambda asked: bench_timing(asked.seconds or 60.0, asked.delay, asked.visuals, _model(asked)),
    "models": lambda asked: bench_models(asked.notes or EVENTS),
    "frames": lambda asked: bench_frames(asked.seconds or 10.0, asked.notes or CLICKS),
    "osc": lambda asked: bench_osc(asked.seconds or 30.0, asked.rate or 5000.0, asked.visuals),
    "start": lambda asked: bench_start(asked.visuals),
    "endure": lambda asked: bench_endure(asked.model or "lstm-first-int8", asked.notes or 60, round((asked.seconds or 600.0) / 60), asked.visuals),
    "response": lambda asked: bench_response(asked.sounds),
    "trouble": lambda asked: bench_trouble(asked.kills or KILLS, asked.seconds or SECONDS),
    "notochord": lambda asked: bench_notochord(asked.python, asked.notes or 200),
    "style": lambda asked: bench_style(asked.takes, asked.model or "lstm-drums"),
    "follow": lambda asked: bench_follow(asked.takes, asked.notes or TAKES, asked.model or "lstm-first-int8"),
    "all": _all,
}


def bench(name: str, asked: Asked, as_json: bool) -> str:
    """Measure, and tell it as one JSON object or a line a figure. Raises PerformerError where it cannot be measured."""
    result = BENCHES[name](asked)
    return json.dumps(result) if as_json else "\n".join(_lines(result))


def _lines(result: Mapping[str, Any], indent: str = "") -> list[str]:
    lines = []
    for key, value in result.items():
        if isinstance(value, Mapping) and any(isinstance(each, Mapping) for each in value.values()):
            lines += [f"{indent}{key}:", *_lines(value, indent + "  ")]
        elif isinstance(value, Mapping):
            lines.append(f"{indent}{key}: " + ", ".join(f"{name} {each}" for name, each in value.items()))
        else:
            lines.append(f"{indent}{key}: {value}")
    return lines
