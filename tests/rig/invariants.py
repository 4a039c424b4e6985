"""What must hold at every moment, held against the receiver's ledger: the books that the rig keeps of what players do and of what left.

1. Every note-on gets exactly one note-off; no note begins while it sounds (the receiver's own faults).
2. A note with a length ends when it is over; one that answers a key ends with that key, and not before, unless its voice left or was silenced.
3. Sustain, sostenuto, soft, modulation, bend and pressure are at rest on an output, unless a voice there listens to a player whose are not.
4. A gesture leaves once for each destination, and only for voices that listen to where it came from; those that pass it on do not swallow it.
5. No channel mode message leaves but for a panic; after a panic nothing sounds and everything is at rest.
6. What the DAW sends back does not count as the player's: a loop's gain stays below 1, and the player's own notes come through it.
7. Messages out are at most what the plan and the players' messages explain.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from performer.effects import Effect, Pass, Play, Say
from performer.events import Bend, Control, Event, Loaded, NoteOff, NoteOn, Panic, PortGone, Pressure, Program
from tests.rig.receiver import AT_REST, Heard, Note
from tests.rig.watch import Key
from tests.rig.wire import PORTS

if TYPE_CHECKING:
    from tests.rig.rig import Rig

PASSING = ("harmonise", "input", "punch-in")  # the modes that pass gestures on
CERTAIN = ("harmonise", "input")  # those that always do: a punch-in passes them on while the player has it
WHOLE = (6, 38, 96, 97, 98, 99, 100, 101)  # controllers of RPN and NRPN, which may leave together
LET_IN, SHARE_LET_IN = 12, 0.3  # messages whose copies may count as the player's before a loop is known, and the share of them afterwards
SWALLOWED, SHARE_SWALLOWED = 6, 0.1  # notes of the player that may be taken for copies, and the share
GRACE = 1.2  # seconds in which what a loop brings back may move a gesture after the player's last one
RESTS = 12  # messages that bring one destination to rest
DRUM_CHANNEL, LONG = 10, 599.0  # keys of this channel, and those held for so many seconds, need not hold anything
AFTER_PANIC = 0.7  # seconds in which a mode message may be what the panic sent, come back
TOLD, TOLD_A_SECOND = 20, 2.0  # messages about loops that may be said
Destination = tuple[str, int]  # port and channel
ROUTES = ("mode", "channel", "input", "input_port", "output_port", "input_low", "input_high", "transpose")
Gesture = Control | Bend | Pressure | Program


@dataclass(slots=True)
class Sounding:
    """A note that left: the keys of which one may hold it, and whether it may end before them; or when it is over (seconds)."""

    play: Play
    keys: set[Key]
    sure: bool  # whether it is known which key asked for it
    end: float | None
    may_end: bool = False

    def wanted(self, now: float) -> bool:
        """Whether it may sound."""
        return bool(self.keys) if self.end is None else now <= self.end + 1e-6


@dataclass(slots=True)
class Books:
    """Kept by the rig: `before` and `after` each event, `look` whenever something may have left."""

    rig: "Rig"
    held: set[Key] = field(default_factory=set)
    gestures: dict[tuple[str, int], dict[str, int]] = field(default_factory=dict)  # source, channel -> what is not at rest
    copies: int = 0  # that the DAW sent back
    let_in: int = 0  # of them, those that did something
    unknown: int = 0  # copies that may do something, until the loops that there were are known
    keys: int = 0  # that the players struck
    swallowed: int = 0  # of them, those that nobody heard
    explained: int = 0  # gestures that may leave
    _sounding: dict[Note, list[Sounding]] = field(default_factory=dict)  # the notes of one slot, the newest last
    _held_copies: set[Key] = field(default_factory=set)  # copies that count as keys
    _copy_was_held: bool = False
    _panicked: float = -1e9  # when somebody last did
    _cut: set[str] = field(default_factory=set)  # inputs that are not heard
    _told: int = 0  # about loops
    _said: int = 0  # effects that were looked at
    _voices: list[tuple[Any, ...]] = field(default_factory=list)
    _begun: int = 0
    _answers: int = 0  # notes that left in answer to a key
    _moved: float = -1e9  # when a player last moved anything
    _looped: float = -1e9  # when the loop was last on
    _wrong: list[str] = field(default_factory=list)

    def before(self, event: Event, message: Sequence[int], copy: bool) -> None:
        """An event is about to be handled: what the player does with it is so from now on."""
        self._hear_of_loops()
        if copy:
            self.copies += 1
            self._before_copy(event)
            return
        source, channel = getattr(event, "source", ""), getattr(event, "channel", 0)
        match event:
            case NoteOn(pitch):
                self._may_end_with({(source, channel, pitch)})
                self.held.add((source, channel, pitch))
                self.keys += 1
                self._take_over(channel)
            case NoteOff(pitch):
                self._release({(source, channel, pitch)})
                self._take_over(channel)
            case Panic() if not message:
                self._release(set(self.held))
                self.gestures.clear()
                self.explained += 16 * RESTS
                self._panicked = self.rig.now
            case _ if message and message[0] & 0xF0 == 0xB0 and message[1] >= 120:
                self._mode_message(message[1], source, (message[0] & 0x0F) + 1)
            case Control() | Bend() | Pressure() | Program():
                self._gesture(event)
            case PortGone():
                self._release({key for key in self.held if key[0] == source})
                self.gestures = {where: state for where, state in self.gestures.items() if where[0] != source}
                self.explained += 16 * RESTS
            case Loaded():
                self._may_end(range(1, self.rig.voices + 1))

    def after(self, event: Event, message: Sequence[int], copy: bool, heard: Sequence[Heard], said: Sequence[Effect]) -> None:
        """It was handled, and this left and was said."""
        told = any(isinstance(each, Say) and each.address == "/performer/heard" for each in said)
        self.look()
        was_cut = getattr(event, "source", "") in self._cut
        self._hear_of_loops()
        if copy:
            self._after_copy(event, told, said)
        panic = isinstance(event, Panic) and not message
        if any(each.is_mode for each in heard) and not panic:
            self._fault(f"{sum(each.is_mode for each in heard)} channel mode messages left because {_words(event, message)} came in")
        if isinstance(event, NoteOn) and not copy and not was_cut:
            self.swallowed += not told
        if isinstance(event, (Control, Bend, Pressure, Program)) and not _is_mode(event):
            self._copies(event, heard, copy)
        elif panic and (self.rig.receiver.open or self.rig.receiver.not_at_rest()):
            self._fault(f"after a panic {self.rig.receiver.sounding()} sound, {self.rig.receiver.not_at_rest()} are not at rest")

    def _hear_of_loops(self) -> None:
        """What was said of loops since the last event, by the event or while time passed."""
        said = self.rig.graph.said
        for each in said[self._said :]:
            if isinstance(each, Say) and each.address.startswith("/performer/midi/") and each.address.count("/") == 3:
                self._told += each.address.endswith(("/loop", "/cut"))
                if each.address.endswith("/cut"):
                    source, cut = each.arguments
                    self._cut = self._cut | {source} if cut else self._cut - {source}
        self._said = len(said)

    def look(self) -> None:
        """What left meanwhile, and which voices left what they were at."""
        begun = self.rig.graph.score.begun
        for played in begun[self._begun :]:
            keys = self.rig.session.cause(played.play)
            self._answers += bool(keys)
            play = played.play
            end = None if play.duration is None else played.sent + play.duration
            slot = (PORTS[play.port - 1], play.channel, play.pitch)
            held = [each for each in self._sounding.get(slot, []) if each.keys and each.end is None]
            self._sounding[slot] = [*held, Sounding(play, set(keys & self.held), len(keys) == 1, end)]
        self._begun = len(begun)
        voices = [tuple(self.setting(number, name) for name in ROUTES) for number in range(1, self.rig.voices + 1)]
        changed = [number for number, (a, b) in enumerate(zip(voices, self._voices or voices, strict=True), start=1) if a != b]
        self._voices = voices
        if changed:
            self._may_end(changed)
            self.explained += len(changed) * RESTS
        if self.rig.daw.loop is not None:
            self._looped = self.rig.now

    def looped(self) -> None:
        """The loop is another one now: it has to be known anew."""
        self.unknown += LET_IN * self.rig.daw.loop.copies if self.rig.daw.loop is not None else 0
        self._looped = self.rig.now

    def setting(self, voice: int, name: str) -> Any:
        """A voice's parameter."""
        return self.rig.session.values[f"/performer/voice/{voice}/{name}"]

    def destinations(self, source: str, channel: int, modes: Sequence[str] = PASSING) -> set[Destination]:
        """Where a gesture of this source and channel may leave: the voices in these modes that listen to it."""
        port = int(source.split(":")[1]) if source.startswith("midi:") else 1
        voices = [number for number in range(1, self.rig.voices + 1) if self.setting(number, "mode") in modes]
        return {
            (PORTS[self.setting(number, "output_port") - 1], self.setting(number, "channel")) for number in voices
            if self.setting(number, "input") in (0, channel) and self.setting(number, "input_port") in (0, port)
        }  # fmt: skip

    def wrong(self) -> list[str]:
        """Everything that does not hold now, in words."""
        self.look()
        return [*self._wrong, *self.rig.receiver.faults, *self._outlived(), *self._ended(), *self._not_at_rest(), *self._gains()]

    def ended(self) -> None:
        """The show is over."""
        receiver = self.rig.receiver
        self.explained += 16 * RESTS
        self._may_end(range(1, self.rig.voices + 1))
        if receiver.open or receiver.not_at_rest():
            self._fault(f"after the end {receiver.sounding()} sound, {receiver.not_at_rest()} are not at rest")

    @property
    def _loop_is_on(self) -> bool:
        return self.rig.now <= self._looped + GRACE

    def _before_copy(self, event: Event) -> None:
        """A copy that is taken for the player's may hold a note, and ends it: that is what let in means."""
        match event:
            case NoteOn(pitch, _, channel, source):
                self._copy_was_held = (source, channel, pitch) in self.held
                self.held.add((source, channel, pitch))
            case NoteOff(pitch, channel, source) if (source, channel, pitch) in self._held_copies:
                self._held_copies.discard((source, channel, pitch))
                self._release({(source, channel, pitch)})
            case NoteOff(pitch, channel, source):
                self._may_end_with({(source, channel, pitch)})

    def _after_copy(self, event: Event, told: bool, said: Sequence[Effect]) -> None:
        key = (event.source, event.channel, event.pitch) if isinstance(event, NoteOn) else None
        if key is not None and told and not self._copy_was_held:
            self._held_copies.add(key)
        elif key is not None and not self._copy_was_held:
            self.held.discard(key)
        passed = any(isinstance(each, Pass) and not _is_at_rest(each.event) for each in said)
        self.let_in += (key is not None and told) or passed or any(isinstance(each, Play) for each in said)
        if isinstance(event, (Control, Bend, Pressure)) and not _is_mode(event) and any(isinstance(each, Pass) or _moved(each) for each in said):
            self._gesture(event)

    def _take_over(self, channel: int) -> None:
        """A player may take a punch-in over now, or leave it: what is moved goes along."""
        voices = [number for number in range(1, self.rig.voices + 1) if self.setting(number, "mode") == "punch-in"]
        self.explained += RESTS * len([number for number in voices if self.setting(number, "input") in (0, channel)])

    def _outlived(self) -> Iterator[str]:
        for slot in self.rig.receiver.open:
            notes = self._sounding.get(slot)
            if not notes:
                yield f"{slot} sounds and nobody played it"
            elif not any(note.wanted(self.rig.now) for note in notes):
                what = "its key is up" if notes[-1].end is None else "its length is over"
                yield f"{slot} sounds on, and {what} (voice {notes[-1].play.voice})"

    def _ended(self) -> Iterator[str]:
        for slot, notes in self._sounding.items():
            held = [note for note in notes if note.end is None and note.sure and note.keys and not (note.may_end or self._is_forgotten(note))]
            if held and slot not in self.rig.receiver.open and not self._loop_is_on:
                yield f"{slot} ended, and {held[-1].keys} is still down (voice {held[-1].play.voice})"

    def _is_forgotten(self, note: Sounding) -> bool:
        """Whether its key may count as released, since nobody holds one so long."""
        return any(key[1] == DRUM_CHANNEL or self.rig.now > note.play.time + LONG for key in note.keys)

    def _not_at_rest(self) -> Iterator[str]:
        if self._loop_is_on and self.rig.now < self._moved + GRACE:
            return
        for (port, channel), state in self.rig.receiver.not_at_rest().items():
            for kind, value in state.items():
                moved = [where for where, theirs in self.gestures.items() if _family(kind) in map(_family, theirs)]
                if not any((port, channel) in self.destinations(*where) for where in moved):
                    yield f"{port} channel {channel}: {kind} stays at {value}, and no player of a voice there holds it"

    def _gains(self) -> Iterator[str]:
        count = self.rig.receiver.count
        if self.let_in > self.unknown + SHARE_LET_IN * self.copies:
            yield f"{self.let_in} of {self.copies} copies count as the player's"
        if self.swallowed > SWALLOWED + SHARE_SWALLOWED * self.keys:
            yield f"{self.swallowed} of the player's {self.keys} keys were not heard"
        if self._told > TOLD + TOLD_A_SECOND * self.rig.now:
            yield f"{self._told} times something was said about loops"
        if count["gesture"] > self.explained + self.let_in * self.rig.voices:
            yield f"{count['gesture']} gestures left, {self.explained} are explained"
        if count["note"] > 2 * self._begun:
            yield f"{count['note']} note messages left for {self._begun} notes"
        if self._answers > (self.keys + self.let_in) * 4 * self.rig.voices:
            yield f"{self._answers} notes answer {self.keys} keys"

    def _copies(self, event: Gesture, heard: Sequence[Heard], copy: bool) -> None:
        """The gestures that left with one that came in."""
        left = Counter((each.port, each.message.channel + 1) for each in heard if each.is_gesture)
        most = 8 if isinstance(event, Control) and event.number in WHOLE else 1
        for where, count in left.items():
            if count > most:
                self._fault(f"{count} copies of {event} left at {where}")
            if where not in self.destinations(event.source, event.channel):
                self._fault(f"{event} left at {where}, where no voice listens to it")
        if not copy and not self._loop_is_on:
            self._passed_on(event)

    def _passed_on(self, event: Gesture) -> None:
        """What a voice is to pass on has arrived, unless another player is at the same."""
        kind, value, rest = _state(event)
        others = [where for where, state in self.gestures.items() if where != (event.source, event.channel) and kind in state]
        if rest is None or others or kind.startswith("poly"):
            return
        for where in self.destinations(event.source, event.channel, CERTAIN):
            state = self.rig.receiver.channel(*where)
            if (state.controls.get(int(kind), rest) if kind.isdigit() else getattr(state, kind)) != value:
                self._fault(f"{event} did not arrive at {where}")

    def _gesture(self, event: Gesture) -> None:
        kind, value, rest = _state(event)
        self._moved = self.rig.now
        self.explained += len(self.destinations(event.source, event.channel)) * (8 if isinstance(event, Control) and event.number in WHOLE else 1)
        state = self.gestures.setdefault((event.source, event.channel), {})
        if rest is not None and value != rest:
            state[kind] = value
        else:
            state.pop(kind, None)

    def _mode_message(self, number: int, source: str, channel: int) -> None:
        self.explained += RESTS * len(self.destinations(source, channel))
        self._moved = self.rig.now
        if number == 121:
            self.gestures.pop((source, channel), None)
        elif number != 122 and self.rig.now < self._panicked + AFTER_PANIC:
            self._may_end_with({key for key in self.held if key[:2] == (source, channel)})
        elif number != 122:
            self._release({key for key in self.held if key[:2] == (source, channel)})

    def _release(self, keys: set[Key]) -> None:
        self.held -= keys
        self._may_end_with(keys)
        for note in self._notes():
            note.keys -= keys
        for source, channel, pitch in keys:
            self.gestures.get((source, channel), {}).pop(f"poly {pitch}", None)

    def _may_end_with(self, keys: set[Key]) -> None:
        for note in self._notes():
            note.may_end = note.may_end or bool(note.keys & keys)

    def _may_end(self, voices: Sequence[int]) -> None:
        for note in self._notes():
            note.may_end = note.may_end or note.play.voice in voices

    def _notes(self) -> list[Sounding]:
        return [note for notes in self._sounding.values() for note in notes]

    def _fault(self, words: str) -> None:
        self._wrong.append(f"{self.rig.now:.3f} {words}")


def _state(event: Gesture) -> tuple[str, int, int | None]:
    """The name of a gesture as the receiver has it, its value, and the value at rest (None: it has none)."""
    match event:
        case Control(number, value):
            return str(number), value, AT_REST.get(number)
        case Bend(value):
            return "bend", value, 0
        case Pressure(value, None):
            return "pressure", value, 0
        case Pressure(value, pitch):
            return f"poly {pitch}", value, 0
        case Program(number):
            return "program", number, None


def _is_at_rest(event: Event) -> bool:
    if not isinstance(event, (Control, Bend, Pressure, Program)):
        return False
    _, value, rest = _state(event)
    return value == rest


def _is_mode(event: Gesture) -> bool:
    return isinstance(event, Control) and event.number >= 120


def _family(kind: str) -> str:
    return kind.split(" ", maxsplit=1)[0]


def _moved(effect: Effect) -> bool:
    return isinstance(effect, Say) and effect.address == "/performer/moved"


def _words(event: Event, message: Sequence[int]) -> str:
    return " ".join(f"{byte:02x}" for byte in message) or str(event)
