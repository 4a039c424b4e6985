"""`bench style`: does a drum model play what it is told? On the Groove set, whose drummers named the styles of their beats.

Two questions. Is a held-out beat likelier where its own style is told (nats a note: told its style, none, another)? And how often does a
recogniser that learned from the training beats tell the style of what the model makes up, as often as that of held-out beats?
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from performer.bench.figures import surroundings
from performer.bench.recognise import HEARD, Recogniser
from performer.constraints import Constraints
from performer.encoding import VOICES, style_number
from performer.errors import PerformerError
from performer.evaluation.corpus import Piece, read_corpus
from performer.evaluation.likelihood import means, nats_of
from performer.evaluation.report import mind_named
from performer.inference.lstm import LstmMind
from performer.inference.mind import Mind
from performer.inference.styles import Blend
from performer.progress import Watch, unwatched, watched

DRUMS = VOICES.index("drums")
FEWEST = 10 * HEARD  # notes of held-out beats of a style that is measured
PIECES, LENGTH = 4, 300  # held-out beats of each style that are listened to, and notes of each
MADE, MADE_LENGTH = 3, 3 * HEARD  # pieces that are made up in each style, and notes of each
STRENGTHS = (1.0, 3.0)  # as the model knows the style, and as the table has it


def bench_style(folder: Path | None, model: str = "lstm-drums", watch: Watch = unwatched) -> dict[str, Any]:
    """The JSON object. Raises PerformerError where the folder is not the Groove set's."""
    if folder is None or not (folder / "info.csv").is_file():
        raise PerformerError("`bench style` measures on the Groove MIDI set.", "Give its folder, the one with info.csv: --takes DIR.")
    mind = mind_named(model)
    learned, held_out = _beats(folder)
    styles = [style for style, pieces in held_out.items() if sum(map(len, pieces)) >= FEWEST]
    minds = {style: mind.in_style(style_number(style)) for style in ("any", *styles)}
    recogniser = Recogniser({style: learned[style] for style in styles})
    longest = {style: sorted(held_out[style], key=len, reverse=True)[:PIECES] for style in styles}
    nats = {style: _nats(minds, style, longest[style]) for style in watched(styles, watch, "listening to beats")}
    made = {}
    for strength in STRENGTHS:
        beats = {style: _made(minds, style, strength) for style in watched(styles, watch, f"making beats at strength {strength:g}")}
        made[f"made_at_strength_{strength:g}"] = recogniser.recognised(beats)
    return surroundings("style", "none", False) | {
        "model": mind.name,
        "nats": nats,
        "own_style_is_likelier_than_another": round(float(np.mean([figures["own"] < figures["others"] for figures in nats.values()])), 3),
        "recognised": {"held_out": recogniser.recognised({style: held_out[style] for style in styles})} | made,
        "by_chance": round(1 / len(styles), 3),
    }


def _beats(folder: Path) -> tuple[dict[str, list[Piece]], dict[str, list[Piece]]]:
    """The training beats and the held-out beats of each style."""
    with (folder / "info.csv").open(encoding="utf-8") as file:
        rows = {row["midi_filename"]: row for row in csv.DictReader(file) if row["beat_type"] == "beat"}
    learned: dict[str, list[Piece]] = {}
    held_out: dict[str, list[Piece]] = {}
    for piece in read_corpus(folder).pieces:
        row = rows.get(piece.name.replace("\\", "/"))
        if row is not None and len(piece) >= HEARD:
            (learned if row["split"] == "train" else held_out).setdefault(row["style"].split("/")[0], []).append(piece)
    return learned, {style: pieces for style, pieces in sorted(held_out.items()) if style in learned}


def _nats(minds: Mapping[str, LstmMind], style: str, pieces: Sequence[Piece]) -> dict[str, float]:
    told = {name: means([nats_of(mind, piece.cut(0, LENGTH)) for piece in pieces])["total"] for name, mind in minds.items()}
    others = [value for name, value in told.items() if name not in ("any", style)]
    return {"own": round(told[style], 3), "any": round(told["any"], 3), "others": round(float(np.mean(others)), 3)}


def _made(minds: Mapping[str, LstmMind], style: str, strength: float) -> list[Piece]:
    """What the model makes up in a style from silence; a strength above 1 as a voice has it."""
    pieces = []
    for number in range(MADE):
        mind: Mind = minds[style].fork()
        if strength != 1.0:
            mind = Blend([minds[style].fork(), minds["any"].fork()], (strength, 1.0 - strength))
        mind.reset()
        rng, notes = np.random.default_rng([number, style_number(style)]), []
        for _ in range(MADE_LENGTH):
            notes.append(mind.query(Constraints(voice=DRUMS, gap=(0.0, 2.0)), rng))
            mind.feed(notes[-1])
        columns = {key: np.array([getattr(note, key) for note in notes]) for key in ("gap", "pitch", "duration", "velocity", "voice")}
        pieces.append(Piece(f"{style} {number}", np.cumsum(columns.pop("gap")), **columns))
    return pieces
