"""Harmonise: every note of the player is answered at once with one or more that last as long as the key is held."""

from collections.abc import Iterator, Mapping
from typing import Any

from performer.effects import Effect, Feed, Release
from performer.events import Answer, ModelNote
from performer.session.mode import Mode
from performer.session.room import CHORD as CHORDAL
from performer.session.room import usual_key
from performer.session.voices import Voice

TOGETHER = (0.0, 0.0)  # seconds between the notes of one chord: the smallest gap that the models tell apart
CHORD: Mapping[str, Any] = {"gap": TOGETHER, "first_gap": TOGETHER, "distinct": True, "held": True, "density": 0.0, "polyphony": 0, "harmony": (),
                            "at_once": True}  # fmt: skip
PATIENCE = 0.25  # an answer later than this is no answer to that note
SHORTEST = 0.08  # a note whose key was already up when the answer came


class Harmonise(Mode):
    """One ask a note. The tag of what it plays is the player's pitch, so that the key's release ends it.

    A key that is not of a chord is told the model as any key of its pitch, which it may have thought of before that went down: over the held-out
    pieces of three corpora that costs 0.013 of 2.65 nats of the answer's pitch. As much as the key was louder than usual, its answer is; that, and to
    draw the velocity at once with the pitch, costs 0.5 of 1.94 nats of the velocity, which follows the player's anyway."""

    name = "harmonise"
    doing = "following"  # always: what changed with every note would have to be told with every note

    def __init__(self, voice: Voice) -> None:
        super().__init__(voice)
        self._asked: dict[int, tuple[int, int]] = {}  # ask -> the player's pitch, and how much louder than usual the key was
        self._sounding: dict[int, set[int]] = {}  # the player's pitch -> the pitches that answer it

    @property
    def asking(self) -> bool:
        return bool(self._asked)

    def key_down(self, time: float, pitch: int, velocity: int) -> Iterator[Effect]:
        voice = self._voice
        chord = voice.chord(voice.room.timeline.beat_at(time))
        heard, louder = self._told(time, pitch, velocity)
        ask = voice.ask(time, voice.setting("notes"), PATIENCE, classes=tuple({*voice.classes(chord), pitch % 12}), heard=heard, **CHORD)
        self._asked[ask.id] = pitch, louder
        while len(self._asked) > 16:
            del self._asked[next(iter(self._asked))]
        yield ask

    def _told(self, time: float, pitch: int, velocity: int) -> tuple[tuple[ModelNote, ...], int]:
        """What the model is told of what sounds, and how much louder the key is than it is told."""
        room = self._voice.room
        heard = room.hearing.pending(time)
        if not heard or heard[-1].own or heard[-1].pitch != pitch or heard[-1].gap < CHORDAL:
            return heard, 0
        return (*heard[:-1], usual_key(pitch, velocity - room.accent, heard[-1].voice)), room.accent

    def key_up(self, time: float, pitch: int) -> Iterator[Effect]:
        self._voice.room.hearing.cut(time, self._voice.number, frozenset(self._sounding.pop(pitch, ())))
        yield Release(time, self._voice.number, f"key {pitch}")
        yield from map(Feed, self._voice.room.hearing.settle(time))

    def answer(self, time: float, answer: Answer) -> Iterator[Effect]:
        if answer.note is None:
            self._asked.pop(answer.ask, None)
            return
        asked = self._asked.get(answer.ask)
        if asked is None:
            return
        (pitch, louder), voice = asked, self._voice
        held = pitch in voice.room.held
        self._sounding.setdefault(pitch, set()).add(answer.note.pitch)
        yield voice.play(
            time, answer.note.pitch, voice.velocity(answer.note.velocity + louder), None if held else SHORTEST, f"key {pitch}", answer.model
        )

    def leave(self, time: float, successor: str = "") -> Iterator[Effect]:
        self._asked.clear()
        self._sounding.clear()
        yield from self._voice.stop(time, successor)
