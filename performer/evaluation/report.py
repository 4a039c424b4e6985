"""Everything that `performer eval` measures of one model on one folder, as one JSON object or in words."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from performer.assets import model_at
from performer.constraints import Constraints
from performer.errors import ModelError
from performer.evaluation.continuation import Continuation, continuations, in_key
from performer.evaluation.copying import longest_shared_run
from performer.evaluation.corpus import Say, read_corpus
from performer.evaluation.likelihood import NAMES, means, nats_of
from performer.evaluation.markov import baseline_nats
from performer.evaluation.overlap import overlaps
from performer.inference.lstm import LstmMind, load_mind
from performer.progress import Watch, unwatched, watched


@dataclass(frozen=True, slots=True)
class Report:
    """`nll` and `baseline`: nats a note, `total` and of each attribute. `overlap`: shares 0 to 1 of each distribution and their mean, of what
    the model played and what was played (None where no piece is long enough to go on with). `in_key`: share of notes in the key of the
    player, None for drums; `copy`: notes of the longest run
    that is in the training set too; both of what the model `generated` and of what was `held_out`."""

    model: str
    notes: int
    nll: Mapping[str, float]
    baseline: Mapping[str, float]
    overlap: Mapping[str, float | None]
    in_key: Mapping[str, float | None]
    copy: Mapping[str, int]

    def to_json(self) -> str:
        """One JSON object, figures to four places."""
        return json.dumps(_rounded(asdict(self)))

    def in_words(self) -> str:
        """The same for people."""
        lines = [f"{self.model} on {self.notes} notes it has not seen, nats a note (less is better):"]
        for name in ("total", *NAMES):
            ours, theirs = self.nll[name], self.baseline[name]
            ratio = f"{ours / theirs:.2f} of it" if theirs else "it knows it all"
            lines.append(f"  {name:9} {ours:6.3f}   the Markov baseline {theirs:6.3f}   {ratio}")
        lines.append("What it plays, beside what was played there (1 is alike):")
        lines += [f"  {name.replace('_', ' '):13} {'-' if value is None else f'{value:.2f}'}" for name, value in self.overlap.items()]
        if self.in_key["generated"] is not None:
            lines.append(f"In the key of the player: {self.in_key['generated']:.0%} of its notes, {self.in_key['held_out']:.0%} of those played.")
        lines.append(
            f"The longest run of notes that is in the training set too: {self.copy['generated']} of its own, {self.copy['held_out']} of those played."
        )
        return "\n".join(lines)


def mind_named(model: str) -> LstmMind:
    """The model of this name, or in this folder. Raises ModelError where there is none, or it cannot be used."""
    if model == "echo":
        raise ModelError("'echo' answers with what it heard: it knows no likelihood to measure.", "Give the name of a model.")
    folder = model_at(model)
    if folder is None:
        raise ModelError(f"There is no model '{model}'.", "Give the name of one that `performer doctor` lists, or its folder.")
    return load_mind(folder)


def evaluate(
    folder: Path, model: str, train: Path, track: str = "", limit: int = 0, seed: int = 0, free: Constraints | None = None,
    say: Say = lambda _: None, watch: Watch = unwatched,
) -> Report:  # fmt: skip
    """Measure `model` on the MIDI files of `folder` (at most `limit`, 0: all), against a baseline that learned from those of `train`.

    What the model plays is drawn with `seed`, within `free`. `say` hears what is left out. Raises PerformerError for a model or music that
    cannot be used. Some 2,000 notes a second of one core."""
    mind = mind_named(model)
    heard, learned = read_corpus(folder, track, limit, say), read_corpus(train, track, 0, say)
    nats = [nats_of(mind, piece) for piece in watched(heard.pieces, watch, "listening to pieces")]
    said = continuations(mind, heard.pieces, seed, free or Constraints(), watch)
    watch("comparing with the music it may have learned", 0, 1)
    places = np.cumsum([len(piece) for piece in heard.pieces])[:-1]
    baseline = np.split(baseline_nats([piece.bins() for piece in learned.pieces], [piece.bins() for piece in heard.pieces]), places)
    generated, played = [each.generated for each in said], [each.played for each in said]
    return Report(
        model=mind.name,
        notes=heard.notes,
        nll=means(nats),
        baseline=means(baseline),
        overlap=overlaps(generated, played),
        in_key=_key(said),
        copy={name: longest_shared_run(own, learned.pieces) for name, own in (("generated", generated), ("held_out", played))},
    )


def _key(said: Sequence[Continuation]) -> dict[str, float | None]:
    counts = np.array([in_key(each.prime, (each.generated, each.played)) for each in said])  # (pieces, 2, inside and all)
    inside = counts.reshape(-1, 2, 2).sum(0)
    return {name: float(within / of) if of else None for name, (within, of) in zip(("generated", "held_out"), inside, strict=True)}


def _rounded(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _rounded(each) for key, each in value.items()}
    return round(value, 4) if isinstance(value, float) else value
