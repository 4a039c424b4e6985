"""`performer doctor`: what works on this machine; with a show file, whether all that the show names is here."""

from argparse import Namespace
from typing import Any

from performer.commands.values import path
from performer.progress import say

TEXT = "Says what works on this machine, what is missing or in use, and the command that gets it. Before a show: performer doctor my.show.toml"
MISSING = 1  # the exit status where a show cannot be played as its file says


def add_parser(commands: Any) -> None:
    command = commands.add_parser("doctor", help="say what works here, what is missing or in use, and how to get it", description=TEXT)
    text = "a show file: look at the ports, devices, displays, models and folders that it names; ends with 1 where one is missing"
    command.add_argument("show", nargs="?", type=path, metavar="SHOW", help=text)
    command.set_defaults(run=run)


def run(options: Namespace) -> int:
    from performer.doctor import examine, report

    if options.show is None:
        print(report(examine(say)))
        return 0
    from performer.preflight import preflight
    from performer.show import read_show

    findings = preflight(read_show(options.show), say)
    print(report(findings, f"Everything that {options.show} names is here."))
    return 0 if all(finding.works for finding in findings) else MISSING
