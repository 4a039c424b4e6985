"""Who answers a key first. Sixteen voices that harmonise ask sixteen questions; for that the first answer would leave half a millisecond later.

So of the voices that one model plays only the first asks at once. The others ask when an answer to one of those has left, or before anything else
happens: they are told what they would have been told with the key.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from performer.effects import Ask, Effect, Soon
from performer.session.harmonise import Harmonise
from performer.session.keys import Key
from performer.session.mode import Mode

TAG = "chorus"


class Chorus:
    """The voices that have still to ask about the last key; true while there are any. Owned by the session."""

    def __init__(self) -> None:
        self._first: set[int] = set()  # what was asked with the key
        self._waiting: list[Callable[[], Iterator[Effect]]] = []

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def key_down(self, time: float, key: Key, velocity: int, modes: Iterable[Mode]) -> Iterator[Effect]:
        """The human begins a note, and these modes hear it."""
        models: set[str] = set()
        self._first.clear()
        for mode in modes:
            if isinstance(mode, Harmonise):
                if mode.model in models:
                    self._waiting.append(partial(mode.respond, time, key, velocity, mode.heard(time)))
                    continue
                models.add(mode.model)
            for effect in mode.key_down(time, key, velocity):
                if isinstance(effect, Ask):
                    self._first.add(effect.id)
                yield effect

    def answered(self, ask: int) -> Iterator[Effect]:
        """This was answered. If it was asked with the key, the others ask as soon as the answer has left."""
        if self._waiting and ask in self._first:
            yield Soon(TAG)

    def awaited(self, modes: Iterable[Mode]) -> bool:
        """Whether a key waits for the answer of one of these."""
        return bool(self._waiting) or any(mode.asking for mode in modes)

    def go_on(self) -> Iterator[Effect]:
        """The others ask now."""
        waiting, self._waiting = self._waiting, []
        for respond in waiting:
            yield from respond()
