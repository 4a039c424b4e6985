"""Notes that leave the output and are awaited as sound at the audio input. Runs in a process of its own: PortAudio may hang in it.

PortAudio's thread records on a tape; the main thread plays, and looks for the onsets when all is recorded. A sample's moment is that of its
block's callback, freed of that callback's own delay by those that follow, and the samples count within the block; the
input latency that PortAudio stamps on the blocks is taken off. Its clock is of no use: JACK's runs away while clients come and go.
"""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from performer.calibration.findings import Measured
from performer.errors import PortError
from performer.listening.audio import AudioInput, choose, inputs, open_stream
from performer.listening.spectrum import Samples
from performer.midi_port import Port
from performer.outputs.midi import VIRTUAL as OUT

GAP_S = (0.45, 0.65)  # seconds between two clicks: the one before has died away
HELD_S = 0.05  # seconds that a key is down
BEFORE_S, AFTER_S = 0.1, 0.4  # the part of the tape, around the sending, in which one click is looked for
FOLLOWING_S = 0.1  # seconds of callbacks that free one before them of its delay
RISE = 0.1  # the share of a click's peak at which it begins
OUT_OF_NOISE = 4.0  # a click's peak against what was heard before it
FAINTEST = 1e-4  # -80 dB of full scale


@dataclass(frozen=True, slots=True)
class ClickOptions:
    """(Part of) the names of the MIDI output and the audio input, None for Performer's own port and the system's input; channel 1-16 and
    pitch of the sound; so many clicks; `wait` is the seconds in which the first has to be heard."""

    output: str | None = None
    audio_input: str | None = None
    channel: int = 10
    pitch: int = 37  # General MIDI: side stick
    notes: int = 24
    wait: float = 2.0
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Block:
    """A block of sound: the moment of its callback, the input latency stamped on it (seconds), its peaks over the channels, shape (frames,)."""

    moment: float
    latency: float
    peaks: Samples


@dataclass(slots=True)
class Tape:
    """The blocks in their order. `record` is PortAudio's callback and only hands over."""

    rate_hz: float
    blocks: list[Block] = field(default_factory=list)

    def record(self, block: Samples, frames: int, moments: object, status: object) -> None:
        now = time.perf_counter()
        latency = moments.currentTime - moments.inputBufferAdcTime  # type: ignore[attr-defined]
        self.blocks.append(Block(now, latency, np.abs(block).max(axis=1)))

    def input_latency(self) -> float:
        """The seconds that the input takes, as PortAudio stamped the blocks."""
        return float(np.median([block.latency for block in self.blocks]))

    def onsets(self, sent: Sequence[float]) -> list[float | None]:
        """For each moment at which a note left, the one at which its sound was handed over; None where none was heard."""
        moments, peaks = self._samples()
        return [_onset(moments, peaks, each) for each in sent]

    def _samples(self) -> tuple[Samples, Samples]:
        """The moment of every sample, and its size; shapes (samples,)."""
        blocks = list(self.blocks)
        called = np.array([block.moment for block in blocks])
        sizes = np.array([len(block.peaks) for block in blocks])
        starts = np.concatenate(([0], np.cumsum(sizes)[:-1])) / self.rate_hz
        begun = called - starts  # a late callback makes it greater for itself, blocks that were lost for all that follow
        followed = np.searchsorted(called, called + FOLLOWING_S)
        freed = np.array([begun[place:last].min() for place, last in enumerate(followed)])
        moments = np.concatenate([begin + np.arange(size) / self.rate_hz for begin, size in zip(starts + freed, sizes, strict=True)])
        return np.maximum.accumulate(moments), np.concatenate([block.peaks for block in blocks])


def _onset(moments: Samples, peaks: Samples, sent: float) -> float | None:
    first, at, last = np.searchsorted(moments, (sent - BEFORE_S, sent, sent + AFTER_S))
    noise, click = peaks[first:at], peaks[at:last]
    floor = float(noise.max(initial=0.0))
    peak = float(click.max(initial=0.0))
    if peak < max(FAINTEST, OUT_OF_NOISE * floor):
        return None
    return float(moments[at + int(np.argmax(click >= max(RISE * peak, 1.5 * floor)))])


def measure(options: ClickOptions) -> Measured:
    """Play and listen. Raises PortError if a port is not to be had or nothing is heard.

    The port opens before the stream and closes after it: both hold Python's lock while JACK waits for the stream's callback, and that for
    the lock."""
    device = choose(options.audio_input, inputs())
    tape = Tape(device.rate_hz)
    out = Port("out", options.output, OUT)
    out.open()
    try:
        stream = open_stream(device, tape.record, 0, "low")
        try:
            clicks = Clicks(out, tape, options)
            clicks.await_first(device)
            sent = clicks.play()
        finally:
            stream.close()
    finally:
        out.close()
    heard = tape.onsets(sent)
    times = [onset - left for onset, left in zip(heard, sent, strict=True) if onset is not None]
    if not times:
        raise PortError(f"Not one of {len(sent)} clicks stood out at the audio input {device}.", "Choose a short, loud sound: --channel, --pitch.")
    transport = f"{out.opened.system.name.lower() if out.opened else ''}, {device.api}"
    latency = without_input(times, tape.input_latency())
    return Measured("audio", transport, out.name, device.name, len(sent), tuple(times), input_latency=latency)


def without_input(times: list[float], latency: float) -> float | None:
    """Take the input's latency off the times, in place. Returns it; None, and nothing is taken off, where it cannot be: no sound comes
    before its note. (PortAudio says 89478 s, JACK's counter gone round, or what belongs to a card that the sound does not pass.)"""
    if not 0.0 <= latency <= min(times):
        return None
    times[:] = [time - latency for time in times]
    return latency


@dataclass(slots=True)
class Clicks:
    """An output that a sound source plays from, and the tape that hears it."""

    out: Port
    tape: Tape
    options: ClickOptions

    def await_first(self, device: AudioInput) -> None:
        """Click until one is heard. Raises PortError if none is in time."""
        end = time.perf_counter() + self.options.wait
        while True:
            sent = self.click(AFTER_S)
            if self.tape.blocks and self.tape.onsets([sent])[0] is not None:
                return
            if time.perf_counter() > end:
                raise PortError(
                    f"No sound of a note at '{self.out.name}' came to the audio input {device} within {self.options.wait:g} s.",
                    f"Let a synthesiser play channel {self.options.channel} of that port (or name its own with --output) into that input (or name"
                    " another with --audio-input); --wait 60 leaves you the time.",
                )

    def play(self) -> list[float]:
        """Click as often as the options say, at irregular distances. Returns the moments at which the notes left."""
        chance = random.Random(self.options.seed)
        return [self.click(chance.uniform(*GAP_S)) for _ in range(self.options.notes)]

    def click(self, gap: float) -> float:
        """One note, and the silence after it: so many seconds in all. Returns the moment at which it left."""
        sent = time.perf_counter()
        self.out.handle.send_message((0x8F + self.options.channel, self.options.pitch, 127))
        time.sleep(HELD_S)
        self.out.handle.send_message((0x7F + self.options.channel, self.options.pitch, 0))
        time.sleep(gap - HELD_S)
        return sent
