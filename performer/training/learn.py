"""`performer learn`: a model goes on learning from its player's own takes and becomes a new one in the user's folder of models.

    performer learn ~/takes --base lstm-first --out mine --minutes 8

Nothing leaves the machine. A model that is there is never written over; Ctrl-C keeps the best so far. In a process of its own
(`performer.commands.learn`).
"""

import argparse
import itertools
import math
import shlex
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from performer.assets import find_model, model_at, own_models_dir
from performer.card import Card
from performer.commands.learn import add_options
from performer.commands.parser import Parser
from performer.commands.printing import refusal
from performer.errors import ModelError, PerformerError
from performer.progress import Progress, duration_in_words
from performer.training.data import HELD_OUT
from performer.training.data_epoch import Flat, Notes
from performer.training.evaluate import flat_of, likelihood, summary
from performer.training.export import export
from performer.training.finetune import FORGETTING, Learned, learn
from performer.training.general import general_sets
from performer.training.network import NoteNet, from_model, kind_of
from performer.training.player import Material, read_material

DROPOUT = 0.15
CORPUS = "the player's own takes"
FAILED, STOPPED = 2, 130
Figures = dict[str, dict[str, float]]  # {"before": {"total": nats a note, "time": ...}, "after": ...}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was measured on music that neither taught nor chose: the player's, and of each general set."""

    learned: Learned
    player: Figures
    general: dict[str, Figures]


def main(arguments: list[str] | None = None) -> int:
    parser = Parser(prog="performer learn", description=__doc__.split("\n")[0])
    add_options(parser)
    options = parser.parse_args(arguments)
    try:
        return _learn(options)
    except PerformerError as error:
        print(f"performer: {error}", file=sys.stderr)
        return FAILED
    except OSError as error:
        print(f"performer: {refusal(error)}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return STOPPED


def _learn(options: argparse.Namespace) -> int:
    if not 0 < options.minutes < math.inf:
        raise PerformerError(f"Nobody learns in {options.minutes} minutes.", "Give --minutes above 0.")
    end = time.monotonic() + options.minutes * 60
    folder = _base_folder(options.base)
    out = _place(options.out, folder.resolve().name)
    torch.manual_seed(options.seed)
    base, card = _network(folder)
    general = {name: flat for path in options.general for name, flat in general_sets(path, _say)}
    material = read_material(options.source, CORPUS, _say)
    print(f"{material.notes} notes of {material.files} files, {material.minutes:.1f} minutes; held out by {material.by}.", flush=True)
    learned = _learned(base, material, end, options.seed)
    outcome = Outcome(learned, *_measured(base, learned.net, material, general))
    print(in_words(outcome), flush=True)
    if learned.net is base:
        raise PerformerError("Nothing was found that makes your own music likelier.", "No model was written. Play more, or give another --base.")
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # the rest takes seconds
    export(learned.net, _facts(card, material, learned, options.seed), out, _metrics(outcome, shlex.join(_command(options))))
    signal.signal(signal.SIGINT, before)
    print(f"Wrote {out}\nPlay with it: /performer/model {out.name} over OSC while a show runs, or [models] notes = \"{out.name}\" in the show file.")
    return 0


def _say(remark: str) -> None:
    print(f"performer: {remark}", file=sys.stderr, flush=True)


def _base_folder(name: str) -> Path:
    folder = model_at(name)
    if folder is None:
        raise ModelError(f"There is no model '{name}'.", "Give the name of one that `performer doctor` lists, or its folder.")
    return folder


def _place(name: str, base: str) -> Path:
    """The new model's folder. Raises ModelError for a name that is taken or is no name."""
    names = [name] if name else (f"{base}-mine{end}" for end in itertools.chain([""], (f"-{k}" for k in itertools.count(2))))
    for each in names:
        if Path(each).name != each or each.startswith("."):
            raise ModelError(f"'{each}' cannot be the name of a model.", "Give one word as --out, without a separator.")
        if find_model(each) is None and not (own_models_dir() / each).exists() and each != "echo":
            return own_models_dir() / each
    raise ModelError(f"There is a model '{name}' already, and it stays as it is.", "Give another name as --out.")


def _network(folder: Path) -> tuple[NoteNet, Card]:
    try:
        base, card = from_model(folder, DROPOUT)
    except ModelError as error:
        remedy = "Give a base as it was trained, for instance lstm-first; one of 8 bits cannot learn."
        raise ModelError(error.problem.split("\n")[0], remedy) from None
    if kind_of(base.shape) != "lstm":
        raise ModelError(f"'{card.name}' is a {kind_of(base.shape)}; only an LSTM learns within minutes.", "Give another --base.")
    return base, card


def _learned(base: NoteNet, material: Material, end: float, seed: int) -> Learned:
    """Learn; standard error shows how far that is, and how much was gained."""
    seconds = max(1.0, end - time.monotonic())
    with Progress("learn") as progress:
        progress.say(f"Learns for at most {duration_in_words(seconds)}; Ctrl-C keeps the best so far.")
        progress("learning", 0.0, seconds)
        last = 1.0

        def watch(passed: float, ratio: float) -> None:
            nonlocal last
            if not progress.terminal and ratio < last:
                print(f"Better: {ratio - 1:+.1%} nats a note, after {passed:.0f} s.", flush=True)
            last = ratio
            progress("learning", min(passed, seconds), seconds, f"{ratio - 1:+.1%} nats a note")

        return learn(base, material, seconds, seed, watch)


def _measured(base: NoteNet, net: NoteNet, material: Material, general: dict[str, Flat]) -> tuple[Figures, dict[str, Figures]]:
    def figures(flat: Flat) -> Figures:
        return {when: summary(likelihood(each, flat)[0], flat.weight, flat.first) for when, each in (("before", base), ("after", net))}

    own = flat_of(Notes(material.store, torch.device("cpu")), material.store.pieces(HELD_OUT))
    return figures(own), {name: figures(flat) for name, flat in general.items()}


def change(figures: Figures) -> float:
    """The share by which the nats grew, below 0 where the music became likelier."""
    return figures["after"]["total"] / figures["before"]["total"] - 1


def in_words(outcome: Outcome) -> str:
    """The figures for people."""
    lines = ["Nats a note (less is better) on what was held out, before and after:"]
    for name, figures in (("your own", outcome.player), *outcome.general.items()):
        lines.append(f"  {name:12} {figures['before']['total']:6.3f}  {figures['after']['total']:6.3f}  {change(figures):+.1%}")
    learned = outcome.learned
    lines.append(f"What the base plays by itself is {learned.dreams - 1:+.1%} nats a note (at most {FORGETTING - 1:+.0%} was allowed);")
    broken = " It was broken off." if learned.broken_off else ""
    return "\n".join([*lines, f"{learned.share:.0%} of what was learned in {learned.seconds:.0f} s was taken.{broken}"])


def _facts(card: Card, material: Material, learned: Learned, seed: int) -> dict[str, Any]:
    own = {"name": CORPUS, "licence": "theirs", "credit": f"{material.notes} notes, not shared"}
    return {
        "sentence": f"Trained on from {card.name} with {CORPUS}: {material.notes} notes.",
        "data": [*map(dict, card.data), own],
        "log": {"seconds": round(learned.seconds, 1), "steps": learned.steps, "events": learned.events},
        "seed": seed,
        "hears": card.shape.get("hears"),
    }


def _metrics(outcome: Outcome, command: str) -> dict[str, Any]:
    learned = outcome.learned
    figures: dict[str, Any] = {"player": outcome.player, **outcome.general}
    rounded = {name: {when: {k: round(v, 4) for k, v in each.items()} for when, each in value.items()} for name, value in figures.items()}
    return {"command": command, "unit": "nats a note", "share": learned.share, "dreams": round(learned.dreams, 4), **rounded}


def _command(options: argparse.Namespace) -> list[str]:
    """The command as a person gave it; of folders only the names, since a card may be shared."""
    words = ["performer", "learn", options.source.name, "--base", Path(options.base).name]
    general = ["--general", *(path.name for path in options.general)] if options.general else []
    return [*words, "--minutes", f"{options.minutes:g}", "--seed", str(options.seed), *general]


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have begun it with Ctrl-C ignored
    raise SystemExit(main())
