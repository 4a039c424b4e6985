"""Random performances on the rig: hypothesis draws what players, pages, scenes and the DAW do, and holds every invariant after every step."""

from dataclasses import dataclass
from typing import Any, ClassVar

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from performer.parameters import MODES, QUANTA
from tests.rig.rig import GESTURES, Rig

SOURCES = st.sampled_from(("midi", "midi", "midi:2", "desk", "osc"))
PORTS = st.sampled_from(("midi", "midi:2"))
CHANNELS = st.sampled_from((1, 1, 1, 2, 2, 3, 10))
PITCHES = st.one_of(st.integers(58, 64), st.integers(58, 64), st.integers(0, 127))
VELOCITIES = st.sampled_from((90, 90, 64, 1, 127))
MOVED = st.sampled_from((*GESTURES, "bend", "pressure", "poly", "program", "cc 74", "cc 65"))
WHEN = st.sampled_from(("now", "now", "now", "", *QUANTA[1:3]))
AFTER = st.sampled_from((0.0, 0.0, 0.0, 0.02, 0.1, 0.4))  # seconds that pass after what somebody did
WAITS = st.one_of(st.sampled_from((0.0, 0.01, 0.1, 0.5)), st.integers(0, 2000).map(lambda ms: ms / 1000), st.sampled_from((4.0, 9.0)))
LOOPS = st.tuples(
    st.one_of(st.sampled_from((0.0, 0.003, 0.15, 0.3, 0.5)), st.integers(0, 500).map(lambda ms: ms / 1000)), st.sampled_from((0.0, 0.0, 0.01, 0.03)),
    st.sampled_from((1, 1, 2, 3)), st.sampled_from((0.0, 0.0, 0.1, 0.3)), st.sampled_from((0, 0, 0, 12, -12, 5, -1)), st.sampled_from((0, 0, 10, 40)),
    st.sampled_from((0, 0, 0, 1, 2, 9)),
)  # fmt: skip


@dataclass(slots=True)
class Record:
    """What the machines of this process did, all together."""

    steps: int = 0
    performances: int = 0
    messages_in: int = 0
    messages_out: int = 0
    seconds: float = 0.0  # of the performances
    failed: Any = None  # the rig of the last failure


class Performance(RuleBasedStateMachine):
    """One performance: a band of 1 to 4 voices, and everybody around it."""

    record: ClassVar[Record] = Record()
    without: ClassVar[frozenset[str]] = frozenset()  # verbs that nobody does

    @initialize(
        modes=st.lists(st.sampled_from(MODES), min_size=1, max_size=4), inputs=st.lists(st.sampled_from((0, 0, 1, 2, 3)), min_size=4, max_size=4),
        channels=st.lists(st.sampled_from((1, 1, 2, 3, 4)), min_size=4, max_size=4), notes=st.integers(1, 4),
        latency=st.sampled_from((0.0, 0.0, 0.0, 0.004, 0.06)), mind=st.sampled_from(("echo", "echo", "echo", "tiny")), seed=st.integers(0, 9999),
    )  # fmt: skip
    def begin(self, modes: list[str], inputs: list[int], channels: list[int], notes: int, latency: float, mind: str, seed: int) -> None:
        """The show begins."""
        voices = len(modes)
        self.rig = Rig(
            *modes, seed=seed, mind=mind, latency=latency, input=tuple(inputs[:voices]), channel=tuple(channels[:voices]), notes=notes,
        )  # fmt: skip

    def _do(self, verb: str, *arguments: Any) -> None:
        if verb in self.without:
            return
        self.record.steps += 1
        try:
            self.rig.do(verb, *arguments)
        except AssertionError:
            self._failed()
            raise

    def _failed(self) -> None:
        self.record.failed = self.rig

    @rule(pitch=PITCHES, channel=CHANNELS, source=SOURCES, velocity=VELOCITIES, after=AFTER)
    def down(self, pitch: int, channel: int, source: str, velocity: int, after: float) -> None:
        self._do("down", pitch, channel, source, velocity)
        self._pass(after)

    @precondition(lambda self: self.rig.held())
    @rule(data=st.data(), after=AFTER)
    def up(self, data: st.DataObject, after: float) -> None:
        source, channel, pitch = data.draw(st.sampled_from(sorted(self.rig.held())))
        self._do("up", pitch, channel, source)
        self._pass(after)

    @precondition(lambda self: self.rig.held())
    @rule()
    def all_up(self) -> None:
        for source, channel, pitch in sorted(self.rig.held()):
            self._do("up", pitch, channel, source)

    @rule(pitch=PITCHES, channel=CHANNELS, source=SOURCES)
    def stray_up(self, pitch: int, channel: int, source: str) -> None:
        self._do("up", pitch, channel, source)

    @rule(pitches=st.lists(PITCHES, min_size=2, max_size=4, unique=True), channel=CHANNELS, source=SOURCES, velocity=VELOCITIES)
    def chord(self, pitches: list[int], channel: int, source: str, velocity: int) -> None:
        for pitch in pitches:
            self._do("down", pitch, channel, source, velocity)

    @rule(pitches=st.lists(PITCHES, min_size=2, max_size=5), channel=CHANNELS, step=st.sampled_from((0.1, 0.25)))
    def phrase(self, pitches: list[int], channel: int, step: float) -> None:
        for pitch in pitches:
            self._do("down", pitch, channel)
            self._do("wait", step)
            self._do("up", pitch, channel)

    @rule(kind=MOVED, value=st.sampled_from((0, 1, 64, 127)), channel=CHANNELS, source=SOURCES, pitch=PITCHES, after=AFTER)
    def gesture(self, kind: str, value: int, channel: int, source: str, pitch: int, after: float) -> None:
        self._do("gesture", kind, value * 64 if kind == "bend" else value, channel, source, pitch)
        self._pass(after)

    @precondition(lambda self: any(self.rig.books.gestures.values()))
    @rule(data=st.data())
    def to_rest(self, data: st.DataObject) -> None:
        """A player lets go of what is moved."""
        moved = [(*where, kind) for where, state in self.rig.books.gestures.items() for kind in state]
        source, channel, kind = data.draw(st.sampled_from(sorted(moved)))
        name, _, pitch = kind.partition(" ")
        self._do("gesture", f"cc {kind}" if kind.isdigit() else name, 0, channel, source, int(pitch or 60))

    @rule(channel=CHANNELS, source=PORTS, value=st.integers(0, 16383))
    def rpn(self, channel: int, source: str, value: int) -> None:
        self._do("rpn", 0, value, channel, source)

    @rule(number=st.sampled_from((120, 121, 123, 123, 124, 125, 126, 127)), channel=CHANNELS, source=PORTS)
    def mode_message(self, number: int, channel: int, source: str) -> None:
        self._do("mode_message", number, channel, source)

    @rule(channels=st.sampled_from(((), (1,), (2,), (16,))))
    def stop(self, channels: tuple[int, ...]) -> None:
        self._do("stop", *channels)

    @rule(source=PORTS)
    def reset_ports(self, source: str) -> None:
        self._do("reset_ports", source)

    @rule(word=st.sampled_from(("start", "stop", "continue")), hand=st.booleans())
    def transport(self, word: str, hand: bool) -> None:
        self._do("by_hand" if hand else "transport", word)

    @rule(bpm=st.sampled_from((0, 0, 60.0, 123.0)))
    def clock(self, bpm: float) -> None:
        self._do("clock", bpm)

    @rule(how=LOOPS)
    def loop(self, how: tuple[Any, ...]) -> None:
        self._do("loop_with", *how)

    @rule()
    def loop_off(self) -> None:
        self._do("loop_with")

    @rule()
    def panic(self) -> None:
        self._do("panic")

    @rule(source=st.sampled_from(("midi", "midi:2", "desk", "osc")))
    def gone(self, source: str) -> None:
        self._do("gone", source)

    @rule(voice=st.integers(1, 4), mode=st.sampled_from(MODES), when=WHEN)
    def mode(self, voice: int, mode: str, when: str) -> None:
        self._change(voice, "mode", mode, when)

    @rule(voice=st.integers(1, 4), channel=st.integers(1, 4), when=WHEN)
    def channel(self, voice: int, channel: int, when: str) -> None:
        self._change(voice, "channel", channel, when)

    @rule(voice=st.integers(1, 4), channel=st.integers(0, 3), when=WHEN)
    def input(self, voice: int, channel: int, when: str) -> None:
        self._change(voice, "input", channel, when)

    @rule(voice=st.integers(1, 4), route=st.sampled_from((
        ("input_port", 0), ("input_port", 2), ("output_port", 1), ("output_port", 2), ("input_low", 60), ("input_high", 60), ("input_low", 0),
        ("transpose", 12), ("transpose", -1), ("transpose", 0),
    )), when=WHEN)  # fmt: skip
    def route(self, voice: int, route: tuple[str, int], when: str) -> None:
        self._change(voice, *route, when)

    @rule(voice=st.integers(1, 4), setting=st.sampled_from((
        ("notes", 1), ("notes", 4), ("low", 60), ("high", 62), ("scale", "blues"), ("ahead", 1.0), ("patience", 0.1), ("density", 20.0),
        ("grid", "free"), ("late", "next"), ("energy", 0.9), ("phrase", 1),
    )))  # fmt: skip
    def setting(self, voice: int, setting: tuple[str, Any]) -> None:
        self._change(voice, *setting, "")

    @rule(setting=st.sampled_from((
        ("song/section", "break"), ("song/section", "ending"), ("song/section", "verse"), ("song/section", "fill"), ("tempo/bpm", 90.0),
        ("tempo/numerator", 3), ("midi/delay", -80.0), ("midi/delay", 120.0), ("tempo/quantise", "bar"), ("tempo/quantise", "now"),
        ("tempo/source", "internal"), ("tempo/source", "auto"), ("tempo/follow", 0.5), ("song/chords", "player"), ("song/chords", "model"),
    )))  # fmt: skip
    def song(self, setting: tuple[str, Any]) -> None:
        self._do("change", *setting)

    @rule(model=st.sampled_from(("one", "two")))
    def load(self, model: str) -> None:
        self._do("load", model)

    @rule(scene=st.sampled_from(("a", "b")))
    def store(self, scene: str) -> None:
        self._do("store", scene)

    @rule(scene=st.sampled_from(("a", "b")), when=st.sampled_from(("now", "now", "bar")))
    def recall(self, scene: str, when: str) -> None:
        self._do("recall", scene, when)

    @rule(seconds=WAITS)
    def wait(self, seconds: float) -> None:
        self._do("wait", round(seconds, 4))

    @rule(seconds=st.sampled_from((0.02, 0.3, 1.0, 2.0)))
    def wait_more(self, seconds: float) -> None:
        self._do("wait", seconds)

    @rule()
    def wait_for_a_bar(self) -> None:
        self._do("wait", 2.5)

    def _pass(self, seconds: float) -> None:
        if seconds:
            self._do("wait", seconds)

    def _change(self, voice: int, name: str, value: Any, when: str) -> None:
        self._do("change", f"voice/{(voice - 1) % self.rig.voices + 1}/{name}", value, when)

    @invariant()
    def holds(self) -> None:
        """Everything that must hold at every moment."""
        if hasattr(self, "rig"):
            try:
                self.rig.check()
            except AssertionError:
                self._failed()
                raise

    def teardown(self) -> None:
        """The keys come up, the loop is opened, and the show ends."""
        if not hasattr(self, "rig"):
            return
        record, rig = self.record, self.rig
        record.performances += 1
        record.messages_in += rig.sent.total()
        record.messages_out += rig.receiver.count.total()
        record.seconds += rig.now
        if not rig.books.wrong():
            self._finish()

    def _finish(self) -> None:
        self.all_up()
        self._do("loop_with")
        self._do("wait", 1.5)
        self.holds()
        self._do("end")
        self.holds()
