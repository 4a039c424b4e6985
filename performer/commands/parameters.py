"""`performer parameters`: every control with its OSC address, range, default and meaning."""

from argparse import Namespace
from typing import Any

from performer.errors import PerformerError

TEXT = "Lists every control with its OSC address, range, default and meaning, then the commands and what Performer says."


def add_parser(commands: Any) -> None:
    command = commands.add_parser("parameters", help="list every control with its OSC address", description=TEXT)
    command.add_argument("part", nargs="?", default="", metavar="PART", help="only those with this in their address, as `scene` or `visuals/bend`")
    command.set_defaults(run=run)


def run(options: Namespace) -> int:
    from performer.parameters import COMMANDS, FEEDBACK, Table

    known = [*Table().rows, *(command.address for command in (*COMMANDS, *FEEDBACK))]
    if not any(options.part in address for address in known):
        parts = ", ".join(dict.fromkeys(address.split("/")[2] for address in known))
        raise PerformerError(f"No address has '{options.part}' in it.", f"There are: {parts}.")
    for row in Table().rows.values():
        if options.part not in row.address:
            continue
        kind = "one of " + ", ".join(row.choices) if row.choices else "true or false" if row.kind == "bool" else f"{row.kind} {row.range}"
        print(f"{row.address}\n    {kind}; default {row.default}. {row.doc}")
    for title, commands in (("Commands", COMMANDS), ("What Performer says", FEEDBACK)):
        told = [command for command in commands if options.part in command.address]
        print(f"\n{title}" if told else "", end="\n" if told else "")
        for command in told:
            print(f"{command.address} {command.arguments}\n    {command.doc}")
    return 0
