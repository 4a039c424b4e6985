"""The rig itself: every verb is something a musician, a DAW or a program does; time passes only by `wait`.

What is done by `do` is written down, and a test can be made of it. `check` holds what the receiver heard against what the
players do; see `invariants`.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from performer.effects import Ask, Drop, Say
from performer.events import (
    Answer,
    Event,
    Loaded,
    ModelNote,
    NoteOff,
    NoteOn,
    Panic,
    ParameterSet,
    PortGone,
    Recall,
    Store,
    Sync,
    Timed,
    Transport,
)
from performer.inference.echo import Echo
from performer.inference.lstm import load_mind
from performer.inference.thinker import Mind
from performer.offline import Offline
from performer.parameters import Table
from performer.session.parts import Parts
from performer.session.state import Session
from tests.inference.conftest import TINY
from tests.rig.daw import Daw, Loop
from tests.rig.invariants import Books
from tests.rig.receiver import Heard, Receiver
from tests.rig.watch import Key, Watched
from tests.rig.wire import PORTS, event_of, output_to

STORM = 2000  # messages of one wait: nothing that a rig does explains so many
GESTURES = {"modulation": 1, "breath": 2, "volume": 7, "expression": 11, "sustain": 64, "sostenuto": 66, "soft": 67}  # and their controllers
MINDS = {"echo": Echo, "tiny": lambda: load_mind(TINY)}


class StormError(AssertionError):
    """More messages than anything explains: the rig gave up in the middle of it."""


class Graph(Offline):
    """The offline graph, whose models take `latency` seconds for each note where that is above 0."""

    def __init__(self, session: Any, mind: Mind, outputs: Sequence[Any], latency: float) -> None:
        super().__init__(session, mind, outputs)
        self.latency = latency
        self._late: list[tuple[float, Ask, Iterator[ModelNote], int, int]] = []

    @property
    def next_answer(self) -> float | None:
        """When a model is ready with the next note."""
        return self._late[0][0] if self._late else None

    def answer_next(self) -> None:
        """Hand over that note."""
        time, ask, composed, index, before = self._late.pop(0)
        if any(isinstance(each, Drop) and each.voice == ask.voice and each.id >= ask.id for each in self.said[before:]):
            return
        note = next(composed, None)
        before = len(self.said)
        self.handle(Timed(time, Answer(ask.id, index if note else ask.most, note, self._thinker.mind.name)))
        if note is not None:
            self._think(time, ask, composed, index + 1, before)

    def _answer(self, time: float, ask: Ask) -> None:
        if self.latency:
            self._think(time, ask, self._thinker.answer(ask), 0, len(self.said))
        else:
            super()._answer(time, ask)

    def _think(self, time: float, ask: Ask, composed: Iterator[ModelNote], index: int, before: int) -> None:
        self._late.append((time + self.latency, ask, composed, index, before))
        self._late.sort(key=lambda entry: entry[0])


class Rig:
    """`modes` are those of the voices; each of `settings` is a value for every voice, or a tuple with one for each.

    `mind` is echo or tiny, `latency` the seconds that a model takes for a note."""

    def __init__(self, *modes: str, seed: int = 1, mind: str = "echo", latency: float = 0.0, **settings: Any) -> None:
        values: dict[str, Any] = {}
        for number, mode in enumerate(modes, start=1):
            values[f"/performer/voice/{number}/mode"] = mode
            for name, value in settings.items():
                values[f"/performer/voice/{number}/{name}"] = value[number - 1] if isinstance(value, tuple) else value
        parts = Parts.named(["drums" if mode == "drums" else "keys" for mode in modes])
        self.voices = len(modes)
        self.session = Watched(Session(Table(self.voices), parts, seed, values))
        self.receiver = Receiver()
        self.daw = Daw(seed)
        self.graph = Graph(self.session, MINDS[mind](), [output_to(self._leave, port) for port in PORTS], latency)
        self.sent = Counter[str]()  # what came in, by kind
        self.books = Books(self)
        self.made = modes, {"seed": seed, "mind": mind, "latency": latency} | settings
        self.done: list[tuple[str, tuple[Any, ...]]] = []
        self._deliver(Sync())

    @property
    def now(self) -> float:
        """The time in seconds."""
        return self.graph.clock.now()

    def do(self, verb: str, *arguments: Any) -> None:
        """A verb by its name; what is done so is kept in `done`."""
        self.done.append((verb, arguments))
        getattr(self, verb)(*arguments)

    def wait(self, seconds: float) -> None:
        """Time passes, and with it all that is due. Raises StormError."""
        until, most = self.now + seconds, self.receiver.count.total() + STORM
        while (moment := self._next()) is not None and moment <= until:
            if self.receiver.count.total() > most:
                raise StormError(f"more than {STORM} messages left in {seconds:g} s")
            self.graph.advance(moment)
            self.books.look()
            if self.graph.next_answer is not None and self.graph.next_answer <= moment:
                self.graph.answer_next()
            elif self.daw.next_time is not None and self.daw.next_time <= moment:
                copy, message = self.daw.pop()
                self.send(message, "midi", copy)
            self.books.look()
        self.graph.advance(until)
        self.books.look()

    def down(self, pitch: int, channel: int = 1, source: str = "midi", velocity: int = 90) -> None:
        """A key goes down."""
        self._key(source, [0x8F + channel, pitch, velocity], NoteOn(pitch, velocity, channel, source))

    def up(self, pitch: int, channel: int = 1, source: str = "midi") -> None:
        """A key comes up."""
        self._key(source, [0x7F + channel, pitch, 64], NoteOff(pitch, channel, source))

    def phrase(self, *pitches: int, channel: int = 1, source: str = "midi", step: float = 0.25, velocity: int = 90) -> None:
        """Keys one after the other, each down for most of a step (seconds)."""
        for pitch in pitches:
            self.down(pitch, channel, source, velocity)
            self.wait(step * 0.8)
            self.up(pitch, channel, source)
            self.wait(step * 0.2)

    def gesture(self, kind: str, value: int, channel: int = 1, source: str = "midi", pitch: int = 60) -> None:
        """One of GESTURES, or bend (-8192 to 8191), pressure, poly (pressure on a pitch), program, or cc NUMBER."""
        match kind:
            case "bend":
                self.send([0xDF + channel, value + 8192 & 0x7F, value + 8192 >> 7], source)
            case "pressure":
                self.send([0xCF + channel, value], source)
            case "poly":
                self.send([0x9F + channel, pitch, value], source)
            case "program":
                self.send([0xBF + channel, value], source)
            case _:
                number = GESTURES[kind] if kind in GESTURES else int(kind.removeprefix("cc "))
                self.send([0xAF + channel, number, value], source)

    def rpn(self, parameter: int, value: int, channel: int = 1, source: str = "midi") -> None:
        """A registered parameter is set, and then none is chosen."""
        for number, part in ((101, parameter >> 7), (100, parameter & 127), (6, value >> 7), (38, value & 127), (101, 127), (100, 127)):
            self.send([0xAF + channel, number, part], source)

    def mode_message(self, number: int, channel: int = 1, source: str = "midi") -> None:
        """A channel mode message: 120 all sound off, 121 reset all controllers, 123 all notes off, 124 to 127."""
        self.send([0xAF + channel, number, 0], source)

    def stop(self, *channels: int, source: str = "midi") -> None:
        """A DAW stops, as many do: pedal up, all notes off on these channels (none: all)."""
        for channel in channels or range(1, 17):
            self.send([0xAF + channel, 64, 0], source)
            self.send([0xAF + channel, 123, 0], source)

    def reset_ports(self, source: str = "midi") -> None:
        """A DAW resets a port before it plays: controllers, notes and sounds off, pedal up and bend in the middle, on every channel."""
        for channel in range(1, 17):
            for number in (121, 123, 120, 64):
                self.send([0xAF + channel, number, 0], source)
            self.send([0xDF + channel, 0, 64], source)

    def transport(self, word: str) -> None:
        """A DAW's start, stop or continue."""
        self.send([{"start": 0xFA, "continue": 0xFB, "stop": 0xFC}[word]], "midi")

    def by_hand(self, word: str) -> None:
        """A hand's start, stop or continue, on the page or over OSC."""
        self._deliver(Transport(word, 0, "osc"))

    def clock(self, bpm: float) -> None:
        """The DAW's clock ticks from now on at this tempo; 0: no longer."""
        self.daw.bpm, self.daw.tick = bpm or 120.0, self.now if bpm else None

    def loop(self, **how: Any) -> None:
        """What leaves comes back like this (see Loop)."""
        self.daw.loop = Loop(**how)
        self.books.looped()

    def loop_with(self, *how: Any) -> None:
        """The same, by the fields of a Loop in their order; none: nothing comes back any more."""
        self.daw.loop = Loop(*how) if how else None
        self.books.looped()

    def change(self, name: str, value: Any, when: str = "", sender: str = "osc") -> None:
        """A parameter is set; `name` is its address without /performer/."""
        self._deliver(ParameterSet(f"/performer/{name}", value, sender, when))

    def load(self, model: str) -> None:
        """Another model was loaded and plays in place of the first."""
        self._deliver(Loaded(model))

    def store(self, scene: str) -> None:
        """A scene is kept."""
        self._deliver(Store(scene))

    def recall(self, scene: str, when: str = "now") -> None:
        """A scene is called up."""
        self._deliver(Recall(scene, "", when))

    def panic(self, source: str = "osc") -> None:
        """Somebody presses panic."""
        self._deliver(Panic(source))

    def gone(self, source: str = "midi") -> None:
        """The port of this source vanishes."""
        self._deliver(PortGone(source))

    def send(self, message: Sequence[int], source: str = "midi", copy: bool = False) -> None:
        """A message comes in through a MIDI port; a `copy` is one that the DAW sent back."""
        event = event_of(message, source)
        if event is not None:
            self._deliver(event, message, copy)

    def check(self) -> None:
        """Raises AssertionError with all that is wrong now."""
        wrong = self.books.wrong()
        assert not wrong, "\n".join(wrong)

    def end(self) -> None:
        """The show ends."""
        self.daw.loop = None
        self.daw.forget()
        self.graph.stage.silence(self.now)
        self.books.ended()

    def heard_since(self, index: int) -> list[Heard]:
        """What left after so many messages."""
        return self.receiver.heard[index:]

    def notes(self, since: float = 0.0) -> list[Heard]:
        """The note-ons that left from `since` (seconds) on."""
        return [each for each in self.receiver.heard if each.time >= since and each.message.type == "note_on" and each.message.velocity]

    def said(self, address: str) -> list[tuple[Any, ...]]:
        """The arguments of what was said at this address."""
        return [each.arguments for each in self.graph.said if isinstance(each, Say) and each.address == address]

    def held(self) -> set[Key]:
        """The keys that are down."""
        return set(self.books.held)

    def _key(self, source: str, message: list[int], event: Event) -> None:
        if source.startswith("midi"):
            self.send(message, source)
        else:
            self._deliver(event)

    def _deliver(self, event: Event, message: Sequence[int] = (), copy: bool = False) -> None:
        self.graph.advance(self.now)
        self.books.look()
        heard, said = len(self.receiver.heard), len(self.graph.said)
        self.sent["copy" if copy else type(event).__name__] += 1
        self.books.before(event, message, copy)
        self.graph.handle(Timed(self.now, event))
        self.graph.advance(self.now)
        self.books.after(event, message, copy, self.receiver.heard[heard:], self.graph.said[said:])

    def _leave(self, port: str, message: bytes) -> None:
        read = self.receiver.receive(self.now, port, message)
        if read is not None:
            self.daw.receive(self.now, read)

    def _next(self) -> float | None:
        times = (self.graph.next_time, self.graph.next_answer, self.daw.next_time)
        return min((time for time in times if time is not None), default=None)


