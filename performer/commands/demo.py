"""`performer demo`: a recorded human performance plays your part."""

from argparse import Namespace
from typing import Any

from performer.commands.run import DURATION, duration_of, perform

TEXT = "Runs a show on embedded defaults, in which a recorded human performance plays your part."


def add_parser(commands: Any) -> None:
    command = commands.add_parser("demo", help="a recorded human performance plays your part", description=TEXT)
    command.add_argument("--seconds", **DURATION)
    command.set_defaults(run=run)


def run(options: Namespace) -> int:
    from performer.assets import demo_performance
    from performer.show import Show

    return perform(Show(), demo_performance(), duration_of(options))
