"""The command `performer`: its sub-commands, what they share, and how they end. Each is a file in `performer.commands`."""

import logging
import sys
from collections.abc import Sequence

from performer import __version__
from performer.commands import bench, calibrate, check, demo, devices, doctor, init, learn, parameters, render, run, verse
from performer.commands import eval as evaluate
from performer.commands.parser import WRONG, Parser
from performer.commands.printing import drop_output, refusal
from performer.console import open_standard_streams
from performer.errors import PerformerError

FAILED, STOPPED = WRONG, 130
COMMANDS = (run, demo, init, devices, doctor, parameters, calibrate, render, check, evaluate, learn, verse, bench)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a sub-command; without one, a show on embedded defaults. Returns the exit status."""
    open_standard_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a name that the terminal cannot show is no reason to fail
    try:
        try:
            return _run(arguments)
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except BrokenPipeError:
        drop_output()
        return 0
    except OSError as error:
        drop_output()
        print(f"performer: {refusal(error)}", file=sys.stderr)
        return FAILED


def _run(arguments: Sequence[str] | None) -> int:
    parser = make_parser()
    options = parser.parse_args(arguments)
    if options.seconds_before is not None and options.run not in (run.run, demo.run):
        parser.say(f"--seconds {options.seconds_before:g} does nothing before this command. Leave it away, or write it after the command.")
    logging.basicConfig(level=logging.DEBUG if options.verbose else logging.WARNING, format="performer: %(message)s", stream=sys.stderr)
    try:
        return int(options.run(options) or 0)
    except PerformerError as error:
        print(f"performer: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return STOPPED


def make_parser() -> Parser:
    """The parser with all sub-commands."""
    parser = Parser(prog="performer", description="Play, and be answered: music, pictures and words in real time.")
    parser.add_argument("--version", action="version", version=f"performer {__version__}")
    parser.add_argument("--verbose", action="store_true", help="say more about what goes on")
    parser.add_argument("--seconds", dest="seconds_before", **run.DURATION)
    parser.set_defaults(run=run.run, show=None, play=None, seconds=None)
    commands = parser.add_commands("COMMAND")
    for command in COMMANDS:
        command.add_parser(commands)
    return parser
