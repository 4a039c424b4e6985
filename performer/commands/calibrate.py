"""`performer calibrate`: how long a note is on its way, measured by a loop."""

import sys
from argparse import Namespace
from typing import Any

from performer.commands.values import duration, path, whole
from performer.errors import PerformerError

TEXT = "Plays notes and awaits them at an input that hears them: how long they are on their way is the delay for the show file."
OF_SOUND = ("audio_input", "channel", "pitch")  # options that need --audio
OF_MIDI = ("input", "connect")  # options that mean nothing with it


def add_parser(commands: Any) -> None:
    command = commands.add_parser("calibrate", help="learn how long a note is on its way, by a loop-back", description=TEXT)
    text = "the show file whose ports are measured (without one: Performer's own ports)"
    command.add_argument("show", nargs="?", type=path, metavar="SHOW", help=text)
    command.add_argument("--audio", action="store_true", help="from a note to its sound at the audio input, instead of to a MIDI input")
    command.add_argument("--output", metavar="NAME", help="part of the name of the MIDI output")
    command.add_argument("--input", metavar="NAME", help="part of the name of the MIDI input")
    command.add_argument("--audio-input", metavar="NAME", help="with --audio: part of the name of the audio input")
    command.add_argument("--connect", action="store_true", help="join Performer's own output and input inside this machine")
    command.add_argument("--channel", type=whole(1, 16), metavar="1-16", help="with --audio: the sound's channel (default 10)")
    command.add_argument("--pitch", type=whole(0, 127), metavar="0-127", help="with --audio: the sound's pitch (default 37, side stick)")
    command.add_argument("--notes", type=whole(3, 1000), metavar="3-1000", help="how many (default 64; with --audio 24)")
    command.add_argument("--wait", type=duration, default=2.0, metavar="SECONDS", help="how long the first note is awaited (default 2)")
    command.add_argument("--save", type=path, metavar="FILE", help="write the delay into this show file")
    command.add_argument("--json", action="store_true", help="one JSON object on standard output")
    command.set_defaults(run=run)


def run(options: Namespace) -> int:
    from performer.calibration.calibrate import Asked, calibrate

    for name in OF_MIDI if options.audio else OF_SOUND:
        if getattr(options, name) not in (None, False):
            remedy = "Leave it away, or --audio." if options.audio else "Add --audio, or leave it away."
            raise PerformerError(f"--{name.replace('_', '-')} does nothing with{'' if options.audio else 'out'} --audio.", remedy)
    asked = Asked(
        options.show, options.save, options.audio, options.output, options.input, options.audio_input, options.connect, options.channel,
        options.pitch, options.notes, options.wait, options.json,
    )  # fmt: skip
    print(calibrate(asked, lambda sentence: print(sentence, file=sys.stderr, flush=True)))
    return 0
