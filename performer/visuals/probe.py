"""What a band does to the picture just here: now and then a frame is painted once more without it, and never shown. Pure.

Where a band's lean changes the picture little it leans farther, so that equal music moves the picture equally wherever the walk is."""

from collections.abc import Callable
from dataclasses import replace

from performer.visuals.even import apart
from performer.visuals.reel import Picture
from performer.visuals.walk import ROOMS, Pose, Walk

EVERY = 6  # frames
LEAST = 0.15  # of a band's room: a lesser lean tells too little


class Probe:
    """`paint` gives the frame of a pose, or None. `look` after each frame that was painted."""

    def __init__(self, paint: Callable[[Pose], Picture | None]) -> None:
        self._paint = paint
        self._frames = self._band = 0

    def look(self, walk: Walk, pose: Pose, frame: Picture) -> None:
        self._frames += 1
        if self._frames % EVERY:
            return
        self._band = (self._band + 1) % len(pose.bands)
        lean = pose.bands[self._band]
        if lean < LEAST * ROOMS[self._band]:
            return
        low, mid, high = (0.0 if place == self._band else value for place, value in enumerate(pose.bands))
        without = self._paint(replace(pose, bands=(low, mid, high)))
        walk.leans[self._band].stepped(lean)
        walk.leans[self._band].seen(apart(frame, without))

