"""A video file that grows while it is recorded, by PyAV, imported late and here only. Fragments: what was written before a crash can be played.

A frame has the moment it was shown at, whatever the rate, so the video runs as the show did, and the sound of the audio input the moment it
came. The metadata says where it begins on the clock of the take: `comment` is JSON with `take_time`, the seconds of the first frame there.
"""

import json
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from performer.errors import PortError
from performer.packages import extra
from performer.visuals.reel import Picture

TICKS = 90_000  # a second, MPEG's own
RATE = 30  # frames a second, about
ENCODERS = {"libx264": {"preset": "veryfast", "crf": "18", "tune": "zerolatency"}, "mpeg4": {"qscale": "3"}}  # the first that is there
CONTAINER = {"movflags": "+frag_keyframe+delay_moov+default_base_moof", "flush_packets": "1"}
APART = 0.05  # seconds that the sound may be off before silence is put in, or sound left out
LAYOUTS = {1: "mono", 2: "stereo"}
Samples = npt.NDArray[np.int16]  # (frames, channels)


@dataclass(frozen=True, slots=True)
class Sound:
    """What came from the audio input: the monotonic second of its beginning, frames a second, the samples."""

    time: float
    rate_hz: int
    samples: Samples


class Video:
    """A file to be written. Used by one thread."""

    def __init__(self, path: Path, size: tuple[int, int], take_time: float | None, sound: Sound | None = None) -> None:
        """The first frame comes at `take_time` (None: the clock of the take is not known); `sound` is some of what will come, None for a silent
        video. Raises PortError where it cannot be."""
        try:
            import av
        except ImportError as error:
            raise PortError(f"No video can be recorded: {error}.", extra("video")) from None
        self._av: Any = av
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._av.open(str(path), "w", format="mp4", options=CONTAINER)
        except (OSError, av.FFmpegError) as error:
            raise PortError(f"The video '{path}' cannot be written ({error}).", "Name another folder under [takes].") from None
        self._file.metadata["comment"] = json.dumps({"take_time": take_time})
        name = next(each for each in ENCODERS if each in av.codecs_available)
        self._stream: Any = self._file.add_stream(name, rate=RATE, options=ENCODERS[name])
        self._stream.width, self._stream.height = (max(2, side // 2 * 2) for side in size)
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.time_base = Fraction(1, TICKS)
        self._stream.codec_context.gop_size = 2 * RATE
        self._last = -1
        self._written = 0  # frames of sound
        self._sound: Any = None
        if sound is not None:
            layout = LAYOUTS[sound.samples.shape[1]]
            self._sound = self._file.add_stream("aac", rate=sound.rate_hz, layout=layout)
            self._resampler = self._av.AudioResampler("fltp", layout, sound.rate_hz, frame_size=1024)

    def add(self, picture: Picture, time: float) -> None:
        """A frame (height, width, 3) that was seen `time` seconds after the first."""
        ticks = max(self._last + 1, round(time * TICKS))
        self._last = ticks
        frame = self._av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
        frame = frame.reformat(width=self._stream.width, height=self._stream.height, format="yuv420p")
        frame.pts, frame.time_base = ticks, Fraction(1, TICKS)
        self._file.mux(self._stream.encode(frame))

    def hear(self, sound: Sound, time: float) -> None:
        """What came from the audio input, beginning `time` seconds after the first frame. A gap is silence; what came before is left out."""
        if self._sound is None or sound.samples.shape[1] != self._sound.codec_context.channels or sound.rate_hz != self._sound.codec_context.rate:
            return
        due, samples = round(time * sound.rate_hz), sound.samples
        if due - self._written > APART * sound.rate_hz or self._written == 0:
            self._write(np.zeros((max(0, due - self._written), samples.shape[1]), np.int16))
            samples = samples[max(0, -due) :] if self._written == 0 else samples
        elif self._written - due > APART * sound.rate_hz:
            samples = samples[self._written - due :]
        self._write(samples)

    def _write(self, samples: Samples) -> None:
        if not len(samples):
            return
        frame = self._av.AudioFrame.from_ndarray(np.ascontiguousarray(samples).reshape(1, -1), "s16", self._sound.codec_context.layout.name)
        frame.sample_rate = self._sound.codec_context.rate
        frame.pts, frame.time_base = self._written, Fraction(1, frame.sample_rate)
        self._written += len(samples)
        for piece in self._resampler.resample(frame):
            self._file.mux(self._sound.encode(piece))

    def close(self) -> None:
        """Write what is left."""
        if self._sound is not None:
            for piece in self._resampler.resample(None):
                self._file.mux(self._sound.encode(piece))
            self._file.mux(self._sound.encode(None))
        self._file.mux(self._stream.encode(None))
        self._file.close()
