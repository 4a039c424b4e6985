"""`performer doctor`: what works on this machine and what is missing or in use."""

from argparse import Namespace
from typing import Any

from performer.progress import say

TEXT = "Says what works on this machine, what is missing or in use, and the command that gets it."


def add_parser(commands: Any) -> None:
    commands.add_parser("doctor", help="say what works here, what is missing or in use, and how to get it", description=TEXT).set_defaults(run=run)


def run(_: Namespace) -> int:
    from performer.doctor import examine, report

    print(report(examine(say)))
    return 0
