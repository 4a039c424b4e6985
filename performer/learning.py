"""What `performer learn` is told, and the process that does it: PyTorch is imported there, never by what plays."""

import importlib.util
import signal
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from performer.errors import PerformerError
from performer.packages import extra

NEEDED = ("torch", "onnx", "onnxscript", "tomli_w", "tqdm")
MODULE = "performer.training.learn"


def add_options(parser: ArgumentParser) -> None:
    """The options of the command, here and in its process."""
    parser.add_argument("source", type=Path, metavar="TAKES_OR_MIDI_DIR", help="takes (.jsonl) and MIDI files, in this folder and below; or one file")
    parser.add_argument("--base", required=True, metavar="NAME", help="the model that learns: its name, or its folder")
    parser.add_argument("--out", default="", metavar="NAME", help="the name of the new model (default: that of the base and '-mine')")
    parser.add_argument("--minutes", type=float, default=8.0, help="learn for at most so long; it ends earlier where it helps no more (default 8)")
    parser.add_argument("--general", type=Path, nargs="+", default=[], metavar="DIR",
                        help="also measure what is forgotten: folders of MIDI files, or prepared corpora (.npz)")  # fmt: skip
    parser.add_argument("--seed", type=int, default=1, help="of all that is drawn (default 1)")


def learn(options: Namespace) -> int:
    """Run the process and return its exit status; Ctrl-C is its business. Raises PerformerError where something to learn with is missing."""
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
