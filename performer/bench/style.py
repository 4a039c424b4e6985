"""`bench style`: does a drum model play what it is told? On the Groove set's held-out beats, whose styles drummers gave themselves.

Two questions. Is a beat likelier where its own style is told (nats a note: told its style, none, another)? And is what the model makes up in a
style nearest to that style's beats (overlap of pitches, steps, density, rhythm and loudness)?
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from performer.bench.figures import surroundings
from performer.constraints import Constraints
from performer.encoding import VOICES, style_number
from performer.errors import PerformerError
from performer.evaluation.corpus import Piece, read_corpus
from performer.evaluation.likelihood import means, nats_of
from performer.evaluation.overlap import overlaps
from performer.evaluation.report import mind_named
from performer.inference.lstm import LstmMind
from performer.inference.styles import Blend, Stylish

DRUMS = VOICES.index("drums")
FEWEST = 400  # notes of held-out beats of a style that is measured
PIECES, LENGTH = 4, 300  # of each style, and notes of each
MADE = 3  # pieces that are made up in each style
RIDES, HATS = (51, 53, 59), (22, 26, 42, 44, 46)


def bench_style(folder: Path | None, model: str = "lstm-drums") -> dict[str, Any]:
    """The JSON object. Raises PerformerError where the folder is not the Groove set's."""
    if folder is None or not (folder / "info.csv").is_file():
        raise PerformerError("`bench style` measures on the Groove MIDI set.", "Give its folder, the one with info.csv: --takes DIR.")
    mind, heard = mind_named(model), _beats(folder)
    minds = {style: mind.in_style(style_number(style)) for style in ("any", *heard)}
    nats = {style: {told: _nats(minds[told], pieces) for told in minds} for style, pieces in heard.items()}
    made = {style: _made(minds[style], seed) for seed, style in enumerate(heard)}
    alike = {style: {other: overlaps(made[style], heard[other])["mean"] or 0.0 for other in heard} for style in heard}
    again = {style: overlaps(made[style], _made(minds[style], 100 + seed))["mean"] or 0.0 for seed, style in enumerate(heard)}
    others = {style: np.mean([overlaps(made[style], made[other])["mean"] or 0.0 for other in made if other != style]) for style in made}
    told = {style: _gain(style, figures) for style, figures in nats.items()}
    return surroundings("style", "none", False) | {
        "model": mind.name,
        "nats": told,
        "own_style_is_likelier_than_another": round(float(np.mean([figures["own"] < figures["others"] for figures in told.values()])), 3),
        "overlap": {style: {other: round(value, 3) for other, value in row.items()} for style, row in alike.items()},
        "nearest_is_its_own": round(float(np.mean([max(row, key=row.__getitem__) == style for style, row in alike.items()])), 3),
        "overlap_with_itself": round(float(np.mean(list(again.values()))), 3),
        "overlap_between_styles": round(float(np.mean(list(others.values()))), 3),
        "ride_share": {style: {"played": _rides(heard[style]), "made": _rides(made[style])} for style in heard} | _blends(minds),
    }


def _beats(folder: Path) -> dict[str, list[Piece]]:
    """The held-out beats of each style that has enough of them, the beginning of each."""
    with (folder / "info.csv").open(encoding="utf-8") as file:
        rows = {row["midi_filename"]: row for row in csv.DictReader(file) if row["split"] != "train" and row["beat_type"] == "beat"}
    found: dict[str, list[Piece]] = {}
    for piece in read_corpus(folder).pieces:
        row = rows.get(piece.name.replace("\\", "/"))
        if row is not None and len(piece) >= LENGTH // 3:
            found.setdefault(row["style"].split("/")[0], []).append(piece.cut(0, LENGTH))
    longest = {style: sorted(pieces, key=len, reverse=True)[:PIECES] for style, pieces in sorted(found.items())}
    return {style: pieces for style, pieces in longest.items() if sum(map(len, pieces)) >= FEWEST}


def _nats(mind: LstmMind, pieces: Sequence[Piece]) -> float:
    return means([nats_of(mind, piece) for piece in pieces])["total"]


def _gain(style: str, nats: Mapping[str, float]) -> dict[str, float]:
    others = [value for told, value in nats.items() if told not in ("any", style)]
    return {"own": round(nats[style], 3), "any": round(nats["any"], 3), "others": round(float(np.mean(others)), 3)}


def _made(mind: Stylish, seed: int) -> list[Piece]:
    """What the model makes up from silence."""
    pieces = []
    for number in range(MADE):
        rng, own = np.random.default_rng([seed, number]), mind.fork()
        own.reset()
        notes = []
        for _ in range(LENGTH):
            notes.append(own.query(Constraints(voice=DRUMS, gap=(0.0, 2.0)), rng))
            own.feed(notes[-1])
        columns = {key: np.array([getattr(note, key) for note in notes]) for key in ("gap", "pitch", "duration", "velocity", "voice")}
        pieces.append(Piece(f"made {number}", np.cumsum(columns.pop("gap")), **columns))
    return pieces


def _rides(pieces: Sequence[Piece]) -> float:
    """The share of the ride among ride and hi-hat."""
    pitch = np.concatenate([piece.pitch for piece in pieces])
    rides, hats = np.isin(pitch, RIDES).sum(), np.isin(pitch, HATS).sum()
    return round(float(rides / max(1, rides + hats)), 3)


def _blends(minds: Mapping[str, LstmMind]) -> dict[str, dict[str, float]]:
    """Between jazz, which rides, and punk or rock, which do less: how the share moves with the weight."""
    if not {"jazz", "rock"} <= set(minds):
        return {}
    shares = {}
    for weight in (0.25, 0.5, 0.75):
        blend = Blend([minds["jazz"], minds["rock"]], (weight, 1 - weight))
        shares[f"{weight:g}"] = _rides(_made(blend, 7))
    return {"jazz against rock": shares}
