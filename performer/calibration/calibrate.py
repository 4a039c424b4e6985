"""The command `performer calibrate`: which loop is measured, with which ports, and where the finding goes."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from performer.apart import Apart
from performer.calibration import audio_loop, midi_loop, show_line
from performer.calibration.audio_loop import ClickOptions
from performer.calibration.findings import Measured, as_json, delay_ms, in_words
from performer.calibration.midi_loop import LoopOptions
from performer.errors import PerformerError
from performer.inputs.midi import VIRTUAL as IN
from performer.outputs.midi import VIRTUAL as OUT
from performer.probe import busy_words
from performer.show import Show

OPENING_S = 15.0  # seconds for the libraries, the ports and the audio input, before and after


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for. `show` and `save` are show files; a name of None is the show's, or Performer's own port."""

    show: Path | None = None
    save: Path | None = None
    audio: bool = False
    output: str | None = None
    input: str | None = None
    audio_input: str | None = None
    connect: bool = False
    channel: int | None = None
    pitch: int | None = None
    notes: int | None = None
    wait: float = 2.0
    as_json: bool = False


def calibrate(asked: Asked, tell: Callable[[str], None]) -> str:
    """Measure, save if asked to, and return what was found, in words or as JSON. `tell` gets a sentence before notes leave. Raises
    PerformerError."""
    file = asked.show or asked.save
    show = show_line.read(file)[1] if file is not None else Show()
    if asked.save is not None and asked.save != file:
        show_line.read(asked.save)  # what cannot be saved is told before it is measured
    measured = _measure(asked, show, tell)
    delay = delay_ms(measured)
    if asked.save is not None:
        show_line.save(asked.save, delay)
    if asked.as_json:
        return json.dumps({**as_json(measured), "saved": None if asked.save is None else str(asked.save)})
    return in_words(measured) + (f"\nIt is written into {asked.save}." if asked.save is not None else "")


def _measure(asked: Asked, show: Show, tell: Callable[[str], None]) -> Measured:
    output = asked.output or show.midi.output or None
    options: LoopOptions | ClickOptions
    if asked.audio:
        options = ClickOptions(output, asked.audio_input or show.audio.input or None, wait=asked.wait)
        options = _with(options, channel=asked.channel, pitch=asked.pitch, notes=asked.notes)
        longest = options.notes * audio_loop.GAP_S[1]
        function: Callable[..., Measured] = audio_loop.measure
    else:
        options = LoopOptions(output, asked.input or show.midi.input or None, asked.connect, wait=asked.wait)
        options = _with(options, notes=asked.notes)
        longest = options.notes * midi_loop.GAP_S[1]
        function = midi_loop.measure
    seconds = OPENING_S + asked.wait + longest
    place = f"the audio input {options.audio_input or ''}".rstrip() if isinstance(options, ClickOptions) else options.input or IN
    tell(f"Notes leave {output or OUT} and are awaited at {place}.")
    with Apart(function, options) as apart:
        try:
            return apart.result(seconds)
        except TimeoutError:
            problem = f"The MIDI or audio system did not answer within {seconds:.0f} s.{busy_words()}"
            raise PerformerError(problem, "Close other programs and try again; `performer doctor` tells whether a server hangs.") from None


def _with(options: Any, **given: Any) -> Any:
    """The options with those values that were given."""
    return replace(options, **{name: value for name, value in given.items() if value is not None})
