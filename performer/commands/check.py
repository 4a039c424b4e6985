"""`performer check`: whether a model folder keeps the contract, and how quick the model is here."""

from argparse import Namespace
from typing import Any

from performer.commands.values import path

TEXT = "Tries a model as a show would use it, and says what does not fit and how quick it is on this machine."
WRONG = 2  # the exit status where something does not fit


def add_parser(commands: Any) -> None:
    command = commands.add_parser("check", help="say whether a model folder keeps the contract, and how quick it is here", description=TEXT)
    command.add_argument("folder", type=path, metavar="MODEL", help="a model's folder, or the name of one that is installed")
    command.set_defaults(run=run)


def run(options: Namespace) -> int:
    from performer.assets import model_at
    from performer.check import check, report

    remarks = check(model_at(str(options.folder)) or options.folder)
    print(report(remarks))
    return 0 if all(remark.fits for remark in remarks) else WRONG
