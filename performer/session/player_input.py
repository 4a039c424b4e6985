"""What the players do: keys, pedals and other controllers, channel mode messages, and inputs that go away. Owned by the session.

A key is known by where it came from (source, channel, pitch), so that its end releases exactly what it started. A channel mode message
acts on the keys and controllers of its own source and channel, and is never sent on.
"""

from collections.abc import Callable, Generator, Iterator, Sequence

from performer.effects import Effect, Feed, Say, Silence, Wonder
from performer.events import Control, NoteOff, NoteOn, Panic, PortGone, RestoreInputs
from performer.session.band import Band
from performer.session.chorus import Chorus
from performer.session.fuse import Blown
from performer.session.gestures import Gesture, Gestures
from performer.session.harmonise import expect
from performer.session.keys import DRUM_CHANNEL, Key
from performer.session.panic_trigger import PanicTrigger
from performer.session.parts import Parts
from performer.session.return_path import CUT, ReturnPath, Verdict

MOST_WONDERED = 8  # notes that a model may have to hear before it can judge the last
ALL_SOUND_OFF, RESET_CONTROLLERS, LOCAL_CONTROL, ALL_NOTES_OFF = 120, 121, 122, 123
FIRST_CHANNEL_MODE = 120
"""The controllers from this number on are channel mode messages (MIDI 1.0 specification, table V)."""


STORM = (
    "More MIDI leaves than anybody plays ({left} messages too many): what comes in at '{source}' is not heard until it is quiet. "
    "Switch off the monitoring of Performer's track in the DAW; /performer/midi/restore hears the input again at once."
)


class PlayerInput:
    """Takes the players' events to the band. `first` is the name of the show's first model."""

    def __init__(
        self, band: Band, parts: Parts, chorus: Chorus, panic: Callable[[float, Panic], Iterator[Effect]],
        port_delays: Sequence[float] = (),
    ) -> None:
        self.first = parts.first
        self._band, self._room, self._parts, self._chorus = band, band.room, parts, chorus
        self.trigger = PanicTrigger(band.room.values)
        self._panic = panic
        self._gestures = Gestures()
        self._path = ReturnPath(port_delays)
        self._routes: tuple[object, ...] = ()

    def note_on(self, time: float, event: NoteOn) -> Iterator[Effect]:
        """A key goes down. One that is down already was released without a word."""
        room, band = self._room, self._band
        key = Key(event.source, event.channel, event.pitch)
        listeners = band.listeners(key)
        # A key that is down already was not struck by a hand: what it brings to leave is not explained by it.
        explains = 0 if key in room.held else sum(mode.replies for mode in band.modes_of(listeners))
        verdict = self._path.judge(time, event, explains)
        if verdict is Verdict.COPY or (yield from self._is_panic(time, event)) or verdict is Verdict.CUT:
            return
        if key in room.held:
            yield from self._release(time, key)
        room.drumming = drums = event.channel == DRUM_CHANNEL
        yield from map(Feed, room.hearing.down(time, key, event.velocity, self._parts.drums if drums else self._parts.human))
        if room.press(time, event.pitch, event.velocity):
            yield from room.tempo.hear(time)
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
        if self._path.judge(time, event) is Verdict.OWN and key in self._room.held:
            yield from self._release(time, key)
            yield from self.expect(time)

    def gesture(self, time: float, event: Gesture) -> Iterator[Effect]:
        """A controller, a bend, pressure or a program change; channel mode messages act on the keys of their source and channel."""
        if isinstance(event, Control) and event.number >= FIRST_CHANNEL_MODE:
            if self._path.judge(time, event) is Verdict.OWN:
                yield from self._channel_mode(time, event)
            return
        relays = self._band.relays()
        rests = self._gestures.comes_to_rest(event)
        verdict = self._path.judge(time, event, len(relays), rests)
        if verdict is Verdict.COPY:
            return
        # A pedal that became the panic button while it was down still comes up.
        if isinstance(event, Control) and (yield from self._is_panic(time, event)) and not rests:
            return
        if verdict is Verdict.CUT:
            return
        yield from self._gestures.pass_on(time, event, relays)
        if isinstance(event, Control):
            yield Say("/performer/moved", (event.number, event.value, event.channel))

    def _is_panic(self, time: float, event: NoteOn | Control) -> Generator[Effect, None, bool]:
        """Whether the event is the panic button's, or becomes it; if it is pressed there is a panic."""
        if self.trigger.is_learning_from(time, event):
            yield from self.trigger.take(event)
            return True
        if not self.trigger.is_trigger(event):
            return False
        if self.trigger.fires(time, event):
            yield from self._panic(time, Panic(event.source))
        return True

    def port_gone(self, time: float, event: PortGone) -> Iterator[Effect]:
        """An input is gone: what was held through it is released, and its controllers are at rest."""
        yield from self._let_go(time, event.source)
        self._path.forget(event.source)
        self.trigger.forget(event.source)

    def state(self, sender: str) -> Iterator[Effect]:
        """Yield to this sender what is known of the ways back."""
        yield from self._path.state(sender)

    def learn(self) -> None:
        """What can wait until the answer to the last message has left."""
        self._path.learn()

    def return_path(self, time: float, effects: Sequence[Effect], delay: float) -> Iterator[Effect]:
        """These effects leave at `time`. Yields what is to be said of loops, and what ends where a storm is cut."""
        ports = dict.fromkeys(voice.destination.port for voice in self._band.voices) if Silence in map(type, effects) else ()
        self._path.leave(time, effects, delay, ports)
        yield from self._path.delays(time)
        for change in self._path.report(time):
            source = change.source
            yield Say(CUT, (source, int(isinstance(change, Blown))))
            if isinstance(change, Blown):
                yield Say("/performer/error", ("midi", STORM.format(source=source, left=change.left)))
                # The DAW sends back what ends here too.
                ended = list(self._let_go(time, source))
                self._path.leave(time, ended, delay, ())
                yield from ended

    def restore(self, time: float, event: RestoreInputs) -> Iterator[Effect]:
        """Inputs that were cut off are heard again."""
        self._path.restore(time)
        yield from ()

    def _let_go(self, time: float, source: str) -> Iterator[Effect]:
        """Nothing is held through this input any more, and its controllers are at rest."""
        yield from self._release_all(time, self._room.held.of(source))
        self._path.end_keys(source)
        self._gestures.forget(source)
        yield from self._settle_gestures(time)

    def _settle_gestures(self, time: float) -> Iterator[Effect]:
        passed = list(self._gestures.settle(time, self._band.relays()))
        self._path.explain(len(passed))
        yield from passed

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
                yield from self._settle_gestures(time)

    def reset(self) -> None:
        """After a panic no key is held and every controller is at rest."""
        self._path.reset()
        self._room.held.clear()
        self._gestures.reset()

    def _channel_mode(self, time: float, event: Control) -> Iterator[Effect]:
        if event.number == RESET_CONTROLLERS:
            self._gestures.forget(event.source, event.channel)
            yield from self._settle_gestures(time)
        elif event.number != LOCAL_CONTROL:
            self._path.end_keys(event.source, event.channel)
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
