"""`performer init`: a commented show file with every default."""

import shlex
from argparse import Namespace
from pathlib import Path
from typing import Any

from performer.commands.values import path
from performer.errors import PerformerError

TEXT = "Writes a show file with every key at its default and a sentence on each. A file that is there stays as it is."


def add_parser(commands: Any) -> None:
    command = commands.add_parser("init", help="write a commented show file", description=TEXT)
    command.add_argument("file", nargs="?", type=path, default=Path("my.show.toml"), metavar="FILE", help="the file to write (default my.show.toml)")
    command.set_defaults(run=run)


def run(options: Namespace) -> int:
    from performer.show import write_show

    try:
        with options.file.open("x", encoding="utf-8") as file:
            file.write(write_show())
    except FileExistsError:
        raise PerformerError(f"'{options.file}' is there already and stays as it is.", "Give another name.") from None
    except OSError as error:
        raise PerformerError(f"'{options.file}' cannot be written ({error.strerror}).", "Give another place.") from None
    print(f"Wrote {options.file}; run it with: performer run {shlex.quote(str(options.file))}")
    return 0
