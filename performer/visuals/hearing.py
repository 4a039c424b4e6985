"""What the engine last told the picture: features of the music, what can move it, and the values of the picture's own parameters.

A thread `hearing` of each of the picture's processes is its sole writer; their main threads read. A value is replaced, never changed.
"""

import contextlib
import json
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from performer.loopback import Loopback, decode
from performer.parameters import Table
from performer.visuals.glide import Glide
from performer.visuals.modulation import Matrix
from performer.visuals.sources import Sources
from performer.visuals.walk import PREFIX

log = logging.getLogger("performer")
OWN = (PREFIX, "/performer/window/", "/performer/modulation/", "/performer/source/")  # where the picture's parameters are
STALE = 1.0  # seconds after which features that stopped coming are silence
SILENCE = (0.0,) * 7
WISHES = ("model", "picture", "keyframe/store", "keyframe/recall")
QUIET = 0.004  # below this level and onset it is silent
QUIET_S = 5.0  # seconds of silence in which nobody turns a control after which the picture may slow down
SELF_MOVING = ("pulse", "sine", "triangle", "saw up", "saw down", "square")  # what modulates though nobody plays
MODULATION = "/performer/modulation/"
STRUCK = 0.12  # an onset that rises by so much is worth a frame at once


class Hearing:
    """`values` by address, and the features. `struck` is set when an onset is heard; who waits for it clears it. `wishes` are what was asked
    for that is no value: a word of WISHES, a name and who asked; first of all comes "remembered", what the engine last heard of this picture, as
    JSON."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = {address: value for address, value in (Table().defaults() | dict(values)).items() if address.startswith(OWN)}
        self.sources = Sources()
        self.wishes: deque[tuple[str, str, str]] = deque(maxlen=64)
        self._matrix, self._glide = Matrix(self.sources), Glide()
        self._remembered = False
        self.struck = threading.Event()
        self.also: dict[str, Callable[[tuple[Any, ...]], object]] = {}  # who else wants to hear the arguments of an address
        self._features: tuple[float, tuple[float, ...]] = (0.0, SILENCE)
        self._stirred = time.monotonic()  # when there was a sound, or a control was turned

    def take(self, datagram: bytes, now: float) -> None:
        """One datagram from the engine at the moment `now`; what is no use here is passed over."""
        with contextlib.suppress(ValueError):
            for message in decode(datagram):
                if message.address in self.also:
                    self.also[message.address](message.arguments)
                self.sources.take(message.address, message.arguments, now)
                if message.address == "/performer/features" and len(message.arguments) == len(SILENCE):
                    if message.arguments[5] > self._features[1][5] + STRUCK:
                        self.struck.set()
                    self._features = (now, message.arguments)
                    if max(message.arguments[0], message.arguments[5]) > QUIET:
                        self._stir(now)
                elif message.address.removeprefix(PREFIX) in WISHES and message.arguments:
                    name, sender = map(str, (*message.arguments, "")[:2])
                    self.wishes.append((message.address.removeprefix(PREFIX), name, sender))
                    self._stir(now)
                elif message.address == "/performer/status" and not self._remembered:
                    self._remember(str(message.arguments[0]))
                elif message.address in self.values and len(message.arguments) == 1:
                    if self.values[message.address] != message.arguments[0]:
                        self._stir(now)
                    self.values[message.address] = message.arguments[0]

    def is_quiet(self, now: float) -> bool:
        """Whether there was neither sound nor a new value for QUIET_S seconds, and nothing is modulated by the beat. Thread-safe."""
        return now - self._stirred > QUIET_S and not any(
            value in SELF_MOVING for address, value in self.values.items() if address.startswith(MODULATION) and address.endswith("/source")
        )

    def _stir(self, now: float) -> None:
        """Something happened; the first after a silence is worth a frame at once."""
        if now - self._stirred > QUIET_S:
            self.struck.set()
        self._stirred = now

    def moved(self, now: float) -> Mapping[str, Any]:
        """The values of this moment, gliding, with what the modulation adds. For one thread, once a frame."""
        return self._matrix.moved(self._glide.at(self.values, self.beat_s(now), now), now)

    def beat_s(self, now: float) -> float:
        """The seconds that a beat takes."""
        return 1.0 / max(1e-3, self.sources.beat.at(now + 1.0) - self.sources.beat.at(now))

    def _remember(self, status: str) -> None:
        """The engine's first word of what it knows; a word of this picture is in it where this process is not the first."""
        facts = json.loads(status)
        if "clock_origin" not in facts:
            return  # the session's own word; the engine's facts come after it
        self._remembered = True
        picture = facts.get("visuals")
        if isinstance(picture, dict):
            self.wishes.append(("remembered", json.dumps(picture), ""))

    def features(self, now: float) -> tuple[float, ...]:
        """The seven numbers of /performer/features; zeros where nobody has spoken for a while."""
        heard, features = self._features
        return features if now - heard < STALE else SILENCE

    def kick(self, values: Mapping[str, Any], now: float) -> float:
        """How strongly the last onset brightens the picture now, 0 to 1, where the picture's parameters have these values."""
        strength: float = values[PREFIX + "kick"] * min(1.0, values[PREFIX + "react"]) * self.features(now)[5]
        return strength

    def listen(self, loopback: Loopback) -> threading.Thread:
        """Take everything that comes, in a thread that ends with the process."""
        thread = threading.Thread(target=self._listen, args=(loopback,), name="hearing", daemon=True)
        thread.start()
        return thread

    def _listen(self, loopback: Loopback) -> None:
        while True:
            try:
                self.take(loopback.receive(), time.monotonic())
            except OSError:
                return
            except Exception:  # a picture that hears nothing any more would be worse than one odd word
                log.exception("the picture could not take in a word of the engine; it goes on")
