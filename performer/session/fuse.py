"""The fuse of the way back: when more leaves than the players and the plan explain, the input that carries
the storm is cut. Pure.

Every message that comes in explains a stated number of messages that leave (`explains`: what the voices may
answer to it), and every planned message explains itself. A source that brings more than hands and controllers
can explains no more than those could. What leaves beyond that is counted; when it is more than LEEWAY, the
source that brought most in the last moment is cut. It comes back after QUIET seconds without a storm on it,
or by `reset`. A source that storms again soon stays cut for twice as long, up to LONGEST_CUT. Used by one
thread; times in seconds."""

from collections import deque
from dataclasses import dataclass, field

KEYS_A_SECOND, KEYS_AT_ONCE = 80.0, 48.0  # note-ons of one source: two hands' glissandos; two forearms
# Controllers, bend, pressure and note-offs: ten MPE fingers with three streams each.
GESTURES_A_SECOND, GESTURES_AT_ONCE = 4000.0, 300.0
LEEWAY = 200.0  # messages that leave beyond what is explained
MOMENT = 0.5  # seconds: what came in before that did not bring this storm
QUIET = 2.0  # seconds without a storm after which a source comes back
LONGEST_CUT = 60.0
SOON = 20.0  # seconds after its return within which a new storm makes the next cut longer
FORGIVEN = 200.0  # messages a second by which the account recovers


@dataclass(frozen=True, slots=True)
class Blown:
    """The way through a source was cut at `time`: `left` messages beyond what was explained."""

    time: float
    source: str
    left: int


@dataclass(frozen=True, slots=True)
class Restored:
    """A source is heard again from `time` on."""

    time: float
    source: str


@dataclass(slots=True)
class _Source:
    """What one source brought."""

    keys: float = KEYS_AT_ONCE  # note-ons that hands may still play now
    gestures: float = GESTURES_AT_ONCE
    filled: float = 0.0  # when these were reckoned
    arrivals: deque[float] = field(default_factory=lambda: deque(maxlen=2048))
    blown: bool = False
    storm: float = 0.0  # when it last brought more than hands can
    cut: float = QUIET  # seconds of quiet that it needs
    restored: float = float("-inf")


class Fuse:
    """Counts what comes in and what leaves. Each call returns what changed by it, mostly nothing."""

    def __init__(self) -> None:
        self._sources: dict[str, _Source] = {}
        self._owed = 0.0  # messages that left beyond what is explained; negative: that may still leave
        self._time = 0.0

    def count_in(
        self, time: float, source: str, explains: float, key: bool = False
    ) -> list[Blown | Restored]:
        """A message comes in that may bring up to `explains` messages to leave; `key`: a note-on. Copies of
        what left explain nothing: give 0."""
        entry = self._sources.get(source)
        if entry is None:
            entry = self._sources[source] = _Source(filled=time)
        passed = max(0.0, time - entry.filled)
        entry.filled = time
        entry.keys = min(KEYS_AT_ONCE, entry.keys + passed * KEYS_A_SECOND)
        entry.gestures = min(GESTURES_AT_ONCE, entry.gestures + passed * GESTURES_A_SECOND)
        entry.arrivals.append(time)
        room = entry.keys if key else entry.gestures
        if room < 1.0:
            entry.storm = time
        elif key:
            entry.keys -= 1.0
        else:
            entry.gestures -= 1.0
        if entry.blown:
            return self.tick(time)
        if room >= 1.0:
            self._owed -= explains
        return []

    def count_planned(self, messages: float) -> None:
        """So many messages were planned by voices that play by themselves, note-offs included: they explain
        themselves."""
        self._owed -= messages

    def count_out(self, time: float, messages: int = 1) -> list[Blown | Restored]:
        """So many messages leave."""
        # What was explained and did not leave is forgotten; so is what is owed, slowly.
        if time > self._time:
            self._owed = (
                max(0.0, self._owed - FORGIVEN * (time - self._time))
                if self._owed > 0
                else self._owed * 0.5 ** (time - self._time)
            )
            self._time = time
        self._owed += messages
        if self._owed <= LEEWAY:
            return []
        return self._blow(time)

    def tick(self, time: float) -> list[Blown | Restored]:
        """Bring back what was quiet for long enough. To be called now and then while `cut_sources` is not
        empty."""
        changes: list[Blown | Restored] = []
        for name, entry in self._sources.items():
            if entry.blown and time - entry.storm >= entry.cut:
                entry.blown, entry.restored = False, time
                changes.append(Restored(time, name))
        return changes

    def is_blown(self, source: str) -> bool:
        """Whether nothing that this source brings may be heard."""
        entry = self._sources.get(source)
        return entry is not None and entry.blown

    @property
    def cut_sources(self) -> list[str]:
        """The sources that are cut."""
        return [name for name, entry in self._sources.items() if entry.blown]

    def reset(self, time: float) -> list[Blown | Restored]:
        """Bring back every source at once, as somebody asked."""
        changes: list[Blown | Restored] = [Restored(time, name) for name in self.cut_sources]
        for entry in self._sources.values():
            if entry.blown:
                entry.blown, entry.restored, entry.cut = False, time, QUIET
        self._owed = 0.0
        return changes

    def _blow(self, time: float) -> list[Blown | Restored]:
        owed, self._owed = self._owed, 0.0
        counts = {name: self._lately(entry, time) for name, entry in self._sources.items() if not entry.blown}
        name = max(counts, key=lambda each: counts[each], default=None)
        if name is None or not counts[name]:
            return []
        entry = self._sources[name]
        entry.cut = min(LONGEST_CUT, entry.cut * 2) if time - entry.restored < SOON else QUIET
        entry.blown, entry.storm = True, time
        return [Blown(time, name, round(owed))]

    def _lately(self, entry: _Source, time: float) -> int:
        return sum(1 for each in entry.arrivals if each > time - MOMENT)
