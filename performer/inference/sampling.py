"""Drawing a note from a model's logits inside constraints. Pure numpy; randomness is an argument, so a seed and a history make a note."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from performer.constraints import CANONICAL, Constraints
from performer.encoding import ATTRIBUTES, CLASSES, DURATION, GAP, OFFSETS, PITCH, SCALES, UNKNOWN, VELOCITY, VOICE
from performer.events import ModelNote

COLDEST = 1e-3  # below this temperature there is nothing left to choose

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Logits = Callable[[npt.NDArray[np.int64]], npt.NDArray[Any]]


def probabilities(logits: npt.ArrayLike, allowed: Mask | None = None, temperature: float = 1.0) -> Floats:
    """softmax(logits / temperature) over the allowed classes: (classes,) -> (classes,), exactly 0 where not allowed.

    The temperature is that of the Boltzmann machine (Ackley, Hinton and Sejnowski 1985): below 1 the likely grows likelier.
    Raises ValueError where nothing is allowed or a logit is not a number."""
    scores = np.array(logits, np.float64)
    if allowed is not None:
        scores[~allowed] = -np.inf
    peak = scores.max()
    if not np.isfinite(peak):
        raise ValueError("nothing is allowed, or the model gives numbers that are not finite")
    weights: Floats = np.exp((scores - peak) / max(temperature, COLDEST))
    weights /= weights.sum()
    return weights


def nucleus(chances: Floats, top_p: float) -> Floats:
    """The likeliest classes that together reach `top_p`, the rest 0, scaled to sum to 1 (Holtzman et al. 2020, section 3.1).

    The likeliest of all is always kept."""
    if top_p >= 1.0:
        return chances
    order = np.argsort(-chances, kind="stable")
    kept = order[: int(np.searchsorted(np.cumsum(chances[order]), top_p)) + 1]
    out: Floats = np.zeros_like(chances)
    out[kept] = chances[kept]
    out /= out.sum()
    return out


def draw(chances: Floats, rng: np.random.Generator) -> int:
    """One class by inverting the cumulative distribution: a single uniform number. A class of probability 0 is never drawn."""
    cumulative = np.cumsum(chances)
    index = int(np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right"))
    return index if index < len(chances) else int(np.flatnonzero(chances)[-1])


def choose(logits: npt.ArrayLike, allowed: Mask | None, temperature: float, top_p: float, rng: np.random.Generator) -> int:
    """Mask, then temperature, then top-p, then one draw: the share of top-p is a share of what is allowed."""
    return draw(nucleus(probabilities(logits, allowed, temperature), top_p), rng)


class Limits:
    """Constraints in the classes of the encoding: for each attribute a mask (classes,) of what is allowed, None where it is free."""

    def __init__(self, constraints: Constraints) -> None:
        tone, time, force = constraints.temperature, constraints.time_temperature, constraints.velocity_temperature
        self.temperatures = (tone, time, tone, time, force)
        self.ranges = (None, constraints.gap, None, constraints.duration, constraints.velocity)
        self.allowed = (
            _only(VOICE, None if constraints.voice is None else (constraints.voice,)),
            _within(GAP, constraints.gap),
            _only(PITCH, constraints.pitches),
            _within(DURATION, constraints.duration),
            _within(VELOCITY, constraints.velocity),
        )

    def settled(self) -> dict[int, int]:
        """The attributes that one class is left for, and that class."""
        found = {k: np.flatnonzero(mask) for k, mask in enumerate(self.allowed) if mask is not None}
        return {k: int(classes[0]) for k, classes in found.items() if len(classes) == 1}

    def value(self, k: int, index: int, rng: np.random.Generator) -> float | int:
        """A value of attribute k in class `index`, inside the range asked for."""
        if k in (VOICE, PITCH):
            return index
        scale, (low, high) = SCALES[k], self.ranges[k] or (-np.inf, np.inf)
        if k != VELOCITY:
            return scale.draw(index, rng, low, high)
        first = int(max(scale.edges[index], low, 1))
        last = int(min(scale.edges[index + 1] - 1, high, 127))
        return int(rng.integers(first, last + 1)) if first <= last else min(first, 127)


def draw_note(logits: Logits, constraints: Constraints, rng: np.random.Generator) -> ModelNote:
    """A note inside the constraints. `logits` maps what is known of it, (1, 5) int64 with UNKNOWN elsewhere, to (1, 400), cut by OFFSETS.

    What has one class left is known before anything is drawn; the rest is drawn in the order of the constraints, each given all before it.
    Raises ValueError where nothing is allowed or the model gives numbers that are not finite."""
    limits = Limits(constraints)
    known = np.array([UNKNOWN], np.int64)  # (1, 5)
    values: dict[str, Any] = {}

    def settle(k: int, index: int) -> None:
        known[0, k] = index
        values[ATTRIBUTES[k]] = limits.value(k, index, rng)

    for k, only in limits.settled().items():
        settle(k, only)
    for name in dict.fromkeys((*constraints.order, *CANONICAL)):
        if name not in values:
            k = ATTRIBUTES.index(name)
            piece = logits(known)[0, OFFSETS[k] : OFFSETS[k + 1]]
            settle(k, choose(piece, limits.allowed[k], limits.temperatures[k], constraints.top_p, rng))
    return ModelNote(own=True, **values)


def _only(k: int, classes: Iterable[int] | None) -> Mask | None:
    if classes is None:
        return None
    mask = np.zeros(CLASSES[k], np.bool_)
    mask[[each for each in classes if 0 <= each < CLASSES[k]]] = True
    return mask


def _within(k: int, wanted: tuple[float, float] | None) -> Mask | None:
    """The classes that share a value with the range; the nearest one where it lies beyond them all."""
    if wanted is None:
        return None
    mask = SCALES[k].within(*wanted)
    if not mask.any():
        mask[SCALES[k].encode(wanted[0])] = True
    return mask
