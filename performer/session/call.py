"""Call and response: listens to a phrase, answers when the player stops, stops when the player starts."""

import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field

from performer.effects import Drop, Effect, Feed, Wake
from performer.events import Answer
from performer.session.keys import Key
from performer.session.mode import Mode
from performer.session.voices import Voice

LEAD = 0.02  # seconds between the end of the player's phrase and the first note of the answer: the model's time to think
MOST_NOTES = 160
LONGEST = 24.0  # seconds of an answer, whatever the phrase


@dataclass(slots=True)
class _Phrase:
    """What the player has played since the last rest."""

    start: float
    last: float  # the last onset or release
    onsets: list[float] = field(default_factory=list)
    pitches: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Reply:
    """An answer under way. It may rest from `rest_after` on, where a note of the key's triad comes; it must end by `end`."""

    ask: int
    at: float  # the onset of the note planned last
    rest_after: float
    end: float
    notes: int = 0
    last_end: float = 0.0


class Call(Mode):
    """Listening, answering or waiting: one phrase and one reply at a time."""

    name = "call"

    def __init__(self, voice: Voice) -> None:
        super().__init__(voice)
        self._phrase: _Phrase | None = None
        self._reply: _Reply | None = None
        self._tag = f"voice {voice.number} phrase"

    @property
    def doing(self) -> str:
        return "answering" if self._reply else "listening" if self._phrase else "waiting"

    def key_down(self, time: float, key: Key, velocity: int) -> Iterator[Effect]:
        yield from self.hush(time)
        if self._phrase is None:
            self._phrase = _Phrase(time, time)
        phrase = self._phrase
        phrase.onsets.append(time)
        phrase.pitches.append(key.pitch)
        phrase.last = time
        yield from self._wait(time)

    def key_up(self, time: float, key: Key) -> Iterator[Effect]:
        if self._phrase is not None:
            self._phrase.last = time
            yield from self._wait(time)

    def key_dozes(self, time: float, key: Key) -> Iterator[Effect]:
        yield from self._wait(time)

    def hush(self, time: float) -> Iterator[Effect]:
        if self._reply is not None:
            self._reply = None
            yield from self._voice.stop(time)

    def retimed(self, time: float) -> Iterator[Effect]:
        if self._voice.room.halted:
            yield from self.hush(time)

    def _wait(self, time: float) -> Iterator[Effect]:
        """The phrase is over when nothing has come for long enough."""
        if not self._voice.is_played and self._phrase is not None:
            yield Wake(time + self._voice.setting("patience"), self._tag)

    def tick(self, time: float, tag: str) -> Iterator[Effect]:
        if tag == f"{self._tag} end":
            if self._reply is not None and time >= self._reply.last_end - 0.001:
                self._reply = None
            yield from map(Feed, self._voice.room.hearing.settle(time))
            return
        phrase = self._phrase
        if tag != self._tag or phrase is None or self._voice.is_played:
            return
        if time < phrase.last + self._voice.setting("patience") - 0.001:
            return
        yield from self._begin(time, phrase)

    def answer(self, time: float, answer: Answer) -> Iterator[Effect]:
        reply = self._reply
        if reply is None or answer.ask != reply.ask:
            return
        if answer.note is None:
            yield from self._finish(time, reply)
            return
        note = answer.note
        start = max(time, reply.at if reply.notes == 0 else reply.at + note.gap)
        if start > reply.end and reply.notes:
            yield from self._finish(time, reply)
            return
        duration = max(0.05, note.duration or 0.25)
        if start > reply.end - 0.01:
            duration = min(duration, 1.5)
        yield self._voice.play(start, self._voice.transposed(note.pitch), self._voice.velocity(note.velocity), duration, "answer", answer.model)
        reply.at, reply.notes, reply.last_end = start, reply.notes + 1, max(reply.last_end, start + duration)
        if start >= reply.rest_after and self._voice.room.tonality.is_rest(note.pitch):
            yield from self._finish(time, reply)

    def leave(self, time: float, successor: str = "") -> Iterator[Effect]:
        self._phrase = self._reply = None
        yield from self._voice.stop(time, successor)

    def _begin(self, time: float, phrase: _Phrase) -> Iterator[Effect]:
        voice = self._voice
        self._phrase = None
        yield from map(Feed, voice.room.hearing.settle(time))
        last_onset = voice.room.hearing.last_onset or time
        since = time + LEAD - last_onset
        length = min(LONGEST, max(1.0, (phrase.last - phrase.start) * voice.setting("length")))
        gaps = [b - a for a, b in zip(phrase.onsets, phrase.onsets[1:], strict=False) if b - a > 0.03]
        pulse = statistics.median(gaps) if gaps else 0.4
        low, high = voice.range()
        near = (max(low, min(phrase.pitches) - 7), min(high, max(phrase.pitches) + 9))
        if near[1] - near[0] < 11:
            near = (low, high)
        ask = voice.ask(
            time, MOST_NOTES, 2.0, gap=(0.0, min(4.0, max(0.5, 3 * pulse))), first_gap=(max(0.0, since - 0.005), since + 0.02),
            low=near[0], high=near[1],
        )  # fmt: skip
        self._reply = _Reply(ask.id, time + LEAD, time + LEAD + 0.8 * length, time + LEAD + 1.3 * length)
        yield ask

    def _finish(self, time: float, reply: _Reply) -> Iterator[Effect]:
        yield Drop(self._voice.number, reply.ask)
        if reply.notes == 0:
            self._reply = None
        else:
            reply.ask = 0
            yield Wake(reply.last_end, f"{self._tag} end")
