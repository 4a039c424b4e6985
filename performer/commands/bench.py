"""`performer bench`: one sub-command a bench, each with exactly the options that it uses; its object as JSON or in words."""

import json
import sys
from argparse import Namespace
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from performer.commands.values import duration, number, path, rate, seconds, whole
from performer.errors import PerformerError
from performer.progress import Progress, Watch, duration_in_words

TEXT = "Measures the show from outside, as another program sees it. Each bench has options of its own: performer bench reply --help"
BRIEF_NOTES = 100  # events of `models` in `all`
SHORTEST_LIVE_S = 120.0  # seconds of a live show whose first minute can be held against its last


class Option(NamedTuple):
    """An option of a bench: its names, the newest last, and what argparse has to know of it."""

    names: tuple[str, ...]
    facts: Mapping[str, Any]


class Bench(NamedTuple):
    """What a bench measures, its options, the function that measures, how long that takes (seconds, of what) where it can be told before, and
    whether its show plays --model."""

    help: str
    options: tuple[Option, ...]
    measure: Callable[[Namespace, Watch], dict[str, Any]]
    lasts: Callable[[Namespace], tuple[float, str]] | None = None
    plays_model: bool = False


def _number(name: str, default: int, help: str, *older: str, most: int = 1_000_000) -> Option:
    facts = {"type": whole(1, most), "default": default, "metavar": "N", "help": f"{help} (default {default})"}
    return Option((*older, name), facts | {"dest": name.removeprefix("--")})


def _seconds(default: float, help: str = "how long is measured") -> Option:
    return Option(("--seconds",), {"type": duration, "default": default, "metavar": "S", "help": f"{help} (default {default:g})"})


def _rate(default: float, of: str) -> Option:
    return Option(("--rate",), {"type": rate, "default": default, "metavar": "HZ", "help": f"{of} a second (default {default:g})"})


def _model(default: str = "") -> Option:
    words = f"default {default}" if default else "default: the show's own"
    return Option(("--model",), {"default": default, "metavar": "NAME", "help": f"the model that is measured ({words})"})


VOICES = Option(("--voices",), {"type": whole(1, 16), "default": 1, "metavar": "1-16", "help": "how many voices answer (default 1)"})
SILENCE = Option(("--silence",), {"type": seconds, "default": 0.0, "metavar": "S", "help": "nobody plays so long before it is measured (default 0)"})
DELAY = Option(("--delay",), {
    "type": number(-500.0, 500.0), "metavar": "MS", "help": "when planned notes leave against the beat (default: half the transport, earlier)",
})  # fmt: skip
VISUALS = Option(("--with-visuals",), {"action": "store_true", "help": "with the generator painting beside it"})


def _reply(options: Namespace, watch: Watch) -> dict[str, Any]:
    from performer.bench.reply import bench_reply

    return bench_reply(options.notes, options.rate, options.voices, options.silence, options.with_visuals, options.model, watch)


def _timing(options: Namespace, watch: Watch) -> dict[str, Any]:
    from performer.bench.timing import bench_timing

    return bench_timing(options.seconds, options.delay, options.with_visuals, options.model, watch)


def _models(options: Namespace, watch: Watch) -> dict[str, Any]:
    from performer.bench.models import bench_models

    return bench_models(options.events, watch)


def _frames(options: Namespace, watch: Watch) -> dict[str, Any]:
    from performer.bench.frames import bench_frames

    return bench_frames(options.seconds, options.clicks, watch)


def _osc(options: Namespace, watch: Watch) -> dict[str, Any]:
    from performer.bench.osc import bench_osc

    return bench_osc(options.seconds, options.rate, options.with_visuals, watch)


def _start(options: Namespace, watch: Watch) -> dict[str, Any]:
    from performer.bench.start import bench_start

    return bench_start(options.with_visuals)


def _endure(options: Namespace, watch: Watch) -> dict[str, Any]:
    from performer.bench.endure import bench_endure

    if 0.0 < options.seconds < SHORTEST_LIVE_S:
        raise PerformerError(f"--seconds {options.seconds:g} is too short for a live show.", f"Give {SHORTEST_LIVE_S:g} at least, or 0 for none.")
    return bench_endure(options.model, options.minutes, round(options.seconds / 60), options.with_visuals, watch)


def _idle(options: Namespace, watch: Watch) -> dict[str, Any]:
    from performer.bench.idle import CASES, SETTLE_S, bench_idle

    return bench_idle(options.seconds, (options.case,) if options.case else tuple(CASES), SETTLE_S, watch)


def _response(options: Namespace, watch: Watch) -> dict[str, Any]:
    from performer.bench.response import bench_response

    return bench_response(options.sound, watch=watch)


def _trouble(options: Namespace, watch: Watch) -> dict[str, Any]:
    from performer.bench.trouble import bench_trouble

    return bench_trouble(options.kills, options.seconds, watch)


def _notochord(options: Namespace, watch: Watch) -> dict[str, Any]:
    from performer.bench.notochord import bench_notochord

    return bench_notochord(options.python, options.events, watch)


def _style(options: Namespace, watch: Watch) -> dict[str, Any]:
    from performer.bench.style import bench_style

    return bench_style(options.takes, options.model, watch)


def _follow(options: Namespace, watch: Watch) -> dict[str, Any]:
    from performer.bench.follow import bench_follow

    return bench_follow(options.takes, options.players, options.model, watch)


def _all(options: Namespace, watch: Watch) -> dict[str, Any]:
    each = Namespace(**vars(options) | {"model": "", "events": BRIEF_NOTES, "clicks": 30, "rate": options.rate})
    parts = {"start": _start, "models": _models, "reply": _reply, "timing": _timing, "osc": _osc, "frames": _frames}

    def measured(name: str) -> dict[str, Any]:
        own = Namespace(**vars(each) | ({"rate": 5000.0} if name == "osc" else {}))
        return parts[name](own, lambda what, done, total: watch(f"{name}: {what}", done, total))

    return {"bench": "all"} | {name: measured(name) for name in parts}


def _reply_lasts(options: Namespace) -> tuple[float, str]:
    return 12.0 + options.silence + options.notes / options.rate, f"{options.notes:,} notes at {options.rate:g} a second"


def _seconds_last(times: float, more: float, of: str = "seconds") -> Callable[[Namespace], tuple[float, str]]:
    """`times` the option --seconds, and `more` for what is before and after."""
    return lambda options: (times * options.seconds + more, f"{duration_in_words(options.seconds)} are measured")


BENCHES: Mapping[str, Bench] = {
    "reply": Bench(
        "the time from a note to the first note of the answer",
        (_number("--notes", 2000, "how many notes are played"), _rate(16.0, "notes"), VOICES, SILENCE, _model(), VISUALS), _reply, _reply_lasts, True,
    ),
    "timing": Bench(
        "how punctual planned notes reach another program", (_seconds(60.0), DELAY, _model(), VISUALS), _timing,
        _seconds_last(1.0, 12.0), True,
    ),
    "models": Bench("what an event costs each note model", (_number("--events", 500, "events of each model", "--notes"),), _models),
    "frames": Bench(
        "pictures a second, and the time from a click at the audio input to a picture",
        (_seconds(10.0), _number("--clicks", 30, "how many clicks", "--notes", most=10_000)), _frames, _seconds_last(1.0, 40.0),
    ),
    "osc": Bench("replies during a flood of OSC messages", (_seconds(30.0), _rate(5000.0, "messages"), VISUALS), _osc, _seconds_last(2.0, 10.0)),
    "start": Bench("from the command to a show that plays", (VISUALS,), _start),
    "endure": Bench(
        "whether the last minute costs what the first did: on the virtual clock, then live",
        (_number("--minutes", 60, "minutes on the virtual clock", "--notes", most=100_000), Option(("--seconds",), {
            "type": seconds, "default": 600.0, "metavar": "S", "help": "how long the live show is, 120 at least; 0: none (default 600)",
         }),
         _model("lstm-first-int8"), VISUALS), _endure, None, True,
    ),
    "idle": Bench(
        "what a show costs while nobody plays, and the first reply after that",
        (_seconds(60.0, "how long each show is measured"), Option(("--case",), {
            "default": "", "metavar": "NAME", "help": "default, picture off, page open or after six model swaps (default: each)",
         })), _idle,
    ),
    "notochord": Bench(
        "our model beside Notochord",
        (Option(("--python",), {"type": path, "metavar": "PROGRAM", "help": "the Python of an environment with Notochord (needed)"}),
         _number("--events", 200, "events of each", "--notes")), _notochord,
    ),
    "style": Bench(
        "whether a drum model plays the style it is told",
        (Option(("--takes",), {"type": path, "metavar": "DIR", "help": "the folder of the Groove MIDI set (needed)"}), _model("lstm-drums")), _style,
    ),
    "follow": Bench(
        "whether voices follow a player's key, density and loudness",
        (Option(("--takes",), {"type": path, "metavar": "DIR", "help": "MIDI files of a player (default: made-up ones)"}),
         _number("--players", 50, "how many takes", "--notes", most=100_000), _model("lstm-first-int8")), _follow,
    ),
    "response": Bench(
        "how well the picture follows the music",
        (Option(("--sound",), {"type": path, "nargs": "+", "default": (), "metavar": "WAV", "help": "pieces (default: three made by rule)"}),),
        _response,
    ),
    "trouble": Bench(
        "what is seen and heard while parts of the show are killed, stopped and flooded",
        (_number("--kills", 20, "how often the generator is killed", most=10_000), _seconds(120.0, "how long it is killed")),
        _trouble, _seconds_last(1.25, 30.0),
    ),
    "all": Bench(
        "start, models, reply, timing, osc and frames, briefly",
        (_number("--notes", BRIEF_NOTES, "notes of reply"), _rate(16.0, "of reply: notes"), VOICES, SILENCE, _seconds(5.0, "of the others"), DELAY,
         VISUALS), _all, lambda options: (_reply_lasts(options)[0] + 4 * options.seconds + 80.0, "six benches, briefly"),
    ),
}  # fmt: skip


def add_parser(commands: Any) -> None:
    command = commands.add_parser("bench", help="measure what you can rely on", description=TEXT)
    benches = command.add_commands("BENCH", required=True)
    for name, bench in BENCHES.items():
        parser = benches.add_parser(name, help=bench.help, description=f"Measures {bench.help}.")
        for option in bench.options:
            parser.add_argument(*option.names, **option.facts)
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
        parser.set_defaults(run=run, bench=name)


def run(options: Namespace) -> int:
    bench = BENCHES[options.bench]
    if bench.plays_model and options.model:
        from performer.minds import open_mind

        open_mind(options.model)  # raises where it cannot be played: the show of the bench would play another one instead
    with Progress(f"bench {options.bench}") as progress:
        if bench.lasts is not None:
            lasts, of = bench.lasts(options)
            progress.say(f"bench {options.bench} takes about {duration_in_words(lasts)}: {of}.")
        found = bench.measure(options, progress)
    sys.stdout.write((json.dumps(found) if options.json else "\n".join(lines(found))) + "\n")
    return 0


def lines(result: Mapping[str, Any], indent: str = "") -> list[str]:
    """The object in words, a line a figure."""
    out = []
    for key, value in result.items():
        if isinstance(value, Mapping) and any(isinstance(each, Mapping) for each in value.values()):
            out += [f"{indent}{key}:", *lines(value, indent + "  ")]
        elif isinstance(value, Mapping):
            out.append(f"{indent}{key}: " + ", ".join(f"{name} {each}" for name, each in value.items()))
        else:
            out.append(f"{indent}{key}: {value}")
    return out
