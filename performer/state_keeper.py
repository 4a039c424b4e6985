"""Saves the engine's state in memory that outlives it, and has the next engine go on with it.

The supervisor makes the memory, zeros at first. The session's turn writes it; a scene is encoded once, when it was stored.
"""

import json
import logging
import math
import time
from collections.abc import Callable, Mapping, MutableSequence
from dataclasses import dataclass, replace
from typing import Any

from performer.clock import Clock
from performer.events import Progression, Resume, Sync, Timed
from performer.parameters import Table
from performer.saved_state import CrashLoop, SavedState, decode_state, encode_state
from performer.session.state import Session
from performer.shared_value import SharedValue
from performer.show import Show
from performer.worker import Worker

log = logging.getLogger("performer")
SAVE = Timed(0.0, Sync())  # the item that has the state saved
STATE_BYTES, SCENES_BYTES = 1 << 19, 1 << 23
PATIENCE = 3  # looks that find no calm moment, before the state is saved all the same
CALM = 0.005  # seconds in which nothing is to leave


@dataclass(frozen=True, slots=True)
class StateMemory:
    """Two `SharedValue`s: the state without its scenes, and the scenes."""

    state: MutableSequence[int]
    scenes: MutableSequence[int]

    @classmethod
    def make(cls, array: Callable[[int], Any] = bytearray) -> "StateMemory":
        """A fresh one; `array` makes memory of so many bytes."""
        return cls(array(STATE_BYTES), array(SCENES_BYTES))

    def clear(self) -> None:
        """Forget the state. Only while no engine runs."""
        for memory in (self.state, self.scenes):
            view = memoryview(memory).cast("B")  # type: ignore[arg-type]
            view[:] = bytes(len(view))


class StateGuard:
    """The supervisor's part: drops a state of which engines seem to die."""

    def __init__(self, memory: StateMemory | None) -> None:
        self._memory, self._loop = memory or StateMemory.make(), CrashLoop()

    def starts(self) -> None:
        """An engine is started again."""
        self._loop.note_start(time.monotonic(), bool(SharedValue(self._memory.state).read()))

    def died(self) -> None:
        """The engine died."""
        if self._loop.note_death(time.monotonic()):
            self._memory.clear()
            log.warning("The engine died twice soon after its state was restored: it starts with the show file's values.")


class StateKeeper:
    """The engine's part. `origin` is when its clock was zero, on the machine's own clock. Used in the session's turn."""

    def __init__(self, memory: StateMemory | None, origin: float) -> None:
        memory = memory or StateMemory.make()
        self._state, self._scenes = SharedValue(memory.state), SharedValue(memory.scenes)
        self._origin = origin
        self._encoded: dict[str, tuple[Mapping[str, Any], bytes]] = {}
        self._misses = 0
        self.chords = ""
        """The chords that were typed last."""
        self._found = decode_state(self._state.read())

    def apply_to(self, show: Show) -> Show:
        """The show as the dead engine had it; the same where none died."""
        found = self._found
        if found is None:
            return show
        try:
            scenes = json.loads(self._scenes.read() or "{}")
        except ValueError:
            scenes = {}
        notes = str(found.models.get("notes") or show.models.notes)
        return replace(
            show,
            values={**show.values, **_known(show.table, found.values)},
            scenes={**show.scenes, **{name: _known(show.table, scene) for name, scene in scenes.items()}},
            models=replace(show.models, notes=notes),
            # A voice that names the first model has played the swapped one.
            named_models=tuple("" if name == show.models.notes else name for name in show.named_models),
            progression=found.chords or show.progression,
        )  # fmt: skip

    def resume(self, now: float, hear: Callable[[Timed], object]) -> None:
        """Where an engine died, have the event heard by which the song goes on at the time `now`."""
        found = self._found
        if found is None:
            return
        song = found.transport
        hear(Timed(now, Resume(
            found.beat_at(self._origin + now), found.tempo_bpm, found.running, bool(song.get("halted", False)),
            _number(song.get("position")), _number(song.get("counted_from")), bool(song.get("clock_plays", True)),
        )))  # fmt: skip

    def offer(self, pause: Callable[[], float], worker: Worker) -> None:
        """Have the session save, in a `pause`, the seconds in which nothing is to leave; at the latest when PATIENCE is over."""
        self._misses = 0 if pause() > CALM or self._misses >= PATIENCE else self._misses + 1
        if not self._misses:
            worker.offer(SAVE)

    def save(self, session: Session, clock: Clock, facts: Mapping[str, Any], event: object = None) -> None:
        """Write the state after this event. Realtime-safe: no."""
        if isinstance(event, Progression):
            self.chords = event.text
        now, tempo = clock.now(), session.room.tempo
        self._state.write(encode_state(SavedState(
            self._origin + now, session.values, tempo.timeline.bpm, tempo.timeline.beat_at(now), tempo.playing,
            {"notes": facts["model"]}, self.chords, tempo.transport_state,
        )))  # fmt: skip
        scenes = session.scenes
        if any(self._encoded.get(name, (None,))[0] is not scene for name, scene in scenes.items()):
            for name, scene in scenes.items():
                if self._encoded.get(name, (None,))[0] is not scene:
                    self._encoded[name] = scene, f"{json.dumps(name)}:{json.dumps(scene)}".encode()
            self._scenes.write(b"{" + b",".join(content for _, content in self._encoded.values()) + b"}")


def _known(table: Table, values: Any) -> dict[str, Any]:
    """Those of the values that the show has."""
    return {address: value for address, value in values.items() if address in table.rows} if isinstance(values, dict) else {}


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else 0.0
