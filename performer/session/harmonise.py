"""Harmonise: every note of the player is answered at once with one or more that last as long as the key is held."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from performer.effects import Effect, Expect, Feed, Release
from performer.events import Answer, ModelNote
from performer.session.gestures import Passes
from performer.session.hearing import MOST_TOGETHER
from performer.session.hearing import TOGETHER as CLOSE
from performer.session.keys import NOTE_MESSAGES, Key
from performer.session.mode import Mode
from performer.session.room import Room, usual_key
from performer.session.voices import DRUMS, Voice

TOGETHER = (0.0, 0.0)  # seconds between the notes of one chord: the smallest gap that the models tell apart
CHORD: Mapping[str, Any] = {"gap": TOGETHER, "first_gap": TOGETHER, "distinct": True, "held": True, "density": 0.0, "polyphony": 0, "harmony": (),
                            "at_once": True}  # fmt: skip
PATIENCE = 0.25  # an answer later than this is no answer to that note
FEW = 4  # notes that are thought of though the next event will probably tell more of them: a chord may come
SOON = 0.15  # seconds within which a committed note begins that is thought of as well
SHORTEST = 0.08  # a note whose key was already up when the answer came


def expect(time: float, room: Room, voices: Sequence[Voice], part: int) -> Iterator[Expect | Feed]:
    """What sounds will be heard before the next key is answered by these voices, and so will what is committed and begins SOON, so their models may
    think of it; and of that key, the human's `part`, where it will be the next event: who does not play legato lets go of the last one first, and
    then what sounded is known in full.

    As many notes as a model hears of one chord are heard while they sound, without their ends: when the key is let go there may be no time for
    all of it."""
    sounding = room.hearing.pending(time)
    if len(sounding) >= MOST_TOGETHER and all(note.gap < CLOSE for note in sounding[1:]):
        yield from map(Feed, room.hearing.settle(time, still_sounding=True))
        sounding = room.hearing.pending(time)
    last, awaited = room.hearing.last_onset, room.legato or not room.held
    pending = sounding if last is None or last <= time else room.hearing.expected(time, time + SOON)
    if not awaited and len(pending) > FEW:
        return
    awaited = awaited and not room.drumming and len(pending) == len(sounding)
    for model in dict.fromkeys(voice.model for voice in voices):
        of = [voice for voice in voices if voice.model == model and voice.part != DRUMS]
        key = usual_key(60, round(room.loudness), part) if awaited and of else None
        if pending or key:
            styles = dict.fromkeys(style for voice in of for style, _ in voice.styles() or ((0, 1.0),))
            yield Expect(pending, model, key, tuple(dict.fromkeys(voice.part for voice in of)), tuple(styles))


class Harmonise(Mode):
    """One ask a note. The tag of what it plays is the player's pitch, so that the key's release ends it.

    A key that is not of a chord is told the model as any key of its pitch, which it may have thought of before that went down: over the held-out
    pieces of three corpora that costs 0.013 of 2.65 nats of the answer's pitch. As much as the key was louder than usual, its answer is; that, and to
    draw the velocity at once with the pitch, costs 0.5 of 1.94 nats of the velocity, which follows the player's anyway."""

    name = "harmonise"
    doing = "following"  # always: what changed with every note would have to be told with every note

    def __init__(self, voice: Voice) -> None:
        super().__init__(voice)
        self._asked: dict[int, tuple[Key, int | None]] = {}  # ask -> the player's key, and the accent where the model is not told of it
        self._sounding: dict[Key, set[int]] = {}  # the player's key -> the pitches that answer it

    @property
    def replies(self) -> int:
        return int(2 * NOTE_MESSAGES * self._voice.setting("notes"))

    @property
    def passes(self) -> Passes:
        """A harmony bends and sustains with the player. An answer that is given alone does not: a forgotten pedal would smear it."""
        return Passes.EXPRESSION

    @property
    def asking(self) -> bool:
        return bool(self._asked)

    @property
    def model(self) -> str:
        """The name of the model that answers."""
        return self._voice.model

    def heard(self, time: float) -> tuple[ModelNote, ...]:
        """What sounds, as the model would hear it."""
        return self._voice.room.hearing.pending(time)

    def key_down(self, time: float, key: Key, velocity: int) -> Iterator[Effect]:
        yield from self.respond(time, key, velocity, self.heard(time))

    def respond(self, time: float, key: Key, velocity: int, heard: tuple[ModelNote, ...]) -> Iterator[Effect]:
        """The same, which may come a moment later; `heard` is what sounded when the key went down, with that key."""
        voice = self._voice
        chord = voice.chord(voice.room.timeline.beat_at(time))
        heard, accent = self._told(heard, key.pitch, velocity)
        ask = voice.ask(time, voice.setting("notes"), PATIENCE, classes=tuple({*voice.classes(chord), key.pitch % 12}), heard=heard, **CHORD)
        self._asked[ask.id] = key, accent
        while len(self._asked) > 16:
            del self._asked[next(iter(self._asked))]
        yield ask

    def _told(self, heard: tuple[ModelNote, ...], pitch: int, velocity: int) -> tuple[tuple[ModelNote, ...], int | None]:
        """What the model is told of what sounds, and how much louder the key is than it is told. Drums live by their gaps, and are told all."""
        room = self._voice.room
        if room.chordal or room.drumming or self._voice.part == DRUMS or not heard or heard[-1].own or heard[-1].pitch != pitch:
            return heard, None
        return (*heard[:-1], usual_key(pitch, room.usual, heard[-1].voice)), velocity - room.usual

    def key_up(self, time: float, key: Key) -> Iterator[Effect]:
        self._voice.room.hearing.cut(time, self._voice.number, frozenset(self._sounding.pop(key, ())))
        yield Release(time, self._voice.number, key.tag)
        yield from map(Feed, self._voice.room.hearing.settle(time))

    def answer(self, time: float, answer: Answer) -> Iterator[Effect]:
        if answer.note is None:
            self._asked.pop(answer.ask, None)
            return
        asked = self._asked.get(answer.ask)
        if asked is None:
            return
        (key, accent), voice = asked, self._voice
        pitch = voice.transposed(answer.note.pitch)
        duration = None if key in voice.room.held else SHORTEST
        self._sounding.setdefault(key, set()).add(pitch)
        yield voice.play(time, pitch, voice.velocity(answer.note.velocity, accent), duration, key.tag, answer.model)

    def leave(self, time: float, successor: str = "") -> Iterator[Effect]:
        self._asked.clear()
        self._sounding.clear()
        yield from self._voice.stop(time, successor)
