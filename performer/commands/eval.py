"""`performer eval`: how well a model knows music, or poems, that it has not learned from."""

from argparse import Namespace
from typing import Any

from performer.commands.values import path, whole
from performer.progress import Progress

TEXT = "Measures how likely a model finds music, how it goes on with it and whether it copies, beside a Markov baseline; of poems, how likely."


def add_parser(commands: Any) -> None:
    command = commands.add_parser("eval", help="measure a model on music or poems that it has not learned from", description=TEXT)
    command.add_argument("folder", type=path, metavar="DIR", help="MIDI files, in this folder and below; or a file of poems (.jsonl, .jsonl.xz)")
    command.add_argument("--model", required=True, metavar="NAME", help="a model's name, or its folder")
    command.add_argument("--baseline-from", type=path, required=True, metavar="DIR", help="MIDI files, or poems, that the baseline learns from")
    command.add_argument("--track", default="", metavar="NAME", help="only the tracks of this name (default: all)")
    command.add_argument("--limit", type=whole(0), default=0, metavar="N", help="at most so many pieces of DIR, evenly chosen (default: all)")
    command.add_argument("--seed", type=whole(0, 2**31 - 1), default=0, metavar="N", help="of what the model plays (default 0)")
    command.add_argument("--json", action="store_true", help="one JSON object on standard output")
    command.set_defaults(run=run)


def run(options: Namespace) -> int:
    from performer.evaluation.poems import PoemReport, evaluate_poems
    from performer.evaluation.report import Report, evaluate
    from performer.words.poems import is_poem_file

    report: Report | PoemReport
    with Progress("eval") as progress:
        folders = options.folder, options.model, options.baseline_from
        if is_poem_file(options.folder):
            report = evaluate_poems(*folders, options.limit, progress)
        else:
            report = evaluate(*folders, options.track, options.limit, options.seed, say=progress.say, watch=progress)
    print(report.to_json() if options.json else report.in_words())
    return 0
