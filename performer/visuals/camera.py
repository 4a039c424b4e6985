"""Keeps what is seen: stills as PNG, and a video of the show. The thread `camera` writes; the one that shows only hands over.

A frame that the thread cannot take in time is left out and counted: the video has the moments of those that it has. Stills are few in a minute, and
stills and videos together take no more of the disk than the show says: a client that asks for them without end fills no disk.
"""

import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from performer.bucket import Bucket
from performer.visuals.reel import Picture
from performer.visuals.video import RATE, Sound, Video
from performer.visuals.walk import PREFIX
from performer.worker import Worker

log = logging.getLogger("performer")
RECORD = PREFIX + "record"
MOST_WAITING = 64  # frames and pieces of sound
PATIENCE = 0.5  # seconds that a video waits for the sound before it begins without
STILLS, STILL_EVERY = 10, 5.0  # stills that may be asked for at once, and the seconds after which there may be one more
SIZED = 5.0  # seconds between two looks at how much there is while a video is recorded
MANY = f"More than {STILLS} stills at once, or one in {STILL_EVERY:g} seconds, are not kept. Ask for fewer; a video has every frame."
GB = 1_000_000_000
ASKED = 0.5  # seconds between two words to the audio input that it is wanted


@dataclass(frozen=True, slots=True)
class Exposure:
    """A picture and the monotonic second that it was seen at; `video` or a still."""

    picture: Picture
    time: float
    video: bool


class Camera:
    """`stem` is the folder and the beginning of the names of its files, `tell` is told each file, or why there is none. `origin` is the monotonic
    second that the clock of the take counts from. `ask` asks the audio input for its sound, again and again while it is wanted."""

    def __init__(self, stem: Path, tell: Callable[[str], None], ask: Callable[[], None] = lambda: None, keep_gb: float = 10.0) -> None:
        self.origin: float | None = None
        self._ask, self._asked = ask, 0.0
        self._waiting: list[Exposure | Sound] = []  # for the video to begin
        self._stem, self._tell = stem, tell
        self._stills = 0  # that are wanted
        self._recording = self._ending = False
        self._due = 0.0
        self._video: Video | None = None
        self._began = 0.0
        self._failed = False
        self.refused = 0  # stills over the limit
        self._keep_gb, self._sized = keep_gb, 0.0
        self._bucket, self._told = Bucket(1.0 / STILL_EVERY, STILLS), set[str]()
        self._worker = Worker("camera", self._handle, limit=MOST_WAITING)
        self._worker.start()

    @property
    def dropped(self) -> int:
        """Frames that the video lacks."""
        return self._worker.counters.dropped

    def still(self) -> None:
        """Keep the next picture that is seen, unless there were many just now. For one thread."""
        if self._bucket.take(time.monotonic()):
            self._stills += 1
            self._told.discard(MANY)
        else:
            self.refused += 1
            self._tell_once(MANY)

    def attend(self, values: Mapping[str, Any]) -> bool:
        """Whether a picture is wanted soon; the values say whether it records."""
        if values[RECORD] != self._recording:
            self._recording = bool(values[RECORD])
            self._due, self._ending = 0.0, not self._recording
        if self._ending and self._worker.post(None):  # a full inbox refuses it; there is another time
            self._ending = False
        return self._recording or self._ending or self._stills > 0

    def wants(self, now: float) -> bool:
        """Whether the picture that is seen now is to be kept."""
        return self._stills > 0 or (self._recording and now >= self._due)

    def take(self, picture: Picture, now: float) -> None:
        """The picture that is seen now, which nobody changes any more."""
        if self._stills and self._worker.post(Exposure(picture, now, False)):
            self._stills -= 1
        if self._recording and now - self._asked > ASKED:
            self._ask()
            self._asked = now
        if self._recording and now >= self._due:
            self._due = max(self._due + 1.0 / RATE, now + 0.5 / RATE)
            self._worker.post(Exposure(picture, now, True))

    def hear(self, sound: Sound) -> None:
        """What came from the audio input. Thread-safe."""
        if self._recording:
            self._worker.post(sound)

    def close(self) -> None:
        """Finish the video that is recorded."""
        self._recording = False
        self._worker.stop(5.0)
        self._finish()

    def _handle(self, item: Exposure | Sound | None) -> None:
        if item is None:
            self._finish()
        elif isinstance(item, Sound) or item.video:
            self._record(item)
        else:
            self._develop(item)

    def _develop(self, item: Exposure) -> None:
        from PIL import Image

        if self._is_full():
            return
        path = self._path("png")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(item.picture).save(path)
        except OSError as error:
            self._say(f"The still '{path}' cannot be written ({error.strerror}). Name another folder under [takes].")
        else:
            self._tell(str(path))

    def _record(self, item: Exposure | Sound) -> None:
        if self._failed:
            return
        try:
            if item.time - self._sized > SIZED:
                self._sized = item.time
                if self._is_full():
                    self._finish()
                    self._failed = True
                    return
            if self._video is not None:
                self._add(self._video, item)
                return
            self._waiting.append(item)
            frames = [each for each in self._waiting if isinstance(each, Exposure)]
            sounds = [each for each in self._waiting if isinstance(each, Sound)]
            if frames and (sounds or item.time - frames[0].time > PATIENCE):
                self._begin(frames[0], sounds[0] if sounds else None)
        except Exception as error:  # a full disk, or a sound that no coder takes, ends the video, not the show
            self._failed, self._video, self._waiting = True, None, []
            self._say(str(error))

    def _begin(self, first: Exposure, sound: Sound | None) -> None:
        height, width = first.picture.shape[:2]
        begun = None if self.origin is None else first.time - self.origin
        self._video, self._began = Video(self._path("mp4"), (width, height), begun, sound), first.time
        waiting, self._waiting = self._waiting, []
        for item in waiting:
            self._add(self._video, item)

    def _add(self, video: Video, item: Exposure | Sound) -> None:
        if isinstance(item, Sound):
            video.hear(item, item.time - self._began)
        else:
            video.add(item.picture, item.time - self._began)

    def _finish(self) -> None:
        frames = [each for each in self._waiting if isinstance(each, Exposure)]
        if frames and not self._failed:
            self._begin(frames[0], None)
        video, self._video, self._failed, self._waiting = self._video, None, False, []
        if video is not None:
            video.close()
            self._tell(str(video.path))

    def _is_full(self) -> bool:
        """Whether there are as many stills and videos of this show as may be."""
        total = 0
        with contextlib.suppress(OSError):
            for path in self._stem.parent.iterdir():
                if path.suffix in (".png", ".mp4") and path.name.startswith(f"{self._stem.name}-"):
                    total += path.stat().st_size
        if total < self._keep_gb * GB:
            return False
        self._tell_once(
            f"The stills and videos in '{self._stem.parent}' take {self._keep_gb:g} GB: no more are kept. Move some away, or raise [takes] keep_gb."
        )
        return True

    def _tell_once(self, sentence: str) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            self._say(sentence)

    def _path(self, kind: str) -> Path:
        """A file that is not there yet."""
        stem = f"{self._stem.name}-{time.strftime('%Y%m%d-%H%M%S')}"
        names = (f"{stem}{'' if number == 1 else f'-{number}'}.{kind}" for number in range(1, 1000))
        return next(path for path in map(self._stem.with_name, names) if not path.exists())

    def _say(self, sentence: str) -> None:
        log.warning(sentence)
        self._tell(sentence)
