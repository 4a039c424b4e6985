"""The planned lane of one voice: it composes several beats ahead, commits a note just before it is due, and replans what is not committed.

The plan is kept in beats, so a change of tempo moves it; what is committed is with the scheduler and stays. While it plays, a tick comes at
least every `LOOK` seconds. Where the model is not there in time the lane goes down a ladder, and up again when the model is back:
the plan, a smaller model's, the pattern of what was played last, a rest.
"""

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from performer.effects import Ask, Drop, Effect, Feed, Release, Say, Wake
from performer.events import Answer
from performer.parameters import GRIDS
from performer.session.hearing import Heard
from performer.session.plan import Phrase, Plan, PlannedNote, place
from performer.session.voices import Voice

COMMIT = 0.1  # seconds before its leaving at which a note is handed to the scheduler
LEAD = 0.15  # seconds: the soonest that what a plan begins with leaves after now
LOOK = 0.25  # seconds between two looks at the plan
REPLAN = 0.25  # seconds between two plans while the player plays on
TWICE = 0.06  # beats: a key that is struck again so soon was struck once
RECENT = 16  # notes that a question tells of
RETRY = 1.0  # seconds before a model that failed is asked again
PATIENCE = 4.0  # seconds after which nobody waits for an answer any more
MOST_NOTES = 48  # of one answer
LONGEST_GAP = 2.0  # beats
SHORTEST, LONGEST = 0.05, 4.0  # seconds and beats that a planned note lasts
JUMP = 0.25  # beats: a timeline so far from the one before is another place of the song
AT_ONCE = 0.03  # seconds within which the first note comes where a beat was named for it
RUNG = "/performer/rung"
NOWHERE = (0.0, 0.0)  # beats
RUNGS = ("plan", "small", "pattern", "rest")


class Lane:
    """Plan, commits and questions of one voice. All times are the events' own. `follow` is how much its density goes with the human's at least."""

    def __init__(self, voice: Voice, follow: float = 0.0) -> None:
        self.rung = ""  # nothing was planned yet
        self.sounding = False
        self._voice, self._follow = voice, follow
        self._room = voice.room
        self._plan = Plan()
        self._chosen = NOWHERE  # the beats between which a phrase is played that was chosen: nothing else is planned there
        self._ask: Ask | None = None
        self._on_time = False  # whether the next note is to stand at the beginning, not somewhere after it
        self._given = 0  # notes of the answer under way
        self._until = math.inf  # the beat of the next chord: what begins there is asked for anew
        self._onset = 0.0  # the beat that the model's next gap is reckoned from
        self._earliest = 0.0  # the beat before which nothing is planned any more
        self._replanned = -math.inf
        self._retry = 0.0  # when a model that failed is asked again
        self._timeline = self._room.timeline  # that the plan was made for
        self._played: deque[PlannedNote] = deque(maxlen=256)
        self.tag = f"voice {voice.number} plan {voice.room.next_lane()}"
        self._room.lanes.append(self)

    def foreseen(self, until: float) -> list[Heard]:
        """The plan up to a time, as it would be heard."""
        at, voice = self._room.timeline.time_at, self._voice
        notes = [note for note in self._plan.notes if at(note.beat) <= until]
        return [Heard(at(n.beat), n.pitch, n.velocity, voice.part, True, voice.number, at(n.beat + n.beats)) for n in notes]

    def begin(self, time: float, beat: float | None = None) -> Iterator[Effect]:
        """Play from `beat` on, or from the next place of the grid that can be reached."""
        soonest = self._room.timeline.beat_at(time + LEAD + self._room.early)
        self._earliest = soonest if beat is None else max(beat, soonest - LEAD)
        self._timeline = self._room.timeline
        self._onset, self.sounding, self._on_time = self._earliest, True, beat is not None
        yield from self._compose(time)
        yield from self._look(time)

    def rest(self, time: float, spare_chosen: bool = False) -> Iterator[Effect]:
        """Play no more than what is committed, and a phrase that was chosen where it is to be spared."""
        if self.sounding or self._plan.notes or self._chosen != NOWHERE:
            self.sounding = False
            yield from self._forget(time, spare_chosen)

    def adopt(self, time: float, beat: float, phrase: Phrase) -> Iterator[Effect]:
        """This phrase is the plan from `beat` on, or from where it can still be reached; what is committed stays. No new plan touches it."""
        soonest = self._room.timeline.beat_at(time + LEAD + self._room.early)
        if beat < soonest:
            beat = math.ceil(soonest / (self._grid or 0.25)) * (self._grid or 0.25)
        if self._ask is not None:
            yield Drop(self._voice.number, self._ask.id)
            self._ask = None
        if self._plan.clear_from(beat):
            yield from self._tell_again(beat)
        self._chosen = (beat, beat + phrase.beats)
        self._onset = min(max(self._onset, self._earliest), beat)
        for note in phrase.notes:
            yield from self._add(replace(note, beat=beat + note.beat, chosen=True))
        yield Say("/performer/suggestion/begins", (self._voice.number, self._room.timeline.time_at(beat), beat))
        yield from self._compose(time)
        yield from self._look(time)

    def end(self, time: float, bars: float) -> Iterator[Effect]:
        """Play no more, but for a last chord of the key that lasts so many bars (0: none)."""
        yield from self.rest(time)
        if bars:
            beat = self._room.timeline.beat_at(self._room.timeline.next(1.0, time + COMMIT / 2))
            for pitch in self._voice.last_chord():
                yield from self._add(PlannedNote(beat, pitch, self._voice.velocity(80), bars * self._room.bar, "ending"))
            yield from self._look(time)

    def replan(self, time: float) -> Iterator[Effect]:
        """Something is new: what is not committed is thought over. Soon after another plan this waits until the next look."""
        if not self.sounding:
            return
        if time < self._replanned + REPLAN:
            yield Wake(self._replanned + REPLAN, f"{self.tag} again")
            return
        self._replanned = time
        yield from self._forget(time, spare_chosen=True)
        self._earliest = max(self._earliest, self._room.timeline.beat_at(time + LEAD + self._room.early))
        self._onset = self._earliest
        yield from self._compose(time)

    def close(self) -> None:
        """The voice has another mode now."""
        self._plan.clear()
        self._ask, self.sounding = None, False
        if self in self._room.lanes:
            self._room.lanes.remove(self)

    def withdraw(self) -> Iterator[Effect]:
        """What was planned for a beat to come will not be played after all."""
        yield from self._forget(self._room.timeline.time_at(self._earliest))
        yield Release(self._room.timeline.time_at(self._earliest), self._voice.number, self.tag)
        self.close()

    def tick(self, time: float, tag: str) -> Iterator[Effect]:
        """Commit what is due soon, go on composing, look again."""
        if tag == f"{self.tag} again":
            yield from self.replan(time)
        elif tag == self.tag and (self.sounding or self._plan.notes):
            yield from self._commit(time)
            yield from self._compose(time)
            yield from self._look(time)

    def answer(self, time: float, answer: Answer) -> Iterator[Effect]:
        """A note for the plan, or the end of an answer."""
        ask = self._ask
        if ask is None or answer.ask != ask.id:
            return
        if answer.note is None:
            self._ask = None
            yield from self._compose(time) if self._given else self._give_up(time, ask)
            return
        timeline, voice = self._room.timeline, self._voice
        self._on_time = False
        self._onset += answer.note.gap * timeline.bpm / 60
        self._given += 1
        if self._onset < self._earliest - 1e-6:
            return  # thought of too late: its moment is over
        yield from self._stand_on(RUNGS[1] if self._is_small(ask) else RUNGS[0])
        if place(self._onset, self._grid) > self._until - 1e-6:
            self._onset, self._ask = self._until, None
            yield Drop(voice.number, ask.id)
            yield from self._compose(time)
            return
        beat = place(self._onset, self._grid, voice.setting("strength"), voice.setting("swing"))
        if beat < self._earliest - 1e-6:
            beat += self._grid
        beats = max(0.05, answer.note.duration or 0.25) * timeline.bpm / 60
        beat, beats = voice.kept_to_phrases(beat, beats, self._grid)
        if self._is_chosen(beat) and self._onset >= self._chosen[1] - 1e-6:
            beat = self._chosen[1]
        elif self._is_chosen(beat):
            yield Drop(voice.number, ask.id)
            self._ask, self._onset = None, self._chosen[1]
            yield from self._compose(time)
            return
        if self._has(answer.note.pitch, beat):
            return
        if beat < self._chosen[0]:
            beats = min(beats, self._chosen[0] - beat)
        yield from self._add(PlannedNote(beat, answer.note.pitch, voice.velocity(answer.note.velocity), beats, answer.model))
        if beat > timeline.beat_at(time) + voice.setting("ahead") + self._room.bar:
            yield Drop(voice.number, ask.id)
            self._ask = None

    def failed(self, time: float, ask: int) -> Iterator[Effect]:
        """The model could not answer."""
        if self._ask is not None and ask == self._ask.id:
            gone, self._ask = self._ask, None
            yield from self._give_up(time, gone)

    def retime(self, time: float) -> Iterator[Effect]:
        """The timeline is another one: the plan keeps its beats, so its times are others. Elsewhere in the song another plan is made."""
        before, self._timeline = self._timeline, self._room.timeline
        if abs(before.beat_at(time) - self._timeline.beat_at(time)) > JUMP:
            yield from self._forget(time)
            self._played.clear()
            if self.sounding:
                yield from self.begin(time)
        elif self.sounding or self._plan.notes:
            yield from self._look(time)

    @property
    def waiting(self) -> bool:
        """Whether there is something planned that is not committed."""
        return bool(self._plan.notes)

    @property
    def _grid(self) -> float:
        return GRIDS[self._voice.setting("grid")]

    @property
    def _ahead(self) -> float:
        """Seconds before its time at which a note is committed."""
        return COMMIT + self._room.early

    def _look(self, time: float) -> Iterator[Effect]:
        first = self._plan.notes[0].beat if self._plan.notes else None
        due = time + LOOK if first is None else self._room.timeline.time_at(first) - self._ahead
        yield Wake(min(max(due, time + 0.002), time + LOOK), self.tag)

    def _commit(self, time: float) -> Iterator[Effect]:
        timeline, voice = self._room.timeline, self._voice
        yield from map(Feed, self._room.hearing.settle(time))
        for note in self._plan.take(timeline.beat_at(time + self._ahead + 0.003)):
            start, duration = timeline.time_at(note.beat), note.beats * 60 / timeline.bpm
            grid = (self._grid or 1 / 4) * 60 / timeline.bpm
            yield voice.play(start, note.pitch, note.velocity, duration, self.tag, note.model, voice.setting("late"), grid)
            yield Say("/performer/plan/committed", (voice.number, note.pitch, note.velocity, start, duration))
            self._earliest = max(self._earliest, note.beat)
            self._played.append(note)
        due = timeline.beat_at(time + self._ahead)
        if self.sounding and not self._plan.notes and self._earliest < due and not self._is_chosen(due):
            yield from self._step_down(time)

    def _compose(self, time: float) -> Iterator[Effect]:
        """Ask for more where the plan is shorter than it should be."""
        if self._is_chosen(max(self._onset, self._earliest)):
            self._onset = self._chosen[1]
        tail = max(self._onset, self._earliest)
        waits = self._ask is not None and time < self._ask.expires
        if not waits and time >= self._retry and self.sounding and tail < self._room.timeline.beat_at(time) + self._voice.setting("ahead"):
            yield from self._question(time)

    def _question(self, time: float, model: str = "") -> Iterator[Effect]:
        timeline, room = self._room.timeline, self._room
        begins = timeline.time_at(max(self._onset, self._earliest))
        reckoned, heard = room.told(time, begins)
        since = begins - reckoned
        widest = self._voice.widest(time, (room.section.rest or LONGEST_GAP) * 60 / timeline.bpm, self._follow)
        wishes: dict[str, Any] = {
            "gap": (0.0, widest), "first_gap": (since, since + (AT_ONCE if self._on_time else widest)),
            "duration": (SHORTEST, LONGEST * 60 / timeline.bpm), "recent": self._recent(reckoned),
            "heard": heard, "ahead": True, "model": model or self._voice.model,
            "density": self._voice.density(time, self._follow),
            "rests": self._voice.rests(reckoned, begins + (self._voice.setting("ahead") + room.bar) * 60 / timeline.bpm),
        }  # fmt: skip
        beat = max(self._onset, self._earliest)
        self._until = math.inf if self._voice.chord(beat) is None else room.chords.change_after(beat)
        self._ask = self._voice.ask(time, MOST_NOTES, PATIENCE, beat, **wishes)
        self._onset, self._given = timeline.beat_at(reckoned), 0
        yield self._ask

    def _is_chosen(self, beat: float) -> bool:
        """Whether a phrase that was chosen is played at this beat."""
        begins, ends = self._chosen
        return begins - 1e-6 <= beat < ends - 1e-6

    def _has(self, pitch: int, beat: float) -> bool:
        """Whether this pitch begins there already: nobody strikes a key twice at once."""
        return any(note.pitch == pitch and abs(note.beat - beat) < TWICE for note in (*self._plan.notes, *list(self._played)[-RECENT:]))

    def _recent(self, since: float) -> tuple[tuple[float, float, int], ...]:
        """What this voice played or planned last: onsets in seconds since a time, durations, pitches."""
        timeline = self._room.timeline
        notes = [*self._played, *self._plan.notes][-RECENT:]
        return tuple((round(timeline.time_at(n.beat) - since, 4), round(n.beats * 60 / timeline.bpm, 4), n.pitch) for n in notes)

    def _add(self, note: PlannedNote) -> Iterator[Effect]:
        self._plan.add(note)
        yield self._said(note)

    def _tell_again(self, beat: float) -> Iterator[Effect]:
        """Part of the plan is gone: what is left of it."""
        yield Say("/performer/plan/cleared", (self._voice.number, beat))
        yield from map(self._said, self._plan.notes)

    def _said(self, note: PlannedNote) -> Say:
        time = self._room.timeline.time_at(note.beat)
        return Say("/performer/plan", (self._voice.number, note.pitch, note.velocity, time, note.beat, note.beats))

    def _forget(self, time: float, spare_chosen: bool = False) -> Iterator[Effect]:
        if self._ask is not None:
            yield Drop(self._voice.number, self._ask.id)
            self._ask = None
        if not spare_chosen:
            self._chosen = NOWHERE
        if self._plan.clear(spare_chosen):
            yield from self._tell_again(self._room.timeline.beat_at(time))

    def _is_small(self, ask: Ask) -> bool:
        return bool(self._room.small) and ask.model == self._room.small

    def _give_up(self, time: float, ask: Ask) -> Iterator[Effect]:
        """An ask came to nothing: the smaller model is asked at once, the same one only after a while."""
        self._retry = time + RETRY
        if self._room.small and not self._is_small(ask):
            yield from self._stand_on(RUNGS[1])
            yield from self._question(time, self._room.small)

    def _step_down(self, time: float) -> Iterator[Effect]:
        """Nothing is planned and the moment is near: the next rung that there is. The model may still think of what comes later."""
        self._earliest = self._room.timeline.beat_at(time + LEAD)
        if self._ask is not None and self._room.small and not self._is_small(self._ask):
            yield from self._forget(time)
            yield from self._stand_on(RUNGS[1])
            yield from self._question(time, self._room.small)
        pattern = list(self._pattern(self._earliest))
        yield from self._stand_on(RUNGS[2] if pattern else RUNGS[3])
        for note in pattern:
            yield from self._add(note)
        if pattern:
            self._earliest = pattern[-1].beat
        yield from self._compose(time)

    def _stand_on(self, rung: str) -> Iterator[Effect]:
        if rung != self.rung:
            self.rung = rung
            yield Say(RUNG, (self._voice.number, rung))

    def _pattern(self, begins: float) -> Iterator[PlannedNote]:
        """What was played in the last bar, a whole number of bars later and not before the beat `begins`."""
        bar = self._room.bar
        newest = self._played[-1].beat if self._played else 0.0
        bars = max(1, math.ceil((begins - newest) / bar))
        for note in self._played:
            moved = note.beat + bars * bar
            if note.beat > newest - bar and begins <= moved:
                yield replace(note, beat=moved, model="pattern")
