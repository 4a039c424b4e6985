"""The band: the voices of a show with the mode that each is in, the one that waits for its beat, and its suggestions. Owned by the session."""

from collections.abc import Iterator
from dataclasses import dataclass

from performer.effects import Drop, Effect
from performer.session.gestures import Destination, Passes
from performer.session.keys import HeldKey, Key
from performer.session.mode import Mode
from performer.session.modes import MODES, mode_of
from performer.session.parts import Parts
from performer.session.room import Room
from performer.session.suggestions import Suggestions
from performer.session.voices import Voice


@dataclass(frozen=True, slots=True)
class VoiceRelay:
    """A voice that passes the player's gestures on; see `gestures.Relay`."""

    voice: Voice
    passes: Passes

    @property
    def destination(self) -> Destination:
        return self.voice.destination

    def hears(self, source: str, channel: int) -> bool:
        return self.voice.hears(source, channel)


class Band:
    """All voices and what they are at."""

    def __init__(self, room: Room, parts: Parts) -> None:
        self.room = room
        numbered = enumerate(zip(parts.voices, parts.models, strict=True), start=1)
        self.voices = [Voice(number, part, model, room) for number, (part, model) in numbered]
        self.modes = [mode_of(voice) for voice in self.voices]
        self.suggestions = [Suggestions(voice, room) for voice in self.voices]
        self.armed: dict[int, Mode] = {}
        """By voice: the mode that waits for its beat and plans ahead already."""

    def everyone(self) -> list[Mode]:
        """Every mode, the armed ones too."""
        return [*self.modes, *self.armed.values()]

    def all(self) -> list[Mode | Suggestions]:
        """Everything that asks the models and sets timers."""
        return [*self.everyone(), *self.suggestions]

    def askers(self, ask: int) -> list[Mode | Suggestions]:
        """Those of the voice that asked this; all where nobody knows which."""
        number = self.room.asker(ask)
        if not number:
            return self.all()
        armed = [self.armed[number]] if number in self.armed else []
        return [self.modes[number - 1], *armed, self.suggestions[number - 1]]

    def listeners(self, key: Key) -> frozenset[int]:
        """The numbers of the voices that listen to this key."""
        return frozenset(voice.number for voice in self.voices if voice.hears_key(key))

    def modes_of(self, numbers: frozenset[int]) -> Iterator[Mode]:
        """The modes of these voices, and those that are armed for them and plan ahead."""
        yield from (mode for voice, mode in zip(self.voices, self.modes, strict=True) if voice.number in numbers)
        yield from (mode for number, mode in self.armed.items() if number in numbers and mode.lane is not None)

    def receivers(self, key: Key, held: HeldKey) -> frozenset[int]:
        """Who is told that a held key came up: who received its note-on, whatever they listen to now, and who listens to it now."""
        return held.receivers | self.listeners(key)

    def relays(self) -> list[VoiceRelay]:
        """The voices that pass the player's gestures on now."""
        playing = zip(self.voices, self.modes, strict=True)
        return [VoiceRelay(voice, mode.passes) for voice, mode in playing if mode.passes is not Passes.NOTHING]

    def arm(self, time: float, voice: Voice, mode: str, beat: float) -> Iterator[Effect]:
        """Have a mode plan for the beat on which the voice takes it up."""
        self.armed[voice.number] = MODES[mode](voice)
        self.armed[voice.number].armed = True
        yield from self.armed[voice.number].begin(time, beat)

    def disarm(self, voice: int) -> Iterator[Effect]:
        """The voice does not take up the mode that is armed, if there is one."""
        mode = self.armed.pop(voice, None)
        if mode is not None:
            yield from mode.withdraw()

    def take_up(self, time: float, voice: Voice, another: bool) -> Iterator[Effect]:
        """The voice's old mode ends; a fresh one begins, or where it is to be `another` the one that was armed goes on."""
        waiting = self.armed.get(voice.number)
        armed = self.armed.pop(voice.number, None) if another else None
        new = armed or mode_of(voice)
        new.armed = False
        yield from self.modes[voice.number - 1].leave(time, waiting.tag if waiting else "")
        yield from self.suggestions[voice.number - 1].end(time)
        self.modes[voice.number - 1] = new
        if armed is None:
            yield from new.begin(time)

    def end(self, time: float) -> Iterator[Effect]:
        """Every voice ends what it is at, and has a fresh mode of the same kind, which has not begun."""
        for voice, mode in zip(self.voices, self.modes, strict=True):
            yield Drop(voice.number, self.room.asks)
            yield from mode.leave(time)
        for number in tuple(self.armed):
            yield from self.disarm(number)
        for suggestions in self.suggestions:
            yield from suggestions.end(time)
        self.modes = [mode_of(voice) for voice in self.voices]
