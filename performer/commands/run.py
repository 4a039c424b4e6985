"""`performer run`: a show, until Ctrl-C or for some seconds."""

import time
from argparse import Namespace
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from performer.commands.values import path, seconds

if TYPE_CHECKING:
    from performer.show import Show

DURATION: dict[str, Any] = {"type": seconds, "metavar": "S", "help": "stop by itself after so many seconds"}


def add_parser(commands: Any) -> None:
    command = commands.add_parser(
        "run", help="run a show (without a file: on embedded defaults)",
        description="Runs a show until Ctrl-C, for example: performer run my.show.toml. Without a file it plays on embedded defaults.",
    )  # fmt: skip
    command.add_argument("show", nargs="?", type=path, metavar="SHOW", help="a show file, as `performer init` writes one")
    command.add_argument("--play", type=path, metavar="MIDI_FILE", help="a MIDI file that plays the human's part")
    command.add_argument("--seconds", **DURATION)
    command.set_defaults(run=run)


def run(options: Namespace) -> int:
    from performer.show import Show, read_show

    return perform(read_show(options.show) if options.show else Show(), options.play, duration_of(options))


def duration_of(options: Namespace) -> float | None:
    """The seconds after which the show ends: what stands after the command, else what stands before it."""
    after: float | None = options.seconds
    before: float | None = options.seconds_before
    return before if after is None else after


def perform(show: "Show", play: Path | None, seconds: float | None) -> int:
    """Open the show, say where it is reached, and play until its end."""
    from performer.console import never_waiting
    from performer.log_limit import limit_log
    from performer.outputs.take_summary import summarise
    from performer.supervisor import Supervisor

    began = time.time()
    limit_log()
    with never_waiting():
        supervisor = Supervisor(show, play)
        try:
            facts = supervisor.open()
            print("\n".join((*_opening(show, facts), "Ctrl-C ends the show.")), flush=True)
            supervisor.run(seconds)
        finally:
            supervisor.close()
        if "take" in facts:
            print(summarise(Path(facts["take"]), began - 1.0), flush=True)
    return 0


def _opening(show: "Show", facts: Mapping[str, Any]) -> Iterator[str]:
    """What a show says when it is ready."""
    from urllib.parse import quote

    from performer.addresses import EVERYWHERE, in_link

    yield f"Performer plays. Model: {facts['model']}. MIDI in: {facts['midi_in']}; out: {facts['midi_out']}."
    yield f"Voices: {facts['band']}."
    yield f"OSC in: UDP {in_link(show.osc.host)}:{show.osc.port}; answers to port {show.osc.reply_port}."
    if show.desk.enabled:
        host = "127.0.0.1" if show.desk.host in EVERYWHERE else in_link(show.desk.host)
        token = f"?token={quote(show.desk.token, safe='')}" if show.desk.token else ""
        yield f"Play and steer at http://{host}:{show.desk.port}/{token} - the picture alone is at /projector{token}."
    if "take" in facts:
        yield f"The take is written to {facts['take']}"
