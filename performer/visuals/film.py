"""What is seen between the generator's frames, and while it makes none: pure, with the time as an argument.

A frame fades in over the time that a frame takes, from what was seen when it came. When frames stop coming, the last ones run back and
forth, so the picture goes on moving as it moved; what comes afterwards, or from another model, fades in from there without a jump.
"""

import math
from collections import deque

import numpy as np

from performer.visuals.reel import Frame, Picture

SHORTEST, LONGEST = 1 / 60, 0.25  # seconds that a frame may fade in
STALL = 0.09  # seconds without a frame, or STALL_FRAMES usual intervals if that is longer, after which the last frames run back and forth
STALL_FRAMES = 3
RETURN = 0.6  # seconds in which the living picture takes over from the one that stood in
MOST_FRAMES, MOST_BYTES = 72, 24 << 20  # of the past that are kept


def blend(before: Picture, after: Picture, share: float) -> Picture:
    """The picture `share` of the way from `before` to `after`, which has its size; the very array where share is 0 or 1."""
    if share >= 1.0:
        return after
    if before.shape != after.shape:
        before = resized(before, after.shape[0], after.shape[1])
    if share <= 0.0:
        return before
    weight = round(share * 256)
    mixed, part = np.empty(after.shape, np.uint16), np.empty(after.shape, np.uint16)
    np.multiply(before, np.uint16(256 - weight), out=mixed)  # into buffers of the wanted type: eight times as fast as astype and *=
    np.multiply(after, np.uint16(weight), out=part)
    mixed += part  # at most 255 * 256
    mixed >>= 8
    return mixed.astype(np.uint8)


def resized(picture: Picture, height: int, width: int) -> Picture:
    """The picture at another size, each pixel the nearest."""
    rows, columns = (np.arange(new) * old // new for new, old in zip((height, width), picture.shape[:2], strict=True))
    return np.ascontiguousarray(picture[rows][:, columns])


class Strip:
    """The last frames of one source, and the interval they come at."""

    def __init__(self, picture: Picture, now: float) -> None:
        self.picture = self._before = picture
        self._past: deque[Picture] = deque([picture], max(2, min(MOST_FRAMES, MOST_BYTES // picture.nbytes)))
        self._came, self._interval = now, SHORTEST

    def take(self, picture: Picture, now: float) -> None:
        """The next frame of the same size."""
        self._before = self.at(now)
        passed = min(now - self._came, LONGEST)
        self._interval += (passed - self._interval) * (0.15 if len(self._past) > 3 else 0.6)
        self._came = now
        self._past.append(picture)
        self.picture = picture

    def stalled(self, now: float) -> bool:
        """Whether frames have stopped coming."""
        return now - self._came > max(STALL, STALL_FRAMES * self._interval)

    def at(self, now: float) -> Picture:
        """What is seen of it; the same array as before where nothing changed."""
        if self.stalled(now):
            return self._back_and_forth(now - self._came)
        return blend(self._before, self.picture, (now - self._came + SHORTEST) / self.fade)  # the moment it comes is its first step

    @property
    def fade(self) -> float:
        """The seconds that a frame fades in."""
        return min(LONGEST, max(SHORTEST, self._interval))

    def _back_and_forth(self, since: float) -> Picture:
        """The past, at half its pace, turning softly at both ends: a place on it that swings like a pendulum."""
        most = len(self._past) - 1
        swing = since - max(STALL, STALL_FRAMES * self._interval)
        length = max(0.2, 2 * most * max(self._interval, SHORTEST))  # seconds from one end to the other
        place = most * (0.5 + 0.5 * math.cos(math.pi * swing / length))
        first = min(int(place), max(0, most - 1))
        return blend(self._past[first], self._past[min(first + 1, most)], place - first)


class Film:
    """The living strip, and the one that it takes over from. `crossfade` is the seconds from one model's picture to another's."""

    def __init__(self, crossfade: float = 3.0) -> None:
        self.crossfade = crossfade
        self._live: Strip | None = None
        self._ghost: Strip | None = None
        self._source = 0
        self._since, self._length = 0.0, RETURN

    def take(self, frame: Frame, now: float) -> None:
        """A frame came at the moment `now`."""
        live = self._live
        if live is None:
            self._live = Strip(frame.pixels, now)
        elif frame.source != self._source or frame.pixels.shape != live.picture.shape:
            self._take_over(frame, now, self.crossfade)
        elif live.stalled(now):
            self._take_over(frame, now, RETURN)
        else:
            live.take(frame.pixels, now)
            self._ghost = self._ghost if now - self._since < self._length else None
        self._source = frame.source

    def stalled(self, now: float) -> bool:
        """Whether the picture stands in for frames that do not come."""
        return self._live is not None and self._live.stalled(now)

    def at(self, now: float) -> Picture | None:
        """The picture of this moment, None before the first frame; the same array as before where nothing changed."""
        if self._live is None:
            return None
        seen = self._live.at(now)
        share = (now - self._since) / max(1e-3, self._length)
        if self._ghost is None or share >= 1.0:
            return seen
        return blend(self._ghost.at(now), seen, share * share * (3 - 2 * share))

    def ahead(self, now: float) -> Picture | None:
        """What `at` gives once the newest frame has faded in: for who fades by himself."""
        return None if self._live is None else self.at(now + 1.01 * self._live.fade)

    def _take_over(self, frame: Frame, now: float, length: float) -> None:
        seen, ghost = self.at(now), self._live
        assert seen is not None and ghost is not None
        if now - self._since < self._length and self._ghost is not None:  # in the middle of a fade: what is seen stands still while it goes
            ghost = Strip(seen, now)
        self._live, self._ghost = Strip(frame.pixels, now), ghost
        self._since, self._length = now, length
