"""`bench follow`: does the band listen? On the virtual clock, with the model that plays in a show.

Key: a player modulates, a voice that accompanies and one that harmonises follow; in the two bars that begin two bars later nine notes in ten are to
be in the new key. Density and dynamics: a player's onsets a bar and loudness change, and a voice told to follow changes with them (Spearman's
rank correlation over the bars of each take).
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from performer.bench.figures import surroundings
from performer.bench.player import SECONDS, Modulating, Note, cadences, events, players, swelling
from performer.errors import PerformerError
from performer.events import Sync, Timed
from performer.inference.mind import Mind
from performer.minds import open_mind
from performer.offline import Offline
from performer.outputs.take import Sounded
from performer.parameters import Table
from performer.progress import Watch, unwatched, watched
from performer.session.parts import Parts
from performer.session.room import CHORD
from performer.session.state import Session

TAKES, SWELLS, SWELL_BARS = 50, 8, 32
IN_KEY = 0.9  # of a voice's notes: then it plays in the key
FEWEST = 3  # notes by which a voice can be judged
FOLLOWING = {"follow": 1.0, "velocity": 1.0}


def bench_follow(folder: Path | None, takes: int, model: str, watch: Watch = unwatched) -> dict[str, Any]:
    """The JSON object. `takes` players modulate: those of a folder of MIDI files, else made-up ones. Raises PerformerError."""
    mind, drums = open_mind(model), open_mind("lstm-drums")
    swells = max(2, takes * SWELLS // TAKES)
    made = players(folder, takes) if folder else cadences(takes)
    return surroundings("follow", "none", False) | {
        "model": model,
        "players": str(folder) if folder else "made up",
        "key": follow_key(made, mind.fork, takes, watch),
        "accompany": follow_swells(swells, mind.fork, "accompany", "keys", watch),
        "drums": follow_swells(swells, drums.fork, "drums", "drums", watch),
    }


def follow_key(takes: Iterable[Modulating], mind: Callable[[], Mind], most: int = 0, watch: Watch = unwatched) -> dict[str, Any]:
    """The share of takes in which each voice was in the new key within two bars, and the mean shares of notes."""
    shares: dict[str, list[tuple[float, float, float]]] = {"accompany": [], "harmonise": []}
    count = 0
    for take in takes:
        watch("takes that modulate", count, most)
        count += 1
        notes = _played(take.notes, take.turn + 4 * take.bar, mind(), ("accompany", "harmonise"), {"density": 6.0})
        for number, found in enumerate(shares.values(), start=1):
            own = [note for note in notes if note.voice == number]
            later = _between(own, take.turn + 2 * take.bar, take.turn + 4 * take.bar)
            soon = _between(own, take.turn + take.bar, take.turn + 2 * take.bar)
            if len(later) >= FEWEST:
                found.append((_share(later, take.new), _share(later, take.old), _share(soon, take.new)))
    return {"takes": count} | {name: _key_figures(found) for name, found in shares.items()}


def _key_figures(shares: Sequence[tuple[float, float, float]]) -> dict[str, Any]:
    if not shares:
        raise PerformerError("No voice played enough to be judged.", "Give other takes.")
    new, old, soon = np.array(shares).T
    return {
        "judged": len(shares), "followed": round(float(np.mean(new >= IN_KEY)), 3), "in_new_key": round(float(new.mean()), 3),
        "in_old_key": round(float(old.mean()), 3), "in_new_key_in_second_bar": round(float(np.nanmean(soon)), 3),
    }  # fmt: skip


def follow_swells(takes: int, mind: Callable[[], Mind], mode: str, instrument: str, watch: Watch = unwatched) -> dict[str, Any]:
    """Rank correlations of onsets a bar and of loudness, the mean and the least of the takes."""
    density, loudness = [], []
    for seed in watched(range(takes), watch, f"swells, {mode}"):
        heard = swelling(SWELL_BARS, seed)
        notes = _played(heard, SWELL_BARS * SECONDS, mind(), (mode,), FOLLOWING, instrument)
        theirs, ours = [_bars(heard), _bars(notes)]
        density.append(rank_correlation(_onsets(heard), _onsets(notes)))
        both = [(float(np.mean(a)), float(np.mean(b))) for a, b in zip(theirs, ours, strict=True) if a and b]
        loudness.append(rank_correlation([a for a, _ in both], [b for _, b in both]))
    figures = {name: (round(float(np.mean(found)), 3), round(min(found), 3)) for name, found in (("density", density), ("dynamics", loudness))}
    return {"takes": takes} | {f"{name}_{word}": value for name, pair in figures.items() for word, value in zip(("mean", "least"), pair, strict=True)}


def rank_correlation(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Spearman's: the correlation of the ranks, equals sharing theirs. 0 where one of them never changes."""
    a, b = _ranks(ours), _ranks(theirs)
    return float(np.corrcoef(a, b)[0, 1]) if len(a) > 1 and a.std() and b.std() else 0.0


def _ranks(values: Sequence[float]) -> Any:
    array = np.asarray(values, np.float64)
    return np.array([(array < value).sum() + ((array == value).sum() - 1) / 2 for value in array])


def _played(
    heard: Sequence[Note], until: float, mind: Mind, modes: Sequence[str], settings: dict[str, Any], instrument: str = "keys"
) -> list[Sounded]:
    """What voices of these modes play with the player. The player begins with the first bar."""
    values = {f"/performer/voice/{number}/mode": mode for number, mode in enumerate(modes, start=1)}
    values |= {f"/performer/voice/{number}/{name}": value for number in range(1, len(modes) + 1) for name, value in settings.items()}
    session = Session(Table(len(modes)), Parts.named((instrument,) * len(modes)), 7, values)
    graph = Offline(session, mind)
    return graph.play([Timed(0.0, Sync()), *(timed for timed in events(heard) if timed.time < until)], until)


def _between(notes: Sequence[Sounded], first: float, last: float) -> list[Sounded]:
    return [note for note in notes if first <= note.start < last]


def _share(notes: Sequence[Sounded], classes: frozenset[int]) -> float:
    return float(np.mean([note.pitch % 12 in classes for note in notes])) if notes else float("nan")


def _onsets(notes: Sequence[Note] | Sequence[Sounded]) -> list[int]:
    """The onsets of each bar; a chord is one."""
    times = sorted(note.onset if isinstance(note, Note) else note.start for note in notes)
    apart = [time for place, time in enumerate(times) if place == 0 or time - times[place - 1] > CHORD]
    return [sum(bar * SECONDS <= time + 1e-9 < (bar + 1) * SECONDS for time in apart) for bar in range(SWELL_BARS)]


def _bars(notes: Sequence[Note] | Sequence[Sounded]) -> list[list[int]]:
    """The velocities of the notes of each bar."""
    bars: list[list[int]] = [[] for _ in range(SWELL_BARS)]
    for note in notes:
        bar = int((note.onset if isinstance(note, Note) else note.start) / SECONDS + 1e-9)
        if bar < SWELL_BARS:
            bars[bar].append(note.velocity)
    return bars
