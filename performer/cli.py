"""The command `performer`. Every subcommand is a function; what it needs is imported when it runs, so `--help` is quick."""

import argparse
import logging
import math
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from performer import __version__
from performer.console import open_standard_streams
from performer.errors import PerformerError
from performer.learning import add_options, learn

FAILED, STOPPED = 2, 130
BENCHES = ("reply", "timing", "models", "frames", "osc", "start", "endure", "notochord", "style", "follow", "response", "trouble", "all")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand; without one, a show on embedded defaults. Returns the exit status."""
    open_standard_streams()
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
    seconds: dict[str, Any] = {"type": float, "help": "stop by itself after so many seconds"}
    parser.add_argument("--seconds", **seconds)
    parser.set_defaults(run=_run, show=None, play=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    command = commands.add_parser("run", help="run a show (without a file: on embedded defaults)")
    command.add_argument("show", nargs="?", type=Path, help="a show file, as `performer init` writes one")
    command.add_argument("--play", type=Path, help="a MIDI file that plays the human's part")
    command.add_argument("--seconds", default=argparse.SUPPRESS, **seconds)  # what stands before the command holds
    command.set_defaults(run=_run)

    command = commands.add_parser("demo", help="a recorded human performance plays your part")
    command.add_argument("--seconds", default=argparse.SUPPRESS, **seconds)
    command.set_defaults(run=_demo)

    command = commands.add_parser("init", help="write a commented show file")
    command.add_argument("file", nargs="?", type=Path, default=Path("my.show.toml"))
    command.set_defaults(run=_init)

    commands.add_parser("devices", help="list the MIDI ports, audio inputs and displays").set_defaults(run=_devices)
    commands.add_parser("doctor", help="say what works here, what is missing or in use, and how to get it").set_defaults(run=_doctor)
    command = commands.add_parser("parameters", help="list every control with its OSC address")
    command.add_argument("part", nargs="?", default="", help="only those with this in their address, as `scene` or `visuals/bend`")
    command.set_defaults(run=_parameters)

    _add_tools(commands)
    return parser


def _add_tools(commands: Any) -> None:
    """What is done before and after a show."""
    command = commands.add_parser("calibrate", help="learn how long a note is on its way, by a loop-back")
    command.add_argument("show", nargs="?", type=Path, help="the show file whose ports are measured (without one: Performer's own ports)")
    command.add_argument("--audio", action="store_true", help="from a note to its sound at the audio input, instead of to a MIDI input")
    command.add_argument("--output", metavar="NAME", help="part of the name of the MIDI output")
    command.add_argument("--input", metavar="NAME", help="part of the name of the MIDI input")
    command.add_argument("--audio-input", metavar="NAME", help="part of the name of the audio input")
    command.add_argument("--connect", action="store_true", help="join Performer's own output and input inside this machine")
    command.add_argument("--channel", type=int, choices=range(1, 17), metavar="1-16", help="with --audio: the sound's channel (default 10)")
    command.add_argument("--pitch", type=int, choices=range(128), metavar="0-127", help="with --audio: the sound's pitch (default 37, side stick)")
    command.add_argument("--notes", type=int, choices=range(3, 1001), metavar="3-1000", help="how many (default 64; with --audio 24)")
    command.add_argument("--wait", type=float, default=2.0, metavar="SECONDS", help="how long the first note is awaited (default 2)")
    command.add_argument("--save", type=Path, metavar="FILE", help="write the delay into this show file")
    command.add_argument("--json", action="store_true", help="one JSON object on standard output")
    command.set_defaults(run=_calibrate)

    command = commands.add_parser("render", help="tell a take again on the virtual clock, as a MIDI file")
    command.add_argument("take", type=Path)
    command.add_argument("-o", "--output", type=Path, required=True, help="the MIDI file to write")
    command.set_defaults(run=_render)

    command = commands.add_parser("check", help="say whether a model folder keeps the contract, and how quick it is here")
    command.add_argument("folder", type=Path, metavar="MODEL", help="a model's folder, or the name of one that is installed")
    command.set_defaults(run=_check)

    command = commands.add_parser("eval", help="measure a model on a folder of MIDI files that it has not learned from")
    command.add_argument("folder", type=Path, metavar="DIR", help="MIDI files, in this folder and below")
    command.add_argument("--model", required=True, metavar="NAME", help="a model's name, or its folder")
    command.add_argument("--baseline-from", type=Path, required=True, metavar="DIR", help="MIDI files that the baseline learns from")
    command.add_argument("--track", default="", metavar="NAME", help="only the tracks of this name (default: all)")
    command.add_argument("--limit", type=int, default=0, metavar="N", help="at most so many pieces of DIR, evenly chosen (default: all)")
    command.add_argument("--seed", type=int, default=0, help="of what the model plays (default 0)")
    command.add_argument("--json", action="store_true", help="one JSON object on standard output")
    command.set_defaults(run=_eval)

    command = commands.add_parser("learn", help="a model learns on from your own takes and becomes a new one")
    add_options(command)
    command.set_defaults(run=_learn)

    command = commands.add_parser("bench", help="measure what you can rely on")
    command.add_argument("bench", choices=BENCHES, help="what is measured")
    command.add_argument("--json", action="store_true", help="one JSON object on standard output")
    command.add_argument(
        "--notes", type=_count, help="reply: how many (2000); models: events (500); endure: minutes (60); frames: clicks (30); follow: takes (50)"
    )
    command.add_argument("--rate", type=_amount, help="reply: notes a second (default 16); osc: messages a second (default 5000)")
    command.add_argument("--voices", type=int, choices=range(1, 17), default=1, metavar="1-16", help="reply: how many voices answer (default 1)")
    command.add_argument("--silence", type=float, default=0.0, metavar="SECONDS", help="reply: nobody plays so long before it is measured")
    command.add_argument("--seconds", type=_amount, help="timing, osc, frames, endure, trouble: how long (default 60, 30, 10, 600, 120)")
    command.add_argument("--delay", type=float, metavar="MS", help="timing: when planned notes leave (default: half the transport, earlier)")
    command.add_argument("--python", type=Path, metavar="PROGRAM", help="notochord: the Python of an environment with Notochord")
    command.add_argument("--takes", type=Path, metavar="DIR", help="style: the Groove set; follow: MIDI files of a player (default: made-up ones)")
    command.add_argument("--model", default="", metavar="NAME", help="reply, timing, endure, style, follow: the model that is measured")
    command.add_argument("--kills", type=_count, help="trouble: how often the generator is killed (default 20)")
    command.add_argument("--sound", type=Path, nargs="+", default=(), metavar="WAV", help="response: pieces to follow (default: three made by rule)")
    command.add_argument("--with-visuals", action="store_true", help="with the generator painting beside it")
    command.set_defaults(run=_bench)


def _count(text: str) -> int:
    if int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is too few; 1 at least")
    return int(text)


def _amount(text: str) -> float:
    if not 0.0 < float(text) < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return float(text)


def _run(options: argparse.Namespace) -> int:
    from performer.show import Show, read_show

    return _perform(read_show(options.show) if options.show else Show(), options.play, options.seconds)


def _demo(options: argparse.Namespace) -> int:
    from performer.assets import demo_performance
    from performer.show import Show

    return _perform(Show(), demo_performance(), options.seconds)


def _perform(show, play: Path | None, seconds: float | None) -> int:  # type: ignore[no-untyped-def]
    from urllib.parse import quote

    from performer.addresses import EVERYWHERE, in_link
    from performer.console import never_waiting
    from performer.supervisor import Supervisor

    with never_waiting():
        supervisor = Supervisor(show, play)
        try:
            facts = supervisor.open()
            print(f"Performer plays. Model: {facts['model']}. MIDI in: {facts['midi_in']}; out: {facts['midi_out']}.")
            print(f"Voices: {facts['band']}.")
            print(f"OSC in: UDP {in_link(show.osc.host)}:{show.osc.port}; answers to port {show.osc.reply_port}.")
            if show.desk.enabled:
                host = "127.0.0.1" if show.desk.host in EVERYWHERE else in_link(show.desk.host)
                token = f"?token={quote(show.desk.token, safe='')}" if show.desk.token else ""
                print(f"Play and steer at http://{host}:{show.desk.port}/{token} - the picture alone is at /projector{token}.")
            if "take" in facts:
                print(f"The take is written to {facts['take']}")
            print("Ctrl-C ends the show.", flush=True)
            supervisor.run(seconds)
        finally:
            supervisor.close()
        if "take" in facts:
            print(f"The take is kept. As a MIDI file: performer render {shlex.quote(facts['take'])} -o take.mid", flush=True)
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


def _calibrate(options: argparse.Namespace) -> int:
    from performer.calibration.calibrate import Asked, calibrate

    asked = Asked(
        options.show, options.save, options.audio, options.output, options.input, options.audio_input, options.connect, options.channel,
        options.pitch, options.notes, options.wait, options.json,
    )  # fmt: skip
    print(calibrate(asked, lambda sentence: print(sentence, file=sys.stderr, flush=True)))
    return 0


def _render(options: argparse.Namespace) -> int:
    from performer.render import render

    print(render(options.take, options.output))
    return 0


def _check(options: argparse.Namespace) -> int:
    from performer.assets import model_at
    from performer.check import check, report

    remarks = check(model_at(str(options.folder)) or options.folder)
    print(report(remarks))
    return 0 if all(remark.fits for remark in remarks) else FAILED


def _eval(options: argparse.Namespace) -> int:
    from performer.evaluation.report import evaluate

    def say(progress: str) -> None:
        print(f"performer: {progress}", file=sys.stderr, flush=True)

    report = evaluate(options.folder, options.model, options.baseline_from, options.track, options.limit, options.seed, say=say)
    print(report.to_json() if options.json else report.in_words())
    return 0


def _learn(options: argparse.Namespace) -> int:
    return learn(options)


def _bench(options: argparse.Namespace) -> int:
    from performer.bench.command import Asked, bench

    asked = Asked(
        options.notes, options.rate, options.voices, options.silence, options.seconds, options.delay, options.with_visuals, options.python,
        options.takes, options.model, options.kills, tuple(options.sound),
    )  # fmt: skip
    print(bench(options.bench, asked, options.json))
    return 0
