"""The picture in the window, on the main thread of the process `screen`: stream, looks and surface, sixty times a second; and those who keep it."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from performer.visuals.layers import NO_OVERLAY, Overlay
from performer.visuals.looks import Looks, looks_of
from performer.visuals.pace import DRAWN, Pace
from performer.visuals.reel import Picture, Reel
from performer.visuals.stream import BLACK, Stream
from performer.visuals.walk import PREFIX

RATE_HZ = 60.0
TELL_EVERY = 1.0  # seconds between words about how it goes
IDLE = 0.05  # seconds between two looks where there is nothing to show it on: often enough that the film does not take it for a stall
STUCK = 0.5  # seconds without a frame after which a window counts as stalled
UNPACED = 125.0  # frames a second: a display that lets so many pass sets no pace, whatever it says
CARD_LINES = 720  # of the test card, at most


class Surface(Protocol):
    """Where the picture is shown: the window."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        ...

    @property
    def paced(self) -> bool:
        """Whether `show` returns at the display's own rate."""
        ...

    def attend(self, now: float) -> bool:
        """See to what has to be seen to; whether there is anything to show a picture on."""
        ...

    def show(self, picture: Picture, looks: Looks, passed: float, overlay: Overlay) -> None:
        """Have this picture on the display with these layers over it, `passed` seconds after the last."""
        ...

    def seen(self) -> Picture:
        """What was shown last, with its looks, before it was put into its place (height, width, 3)."""
        ...

    def tell(self) -> Mapping[str, Any]:
        """What there is to say about it, for the status."""
        ...

    def close(self) -> None: ...


class Keeper(Protocol):
    """Who wants the pictures that are seen: the camera, and what shares them with other programs."""

    def attend(self, values: Mapping[str, Any]) -> bool:
        """Whether one is wanted soon, going by the values."""
        ...

    def wants(self, now: float) -> bool:
        """Whether the one that is seen now is wanted."""
        ...

    def take(self, picture: Picture, now: float) -> None:
        """Here it is."""
        ...

    def close(self) -> None: ...


Kick = Callable[[Mapping[str, Any], float], float]  # the values and the moment -> how strongly an onset brightens the picture


# The values, the moment, the picture before its looks, the surface's width and height -> the layers over it.
Layering = Callable[[Mapping[str, Any], float, Picture, tuple[int, int]], Overlay]


def bare(values: Mapping[str, Any], now: float, picture: Picture, size: tuple[int, int]) -> Overlay:
    """No layers."""
    return NO_OVERLAY


def still(values: Mapping[str, Any], now: float) -> float:
    """No onset moves it."""
    return 0.0


class Projection:
    """One surface and what it shows. `told` is replaced whole, for whoever wants to know."""

    def __init__(
        self,
        reel: Reel,
        moved: Callable[[float], Mapping[str, Any]],
        surface: Surface,
        keepers: Sequence[Keeper],
        kick: Kick = still,
        layering: Layering = bare,
    ) -> None:
        self._layering = layering
        self.surface, self._keepers = surface, tuple(keepers)
        self._stream = Stream(reel)
        self._moved, self._kick = moved, kick
        self._shown = self._drawn = time.monotonic()  # when there was a turn or nothing to draw on, and when it was drawn
        self._unpaced = False
        self._told: Mapping[str, Any] = {"open": False, "remark": ""}

    def go_on(self, done: threading.Event) -> None:
        """Show until it is over."""
        pace, told, absent = Pace(RATE_HZ, time.monotonic(), DRAWN), 0.0, True
        try:
            while not done.is_set():
                now = time.monotonic()
                if now - told >= TELL_EVERY:
                    self._tell(pace, now)
                    told = now
                if not self.surface.attend(now):
                    self._see(self._moved(now), now)  # who looks next sees the moment, not where it was left
                    self._shown, absent = now, True
                    done.wait(IDLE)
                    continue
                if absent:
                    told, absent = time.monotonic(), False
                    pace = Pace(RATE_HZ, told, DRAWN)
                paced = self.surface.paced and not self._unpaced
                if not paced:
                    time.sleep(max(0.0, pace.due - time.monotonic()))
                self.turn(time.monotonic())
                pace.shown(time.monotonic(), paced)
        finally:
            for keeper in self._keepers:
                keeper.close()
            self.surface.close()

    def turn(self, now: float) -> None:
        """Take what came, show what is due."""
        values = self._moved(now)
        for keeper in self._keepers:
            keeper.attend(values)
        picture = self._see(values, now)
        picture = BLACK if picture is None else picture
        overlay = dressed(self._layering(values, now, picture, self.surface.size), values)
        self.surface.show(picture, looks_of(values), now - self._drawn, overlay)
        self._shown = self._drawn = now
        wanting = [keeper for keeper in self._keepers if keeper.wants(now)]
        if wanting:
            seen = self.surface.seen()
            for keeper in wanting:
                keeper.take(seen, now)

    def _see(self, values: Mapping[str, Any], now: float) -> Picture | None:
        self._stream.take(now)
        return self._stream.picture(values, now, card_size(*self.surface.size), self._kick(values, now))

    def tell(self, now: float) -> Mapping[str, Any]:
        """How it goes: the last word of this thread, and whether it is stuck since. Thread-safe."""
        return {**self._told, "stalled": now - self._shown > STUCK}

    def _tell(self, pace: Pace, now: float) -> None:
        served = pace.tell(now)
        self._unpaced = self._unpaced or served.fps > UNPACED
        facts = self.surface.tell()
        figures = {"fps": served.fps, "late_percent": served.late_percent, "longest_ms": served.longest_ms}
        self._told = {**facts, **figures} if facts.get("open") else facts


def dressed(overlay: Overlay, values: Mapping[str, Any]) -> Overlay:
    """The layers as bright as the picture is: dimmed with it, none in a blackout and none on the test card."""
    guarded = bool(values[PREFIX + "guard"])
    if not overlay.layers or values[PREFIX + "blackout"] or values[PREFIX + "test_card"]:
        return Overlay((), guarded)
    fade = min(1.0, max(0.0, values[PREFIX + "fade"]))
    layers = tuple(replace(layer, opacity=layer.opacity * fade) for layer in overlay.layers) if fade < 1.0 else overlay.layers
    return Overlay(layers, guarded)


def card_size(width: int, height: int) -> tuple[int, int]:
    """The width and height of the test card for a surface of this size."""
    lines = max(16, min(CARD_LINES, height))
    return max(16, lines * width // max(1, height)), lines
