"""The session: the sole owner of the show's state. `handle` takes one timed event and returns the effects, in order.

It runs on the thread `session`, or offline on none. It knows no clock, no port and no model: the same events give the same effects,
which is what makes a take tell its performance again exactly.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from performer.effects import Drop, Effect, Feed, Forget, Pass, Say, Silence
from performer.encoding import VOICES as INSTRUMENTS
from performer.events import (
    Answer,
    Bend,
    Control,
    ModelFailed,
    NoteOff,
    NoteOn,
    Panic,
    ParameterSet,
    Pressure,
    Program,
    Sync,
    Sysex,
    Tick,
    Timed,
    Transport,
)
from performer.parameters import Table
from performer.session.call import Call
from performer.session.harmonise import Harmonise
from performer.session.voices import Mode, Mute, Room, Voice

MODES: Mapping[str, Callable[[Voice], Mode]] = {"call": Call, "harmonise": Harmonise, "mute": Mute}
DRUM_CHANNEL = 10
SUSTAIN = 64
Gesture = Control | Bend | Pressure | Program


@dataclass(frozen=True, slots=True)
class Parts:
    """The instrument classes of the models' encoding: what the human plays, drums, and one for each voice."""

    human: int
    drums: int
    voices: tuple[int, ...]

    @classmethod
    def named(cls, instruments: Sequence[str]) -> "Parts":
        """For voices of these instruments, by the names of the encoding; the human plays keys, or drums on channel 10."""
        return cls(INSTRUMENTS.index("keys"), INSTRUMENTS.index("drums"), tuple(map(INSTRUMENTS.index, instruments)))


class Session:
    """All state of a show: parameter values, voices with their modes, what was heard. Used by one thread only."""

    def __init__(self, table: Table, parts: Parts, seed: int, values: Mapping[str, Any] | None = None) -> None:
        self.table = table
        self.values: dict[str, Any] = table.defaults() | dict(values or {})
        self.room = Room(self.values, seed)
        self.ignored = 0  # clock ticks, system exclusive and other things that no voice uses yet
        self._parts = parts
        self._voices = [Voice(number, part, self.room) for number, part in enumerate(parts.voices, start=1)]
        self._modes = [self._new_mode(voice) for voice in self._voices]
        self._said = ""
        self._handlers: Mapping[type, Callable[[float, Any], Iterator[Effect]]] = {
            NoteOn: self._note_on, NoteOff: self._note_off, ParameterSet: self._set, Panic: self._panic, Sync: self._sync,
            Tick: self._tick, Answer: self._answer, ModelFailed: self._failed,
            Control: self._gesture, Bend: self._gesture, Pressure: self._gesture, Program: self._gesture,
            Transport: self._ignore, Sysex: self._ignore,
        }  # fmt: skip

    def handle(self, timed: Timed) -> list[Effect]:
        """The effects of one event, in order."""
        effects = list(self._handlers[type(timed.event)](timed.time, timed.event))
        status = ", ".join(f"{voice.number} {mode.name} {mode.doing}" for voice, mode in zip(self._voices, self._modes, strict=True))
        if status != self._said:
            self._said = status
            effects.append(self._status())
        return effects

    @property
    def answering(self) -> bool:
        """Whether a voice is in the middle of an answer."""
        return any(mode.doing == "answering" for mode in self._modes)

    def _new_mode(self, voice: Voice) -> Mode:
        return MODES[voice.setting("mode")](voice)

    def _note_on(self, time: float, event: NoteOn) -> Iterator[Effect]:
        if event.source == "midi" and self.room.echoes.is_echo(time, event.pitch, event.velocity):
            return
        drums = event.channel == DRUM_CHANNEL
        part = self._parts.drums if drums else self._parts.human
        yield from map(Feed, self.room.hearing.down(time, event.pitch, event.velocity, part))
        self.room.held[event.pitch] = event.velocity
        self.room.velocities.append(event.velocity)
        if not drums:
            self.room.tonality.hear(event.pitch, event.velocity)
        for mode in self._modes:
            yield from mode.key_down(time, event.pitch, event.velocity)
        yield Say("/performer/heard", (event.pitch, event.velocity, event.channel))

    def _note_off(self, time: float, event: NoteOff) -> Iterator[Effect]:
        if event.source == "midi" and event.pitch not in self.room.held and self.room.echoes.ends(event.pitch):
            return
        if self.room.held.pop(event.pitch, None) is None:
            return
        yield from map(Feed, self.room.hearing.up(time, event.pitch))
        for mode in self._modes:
            yield from mode.key_up(time, event.pitch)
        yield Say("/performer/heard", (event.pitch, 0, event.channel))

    def _gesture(self, time: float, event: Gesture) -> Iterator[Effect]:
        """A harmoniser bends and sustains with the player; an answer given alone does not: a forgotten pedal would smear it."""
        for voice, mode in zip(self._voices, self._modes, strict=True):
            if mode.name == "harmonise":
                yield Pass(time, replace(event, channel=voice.setting("channel")))

    def _set(self, time: float, event: ParameterSet) -> Iterator[Effect]:
        before = self.values[event.address]
        if event.value != before:
            voice = self._voice_of(event.address)
            leaves = voice is not None and event.address.endswith(("/mode", "/channel"))
            if voice is not None and leaves:
                yield from self._modes[voice.number - 1].leave(time)
            self.values[event.address] = event.value
            if voice is not None and leaves:
                self._modes[voice.number - 1] = self._new_mode(voice)
        yield Say(event.address, (event.value,))

    def _voice_of(self, address: str) -> Voice | None:
        parts = address.split("/")
        return self._voices[int(parts[3]) - 1] if parts[2] == "voice" else None

    def _panic(self, time: float, event: Panic) -> Iterator[Effect]:
        self.room.held.clear()
        for voice, mode in zip(self._voices, self._modes, strict=True):
            yield Drop(voice.number, self.room.asks)
            yield from mode.leave(time)
        self._modes = [self._new_mode(voice) for voice in self._voices]
        yield Silence(time)
        yield Forget()
        yield Say("/performer/panic", ())

    def _sync(self, time: float, event: Sync) -> Iterator[Effect]:
        for address, value in self.values.items():
            yield Say(address, (value,), event.sender)
        yield self._status(event.sender)

    def _tick(self, time: float, event: Tick) -> Iterator[Effect]:
        for mode in self._modes:
            yield from mode.tick(time, event.tag)

    def _answer(self, time: float, event: Answer) -> Iterator[Effect]:
        for mode in self._modes:
            yield from mode.answer(time, event)

    def _failed(self, time: float, event: ModelFailed) -> Iterator[Effect]:
        yield from self._answer(time, Answer(event.ask, 0, None))
        yield Say("/performer/error", ("model", event.reason))

    def _ignore(self, time: float, event: object) -> Iterator[Effect]:
        self.ignored += 1
        yield from ()

    def _status(self, sender: str = "") -> Say:
        key = self.room.tonality.key
        status = {
            "voices": [{"voice": v.number, "mode": m.name, "doing": m.doing} for v, m in zip(self._voices, self._modes, strict=True)],
            "key": list(key) if key else None,
        }
        return Say("/performer/status", (json.dumps(status),), sender)
