"""`bench models`: what one event costs each note model that there is, on one thread: to hear it (step) and to think of the next (query)."""

import time
from pathlib import Path
from typing import Any

import numpy as np

from performer.assets import models_dir, own_models_dir
from performer.bench.figures import percentiles, surroundings
from performer.card import read_card
from performer.constraints import Constraints
from performer.errors import ModelError
from performer.inference.lstm import load_mind
from performer.progress import Watch, unwatched, watched


def bench_models(events: int, watch: Watch = unwatched) -> dict[str, Any]:
    """The JSON object; models by their names, `left_out` those that cannot be opened and why."""
    steps, queries, left_out = {}, {}, {}
    for folder in watched(note_models(), watch, "models"):
        try:
            hearing, thinking = spent(folder, events)
        except ModelError as error:
            left_out[folder.name] = error.problem
            continue
        steps[folder.name], queries[folder.name] = percentiles(hearing), percentiles(thinking)
    return surroundings("models", "none", False) | {"n": events, "step_ms": steps, "query_ms": queries, "left_out": left_out}


def note_models() -> list[Path]:
    """The folders of the note models that ship and of the user's own."""
    folders = [card.parent for place in (models_dir(), own_models_dir()) for card in sorted(place.glob("*/card.toml"))]
    return [folder for folder in folders if read_card(folder).role == "notes"]


def spent(folder: Path, events: int) -> tuple[list[float], list[float]]:
    """Seconds of each step and of each query of the model in `folder`, which plays by itself. Raises ModelError."""
    mind, rng = load_mind(folder), np.random.default_rng(0)
    mind.warm()
    hearing, thinking = [], []
    for _ in range(events):
        begun = time.perf_counter()
        note = mind.query(Constraints(), rng)
        thought = time.perf_counter()
        mind.feed(note)
        hearing.append(time.perf_counter() - thought)
        thinking.append(thought - begun)
    return hearing, thinking
