"""The instant note model at work. Two ONNX graphs: `step`, an event advances the state; `heads`, what comes next given what is known of it.

A mind belongs to one thread. Its memory is three arrays that are replaced and never written to, so a fork shares them and costs nothing.
"""

import copy
from pathlib import Path
from typing import NamedTuple

import numpy as np

from performer.card import Card, read_card
from performer.constraints import Constraints
from performer.encoding import ATTRIBUTES, ENCODING, FIELDS, OFFSETS, begin, encode_note
from performer.errors import ModelError
from performer.events import ModelNote
from performer.inference.onnx import Array, OpenGraph, Port, open_graph
from performer.inference.sampling import draw_note


class Memory(NamedTuple):
    """What the mind knows after an event. float32: hidden (1, hidden); the LSTM's own state (layers, 1, hidden), twice."""

    hidden: Array
    state_hidden: Array
    state_cell: Array


class LstmMind:
    """A Mind (see `thinker`) over two open graphs. `hashes` are those of the graphs, for the take."""

    def __init__(self, name: str, hashes: dict[str, str], step: OpenGraph, heads: OpenGraph, silence: Memory) -> None:
        self.name = name
        self.hashes = hashes
        self._step, self._heads = step, heads
        self._begun = self._memory = self._after(begin(), silence)

    def feed(self, note: ModelNote) -> None:
        """Hear one note."""
        self._memory = self._after(encode_note(note), self._memory)

    def query(self, constraints: Constraints, rng: np.random.Generator) -> ModelNote:
        """Draw the next note. Raises ValueError where the constraints allow no pitch at all."""
        hidden = self._memory.hidden
        return draw_note(lambda known: self._heads(hidden, known)[0], constraints, rng)

    def fork(self) -> "LstmMind":
        """A mind with the same memory that goes its own way."""
        return copy.copy(self)

    def reset(self) -> None:
        """Forget everything."""
        self._memory = self._begun

    def warm(self) -> None:
        """Run both graphs until caches and allocator are settled. The memory is not touched."""
        self._step.warm()
        self._heads.warm()

    def _after(self, event: tuple[int, ...], memory: Memory) -> Memory:
        return Memory(*self._step(np.array([event], np.int64), memory.state_hidden, memory.state_cell))


def load_mind(folder: Path) -> LstmMind:
    """The mind in `folder`. Raises ModelError, one sentence, for a card or a graph that is missing, altered, corrupt or of another kind."""
    card = read_card(folder)
    step, heads = open_graphs(card)
    hidden, state = _shapes(card)
    silence = Memory(np.zeros(hidden, np.float32), np.zeros(state, np.float32), np.zeros(state, np.float32))
    return LstmMind(card.name, {name: graph.sha256 for name, graph in card.graphs.items()}, step, heads, silence)


def open_graphs(card: Card) -> tuple[OpenGraph, OpenGraph]:
    """The graphs `step` and `heads` of a card. Raises ModelError like `load_mind`."""
    card.require("notes", ENCODING, "step", "heads")
    hidden, state = _shapes(card)
    step = open_graph(
        card.graphs["step"],
        (Port("event", "int64", (1, len(FIELDS))), Port("state_hidden", "float", state), Port("state_cell", "float", state)),
        (Port("hidden", "float", hidden), Port("new_state_hidden", "float", state), Port("new_state_cell", "float", state)),
    )
    heads = open_graph(
        card.graphs["heads"],
        (Port("hidden", "float", hidden), Port("known", "int64", (1, len(ATTRIBUTES)))),
        (Port("logits", "float", (1, OFFSETS[-1])),),
    )
    return step, heads


def _shapes(card: Card) -> tuple[tuple[int, int], tuple[int, int, int]]:
    """Shapes of the hidden vector and of a state tensor, from the card."""
    layers, hidden = card.shape.get("layers"), card.shape.get("hidden")
    if not isinstance(layers, int) or not isinstance(hidden, int) or not 0 < layers <= 64 or not 0 < hidden <= 65536:
        remedy = "Compare it with the card of a shipped model."
        raise ModelError(f"The card of '{card.name}' has no [shape] with `layers` and `hidden`.", remedy)
    return (1, hidden), (layers, 1, hidden)
