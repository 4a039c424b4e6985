"""`performer check`: whether a model folder keeps the contract, and how quick the model is here."""

import contextlib
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from performer.commands.values import path

if TYPE_CHECKING:
    from performer.check import Remark

TEXT = "Tries a model as a show would use it, and says what does not fit and how quick it is on this machine."
WRONG = 2  # the exit status where something does not fit
LONGEST_S = 180.0  # seconds that a model is tried
MOST_BYTES = 8 << 30  # of memory that it may take meanwhile


def add_parser(commands: Any) -> None:
    command = commands.add_parser("check", help="say whether a model folder keeps the contract, and how quick it is here", description=TEXT)
    command.add_argument("folder", type=path, metavar="MODEL", help="a model's folder, or the name of one that is installed")
    command.set_defaults(run=run)


def run(options: Namespace) -> int:
    from performer.assets import model_at
    from performer.check import report

    remarks = check_within_limits(model_at(str(options.folder)) or options.folder)
    print(report(remarks))
    return 0 if all(remark.fits for remark in remarks) else WRONG


def check_within_limits(folder: Path) -> "list[Remark]":
    """What `check.check` finds, in a process of its own: a stranger's graph may never end, or take all memory that there is."""
    from performer.apart import Apart
    from performer.check import Remark
    from performer.errors import PortError

    with Apart(_check, folder) as apart:
        try:
            return apart.result(LONGEST_S)
        except TimeoutError:
            return [Remark(False, f"It was not tried out within {LONGEST_S:.0f} s: a graph does not end, or is far too slow.", "Make it smaller.")]
        except PortError:
            return [Remark(False, f"Trying it ended the process: a library failed, or it needs more than {MOST_BYTES >> 30} GB.", "Make it smaller.")]


def _check(folder: Path) -> "list[Remark]":
    from performer.check import check

    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))
    return check(folder)
