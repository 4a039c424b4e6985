"""What is to happen on a beat to come: changes that were asked for the next beat or bar, kept in beats so that they move with the tempo."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from performer.clock import Timeline
from performer.effects import Effect, Wake
from performer.events import ParameterSet

TAG = "cue"
SAME = 1e-6  # beats


@dataclass(frozen=True, slots=True)
class Cue:
    """A change that waits for its beat."""

    beat: float
    change: ParameterSet


class Cues:
    """The changes that wait, in the order of their beats. A later wish for the same parameter takes the place of the earlier one."""

    def __init__(self) -> None:
        self._waiting: dict[str, Cue] = {}

    def add(self, cue: Cue, timeline: Timeline) -> Iterator[Effect]:
        """Wait for this one too."""
        self._waiting[cue.change.address] = cue
        yield from self.wake(timeline)

    def withdraw(self, address: str) -> bool:
        """Forget what waits for this parameter; whether there was anything."""
        return self._waiting.pop(address, None) is not None

    def due(self, beat: float) -> list[ParameterSet]:
        """The changes whose beat has come; they wait no more."""
        ready = sorted((cue for cue in self._waiting.values() if cue.beat <= beat + SAME), key=lambda cue: cue.beat)
        for cue in ready:
            del self._waiting[cue.change.address]
        return [cue.change for cue in ready]

    def retime(self, timeline: Timeline, moved: float) -> Iterator[Effect]:
        """The timeline is another one. Where the song jumped by `moved` beats, what waits stays on a beat, about as far ahead as it was."""
        if moved:
            self._waiting = {address: replace(cue, beat=float(round(cue.beat + moved))) for address, cue in self._waiting.items()}
        yield from self.wake(timeline)

    def wake(self, timeline: Timeline) -> Iterator[Effect]:
        """Ask for the tick of the next one, by the timeline as it is now."""
        if self._waiting:
            yield Wake(timeline.time_at(min(cue.beat for cue in self._waiting.values())), TAG)
