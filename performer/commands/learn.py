"""`performer learn`: a model learns on from your own takes, in a process of its own: PyTorch is imported there, never by what plays."""

import importlib.util
import signal
import sys
from argparse import ArgumentParser, Namespace
from typing import Any

from performer.commands.values import number, path, whole
from performer.errors import PerformerError
from performer.packages import extra

TEXT = "Trains a copy of a model on your own playing, on this machine: performer learn ~/takes --base lstm-first --out mine --minutes 8"
NEEDED = ("torch", "onnx", "onnxscript", "tomli_w")
MODULE = "performer.training.learn"


def add_parser(commands: Any) -> None:
    command = commands.add_parser("learn", help="a model learns on from your own takes and becomes a new one", description=TEXT)
    add_options(command)
    command.set_defaults(run=learn)


def add_options(parser: ArgumentParser) -> None:
    """The options of the command, here and in its process."""
    parser.add_argument("source", type=path, metavar="TAKES_OR_MIDI_DIR", help="takes (.jsonl) and MIDI files, in this folder and below; or one file")
    parser.add_argument("--base", required=True, metavar="NAME", help="the model that learns: its name, or its folder")
    parser.add_argument("--out", default="", metavar="NAME", help="the name of the new model (default: that of the base and '-mine')")
    text = "learn for at most so long; it ends earlier where it helps no more (default 8)"
    parser.add_argument("--minutes", type=number(0.0, 1e5, above=True), default=8.0, metavar="MINUTES", help=text)
    parser.add_argument("--general", type=path, nargs="+", default=[], metavar="DIR",
                        help="also measure what is forgotten: folders of MIDI files, or prepared corpora (.npz)")  # fmt: skip
    parser.add_argument("--seed", type=whole(0, 2**31 - 1), default=1, metavar="N", help="of all that is drawn (default 1)")


def learn(options: Namespace) -> int:
    """Run the process and return its exit status; Ctrl-C is its business. Raises PerformerError where something to learn with is missing."""
    import subprocess

    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise PerformerError(f"Learning needs {', '.join(missing)}.", extra("train"))
    general = ["--general", *map(str, options.general)] if options.general else []
    told = [f"--base={options.base}", f"--out={options.out}", f"--minutes={options.minutes}", f"--seed={options.seed}", *general]
    command = [sys.executable, "-m", MODULE, *told, "--", str(options.source)]
    process = subprocess.Popen(command)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to both: the process keeps the best and ends by itself
    try:
        return process.wait()
    finally:
        signal.signal(signal.SIGINT, before)
