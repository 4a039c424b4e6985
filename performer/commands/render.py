"""`performer render`: a take as a MIDI file, played again on the virtual clock."""

from argparse import Namespace
from typing import Any

from performer.commands.values import path
from performer.progress import Progress

TEXT = "Plays a take again without waiting, compares it with what was played, and writes it: performer render a.jsonl -o a.mid"


def add_parser(commands: Any) -> None:
    command = commands.add_parser("render", help="play a take again on the virtual clock, as a MIDI file", description=TEXT)
    command.add_argument("take", type=path, metavar="TAKE", help="a take (.jsonl), as a show writes one")
    command.add_argument("-o", "--output", type=path, required=True, metavar="MIDI_FILE", help="the MIDI file to write")
    command.set_defaults(run=run)


def run(options: Namespace) -> int:
    from performer.render import render

    with Progress("render") as progress:
        told = render(options.take, options.output, progress)
    print(told)
    return 0
