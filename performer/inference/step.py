"""A note model's memory going on by one event, in one graph or in two halves: `prepare`, what of it needs no event, and `step`, what is left.

A recurrent layer multiplies what it remembers with weights of its own, and that can be done as soon as the event before was heard. So the key
that somebody presses waits for the other half alone.
"""

import time
from collections import deque
from collections.abc import Sequence

from performer.inference.onnx import Array, OpenGraph

READY = "ready_"  # how the names of what `prepare` makes for `step` begin
Arrays = Sequence[Array]
KEPT = 512  # steps whose time is kept


class Step:
    """Call it with an event (1, 7) and the state: the hidden vector (1, H) and the new state. `step` takes the event, what is ready and the
    state's tensors at the places `needed`, `prepare` those at the places `told`. For one thread at a time: its buffers are bound.
    `seconds`: how long an event took that found all ready, of the last KEPT events."""

    def __init__(self, step: OpenGraph, needed: Sequence[int], prepare: OpenGraph | None = None, told: Sequence[int] = ()) -> None:
        self._graphs = (step,) if prepare is None else (step, prepare)
        self._runs = tuple(graph.bound() for graph in self._graphs)
        self._needed, self._told = tuple(needed), tuple(told)
        self.seconds: deque[float] = deque(maxlen=KEPT)

    def __call__(self, event: Array, *state: Array) -> list[Array]:
        return self.after(event, self.ready(state), state)

    def ready(self, state: Arrays) -> Arrays:
        """What of the next step needs no event."""
        return self._runs[1](*(state[place] for place in self._told)) if len(self._runs) > 1 else ()

    def after(self, event: Array, ready: Arrays, state: Arrays) -> list[Array]:
        """The hidden vector and the new state after an event, with what `ready` made of the state before."""
        begun = time.perf_counter()
        made = self._runs[0](event, *ready, *(state[place] for place in self._needed))
        self.seconds.append(time.perf_counter() - begun)
        return made

    def warm(self) -> None:
        """Run until caches and allocator are settled."""
        for graph, run in zip(self._graphs, self._runs, strict=True):
            graph.warm(run=run)
