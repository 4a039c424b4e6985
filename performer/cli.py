"""The command `performer`. Every subcommand is a function; what it needs is imported when it runs, so `--help` is quick."""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from performer import __version__
from performer.errors import PerformerError

FAILED, STOPPED = 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; without one, a show on embedded defaults. Returns the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.DEBUG if options.verbose else logging.WARNING, format="performer: %(message)s", stream=sys.stderr)
    try:
        return int(options.run(options) or 0)
    except PerformerError as error:
        print(f"performer: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return STOPPED
    except BrokenPipeError:
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="performer", description="Play, and be answered: music, pictures and words in real time.")
    parser.add_argument("--version", action="version", version=f"performer {__version__}")
    parser.add_argument("--verbose", action="store_true", help="say more about what goes on")
    parser.add_argument("--seconds", type=float, default=None, help="stop by itself after so many seconds")
    parser.set_defaults(run=_run, show=None, play=None)
    commands = parser.add_subparsers(title="commands", metavar="")

    command = commands.add_parser("run", help="run a show (without a file: on embedded defaults)")
    command.add_argument("show", nargs="?", type=Path, help="a show file, as `performer init` writes one")
    command.add_argument("--play", type=Path, help="a MIDI file that plays the human's part")
    command.add_argument("--seconds", type=float, default=None, help="stop by itself after so many seconds")
    command.set_defaults(run=_run)

    command = commands.add_parser("demo", help="a recorded human performance plays your part")
    command.add_argument("--seconds", type=float, default=None, help="stop by itself after so many seconds")
    command.set_defaults(run=_demo)

    command = commands.add_parser("init", help="write a commented show file")
    command.add_argument("file", nargs="?", type=Path, default=Path("my.show.toml"))
    command.set_defaults(run=_init)

    commands.add_parser("devices", help="list the MIDI ports and audio inputs").set_defaults(run=_devices)
    commands.add_parser("doctor", help="say what works here, what is missing, and how to get it").set_defaults(run=_doctor)
    commands.add_parser("parameters", help="list every control with its OSC address").set_defaults(run=_parameters)

    command = commands.add_parser("render", help="tell a take again on the virtual clock, as a MIDI file")
    command.add_argument("take", type=Path)
    command.add_argument("-o", "--output", type=Path, required=True, help="the MIDI file to write")
    command.set_defaults(run=_render)

    command = commands.add_parser("bench", help="measure what you can rely on")
    command.add_argument("bench", choices=["reply"], help="reply: a note in to the generated note out, through real ports")
    command.add_argument("--json", action="store_true", help="one JSON object on standard output")
    command.add_argument("--seconds", type=float, default=20.0, help="how long to measure (default 20)")
    command.add_argument("--with-visuals", action="store_true", help="with the generator painting beside it")
    command.set_defaults(run=_bench)
    return parser


def _run(options: argparse.Namespace) -> int:
    from performer.show import Show, read_show

    return _perform(read_show(options.show) if options.show else Show(), options.play, options.seconds)


def _demo(options: argparse.Namespace) -> int:
    from performer.assets import demo_performance
    from performer.show import Show

    return _perform(Show(), demo_performance(), options.seconds)


def _perform(show, play: Path | None, seconds: float | None) -> int:  # type: ignore[no-untyped-def]
    from performer.supervisor import Supervisor

    supervisor = Supervisor(show, play)
    try:
        facts = supervisor.open()
        print(f"Performer plays. Model: {facts['model']}. MIDI in: {facts['midi_in']}; out: {facts['midi_out']}.")
        print(f"OSC in: UDP {show.osc.host}:{show.osc.port}; answers to port {show.osc.reply_port}.")
        if show.desk.enabled:
            host = "127.0.0.1" if show.desk.host in ("", "0.0.0.0") else show.desk.host
            token = f"?token={show.desk.token}" if show.desk.token else ""
            print(f"Play and steer at http://{host}:{show.desk.port}/{token} - the picture alone is at /projector{token}.")
        if "take" in facts:
            print(f"The take is written to {facts['take']}")
        print("Ctrl-C ends the show.", flush=True)
        supervisor.run(seconds)
    finally:
        supervisor.close()
    return 0


def _init(options: argparse.Namespace) -> int:
    from performer.show import write_show

    try:
        with options.file.open("x", encoding="utf-8") as file:
            file.write(write_show())
    except FileExistsError:
        raise PerformerError(f"'{options.file}' is there already and stays as it is.", "Give another name.") from None
    except OSError as error:
        raise PerformerError(f"'{options.file}' cannot be written ({error.strerror}).", "Give another place.") from None
    print(f"Wrote {options.file}; run it with: performer run {options.file}")
    return 0


def _devices(options: argparse.Namespace) -> int:
    from performer.devices import devices

    print(devices())
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from performer.doctor import examine, report

    findings = examine()
    print(report(findings))
    return 0


def _parameters(options: argparse.Namespace) -> int:
    from performer.parameters import COMMANDS, FEEDBACK, Table

    for row in Table().rows.values():
        kind = "one of " + ", ".join(row.choices) if row.choices else "true or false" if row.kind == "bool" else f"{row.kind} {row.range}"
        print(f"{row.address}\n    {kind}; default {row.default}. {row.doc}")
    for title, commands in (("Commands", COMMANDS), ("What Performer says", FEEDBACK)):
        print(f"\n{title}")
        for command in commands:
            print(f"{command.address} {command.arguments}\n    {command.doc}")
    return 0


def _render(options: argparse.Namespace) -> int:
    from performer.render import render

    print(render(options.take, options.output))
    return 0


def _bench(options: argparse.Namespace) -> int:
    from performer.bench import reply

    print(reply(options.seconds, options.with_visuals, options.json))
    return 0
