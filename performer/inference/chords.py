"""The chord model at work: what chords come next in a key, given those before. Two ONNX graphs, as of a note model; pure but for them.

A question tells all that was played before, so the model keeps nothing: its answer is a function of the question and its seed. Some fifty
steps of a tenth of a millisecond are one answer; it runs on the worker `chords`, never in the way of a note.
"""

import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from performer.card import Card, read_card
from performer.chords import BEATS, BEGIN, CHORDS, ENCODING
from performer.effects import AskChords
from performer.inference.onnx import KINDS, Array, OpenGraph, Port, open_graph, ports_of
from performer.inference.sampling import choose

REMEMBERED = 48  # chords of the past that are heard again
ROLE = "chords"


class Harmonist(Protocol):
    """Who knows what chords come next."""

    name: str

    def answer(self, ask: AskChords) -> tuple[tuple[int, float], ...]:
        """Chords by their number in the key, and beats."""
        ...


class Plain:
    """The harmonist that needs no model: the four chords that everybody knows, a bar each."""

    name = "plain"
    STEPS = ((0, 91, 118, 65), (1, 104, 39, 130))  # I V vi IV; i VI III VII

    def answer(self, ask: AskChords) -> tuple[tuple[int, float], ...]:
        steps = self.STEPS[ask.mode]
        return tuple((steps[(len(ask.before) + place) % 4], ask.bar) for place in range(ask.count))


class ChordMind:
    """A harmonist over two open graphs. Belongs to one thread."""

    def __init__(self, name: str, step: OpenGraph, heads: OpenGraph, silence: tuple[Array, ...]) -> None:
        self.name = name
        self._step, self._heads, self._silence = step, heads, silence

    def answer(self, ask: AskChords) -> tuple[tuple[int, float], ...]:
        """Drawn with the ask's seed. Raises ValueError where the model gives no finite numbers."""
        rng, made = random.Random(ask.seed), list[tuple[int, float]]()
        hidden, *state = self._step(_event(BEGIN, ask.mode), *self._silence)
        for row in ask.before[-REMEMBERED:]:
            hidden, *state = self._step(_event(row, ask.mode), *state)
        for _ in range(ask.count):
            known = np.full((1, 1), CHORDS, np.int64)
            chord = choose(self._part(hidden, known, 0, CHORDS), range(CHORDS), ask.temperature, ask.top_p, rng)
            known[0, 0] = chord
            length = choose(self._part(hidden, known, CHORDS, CHORDS + len(BEATS)), range(len(BEATS)), ask.temperature, ask.top_p, rng)
            made.append((chord, float(BEATS[length])))
            hidden, *state = self._step(_event((chord, length), ask.mode), *state)
        return tuple(made)

    def _part(self, hidden: Array, known: Array, low: int, high: int) -> list[float]:
        logits: list[float] = self._heads(hidden[0], known)[0][0, low:high].tolist()
        if not all(map(math.isfinite, logits)):
            raise ValueError(f"{self.name} gives numbers that are not finite")
        return logits


def _event(row: Sequence[int], mode: int) -> Array:
    return np.array([[(*row, mode)]], np.int64)  # (1, 1, 3)


def load_harmonist(folder: Path) -> ChordMind:
    """The chord model in `folder`. Raises ModelError, one sentence, for a card or a graph that is missing, altered, corrupt or of another kind."""
    card = read_card(folder)
    step, heads = open_graphs(card)
    return ChordMind(card.name, step, heads, tuple(np.zeros(port.shape, KINDS[port.kind]) for port in _state(card)))


def open_graphs(card: Card) -> tuple[OpenGraph, OpenGraph]:
    """The graphs `step` and `heads` of a card. Raises ModelError like `load_harmonist`."""
    card.require(ROLE, ENCODING, "step", "heads")
    state = _state(card)
    hidden = next(port for port in ports_of(card.graphs["heads"], "inputs") if port.name == "hidden")
    wide = Port("hidden", hidden.kind, (1, *hidden.shape))
    step = open_graph(
        card.graphs["step"], (Port("event", "int64", (1, 1, 3)), *state), (wide, *(Port(f"new_{p.name}", p.kind, p.shape) for p in state))
    )
    heads = open_graph(
        card.graphs["heads"], (hidden, Port("known", "int64", (1, 1))), (Port("logits", "float", (1, CHORDS + len(BEATS))),)
    )  # fmt: skip
    return step, heads


def _state(card: Card) -> tuple[Port, ...]:
    return tuple(port for port in ports_of(card.graphs["step"], "inputs") if port.name.startswith("state_"))
