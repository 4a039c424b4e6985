"""What the players do: keys, pedals and other controllers, channel mode messages, and inputs that go away. Owned by the session.

A key is known by where it came from (source, channel, pitch), so that its end releases exactly what it started. A channel mode message
acts on the keys and controllers of its own source and channel, and is never sent on.
"""

from collections.abc import Callable, Iterator

from performer.effects import Effect, Feed, Say, Wonder
from performer.events import Control, NoteOff, NoteOn, Panic, PortGone
from performer.session.band import Band
from performer.session.chorus import Chorus
from performer.session.gestures import Gesture, Gestures
from performer.session.harmonise import expect
from performer.session.keys import DRUM_CHANNEL, Key
from performer.session.panic_trigger import PRESSED, PanicTrigger
from performer.session.parts import Parts

MOST_WONDERED = 8  # notes that a model may have to hear before it can judge the last
ALL_SOUND_OFF, RESET_CONTROLLERS, LOCAL_CONTROL, ALL_NOTES_OFF = 120, 121, 122, 123
FIRST_CHANNEL_MODE = 120
"""The controllers from this number on are channel mode messages (MIDI 1.0 specification, table V)."""


class PlayerInput:
    """Takes the players' events to the band. `first` is the name of the show's first model."""

    def __init__(
        self, band: Band, parts: Parts, chorus: Chorus, panic: Callable[[float, Panic], Iterator[Effect]]
    ) -> None:
        self.first = parts.first
        self._band, self._room, self._parts, self._chorus = band, band.room, parts, chorus
        self.trigger = PanicTrigger(band.room.values)
        self._panic = panic
        self._gestures = Gestures()
        self._routes: tuple[object, ...] = ()

    def note_on(self, time: float, event: NoteOn) -> Iterator[Effect]:
        """A key goes down. One that is down already was released without a word."""
        room, band = self._room, self._band
        if event.source.startswith("midi") and room.echoes.is_echo(time, event.pitch, event.velocity):
            return
        if self.trigger.is_learning_from(event):
            yield from self.trigger.take(event)
            return
        if self.trigger.is_trigger(event):
            yield from self._panic(time, Panic(event.source))
            return
        key = Key(event.source, event.channel, event.pitch)
        if key in room.held:
            yield from self._release(time, key)
        room.drumming = drums = event.channel == DRUM_CHANNEL
        yield from map(Feed, room.hearing.down(time, key, event.velocity, self._parts.drums if drums else self._parts.human))
        if room.press(time, event.pitch, event.velocity):
            yield from room.tempo.hear(time)
        listeners = band.listeners(key)
        room.held.press(time, key, event.velocity, listeners)
        if not drums:
            room.tonality.hear(event.pitch, event.velocity)
            yield from room.chords.hear(time, event.pitch, event.velocity)
        self._touch(time, listeners)
        yield from self._chorus.key_down(time, key, event.velocity, band.modes_of(listeners))
        yield Wonder(room.hearing.pending(time)[-MOST_WONDERED:], self.first)
        yield Say("/performer/heard", (event.pitch, event.velocity, event.channel))

    def note_off(self, time: float, event: NoteOff) -> Iterator[Effect]:
        """A key comes up. Where it is not down there is nothing to do."""
        key = Key(event.source, event.channel, event.pitch)
        if key in self._room.held:
            yield from self._release(time, key)
            yield from self.expect(time)
        elif event.source.startswith("midi"):
            self._room.echoes.ends(event.pitch)

    def gesture(self, time: float, event: Gesture) -> Iterator[Effect]:
        """A controller, a bend, pressure or a program change; channel mode messages act on the keys of their source and channel."""
        if isinstance(event, Control) and event.number >= FIRST_CHANNEL_MODE:
            yield from self._channel_mode(time, event)
            return
        if isinstance(event, Control) and self.trigger.is_learning_from(event):
            yield from self.trigger.take(event)
            return
        if isinstance(event, Control) and self.trigger.is_trigger(event):
            if event.value >= PRESSED:
                yield from self._panic(time, Panic(event.source))
            return
        yield from self._gestures.pass_on(time, event, self._band.relays())
        if isinstance(event, Control):
            yield Say("/performer/moved", (event.number, event.value, event.channel))

    def port_gone(self, time: float, event: PortGone) -> Iterator[Effect]:
        """An input is gone: what was held through it is released, and its controllers are at rest."""
        yield from self._release_all(time, self._room.held.of(event.source))
        self._gestures.forget(event.source)
        yield from self._gestures.settle(time, self._band.relays())

    def release_overdue(self, time: float) -> Iterator[Effect]:
        """Look after keys that never come up, where it is time to."""
        held = self._room.held
        if time < held.due:
            return
        for key in held.doze(time):
            for mode in self._band.modes_of(self._band.receivers(key, held[key])):
                yield from mode.key_dozes(time, key)
        yield from self._release_all(time, held.overdue(time))
        held.look_ahead()

    def expect(self, time: float) -> Iterator[Effect]:
        """Voices that answer keys may think of the next one."""
        band = self._band
        voices = [voice for voice, mode in zip(band.voices, band.modes, strict=True) if mode.name == "harmonise"]
        yield from expect(time, self._room, voices, self._parts.human) if voices else ()

    def settle(self, time: float) -> Iterator[Effect]:
        """What a voice passed on and passes on no longer comes to rest: its mode, channel, input or port is another one."""
        if self._gestures:
            relays = self._band.relays()
            routes = tuple((relay.voice.number, relay.passes, relay.destination, relay.voice.listening) for relay in relays)
            if routes != self._routes:
                self._routes = routes
                yield from self._gestures.settle(time, relays)

    def reset(self) -> None:
        """After a panic no key is held and every controller is at rest."""
        self._room.held.clear()
        self._gestures.reset()

    def _channel_mode(self, time: float, event: Control) -> Iterator[Effect]:
        if event.number == RESET_CONTROLLERS:
            self._gestures.forget(event.source, event.channel)
            yield from self._gestures.settle(time, self._band.relays())
        elif event.number != LOCAL_CONTROL:
            keys = self._room.held.of(event.source, event.channel)
            yield from self._release_all(time, keys)
            if event.number == ALL_SOUND_OFF:
                numbers = frozenset(voice.number for voice in self._band.voices if voice.hears(event.source, event.channel))
                for mode in self._band.modes_of(numbers):
                    yield from mode.hush(time)

    def _release_all(self, time: float, keys: list[Key]) -> Iterator[Effect]:
        for key in keys:
            yield from self._release(time, key)
        if keys:
            yield from self.expect(time)

    def _release(self, time: float, key: Key) -> Iterator[Effect]:
        receivers = self._band.receivers(key, self._room.held.pop(key))
        self._touch(time, receivers)
        yield from map(Feed, self._room.hearing.up(time, key))
        for mode in self._band.modes_of(receivers):
            yield from mode.key_up(time, key)
        yield Say("/performer/heard", (key.pitch, 0, key.channel))

    def _touch(self, time: float, numbers: frozenset[int]) -> None:
        for number in numbers:
            self._band.voices[number - 1].last_key = time
