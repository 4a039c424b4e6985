"""Drawing a note from a model's logits inside constraints. Randomness is an argument, so a seed and a history make a note.

Plain Python on purpose: there are a hundred numbers at most, and after a pause every array function has to come from far away first. A choice
among 61 pitches takes 75 µs then, where numpy took 209 (warm: 9 and 22).
"""

import functools
import math
from collections.abc import Callable, Generator, MutableMapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from performer.constraints import CANONICAL, TOGETHER, Chance, Constraints
from performer.encoding import ATTRIBUTES, CLASSES, DURATION, GAP, OFFSETS, PITCH, SCALES, UNKNOWN, VELOCITY, VOICE
from performer.events import ModelNote

COLDEST = 1e-3  # below this temperature there is nothing left to choose

Logits = Callable[[npt.NDArray[np.int64]], npt.NDArray[Any]]
Odds = tuple[Sequence[float], Sequence[int]]
"""The weights of the classes that are allowed, and the places among them that top-p leaves."""
Reckoned = MutableMapping[tuple["Limits", int, bytes], Odds]
"""Odds by the limits, the attribute and what was known: of one memory, where they are the same for whoever asks."""

Drawing = Generator[None, None, ModelNote]
"""A note that is being drawn: None before each look at the model, then it returns the note."""


def weights_of(logits: Sequence[float], temperature: float = 1.0) -> list[float]:
    """softmax(logits / temperature) but for a factor: the likeliest weighs 1.

    The temperature is that of the Boltzmann machine (Ackley, Hinton and Sejnowski 1985): below 1 the likely grows likelier.
    Raises ValueError where there is no class or a logit is not a number."""
    peak, warmth = max(logits, default=math.nan), max(temperature, COLDEST)
    weights = [math.exp((logit - peak) / warmth) for logit in logits]
    if not sum(weights) > 0.0:
        raise ValueError("nothing is allowed, or the model gives numbers that are not finite")
    return weights


def nucleus(weights: Sequence[float], top_p: float) -> Sequence[int]:
    """The places, in their order, of the greatest weights that together reach this share of all (Holtzman et al. 2020, section 3.1).

    The greatest of all is always kept."""
    places = range(len(weights))
    if top_p >= 1.0:
        return places
    goal, reached, kept = top_p * sum(weights), 0.0, []
    for place in sorted(places, key=weights.__getitem__, reverse=True):
        kept.append(place)
        reached += weights[place]
        if reached >= goal:
            break
    return sorted(kept)


def draw(weights: Sequence[float], places: Sequence[int], rng: Chance) -> int:
    """One of the places, as likely as its weight says, by a single number of chance. A place without weight is never drawn."""
    left = rng.random() * sum(map(weights.__getitem__, places))
    last = places[0]
    for place in places:
        if weights[place] > 0.0:
            last = place
            left -= weights[place]
            if left < 0.0:
                break
    return last


def choose(logits: Sequence[float], classes: Sequence[int], temperature: float, top_p: float, rng: Chance) -> int:
    """One of the allowed classes: temperature, then top-p, then one draw. The share of top-p is a share of what is allowed."""
    return classes[draw(*odds_of(logits, classes, temperature, top_p), rng)]


def odds_of(logits: Sequence[float], classes: Sequence[int], temperature: float, top_p: float) -> Odds:
    """What `choose` draws by."""
    weights = weights_of(list(map(logits.__getitem__, classes)), temperature)
    return weights, nucleus(weights, top_p)


class Limits:
    """Constraints in the classes of the encoding: for each attribute those that are allowed, in their order."""

    def __init__(self, constraints: Constraints) -> None:
        tone, time, force = constraints.temperature, constraints.time_temperature, constraints.velocity_temperature
        self.temperatures = (tone, time, tone, time, force)
        self.together = constraints.together
        self.at_once = constraints.at_once
        self.leaning = constraints.leaning
        self.beyond = constraints.beyond
        self.ranges = (None, constraints.gap, None, constraints.duration, constraints.velocity)
        self.allowed = (
            _only(VOICE, (constraints.voice,) if isinstance(constraints.voice, int) else constraints.voice),
            _gaps(constraints),
            _only(PITCH, constraints.pitches),
            _within(DURATION, constraints.duration),
            _within(VELOCITY, constraints.velocity),
        )
        needed = [k for k in range(len(ATTRIBUTES)) if not (constraints.held and k == DURATION)]
        # The attributes that one class is left for, and that class; then those that are drawn, in their order.
        self.settled = {k: self.allowed[k][0] for k in needed if len(self.allowed[k]) == 1}
        order = [ATTRIBUTES.index(name) for name in dict.fromkeys((*constraints.order, *CANONICAL))]
        self.open = [k for k in order if k in needed and k not in self.settled]

    def odds(self, k: int, look: npt.NDArray[Any], top_p: float) -> Odds:
        """Those of attribute k, by a look at the model, (400,)."""
        piece = look[OFFSETS[k] : OFFSETS[k + 1]].tolist()
        if k == PITCH and self.leaning:
            piece = [logit + self.leaning[pitch % 12] for pitch, logit in enumerate(piece)]
        return odds_of(piece, self.allowed[k], self.temperatures[k], top_p)

    def value(self, k: int, index: int, rng: Chance) -> float | int:
        """A value of attribute k in class `index`, inside the range asked for."""
        if k in (VOICE, PITCH):
            return index
        scale, (low, high) = SCALES[k], self.ranges[k] or (-math.inf, math.inf)
        if k == GAP and self.together and scale.edges[index] <= TOGETHER < low:
            low, high = 0.0, TOGETHER
        elif k == GAP and self.beyond and scale.edges[index] > high:
            low, high = self.beyond
        if k != VELOCITY:
            return scale.draw(index, rng, low, high)
        first = int(max(scale.edges[index], low, 1))
        last = int(min(scale.edges[index + 1] - 1, high, 127))
        return first + int(rng.random() * (last + 1 - first)) if first <= last else min(first, 127)


limits_of = functools.lru_cache(maxsize=512)(Limits)  # a voice asks for much the same again and again


def drawn(steps: Drawing) -> ModelNote:
    """The note, all steps at once."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            note: ModelNote = end.value
            return note


def drawing(logits: Logits, constraints: Constraints, rng: Chance, reckoned: Reckoned | None = None) -> Drawing:
    """A note inside the constraints. `logits` maps what is known of it, (1, 5) int64 with UNKNOWN elsewhere, to (1, 400), cut by OFFSETS.

    What has one class left is known before anything is drawn; the rest is drawn in the order of the constraints, each given all before it, or all
    at once. Odds that are `reckoned` already are not reckoned again, and those that were not are put there.
    Raises ValueError where nothing is allowed or the model gives numbers that are not finite."""
    limits = limits_of(constraints)
    known = np.array([UNKNOWN], np.int64)  # (1, 5)
    values: dict[str, Any] = {"duration": None}
    for k, index in limits.settled.items():
        known[0, k] = index
        values[ATTRIBUTES[k]] = limits.value(k, index, rng)
    question, look, reckoned = b"", None, {} if reckoned is None else reckoned
    for k in limits.open:
        if not question or not limits.at_once:
            question, look = known.tobytes(), None
        odds = reckoned.get((limits, k, question))
        if odds is None:
            if look is None:
                yield
                look = logits(np.frombuffer(question, np.int64).reshape(known.shape))[0]
            odds = reckoned[limits, k, question] = limits.odds(k, look, constraints.top_p)
        known[0, k] = index = limits.allowed[k][draw(*odds, rng)]
        values[ATTRIBUTES[k]] = limits.value(k, index, rng)
    return ModelNote(own=True, **values)


def drawing_later(logits: Logits, constraints: Constraints, rng: Chance, passed: float, reckoned: Reckoned | None = None) -> Drawing:
    """The same where the model has not heard what came in the last `passed` seconds: its gap goes on from the last note that it heard, the
    note's own from the last that there was."""
    if not passed or constraints.gap is None:
        return (yield from drawing(logits, constraints, rng, reckoned))
    (low, high), beyond = constraints.gap, constraints.beyond
    later = None if beyond is None else (beyond[0] + passed, beyond[1] + passed)
    note = yield from drawing(logits, replace(constraints, gap=(low + passed, high + passed), beyond=later, together=False), rng, reckoned)
    gap = note.gap - passed
    if beyond is not None and gap > (high + beyond[0]) / 2:
        low, high = beyond
    return replace(note, gap=min(max(gap, low), high))


def _only(k: int, classes: Sequence[int] | None) -> Sequence[int]:
    """These classes, as far as there are such; all of them for None."""
    return range(CLASSES[k]) if classes is None else sorted({each for each in classes if 0 <= each < CLASSES[k]})


def _gaps(constraints: Constraints) -> Sequence[int]:
    """The classes of the allowed gaps, those of a chord among them where that is allowed too, and those beyond a rest."""
    gaps = set(_within(GAP, constraints.gap))
    if constraints.together:
        gaps |= set(_within(GAP, (0.0, TOGETHER)))
    if constraints.beyond:
        gaps |= set(_within(GAP, constraints.beyond))
    return sorted(gaps)


def _within(k: int, wanted: tuple[float, float] | None) -> Sequence[int]:
    """The classes that share a value with the range; the nearest one where it lies beyond them all."""
    if wanted is None:
        return range(CLASSES[k])
    return np.flatnonzero(SCALES[k].within(*wanted)).tolist() or [int(SCALES[k].encode(wanted[0]))]
