"""The audio input: which there are, which one is meant, and the stream that fills a ring. sounddevice is imported here only, and late.

PortAudio lists the devices once, when it is imported: a process that found none has to end and begin again. A stream whose JACK server died
goes silent without a word, and closing it never returns: nobody closes one here, the process ends.
"""

import ctypes
import functools
import math
import os
import queue
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from performer import jack
from performer.errors import PortError
from performer.listening.spectrum import Samples
from performer.packages import install

CLIENT = b"Performer Audio"
JACK_API = "JACK Audio Connection Kit"
LATENCY_S = 0.02
BLOCK = 256  # frames
HELD_S = 0.25  # seconds of sound that wait for the analysis at most: light that is later than that is wrong anyway
NONE_HERE = {
    "linux": "Plug in a sound card, or start a JACK or PipeWire server.",
    "darwin": "Plug in a microphone or an interface, and allow the terminal to use it under Privacy & Security.",
    "win32": "Plug in a microphone or an interface, and allow desktop apps to use it under Privacy.",
}


class Ring:
    """Blocks of samples on their way from the audio callback to the analysis. A full ring drops its oldest block and counts it.

    `put` is the callback's, never waits and may be called while the other thread is in `get`."""

    def __init__(self, rate_hz: float) -> None:
        self.dropped = 0
        self.touched = time.monotonic()  # when the last block came
        self._capacity = math.ceil(HELD_S * rate_hz / BLOCK)
        self._blocks: queue.SimpleQueue[Samples] = queue.SimpleQueue()

    def put(self, block: Samples) -> None:
        """Stamp the time and keep a copy."""
        self.touched = time.monotonic()
        if self._blocks.qsize() >= self._capacity:
            with suppress(queue.Empty):
                self._blocks.get_nowait()
                self.dropped += 1
        self._blocks.put(block.copy())

    def get(self, timeout: float) -> Samples | None:
        """The oldest block, or None if there is none within so many seconds."""
        try:
            return self._blocks.get(timeout=timeout)
        except queue.Empty:
            return None

    def empty(self) -> bool:
        """Whether no block waits."""
        return self._blocks.empty()


@dataclass(frozen=True, slots=True)
class AudioInput:
    """An input of this machine, by PortAudio's number and by the name that a person reads."""

    number: int
    name: str
    api: str
    channels: int
    rate_hz: float

    def __str__(self) -> str:
        channels = f"{self.channels} channel{'s' if self.channels > 1 else ''}"
        return f"'{self.name}' ({self.api}, {channels}, {self.rate_hz:.0f} Hz)"


def inputs() -> list[AudioInput]:
    """The audio inputs, the system's own one first; none where there is none. Raises PortError if PortAudio is missing or does not start.

    A JACK server that runs comes before the rest: it holds the sound card then."""
    sounddevice = _sounddevice()
    apis = sounddevice.query_hostapis()
    devices = [device for device in sounddevice.query_devices() if device["max_input_channels"] > 0]
    own = sounddevice.default.device[0]
    devices.sort(key=lambda device: (apis[device["hostapi"]]["name"] != JACK_API, device["index"] != own))
    return [
        AudioInput(each["index"], each["name"], apis[each["hostapi"]]["name"], each["max_input_channels"], each["default_samplerate"])
        for each in devices
    ]


def choose(want: str | None, available: Sequence[AudioInput]) -> AudioInput:
    """The input called `want`, in full or in part and in upper or lower case, "name (API" also; the first where `want` is None.

    Raises PortError with the names that there are."""
    if not available:
        raise PortError("This machine has no audio input now.", NONE_HERE.get(sys.platform, ""))
    if want is None:
        return available[0]
    exact = [each for each in available if each.name == want]
    partial = exact or [each for each in available if want.casefold() in f"{each.name} ({each.api})".casefold()]
    if not partial:
        names = ", ".join(dict.fromkeys(f"'{each.name}'" for each in available))
        raise PortError(f"No audio input is called '{want}'.", f"There are: {names}. `performer devices` lists them.")
    return partial[0]


def start(device: AudioInput, ring: Ring) -> Any:
    """Start the stream that fills the ring with blocks of (frames, channels) at the device's own rate. Raises PortError if it cannot be.

    The stream runs as long as the caller keeps what is returned."""

    def callback(block: Samples, frames: int, moments: object, status: object) -> None:
        ring.put(block)

    return open_stream(device, callback, BLOCK, LATENCY_S)


def open_stream(device: AudioInput, callback: Callable[[Samples, int, Any, Any], None], frames: int, latency: float | str) -> Any:
    """Start a stream that calls back, on PortAudio's thread, with blocks of (frames, channels), their number of frames (0: whatever the
    system gives), PortAudio's time stamps and status. Raises PortError if it cannot be."""
    sounddevice = _sounddevice()
    try:
        stream = sounddevice.InputStream(
            samplerate=device.rate_hz, blocksize=frames, device=device.number, channels=min(2, device.channels), dtype="float32",
            latency=latency, callback=callback,
        )  # fmt: skip
        stream.start()
    except sounddevice.PortAudioError as error:
        remedy = "Close the program that uses it, or name another one as [audio] input in the show file."
        raise PortError(f"The audio input {device} cannot be opened ({error.args[0]}).", remedy) from None
    return stream


@functools.cache
def _sounddevice() -> Any:
    """sounddevice, imported when it is first needed. Raises PortError with the remedy where it cannot be."""
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    if sys.platform.startswith("linux"):
        jack.library()
        with suppress(OSError, AttributeError):
            ctypes.CDLL("libasound.so.2").snd_lib_error_set_handler(jack.quiet_handler())
        with suppress(OSError, AttributeError):
            ctypes.CDLL("libportaudio.so.2").PaJack_SetClientName(CLIENT)  # else a patch bay shows "PortAudio"
    try:
        import sounddevice
    except OSError as error:
        raise PortError(f"The audio input cannot be used: {error}.", install("portaudio")) from None
    except Exception as error:  # PortAudio itself did not start: sounddevice's own error is not to be had without importing it
        raise PortError(f"The audio input cannot be used: {error}.", "Start the audio system of this machine again.") from None
    return sounddevice
