"""Small real parts for the tests: an output that writes down what leaves, a mind that plays from a list, a session ready to play."""

from collections.abc import Iterator, Sequence

from performer.constraints import Chance
from performer.effects import Play
from performer.events import Event, ModelNote, NoteOff, NoteOn, Timed
from performer.offline import Offline
from performer.parameters import Table
from performer.session.parts import Parts
from performer.session.state import Session


class WrittenOutput:
    """Everything that left, in order."""

    def __init__(self) -> None:
        self.lines: list[tuple[object, ...]] = []

    def note_on(self, channel: int, pitch: int, velocity: int) -> None:
        self.lines.append(("on", channel, pitch, velocity))

    def note_off(self, channel: int, pitch: int) -> None:
        self.lines.append(("off", channel, pitch))

    def send(self, event: Event) -> None:
        self.lines.append(("event", event))

    def silence(self, channels: Sequence[int]) -> None:
        self.lines.append(("silence",))


class StepMind:
    """Answers a step above what it heard last, in even quarters of a second; remembers what it was fed. Respects the constraints."""

    name = "steps"

    def __init__(self, fed: list[ModelNote] | None = None) -> None:
        self.fed = fed if fed is not None else []

    def feed(self, note: ModelNote) -> None:
        self.fed.append(note)

    def prepare(self) -> None:
        pass

    def query(self, constraints, rng: Chance) -> ModelNote:
        last = self.fed[-1].pitch if self.fed else 60
        allowed = constraints.pitches
        pitch = min(allowed, key=lambda each: abs(each - (last + 2)))
        low, high = constraints.gap
        return ModelNote(min(max(0.25, low), high), pitch, 60 + int(40 * rng.random()), 0.2, constraints.voice, True)

    def fork(self) -> "StepMind":
        return StepMind(list(self.fed))

    def reset(self) -> None:
        self.fed.clear()

    def warm(self) -> None:
        pass


def offline(voices: int = 1, seed: int = 7, outputs: Sequence[WrittenOutput] = (), mind: object = None, **settings: object) -> Offline:
    """An offline graph; `settings` are parameters of voice 1 by their last name."""
    values = {f"/performer/voice/1/{name}": value for name, value in settings.items()}
    session = Session(Table(voices), Parts.named(("keys",) * voices), seed, values)
    return Offline(session, mind or StepMind(), outputs)


def overdue(graph: Offline) -> list[Play]:
    """What sounds now and should not: its length is over, or it answers a key and no key is down."""
    now, held = graph.clock.now(), graph.session.room.held

    def is_over(play: Play) -> bool:
        return not held if play.duration is None else play.time + play.duration + graph.stage.delay < now - 1e-6

    return [each.play for each in graph.stage.ledger.sounding() if all(map(is_over, each.holders))]


def melody(*pitches: int, start: float = 1.0, step: float = 0.25, length: float = 0.2, source: str = "midi") -> Iterator[Timed]:
    """Keys one after the other, down and up, in seconds."""
    for place, pitch in enumerate(pitches):
        yield Timed(start + place * step, NoteOn(pitch, 80, 1, source))
        yield Timed(start + place * step + length, NoteOff(pitch, 1, source))
