"""A program: plays a sine into the audio system. Each line on its standard input is the amplitude from now on."""

import sys
import threading

import numpy as np
import sounddevice

HZ = 1000.0


class Source:
    """The sine, where it is and how loud."""

    def __init__(self) -> None:
        self.amplitude, self.rate = 0.0, 48000.0
        self._at = 0

    def play(self, block: np.ndarray, frames: int, moments: object, status: object) -> None:
        time = (self._at + np.arange(frames)) / self.rate
        self._at += frames
        block[:, 0] = self.amplitude * np.sin(2.0 * np.pi * HZ * time)


source = Source()
with sounddevice.OutputStream(channels=1, callback=source.play) as stream:
    source.rate = stream.samplerate
    sys.stdout.write("plays\n")
    sys.stdout.flush()
    for line in sys.stdin:
        source.amplitude = float(line)
threading.Event().wait(0.1)
