"""What is due when. Pure: the time is an argument."""

import heapq
import itertools
from collections.abc import Callable, Iterator
from typing import Any


class Agenda:
    """What is due when. Equal times keep the order of arrival."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Any]] = []
        self._order = itertools.count()

    def __len__(self) -> int:
        return len(self._heap)

    def __iter__(self) -> Iterator[Any]:
        return (item for _, _, item in self._heap)

    def add(self, time: float, item: Any) -> None:
        heapq.heappush(self._heap, (time, next(self._order), item))

    def cancel(self, unwanted: Callable[[Any], bool]) -> int:
        """Take back every item for which `unwanted` holds; returns how many."""
        kept = [entry for entry in self._heap if not unwanted(entry[2])]
        count = len(self._heap) - len(kept)
        if count:
            heapq.heapify(kept)
            self._heap = kept
        return count

    @property
    def next_time(self) -> float | None:
        return self._heap[0][0] if self._heap else None

    def first(self, wanted: Callable[[Any], bool]) -> float | None:
        """When the first item is due for which `wanted` holds. Thread-safe."""
        return min((time for time, _, item in tuple(self._heap) if wanted(item)), default=None)

    def pop_due(self, now: float) -> Iterator[tuple[float, Any]]:
        """The items due at `now` or before, each with its own time, one by one: an item may be cancelled until it is taken."""
        while self._heap and self._heap[0][0] <= now:
            time, _, item = heapq.heappop(self._heap)
            yield time, item
