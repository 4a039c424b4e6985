"""Ableton Link: the beat that all programs of a network share. Thread `link` looks at the session 50 times a second and says what is new.

The library is asyncio's, so the thread has a loop of its own; it lives while the show is in the session. A session's beat is read between
two looks at the show's clock, and belongs to the moment in their middle. Needs the optional package `aalink`, imported when it is joined.
"""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from performer.clock import Clock, Timeline
from performer.effects import Join, Propose
from performer.events import LinkState, Timed
from performer.packages import extra

log = logging.getLogger("performer")
EVERY = 0.02  # seconds between two looks
TIGHT = 0.0001  # seconds: two looks at the clock that are so near to each other tell the time of what was between them
TRIES = 5  # to get so near
NEWS = 0.0002  # seconds that the beat may be off before it is said again
MISSING = "Ableton Link needs the package aalink."


@dataclass(frozen=True, slots=True)
class Look:
    """The session's beat at a time of the show's clock, known to `within` seconds."""

    time: float
    beat: float
    within: float


class LinkInput:
    """The show's place in the Link session. `post` gets what the session says, `fail` a sentence where there is no Link."""

    def __init__(self, clock: Clock, post: Callable[[Timed], object], fail: Callable[[str], object]) -> None:
        self._clock, self._post, self._fail = clock, post, fail
        self._wishes: queue.SimpleQueue[Join | Propose] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def handle(self, wish: Join | Propose) -> None:
        """Join, leave, or change something for all. Thread-safe, never waits; what is proposed to nobody is forgotten."""
        running = self._thread is not None and self._thread.is_alive()
        if running:
            self._wishes.put(wish)
        elif isinstance(wish, Join) and wish.joined:
            self._wishes = queue.SimpleQueue()
            self._thread = threading.Thread(target=self._run, args=(wish,), name="link", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Leave the session."""
        if self._thread is not None and self._thread.is_alive():
            self._wishes.put(Join(False, Timeline(), 4.0, False))
            self._thread.join(2.0)

    def _run(self, wish: Join) -> None:
        try:
            asyncio.run(self._take_part(wish))
        except ImportError:
            self._fail(f"{MISSING} {extra('link')}")
        except Exception as error:  # whatever the library or the network does, the show goes on
            log.exception("the Link session was lost")
            self._fail(f"The Link session was lost ({error}).")

    async def _take_part(self, wish: Join) -> None:
        import aalink

        link = aalink.Link(wish.timeline.bpm)
        self._settle(link, wish)
        link.force_beat(wish.timeline.beat_at(self._clock.now()))  # nobody is disturbed by it yet
        link.enabled = True
        told: LinkState | None = None
        while self._obey(link):
            told = self._tell(link, told)
            await asyncio.sleep(EVERY)
        link.enabled = False

    def _settle(self, link: Any, wish: Join) -> None:
        link.quantum = wish.quantum
        link.start_stop_sync_enabled = wish.start_stop

    def _obey(self, link: Any) -> bool:
        """Do what was wished for; whether to stay."""
        while not self._wishes.empty():
            match self._wishes.get():
                case Join(joined=False):
                    return False
                case Join() as wish:
                    self._settle(link, wish)
                case Propose(bpm, playing):
                    if bpm is not None:
                        link.tempo = bpm
                    if playing is not None:
                        link.playing = playing
        return True

    def _tell(self, link: Any, told: LinkState | None) -> LinkState | None:
        """Say how the session stands, where that is not what was told; returns what is told now."""
        look = self._look(link)
        state = LinkState(link.tempo, look.beat, look.time, link.playing, link.num_peers)
        if told is not None and (state.bpm, state.playing, state.peers) == (told.bpm, told.playing, told.peers):
            off = (state.beat - Timeline(told.bpm, told.beat, told.time).beat_at(state.time)) * 60.0 / state.bpm
            if abs(off) <= NEWS + look.within:
                return told
        self._post(Timed(self._clock.now(), state))
        return state

    def _look(self, link: Any) -> Look:
        """The tightest of a few looks."""
        best = Look(0.0, 0.0, float("inf"))
        for _ in range(TRIES):
            before = self._clock.now()
            beat = link.beat
            after = self._clock.now()
            if after - before < 2.0 * best.within:
                best = Look((before + after) / 2.0, beat, (after - before) / 2.0)
            if best.within <= TIGHT / 2.0:
                break
        return best
