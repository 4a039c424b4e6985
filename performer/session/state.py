"""The session: the sole owner of the show's state. `handle` takes one timed event and returns the effects, in order.

It runs on the thread `session`, or offline on none. It knows no clock, no port and no model: the same events give the same effects,
which is what makes a take tell its performance again exactly.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from performer.effects import Compensate, Effect, Forget, Load, Say, Silence
from performer.events import (
    Answer,
    Bend,
    Choose,
    ChordAnswer,
    Control,
    LearnPanic,
    LinkState,
    Listen,
    Loaded,
    ModelFailed,
    NoteOff,
    NoteOn,
    Panic,
    ParameterSet,
    PortGone,
    Pressure,
    Program,
    Progression,
    Query,
    Recall,
    RestoreInputs,
    Resume,
    Still,
    Store,
    Suggest,
    Swap,
    Sync,
    Sysex,
    Tap,
    Tick,
    Timed,
    Transport,
    Wish,
)
from performer.parameters import QUANTISE, Table
from performer.session import cues, harmony
from performer.session.band import Band
from performer.session.chorus import Chorus
from performer.session.cues import Cue, Cues
from performer.session.macros import move_others
from performer.session.parts import Parts
from performer.session.player_input import PlayerInput
from performer.session.room import DELAY, Room, Values
from performer.session.scenes import Scenes
from performer.session.song import SECTION, SECTIONS, USUAL
from performer.session.tempo import PREFIX as TEMPO
from performer.session.voices import Voice

BREATH = 0.5
"""Seconds of silence after a panic at least."""
LAUNCHED = ("/mode", SECTION)  # what waits for the show's quantisation


class Session:
    """All state of a show: parameter values, voices with their modes, what was heard. Used by one thread only."""

    def __init__(
        self,
        table: Table,
        parts: Parts,
        seed: int,
        values: Mapping[str, Any] | None = None,
        scenes: Mapping[str, Mapping[str, Any]] | None = None,
        port_delays: Sequence[float] = (),
    ) -> None:
        self.table = table
        self.port_delays = port_delays
        self.values = Values(table.defaults() | dict(values or {}))
        self.room = Room(self.values, seed, parts.small)
        self.failed = 0  # questions that a model could not answer
        self.ignored = 0  # system exclusive messages: no voice uses them yet
        self._band = Band(self.room, parts)
        self._chorus = Chorus()
        self._players = PlayerInput(self._band, parts, self._chorus, self._panic, port_delays)
        self._cues = Cues()
        self._scenes = Scenes(scenes)
        self._begun = False
        self._said: list[str] = []
        self._handlers: Mapping[type, Callable[[float, Any], Iterator[Effect]]] = {
            NoteOn: self._players.note_on, NoteOff: self._players.note_off, PortGone: self._players.port_gone,
            RestoreInputs: self._players.restore,
            ParameterSet: self._set, Panic: self._panic, Sync: self._sync, Still: self._still,
            Recall: self._recall, Store: self._store, Swap: self._swap, Loaded: self._loaded, Wish: self._wish,
            Query: self.values.tell, Suggest: self._suggest, Listen: self._suggest, Choose: self._suggest,
            Tick: self._tick, Answer: self._answer, ModelFailed: self._failed,
            Resume: self.room.tempo.resume, ChordAnswer: self.room.chords.answer, Progression: self.room.chords.write,
            **dict.fromkeys((Control, Bend, Pressure, Program), self._players.gesture),
            Transport: self.room.tempo.transport, Tap: self.room.tempo.tap, LinkState: self.room.tempo.link, Sysex: self._ignore,
            LearnPanic: self._learn_panic,
        }  # fmt: skip

    def handle(self, timed: Timed) -> list[Effect]:
        """The effects of one event, in order."""
        effects = [] if self._begun else self._begin(timed.time)
        effects += self._players.release_overdue(timed.time)
        tempo = self.room.tempo
        before, place, revised = (tempo.jumps, self.room.halted), tempo.moved, self.room.chords.revised
        if self._chorus and not (isinstance(timed.event, Answer) and self.room.asker(timed.event.ask)):
            effects += self._chorus.go_on()  # before anything but an answer; and that too where a take of an older version answers all at once
        effects += self._handlers[type(timed.event)](timed.time, timed.event)
        if (tempo.jumps, self.room.halted) != before:
            effects += self._retimed(timed.time, tempo.moved - place)
        if self.room.chords.revised != revised:
            effects += [effect for mode in self._band.everyone() for effect in mode.changed(timed.time)]
        effects += self._players.settle(timed.time)
        effects += self._players.return_path(timed.time, effects, self.delay)
        said = [word for mode in self._band.modes for word in (mode.name, mode.doing)]
        if said != self._said:
            self._said = said
            effects.append(self._status())
        return effects

    def learn(self) -> None:
        """Do what can wait until the effects of the last event have left. Without it the next event does so first."""
        self._players.learn()

    @property
    def voices(self) -> Sequence[Voice]:
        """The voices, by their numbers from 1."""
        return self._band.voices

    @property
    def scenes(self) -> Mapping[str, Mapping[str, Any]]:
        """The scenes by name; one that is stored anew is another object."""
        return self._scenes.kept

    @property
    def landmark(self) -> object:
        """What an event that changes nothing leaves as it is; where a key is down, no event is known to."""
        return object() if self.room.held.pitches or self._chorus else (self._begun, self.room.tempo.landmark)

    @property
    def delay(self) -> float:
        """Seconds that planned notes leave later (earlier where it is negative)."""
        return float(self.values[DELAY]) / 1000.0

    @property
    def answering(self) -> bool:
        """Whether a voice is in the middle of an answer."""
        return any(mode.doing == "answering" for mode in self._band.modes)

    def _begin(self, time: float) -> list[Effect]:
        """Whoever plays by itself begins with the first event of the show."""
        self._begun = True
        return [*self.room.chords.begin(time), *(effect for mode in self._band.modes for effect in mode.begin(time))]

    def _retimed(self, time: float, moved: float) -> Iterator[Effect]:
        """Beats have other times than before, and where the song jumped other numbers: now is `moved` beats later in it."""
        for mode in self._band.everyone():
            yield from mode.retimed(time)
        for suggestions in self._band.suggestions:
            yield from suggestions.retimed(time)
        yield from self._cues.retime(self.room.timeline, moved)
        yield from self.room.chords.retime(time, moved)

    def _set(self, time: float, event: ParameterSet) -> Iterator[Effect]:
        """A change now, or on the beat that was asked for; modes and sections wait for the show's own quantisation where nobody asked."""
        when = event.when or (self.values[QUANTISE] if event.address.endswith(LAUNCHED) else "now")
        self._cues.withdraw(event.address)
        voice = self._voice_of(event.address) if event.address.endswith("/mode") else None
        if voice is not None:
            yield from self._band.disarm(voice.number)
        if when == "now":
            yield from self._change(time, event)
            return
        timeline = self.room.timeline
        beat = self.room.next_beat(when, time)
        yield from self._cues.add(Cue(beat, event), timeline)
        yield Say("/performer/cue", (event.address, timeline.time_at(beat)))
        if voice is not None:
            yield from self._band.arm(time, voice, event.value, beat)

    def _change(self, time: float, event: ParameterSet) -> Iterator[Effect]:
        """The parameter has this value from now on."""
        if event.address.startswith(TEMPO) and event.address != QUANTISE:
            yield from self.room.tempo.set(time, event)
            return
        before = self.values[event.address]
        if event.value != before:
            voice = self._voice_of(event.address)
            self.values[event.address] = event.value
            if voice is not None and event.address.endswith(("/mode", "/channel", "/output_port", "/transpose")):
                yield from self._band.take_up(time, voice, event.address.endswith("/mode"))
            elif voice is not None:
                yield from move_others(event, self.table, self.values)
                yield from self._band.modes[voice.number - 1].changed(time)
            if event.address == SECTION:
                yield from self._enter(time, before)
            if event.address in (harmony.SOURCE, harmony.KEY):
                yield from self.room.chords.begin(time)
            if event.address == DELAY:
                yield Compensate(self.delay)
        yield Say(event.address, (event.value,))

    def _enter(self, time: float, before: str) -> Iterator[Effect]:
        """The song is in another section now; one that lasts some bars is followed by the one before it."""
        section = self.room.section
        if section.bars:
            bar = self.room.next_beat("bar", time + 0.001)
            beat = bar + (section.bars - 1) * self.room.bar
            back = before if SECTIONS[before].plays and not SECTIONS[before].bars else USUAL
            yield from self._cues.add(Cue(beat, ParameterSet(SECTION, back)), self.room.timeline)
        for mode in self._band.everyone():
            yield from mode.changed(time)

    def _recall(self, time: float, event: Recall) -> Iterator[Effect]:
        scene = self._scenes.get(event.scene)
        if scene is None:
            there = ", ".join(self._scenes.names) or "none yet"
            yield Say("/performer/error", ("/performer/scene/recall", f"There is no scene '{event.scene}'; there are: {there}."), event.sender)
            return
        when = event.when or self.values[QUANTISE]
        for address, value in scene.items():
            if self._cues.withdraw(address) or self.values[address] != value:
                yield from self._set(time, ParameterSet(address, value, event.sender, when))
        yield Say("/performer/scene", (event.scene, when))

    def _store(self, time: float, event: Store) -> Iterator[Effect]:
        try:
            self._scenes.store(event.scene, self.values)
        except LookupError as error:
            yield Say("/performer/error", ("/performer/scene/store", str(error)), event.sender)
        yield Say("/performer/scenes", (json.dumps(self._scenes.names),))

    def _suggest(self, time: float, event: Suggest | Listen | Choose) -> Iterator[Effect]:
        """Other ways for a voice to go on: to compose them, to hear one, to choose one or the idea before."""
        try:
            yield from self._suggested(time, event)
        except LookupError as error:
            yield Say("/performer/error", ("/performer/suggest", str(error)), event.sender)

    def _suggested(self, time: float, event: Suggest | Listen | Choose) -> Iterator[Effect]:
        if not 0 < event.voice <= len(self._band.voices):
            raise LookupError(f"There is no voice {event.voice}; there are {len(self._band.voices)}.")
        suggestions, mode = self._band.suggestions[event.voice - 1], self._band.modes[event.voice - 1]
        match event:
            case Suggest(_, count):
                yield from suggestions.suggest(time, count)
            case Listen(_, number):
                yield from suggestions.hear(time, number)
            case Choose() if mode.name == "mute":
                raise LookupError(f"Voice {event.voice} is mute: give it a mode first.")
            case Choose(_, number, _, when):
                beat = self.room.next_beat(when or self.values[QUANTISE], time)
                yield from suggestions.choose(time, beat, number, mode.lane) if number else suggestions.back(time, beat, mode.lane)

    def _swap(self, time: float, event: Swap) -> Iterator[Effect]:
        """The old model plays on until the new one is there."""
        yield Load(event.model, event.sender)

    def _wish(self, time: float, event: Wish) -> Iterator[Effect]:
        """The picture's own business: it is told, and says whether it can."""
        yield Say(f"/performer/visuals/{event.word}", (event.name, event.sender), "desk")

    def _loaded(self, time: float, event: Loaded) -> Iterator[Effect]:
        for voice, mode in zip(self._band.voices, self._band.modes, strict=True):
            if voice.model == self._players.first:
                voice.model = event.model
                yield from mode.changed(time)
        self._players.first = event.model
        yield Say("/performer/model/playing", (event.model,))

    def _voice_of(self, address: str) -> Voice | None:
        parts = address.split("/")
        return self._band.voices[int(parts[3]) - 1] if parts[2] == "voice" else None

    def _panic(self, time: float, event: Panic) -> Iterator[Effect]:
        """Silence, at once and everywhere. Voices that play by themselves begin again at the next bar."""
        yield from self._band.end(time)
        self._players.reset()
        yield Silence(time)
        yield Forget()
        yield Say("/performer/panic", ())
        if event.restarts:
            beat = self.room.next_beat("bar", time + BREATH)
            for mode in self._band.modes:
                yield from mode.begin(time, beat)

    def _learn_panic(self, time: float, event: LearnPanic) -> Iterator[Effect]:
        yield Say("/performer/panic/learning", (int(self._players.trigger.learn(time)),))

    def _still(self, time: float, event: Still) -> Iterator[Effect]:
        yield Say("/performer/visuals/still", ())

    def _sync(self, time: float, event: Sync) -> Iterator[Effect]:
        for address, value in self.values.items():
            yield Say(address, (value,), event.sender)
        yield Say("/performer/scenes", (json.dumps(self._scenes.names),), event.sender)
        yield self._status(event.sender)
        yield from self._players.state(event.sender)
        for suggestions in self._band.suggestions:
            yield from suggestions.told(event.sender)
        if self.values[harmony.SOURCE] != "off":
            yield self.room.chords.said(event.sender)
        yield from self.room.tempo.begin(time, event.sender)

    def _tick(self, time: float, event: Tick) -> Iterator[Effect]:
        yield from self.room.tempo.tick(time, event.tag)
        yield from self.room.chords.tick(time, event.tag, self.room.held.pitches)
        if event.tag == cues.TAG:
            for change in self._cues.due(self.room.timeline.beat_at(time)):
                yield from self._change(time, change)
            yield from self._cues.wake(self.room.timeline)
            return
        for each in self._band.all():
            yield from each.tick(time, event.tag)
        if not self._chorus.awaited(self._band.modes) and any(mode.tag == event.tag for mode in self._band.modes):
            yield from self._players.expect(time)  # what was committed just now

    def _answer(self, time: float, event: Answer) -> Iterator[Effect]:
        askers = self._band.askers(event.ask)
        for each in askers:
            yield from each.answer(time, event)
        for each in askers if event.last else ():
            yield from each.answer(time, Answer(event.ask, event.index + 1, None, event.model))
        yield from self._chorus.answered(event.ask)
        if (event.last or event.note is None) and not self._chorus.awaited(self._band.modes):
            yield from self._players.expect(time)

    def _failed(self, time: float, event: ModelFailed) -> Iterator[Effect]:
        self.failed += 1
        for each in self._band.askers(event.ask):
            yield from each.failed(time, event.ask)
        yield Say("/performer/error", ("model", event.reason))

    def _ignore(self, time: float, event: object) -> Iterator[Effect]:
        self.ignored += 1
        yield from ()

    def _status(self, sender: str = "") -> Say:
        key = self.room.tonality.key
        status = {
            "voices": [{"voice": v.number, "mode": m.name, "doing": m.doing} for v, m in zip(self._band.voices, self._band.modes, strict=True)],
            "key": list(key) if key else None,
        }
        return Say("/performer/status", (json.dumps(status),), sender)
