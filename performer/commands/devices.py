"""`performer devices`: the MIDI ports, audio inputs and displays by the names for a show file."""

from argparse import Namespace
from typing import Any

from performer.progress import say


def add_parser(commands: Any) -> None:
    text = "Lists the MIDI ports, audio inputs and displays of this machine by the names that a show file may use."
    commands.add_parser("devices", help="list the MIDI ports, audio inputs and displays", description=text).set_defaults(run=run)


def run(_: Namespace) -> int:
    from performer.devices import devices

    print(devices(say))
    return 0
