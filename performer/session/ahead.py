"""The modes that plan ahead: accompany, drums, continue, punch-in, autonomous. What sets them apart is when they play; how is their lane's
business."""

from collections.abc import Iterator
from dataclasses import dataclass

from performer.effects import Effect, Release, Wake
from performer.events import Answer
from performer.session.gestures import Passes
from performer.session.keys import Key
from performer.session.lane import LEAD, Lane
from performer.session.mode import Mode
from performer.session.through import THROUGH_MESSAGES
from performer.session.voices import Voice

PRESENCE = 2.0  # bars after the player's last note in which the player still counts as playing


@dataclass(frozen=True, slots=True)
class Habit:
    """When a mode plays: `with_player` while the player does, `without` while the player does not; `alone`: from the beginning, before anybody
    has played. `follow` is how much its density goes with the player's at least; `through`: while the player plays, the voice is the player's."""

    name: str
    with_player: bool
    without: bool
    alone: bool = False
    follow: float = 0.0
    through: bool = False


HABITS = {
    habit.name: habit
    for habit in (
        Habit("accompany", with_player=True, without=False),
        Habit("drums", with_player=True, without=False, follow=0.6),
        Habit("continue", with_player=False, without=True),
        Habit("punch-in", with_player=False, without=True, alone=True, through=True),
        Habit("autonomous", with_player=True, without=True, alone=True),
    )
}


class Ahead(Mode):
    """A voice on the planned lane with one of these habits."""

    def __init__(self, voice: Voice, habit: Habit) -> None:
        super().__init__(voice)
        self.name = habit.name
        self._habit = habit
        self._lane = Lane(voice, habit.follow)
        self._waits = False  # for the song to go on
        self._broken = False  # by a section in which nobody plays
        self._tag = f"voice {voice.number} player"

    @property
    def doing(self) -> str:
        return "playing" if self._lane.sounding else "listening"

    @property
    def replies(self) -> int:
        return THROUGH_MESSAGES if self._habit.through else 0

    @property
    def passes(self) -> Passes:
        if not self._habit.through:
            return Passes.NOTHING
        return Passes.SETTINGS if self._lane.sounding else Passes.ALL

    @property
    def lane(self) -> Lane:
        return self._lane

    @property
    def tag(self) -> str:
        return self._lane.tag

    def begin(self, time: float, beat: float | None = None) -> Iterator[Effect]:
        if self._habit.through and self._voice.is_played:
            return  # the player has the voice, until the keys are up
        if self._habit.alone or (self._habit.with_player and self._present(time)):
            self._waits = self._voice.room.halted
            if not self._waits:
                yield from self._lane.begin(time, beat)
            yield from self._listen(time)

    def key_down(self, time: float, key: Key, velocity: int) -> Iterator[Effect]:
        if not self._habit.with_player:
            yield from self._stop(time)
            if self._habit.through and not self.armed:
                yield self._voice.through(time, key, velocity)
            yield from self._wait(time)
        elif self._lane.sounding:
            yield from self._lane.replan(time)
        elif self._voice.room.section.plays:
            yield from self._lane.begin(time, self._next_beat(time))
            yield from self._listen(time)

    def key_up(self, time: float, key: Key) -> Iterator[Effect]:
        if self._habit.through and not self.armed:
            yield Release(time, self._voice.number, key.tag)
        yield from self._wait(time)

    def key_dozes(self, time: float, key: Key) -> Iterator[Effect]:
        yield from self._wait(time)

    def tick(self, time: float, tag: str) -> Iterator[Effect]:
        if tag == self._tag:
            yield from self._look(time)
        yield from self._lane.tick(time, tag)

    def answer(self, time: float, answer: Answer) -> Iterator[Effect]:
        yield from self._lane.answer(time, answer)

    def failed(self, time: float, ask: int) -> Iterator[Effect]:
        yield from self._lane.failed(time, ask)

    def changed(self, time: float) -> Iterator[Effect]:
        section = self._voice.room.section
        if not section.plays and self._lane.sounding:
            yield from self._lane.end(time, section.last)
            self._broken = True
        elif section.plays and self._broken:
            self._broken = False
            if self._habit.alone or self._present(time):
                yield from self._lane.begin(time)
        else:
            yield from self._lane.replan(time)

    def retimed(self, time: float) -> Iterator[Effect]:
        if self._voice.room.halted:
            self._waits = self._waits or self._lane.sounding
            yield from self._stop(time)
        elif self._waits:
            self._waits = False
            yield from self._lane.begin(time, self._next_beat(time))
        else:
            yield from self._lane.retime(time)

    def leave(self, time: float, successor: str = "") -> Iterator[Effect]:
        self._lane.close()
        yield from self._voice.stop(time, successor)

    def withdraw(self) -> Iterator[Effect]:
        yield from self._lane.withdraw()

    def _look(self, time: float) -> Iterator[Effect]:
        """Whether the player has been silent for long enough to begin, or to end."""
        voice, room = self._voice, self._voice.room
        if self._habit.with_player:
            if self._present(time):
                yield from self._listen(time)
            else:
                yield from self._lane.rest(time, spare_chosen=True)
        elif not self._lane.sounding and not voice.is_played and not room.halted and time >= voice.last_key + voice.setting("patience") - 0.001:
            yield from self._lane.begin(time)

    def _wait(self, time: float) -> Iterator[Effect]:
        """A voice that goes on from the player looks again when the player has been silent for long enough."""
        if not self._voice.is_played and not self._habit.with_player:
            yield Wake(time + self._voice.setting("patience"), self._tag)

    def _listen(self, time: float) -> Iterator[Effect]:
        if not self._habit.without:
            yield Wake(max(time + 0.1, self._voice.last_key + self._presence), self._tag)

    def _present(self, time: float) -> bool:
        """Whether the player plays."""
        return self._voice.is_played or time < self._voice.last_key + self._presence - 0.001

    @property
    def _presence(self) -> float:
        return PRESENCE * self._voice.room.bar * 60 / self._voice.room.timeline.bpm

    def _next_beat(self, time: float) -> float:
        timeline = self._voice.room.timeline
        return timeline.beat_at(timeline.next(1.0, time + LEAD))

    def _stop(self, time: float) -> Iterator[Effect]:
        if self._lane.sounding or self._lane.waiting:
            yield from self._lane.rest(time)
            if self.armed:
                # What sounds belongs to the mode that the voice is in.
                yield Release(time, self._voice.number, self._lane.tag)
            else:
                # What a player holds through the voice is not the lane's.
                yield from self._voice.stop(time, only=self._lane.tag if self._habit.through else "")
