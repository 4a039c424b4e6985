"""The instant note model at work. Its ONNX graphs: `step`, an event advances the state (in two halves, with `prepare`, where the model has them);
`heads`, what comes next given what is known of it.

What it carries from event to event is told by its card (models/onnx/README.md), so a model that somebody brings need be no LSTM. A mind
belongs to one thread. Its memory is arrays that are replaced and never written to, so a fork shares them, and what is ready, and costs nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from performer.card import Card, read_card
from performer.constraints import Chance, Constraints
from performer.encoding import ATTRIBUTES, ENCODING, FIELDS, OFFSETS, VOICES, begin, encode_note
from performer.errors import ModelError
from performer.events import ModelNote
from performer.inference.onnx import KINDS, Array, OpenGraph, Port, open_graph, ports_of
from performer.inference.sampling import Drawing, Reckoned, drawing_later, drawn
from performer.inference.step import READY, Arrays, Step

STATE = "state_"  # how the names of state tensors begin; what `step` makes of them is called new_state_...
MOST_LOOKS = 256  # logits that a memory keeps, 1.6 KB each, and odds, some 3 KB each


@dataclass(slots=True)
class Memory:
    """What the mind knows after an event: the hidden vector (1, hidden) float32, the state tensors in the order of the card, what is ready
    for the next event (None: not thought of yet), the logits that were asked for, by the bytes of what was known, and what was reckoned from them:
    the same question has the same answer, and sixteen voices ask much the same."""

    hidden: Array
    state: tuple[Array, ...]
    ready: Arrays | None = None
    looks: dict[bytes, Array] = field(default_factory=dict)
    odds: Reckoned = field(default_factory=dict)


class LstmMind:
    """A Mind (see `thinker`) over a `Step` and the graph `heads`. `hashes` are those of the graphs, for the take. It hears the instrument classes
    `ears` (none: all): a model that has learned from drums alone is confused by a piano. Gaps are reckoned over what it does not hear."""

    def __init__(self, name: str, hashes: dict[str, str], step: Step, heads: OpenGraph, silence: Memory, ears: Collection[int] = ()) -> None:
        self.name = name
        self.hashes = hashes
        self._graph, self._silence, self._style = heads, silence, 0
        self._step, self._heads = step, heads.bound()
        self._ears, self.passed = frozenset(ears), 0.0  # seconds since the last note that it heard
        self._begun = self._memory = self._after(begin(), silence)

    def feed(self, note: ModelNote) -> None:
        """Hear one note."""
        if self._ears:
            self.passed += note.gap
            if note.voice not in self._ears:
                return
            note, self.passed = replace(note, gap=self.passed), 0.0
        self._memory = self._after(encode_note(note, self._style), self._memory)

    def prepare(self) -> None:
        """Think of what the next note needs, whatever it will be: it is heard in less time then."""
        self._ready(self._memory)

    def query(self, constraints: Constraints, rng: Chance) -> ModelNote:
        """Draw the next note. Raises ValueError where the constraints allow no pitch at all."""
        return drawn(self.drawing(constraints, rng))

    def drawing(self, constraints: Constraints, rng: Chance) -> Drawing:
        """The same in small steps."""
        odds = self._memory.odds
        if len(odds) >= MOST_LOOKS:
            odds.clear()
        return drawing_later(self.logits, constraints, rng, self.passed, odds)

    def logits(self, known: Array) -> Array:
        """What is known of the next note, (1, 5) int64 with UNKNOWN elsewhere -> (1, 400), cut by OFFSETS: what the rest may be. Not to be
        written to."""
        looks, question = self._memory.looks, known.tobytes()
        found = looks.get(question)
        if found is None:
            if len(looks) >= MOST_LOOKS:
                looks.clear()
            looks[question] = found = self._heads(self._memory.hidden, known)[0]
        return found

    @property
    def step_seconds(self) -> Collection[float]:
        """How long the graph `step` took for each of the last events (see `Step`), of this mind and of its forks. Thread-safe."""
        return tuple(self._step.seconds)

    @property
    def is_sane(self) -> bool:
        """Whether what it thinks now is made of numbers: a look at the last layer only, for every note that is heard."""
        return bool(np.isfinite(self._memory.hidden).all())

    def is_finite(self) -> bool:
        """Whether all it remembers is made of numbers."""
        return all(bool(np.isfinite(array).all()) for array in (self._memory.hidden, *self._memory.state))

    def fork(self) -> "LstmMind":
        """A mind with the same memory that goes its own way."""
        fork = object.__new__(type(self))  # copy.copy asks around for long
        fork.__dict__.update(self.__dict__)
        return fork

    def in_style(self, style: int) -> "LstmMind":
        """The same model told this style (a number of encoding.STYLES), which has heard nothing yet."""
        other = self.fork()
        other._style = style
        other._begun = other._memory = other._after(begin(style), self._silence)
        return other

    def reset(self) -> None:
        """Forget everything."""
        self._memory, self.passed = self._begun, 0.0

    def warm(self) -> None:
        """Run the graphs until caches and allocator are settled. The memory is not touched."""
        self._step.warm()
        self._graph.warm(run=self._heads)

    def _after(self, event: tuple[int, ...], memory: Memory) -> Memory:
        hidden, *state = self._step.after(np.array([event], np.int64), self._ready(memory), memory.state)
        return Memory(hidden, tuple(state))

    def _ready(self, memory: Memory) -> Arrays:
        """What the event after this memory finds done."""
        if memory.ready is None:
            memory.ready = self._step.ready(memory.state)
        return memory.ready


def load_mind(folder: Path) -> LstmMind:
    """The mind in `folder`. Raises ModelError, one sentence, for a card or a graph that is missing, altered, corrupt or of another kind."""
    card = read_card(folder)
    step, heads = open_graphs(card)
    silence = tuple(np.zeros(port.shape, KINDS[port.kind]) for port in state_ports(card))
    hashes = {name: graph.sha256 for name, graph in card.graphs.items()}
    return LstmMind(card.name, hashes, step, heads, Memory(np.zeros(0, np.float32), silence), _ears(card))


def _ears(card: Card) -> list[int]:
    """The instrument classes that a card says its model hears; none where it says nothing."""
    try:
        return [VOICES.index(name) for name in card.shape.get("hears", ())]
    except (ValueError, TypeError):
        raise ModelError(f"The card of '{card.name}' says hears = {card.shape['hears']!r}.", f"Name some of {', '.join(VOICES)}.") from None


def open_graphs(card: Card) -> tuple[Step, OpenGraph]:
    """The memory's graphs and `heads` of a card. Raises ModelError like `load_mind`."""
    card.require("notes", ENCODING, "step", "heads")
    state = state_ports(card)
    width = next((port.shape for port in ports_of(card.graphs["step"], "outputs") if port.name == "hidden"), ())
    if len(width) != 2 or width[0] != 1:
        raise ModelError(f"The card of '{card.name}' tells of no output 'hidden' of its graph 'step'.", 'Add it, as hidden = "float 1 x 448".')
    hidden = Port("hidden", "float", width)
    heads = open_graph(
        card.graphs["heads"],
        (hidden, Port("known", "int64", (1, len(ATTRIBUTES)))),
        (Port("logits", "float", (1, OFFSETS[-1])),),
    )
    return _open_step(card, hidden, state), heads


def _open_step(card: Card, hidden: Port, state: tuple[Port, ...]) -> Step:
    """The graph `step`, and `prepare` where there is one."""
    event, made = Port("event", "int64", (1, len(FIELDS))), (hidden, *(Port(f"new_{port.name}", port.kind, port.shape) for port in state))
    if "prepare" not in card.graphs:
        return Step(open_graph(card.graphs["step"], (event, *state), made), range(len(state)))
    ready = tuple(port for port in ports_of(card.graphs["prepare"], "outputs") if port.name.startswith(READY))
    needed, told = ([state.index(port) for port in _state_of(card, graph)] for graph in ("step", "prepare"))
    step = open_graph(card.graphs["step"], (event, *ready, *(state[place] for place in needed)), made)
    return Step(step, needed, open_graph(card.graphs["prepare"], tuple(state[place] for place in told), ready), told)


def state_ports(card: Card) -> tuple[Port, ...]:
    """The tensors that a model carries from event to event: all inputs of its memory's graphs whose names begin with state_, each once. Raises
    ModelError where two graphs tell of the same one differently."""
    found = dict.fromkeys(port for graph in ("prepare", "step") if graph in card.graphs for port in _state_of(card, graph))
    if len({port.name for port in found}) < len(found):
        raise ModelError(f"The card of '{card.name}' tells of the same state in two sizes.", "Tell of it alike in 'step' and 'prepare'.")
    return tuple(found)


def _state_of(card: Card, graph: str) -> tuple[Port, ...]:
    return tuple(port for port in ports_of(card.graphs[graph], "inputs") if port.name.startswith(STATE))
