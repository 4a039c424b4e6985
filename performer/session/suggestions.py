"""Suggestions for one voice: other ways in which its next phrase could go, to be seen, heard and chosen, and its earlier ideas. Pure.

Each alternative is composed on a copy of the mind with another chance, one after the other, so that what plays meanwhile waits for one at most.
One that is chosen becomes the voice's plan; a voice whose mode plans nothing plays it once. An earlier idea is a phrase that was chosen, or
a phrase's length of what sounded.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from performer.effects import Ask, Drop, Effect, Play, Release, Say
from performer.events import Answer
from performer.parameters import GRIDS
from performer.session.lane import LONGEST, LONGEST_GAP, MOST_NOTES, SHORTEST, Lane
from performer.session.plan import Phrase, PlannedNote, place
from performer.session.room import Room
from performer.session.voices import Voice

USUAL_BARS = 2  # of a suggestion, where the voice's phrases have no length of their own
PATIENCE = 8.0  # seconds in which an alternative must come
PICKUP = 1.0  # beats after its beginning at which a phrase begins at the latest
RETRIES = 2  # of an alternative that came out like one before it
FIRST = 0.05  # seconds until what is to be heard is heard
SOFTLY = 0.6  # of its loudness
HEARD = "suggestion"  # the tag of what is only heard
CHANNEL = "/performer/suggest/channel"
MOST_IDEAS = 16


@dataclass(slots=True)
class _Composing:
    """An alternative that is under way: its number, how many are wanted, the beat it begins at in thought, that of the note before, its notes."""

    ask: Ask
    number: int
    wanted: int
    begins: float
    onset: float
    notes: list[PlannedNote]
    retries: int = RETRIES


class Suggestions:
    """What may be chosen for a voice. All times are the events' own."""

    def __init__(self, voice: Voice, room: Room) -> None:
        self._voice, self._room = voice, room
        self._phrases: dict[int, Phrase] = {}
        self._composing: _Composing | None = None
        self._chosen: list[tuple[float, Phrase]] = []  # by the beat at which they were
        self._earlier: list[Phrase] = []  # what one goes back through, the last idea first
        self._gone_back = 0
        self._recital: Lane | None = None  # of a voice whose mode plans nothing

    @property
    def length(self) -> float:
        """Beats of a phrase."""
        return float(self._voice.setting("phrase") or USUAL_BARS) * self._room.bar

    def suggest(self, time: float, wanted: int) -> Iterator[Effect]:
        """So many alternatives, in place of those of before."""
        yield from self._withdraw()
        self._phrases, self._earlier, self._gone_back = {}, [], 0
        yield Say("/performer/suggestion/cleared", (self._voice.number,))
        yield self._compose(time, 1, wanted)

    def answer(self, time: float, answer: Answer) -> Iterator[Effect]:
        """A note of an alternative, or its end."""
        composing = self._composing
        if composing is None or answer.ask != composing.ask.id:
            return
        if answer.note is None:
            yield from self._finish(time, composing)
            return
        timeline, voice = self._room.timeline, self._voice
        composing.onset += answer.note.gap * timeline.bpm / 60
        grid = GRIDS[voice.setting("grid")]
        beats = max(0.05, answer.note.duration or 0.25) * timeline.bpm / 60
        beat, beats = voice.kept_to_phrases(place(composing.onset, grid, voice.setting("strength"), voice.setting("swing")), beats, grid)
        beat -= composing.begins
        if beat >= self.length - 1e-6:
            yield Drop(composing.ask.voice, composing.ask.id)
            yield from self._finish(time, composing)
            return
        beat = max(0.0, round(beat, 6))
        if any(note.pitch == answer.note.pitch and abs(note.beat - beat) < 0.06 for note in composing.notes):
            return
        beats = min(beats, self.length - beat)
        composing.notes.append(PlannedNote(beat, answer.note.pitch, voice.velocity(answer.note.velocity), beats, answer.model))

    def failed(self, time: float, ask: int) -> Iterator[Effect]:
        """The model could not go on: what there is of the alternative is kept."""
        if self._composing is not None and ask == self._composing.ask.id:
            yield from self._finish(time, self._composing)

    def hear(self, time: float, number: int) -> Iterator[Effect]:
        """Play one softly and once, now, beside what plays; no model hears it. Raises LookupError where there is none of this number."""
        phrase, timeline = self._phrase(number), self._room.timeline
        yield Release(time, self._voice.number, HEARD)
        channel = self._room.values[CHANNEL] or self._voice.setting("channel")
        for note in phrase.notes:
            start = time + FIRST + note.beat * 60 / timeline.bpm
            velocity = max(1, round(note.velocity * SOFTLY))
            duration = note.beats * 60 / timeline.bpm
            yield Play(start, self._voice.number, channel, note.pitch, velocity, duration, HEARD, note.model, port=self._voice.setting("output_port"))

    def choose(self, time: float, beat: float, number: int, lane: Lane | None) -> Iterator[Effect]:
        """One becomes the plan from `beat` on. Raises LookupError where there is none of this number."""
        phrase = self._phrase(number)
        self._earlier, self._gone_back = [], 0
        yield from self._adopt(time, beat, phrase, number, lane)

    def back(self, time: float, beat: float, lane: Lane | None) -> Iterator[Effect]:
        """The idea before becomes the plan; said again, the one before that. Raises LookupError where there is none any more."""
        if not self._gone_back:
            self._earlier = list(self._ideas(time))
        if self._gone_back >= len(self._earlier):
            raise LookupError(f"Voice {self._voice.number} has no {'earlier ' if self._gone_back else ''}idea to go back to yet.")
        phrase = self._earlier[self._gone_back]
        self._gone_back += 1
        yield Say("/performer/suggestion/cleared", (self._voice.number, 0))
        yield from self._tell(0, phrase)
        yield from self._adopt(time, beat, phrase, 0, lane)

    def tick(self, time: float, tag: str) -> Iterator[Effect]:
        """A timer comes due, this voice's or another's."""
        if self._recital is not None:
            yield from self._recital.tick(time, tag)
            if not self._recital.waiting:
                self._close()

    def retimed(self, time: float) -> Iterator[Effect]:
        """The timeline is another one now."""
        if self._recital is not None:
            yield from self._recital.retime(time)

    def end(self, time: float) -> Iterator[Effect]:
        """Compose and play no more; what there is can still be chosen."""
        yield from self._withdraw()
        yield Release(time, self._voice.number, HEARD)
        self._close()

    def told(self, sender: str) -> Iterator[Effect]:
        """Everything there is to choose from, for one who listens from now on."""
        for number, phrase in self._phrases.items():
            yield from self._tell(number, phrase, sender)

    def _close(self) -> None:
        if self._recital is not None:
            self._recital.close()
            self._recital = None

    def _withdraw(self) -> Iterator[Effect]:
        if self._composing is not None:
            yield Drop(self._composing.ask.voice, self._composing.ask.id)
            self._composing = None

    def _phrase(self, number: int) -> Phrase:
        if number not in self._phrases:
            there = ", ".join(map(str, self._phrases)) or "none yet"
            raise LookupError(f"Voice {self._voice.number} has no suggestion {number}; there are: {there}.")
        return self._phrases[number]

    def _compose(self, time: float, number: int, wanted: int, retries: int = RETRIES) -> Ask:
        """A question as the voice would put it at the beginning of the next bar."""
        voice, timeline = self._voice, self._room.timeline
        begins = self._room.next_beat("bar", time)
        starts = timeline.time_at(begins)
        reckoned, heard = self._room.told(time, starts)
        beat = 60 / timeline.bpm
        wishes: dict[str, Any] = {
            "gap": (0.0, LONGEST_GAP * beat), "first_gap": (starts - reckoned, starts - reckoned + PICKUP * beat), "heard": heard,
            "duration": (SHORTEST, LONGEST * beat), "ahead": True,
            "rests": voice.rests(reckoned, starts + self.length * beat),
        }  # fmt: skip
        ask = voice.ask(time, MOST_NOTES * 2, PATIENCE, begins, **wishes)
        ask = ask._replace(voice=-ask.voice)  # so that dropping what the voice itself asked leaves this alone
        self._composing = _Composing(ask, number, wanted, begins, timeline.beat_at(reckoned), [], retries)
        return ask

    def _finish(self, time: float, composing: _Composing) -> Iterator[Effect]:
        self._composing = None
        phrase, number, retries = Phrase(tuple(composing.notes), self.length), composing.number, RETRIES
        known = {each.likeness for each in self._phrases.values()}
        if composing.notes and (phrase.likeness not in known or not composing.retries):
            self._phrases[number] = phrase
            yield from self._tell(number, phrase)
            number += 1
        else:
            retries = composing.retries - 1
        if number <= composing.wanted and retries >= 0:
            yield self._compose(time, number, composing.wanted, retries)

    def _tell(self, number: int, phrase: Phrase, sender: str = "") -> Iterator[Effect]:
        voice = self._voice.number
        for note in phrase.notes:
            yield Say("/performer/suggestion", (voice, number, note.pitch, note.velocity, note.beat, note.beats), sender)
        yield Say("/performer/suggestion/ready", (voice, number, phrase.beats), sender)

    def _adopt(self, time: float, beat: float, phrase: Phrase, number: int, lane: Lane | None) -> Iterator[Effect]:
        yield Say("/performer/suggestion/chosen", (self._voice.number, number))
        yield Release(time, self._voice.number, HEARD)
        self._chosen = [*self._chosen, (self._room.timeline.beat_at(time), phrase)][-MOST_IDEAS:]
        if lane is None:
            self._recital = self._recital or Lane(self._voice)
            lane = self._recital
        yield from lane.adopt(time, beat, phrase)

    def _ideas(self, time: float) -> Iterator[Phrase]:
        """What was chosen and what sounded, the last first, each once."""
        told: set[tuple[tuple[float, int], ...]] = set()
        for _, phrase in sorted((*self._chosen, *self._sounded(time)), key=lambda idea: idea[0], reverse=True):
            if phrase.likeness not in told and len(told) < MOST_IDEAS:
                told.add(phrase.likeness)
                yield phrase

    def _sounded(self, time: float) -> Iterator[tuple[float, Phrase]]:
        """What the voice played, in lengths of a phrase that end with the last bar line; each with the beat of its end."""
        ends, length = self._room.next_beat("bar", time) - self._room.bar, self.length
        played = [note for note in self._voice.played if note.beat < ends]
        while played:
            begins = ends - length
            notes = sorted((note for note in played if note.beat >= begins - 1e-6), key=lambda note: note.beat)
            if notes:
                beats = (replace(n, beat=max(0.0, n.beat - begins), beats=min(n.beats, ends - n.beat), chosen=False) for n in notes)
                yield ends, Phrase(tuple(beats), length)
            played = [note for note in played if note.beat < begins - 1e-6]
            ends = begins
