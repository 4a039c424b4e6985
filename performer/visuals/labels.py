"""A model's labels by name: where the walk has them, what the hand holds, pushes and turns. Pure numpy."""

import math
from collections.abc import Sequence

import numpy as np

from performer.visuals.hand import Ask
from performer.visuals.latent import Floats

MOST = 1.5  # of an amount
WAVES, CHANNELS = ("palette cosine ", "palette sine "), ("red", "green", "blue")


class Labels:
    """The places of the names in a model's label vector. A name that the model does not have is passed over."""

    def __init__(self, names: Sequence[str]) -> None:
        self._places = {name: place for place, name in enumerate(names)}
        known = [[self._places.get(wave + channel, -1) for channel in CHANNELS] for wave in WAVES]
        self._palette = np.array(known) if min(map(min, known)) >= 0 else None
        orders = {name: place for name, place in self._places.items() if name.startswith("symmetry ")}
        self._order_places = np.array(list(orders.values()), int)
        self._orders = [float(name.split()[1]) for name in orders]

    def asked(self, label: Floats, ask: Ask) -> Floats:
        """(1, label_dim): the walk's label with what the hand asks."""
        out = label.copy()
        for name, (value, firmness) in ask.held.items():
            place = self._places.get(name)
            if place is not None:
                out[0, place] += (value - out[0, place]) * firmness
        for name, amount in ask.pushed.items():
            place = self._places.get(name)
            if place is not None:
                out[0, place] = min(MOST, max(-MOST, out[0, place] + amount))
        if ask.hue and self._palette is not None:
            (cosine, sine), turn = (out[0, places] for places in self._palette), 2 * math.pi * ask.hue
            out[0, self._palette[0]] = cosine * math.cos(turn) - sine * math.sin(turn)
            out[0, self._palette[1]] = sine * math.cos(turn) + cosine * math.sin(turn)
        return out

    def orders(self, label: Floats) -> dict[float, float]:
        """How often the picture repeats around its centre, with weights: more than one number where the label lies between."""
        weights = np.clip(label[0, self._order_places], 0.0, None)
        return {order: weight for order, weight in zip(self._orders, weights.tolist(), strict=True) if weight} or {1.0: 1.0}
