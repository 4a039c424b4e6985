"""The process `visuals`: hears features and parameters from the engine and paints at a steady rate, each frame into the reel.

The main thread paints; an onset is painted at once. A frame that is late is left out, never queued. What is seen meanwhile is the business
of the process `screen`: this one may stall, die and start again, and then its walk goes on from where the last frame was, with the model and
the keyframes that the engine remembers from its status.
"""

import contextlib
import json
import logging
import os
import random
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from performer.assets import pictures_dir
from performer.heartbeat import LOOPS
from performer.loopback import Loopback, watch_lifeline
from performer.visuals.easel import Easel
from performer.visuals.even import apart
from performer.visuals.generator import generator_for, painter_for
from performer.visuals.hand import Hand
from performer.visuals.hearing import Hearing
from performer.visuals.latent import MOST_GIVEN, Place
from performer.visuals.pattern import Pattern
from performer.visuals.probe import Probe
from performer.visuals.reel import Picture, Reel
from performer.visuals.sitter import Sitter
from performer.visuals.walk import PREFIX, Pose, Walk

log = logging.getLogger("performer")
MOST_KEYFRAMES = 256
TELL_EVERY = 1.0  # seconds between words about how it goes
SPARE = 0.4  # of the time that a frame has: where painting takes less, there is time to look what each band does
QUIET_FPS = 4.0  # frames a second where nothing but the walk moves the picture: the screens fade from one to the next for `film.LONGEST`
SLOWING = 0.93  # of the rate a frame, on the way there: a screen that suddenly waits longer takes the generator for stuck
SOONEST = 1 / 200  # seconds after a frame before an onset may ask for the next
NICENESS = 5  # the picture yields to the notes


@dataclass(frozen=True, slots=True)
class VisualsOptions:
    """The name of the model, further folders to look for it, the show's values of parameters by address, the seed of its chance, and the folder
    of pictures that it may be shown."""

    model: str
    folders: tuple[str, ...]
    values: Mapping[str, Any]
    seed: int = 0
    pictures: str = ""


@dataclass(slots=True)
class Tally:
    """How the painting goes: the last milliseconds and the frames since the last word."""

    spent: deque[float]
    since: float
    frames: int = 0

    def tell(self, now: float, facts: Mapping[str, Any]) -> str:
        """The figures and the facts as JSON; counting starts again."""
        spent = sorted(self.spent) or [0.0]
        at = {f"p{share}": round(1000 * spent[min(len(spent) - 1, share * len(spent) // 100)], 1) for share in (50, 95)}
        fps = round(self.frames / max(1e-6, now - self.since), 1)
        self.frames, self.since = 0, now
        return json.dumps({"fps": fps, "ms": at, **facts})


def run(loopback: Loopback, memory: Any, options: VisualsOptions, lifeline: Connection) -> None:
    """Paint into the reel that is this memory until the lifeline ends."""
    done = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    hearing = Hearing(options.values)

    def stop(*_: object) -> None:
        done.set()
        hearing.struck.set()

    signal.signal(signal.SIGTERM, stop)
    watch_lifeline(lifeline, stop)
    LOOPS.has_begun = True
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    hearing.listen(loopback)
    folders = tuple(map(Path, options.folders))
    painter, remark = painter_for(options.model, folders, options.seed)
    if remark:
        log.warning(remark)
    easel = Easel(painter, remark, lambda name: Pattern() if name == Pattern.name else generator_for(name, folders, options.seed))
    loopback.send("engine", "/performer/sync")
    Painting(loopback, Reel(memory), hearing, easel, Sitter(Path(options.pictures) if options.pictures else pictures_dir())).go_on(done)


class Painting:
    """The loop of the main thread."""

    def __init__(self, loopback: Loopback, reel: Reel, hearing: Hearing, easel: Easel, sitter: Sitter | None = None) -> None:
        last = reel.read()
        self._walk, self._hand = Walk(0.0 if last is None else last.place), Hand()
        self._loopback, self._reel, self._hearing, self._easel = loopback, reel, hearing, easel
        self._before: Picture | None = None
        self._probe = Probe(self._try)
        self._keyframes: dict[str, Place] = {}
        self._sitter = sitter or Sitter(pictures_dir())
        self._shown = easel.painter
        self._pictures: dict[str, float] = {}  # by their names, where their paths pass through them
        self._chance = random.Random()
        self._last = time.monotonic()
        self._fps = QUIET_FPS
        self._tally = Tally(deque(maxlen=120), self._last)

    def go_on(self, done: threading.Event) -> None:
        """Paint when a frame is due, and at once when an onset is heard, until it is over."""
        due, struck = self._last, self._hearing.struck
        while not done.is_set():
            if struck.wait(max(0.0, due - time.monotonic())):
                struck.clear()
                time.sleep(max(0.0, self._last + SOONEST - time.monotonic()))
            began = time.monotonic()
            self.paint(began)
            ended = time.monotonic()
            due = max(began + 1.0 / self._rate_hz(ended), ended)
            if ended - self._tally.since >= TELL_EVERY:
                self._loopback.send("engine", PREFIX + "status", self._tally.tell(ended, self._facts()))

    def _rate_hz(self, now: float) -> float:
        """Frames a second: fewer where nothing but the walk moves the picture."""
        fps: float = self._hearing.values[PREFIX + "fps"]
        self._fps = min(fps, max(QUIET_FPS, SLOWING * self._fps)) if self._hearing.is_quiet(now) else fps
        return self._fps

    def paint(self, now: float) -> None:
        """One frame of the moment `now`; none where the model gives none, and then the walk goes on elsewhere."""
        beat, beat_s = self._hearing.sources.beat.at(now), self._hearing.beat_s(now)
        values, passed = self._hearing.moved(now), now - self._last
        while self._hearing.wishes:
            self._grant(*self._hearing.wishes.popleft(), values[PREFIX + "glide"] * beat_s)
        if self._easel.painter is not self._shown:  # another model: it has read none of the pictures
            self._shown = self._easel.painter
            for name, path in self._pictures.items():
                self._sitter.show(name, self._shown, path, go=False)
        while self._sitter.done:
            self._sit(values[PREFIX + "glide"] * beat_s)
        pose = self._walk.advance(passed, self._hearing.features(now), values, beat, beat_s)
        self._last = now
        asked = replace(pose, ask=self._hand.ask(values, passed, beat_s))
        frame = self._easel.paint(asked)
        if frame is None:
            self._settle(Place(self._chance.randint(1, 9999), pose.path), jump=True)
            return
        self._walk.even.seen(apart(frame, self._before))
        self._before = frame
        self._reel.write(frame, now, pose.path, self._easel.source)
        self._tally.spent.append(time.monotonic() - now)
        self._tally.frames += 1
        if time.monotonic() - now < SPARE / values[PREFIX + "fps"]:
            with contextlib.suppress(Exception):  # a model that fails is the easel's business, with the next frame
                self._probe.look(self._walk, asked, frame)

    def _try(self, pose: Pose) -> Picture:
        """A frame that nobody sees, by whatever paints now."""
        return self._easel.painter.paint(pose)

    def _grant(self, word: str, name: str, sender: str, seconds: float) -> None:
        """Do what was asked: another model, a keyframe kept, a way to one. Who asked is answered."""
        answer = partial(self._answer, word, name, sender)
        if word == "model":
            self._easel.swap(name, answer)
        elif word == "keyframe/store" and (name in self._keyframes or len(self._keyframes) < MOST_KEYFRAMES):
            self._keyframes[name] = self._walk.place
            answer("")
        elif word == "keyframe/store":
            self._refuse(answer, f"There are {MOST_KEYFRAMES} keyframes already; store it under the name of one of them.")
        elif word == "keyframe/recall" and name in self._keyframes:
            self._settle(self._keyframes[name], seconds=seconds)
            answer("")
        elif word == "keyframe/recall":
            there = ", ".join(sorted(self._keyframes)) or "none yet"
            self._refuse(answer, f"There is no keyframe '{name}'. There are: {there}.")
        elif word == "picture":
            self._sitter.show(name, self._easel.painter, self._walk.place.path, answer=answer)
        elif word == "remembered":
            facts = json.loads(name)
            self._keyframes = {key: Place(int(seed), float(path)) for key, (seed, path) in facts.get("keyframes", {}).items()} | self._keyframes
            self._easel.swap(str(facts.get("wanted", self._easel.wanted)))
            for picture, path in facts.get("pictures", {}).items():
                self._sitter.show(str(picture), self._easel.painter, float(path), go=False)

    def _refuse(self, answer: Callable[[str], object], sentence: str) -> None:
        answer(sentence)
        self._easel.remark = sentence
        log.warning(sentence)

    def _answer(self, word: str, name: str, sender: str, refusal: str) -> None:
        """Tell the engine that this was done for its sender, or why not."""
        self._loopback.send("engine", PREFIX + "granted", word, name, sender, refusal)

    def _sit(self, seconds: float) -> None:
        """Have a path pass through the picture that was read, and go there; a model that came meanwhile reads it again."""
        sitting = self._sitter.done.popleft()
        if sitting.reader is not self._easel.painter:
            self._sitter.show(sitting.name, self._easel.painter, sitting.path, sitting.go)
            return
        sitting.reader.lead_through(sitting.seed, sitting.path, sitting.z, sitting.label)
        others = [each for each in self._pictures.items() if each[0] != sitting.name]
        self._pictures = {**dict(others[-(MOST_GIVEN - 1) :]), sitting.name: sitting.path}
        if sitting.go:
            self._settle(Place(sitting.seed, sitting.path), seconds)

    def _settle(self, place: Place, seconds: float = 0.0, jump: bool = False) -> None:
        """Go there, and have the table say so."""
        self._walk.travel(place, seconds)
        if jump:
            self._walk.arrive()
        self._loopback.send("engine", PREFIX + "seed", place.seed)

    def _facts(self) -> dict[str, Any]:
        easel = self._easel
        keyframes = {name: (place.seed, round(place.path, 4)) for name, place in self._keyframes.items()}
        remark = self._sitter.remark or easel.remark
        works = {"provider": easel.painter.provider, "threads": 1, "pid": os.getpid()}
        return {"model": easel.painter.name, "wanted": easel.wanted, "held": easel.held, "remark": remark, "keyframes": keyframes,
                "pictures": self._pictures, **works}  # fmt: skip
