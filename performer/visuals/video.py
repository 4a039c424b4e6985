"""A video file that grows while it is recorded, by PyAV, imported late and here only. Fragments: what was written before a crash can be played.

A frame has the moment it was shown at, whatever the rate, so the video runs as the show did. Its metadata says where it begins on the clock
of the take: `comment` is JSON with `take_time`, the seconds of the first frame on that clock.
"""

import json
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
CONTAINER = {"movflags": "+frag_keyframe+empty_moov+default_base_moof"}
LOUDEST = 32767  # of a sample
Sound = npt.NDArray[np.int16]  # (frames, channels)


class Video:
    """A file to be written. Used by one thread."""

    def __init__(self, path: Path, size: tuple[int, int], take_time: float | None) -> None:
        """The first frame comes at `take_time` (None: the clock of the take is not known). Raises PortError where it cannot be."""
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
        self._sound: Any = None
        self._last = -1

    def add(self, picture: Picture, time: float) -> None:
        """A frame (height, width, 3) that was seen `time` seconds after the first."""
        ticks = max(self._last + 1, round(time * TICKS))
        self._last = ticks
        frame = self._av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
        frame = frame.reformat(width=self._stream.width, height=self._stream.height, format="yuv420p")
        frame.pts, frame.time_base = ticks, Fraction(1, TICKS)
        self._file.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Write what is left."""
        self._file.mux(self._stream.encode(None))
        self._file.close()
