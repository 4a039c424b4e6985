"""Who answers a key first. Sixteen voices that harmonise ask sixteen questions; for that the first answer would leave half a millisecond later.

So of the voices that one model plays only the first asks at once. The others ask when it has answered, or before anything else happens: they are told
what they would have been told with the key.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from performer.effects import Effect, Wake
from performer.session.harmonise import Harmonise
from performer.session.mode import Mode

TAG = "chorus"


class Chorus:
    """The voices that have still to ask about the last key. Owned by the session."""

    def __init__(self) -> None:
        self._waiting: list[Callable[[], Iterator[Effect]]] = []

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def key_down(self, time: float, pitch: int, velocity: int, modes: Iterable[Mode]) -> Iterator[Effect]:
        """The human begins a note, and these modes hear it."""
        models: set[str] = set()
        for mode in modes:
            if not isinstance(mode, Harmonise):
                yield from mode.key_down(time, pitch, velocity)
            elif mode.model in models:
                self._waiting.append(partial(mode.respond, time, pitch, velocity, mode.heard(time)))
            else:
                models.add(mode.model)
                yield from mode.key_down(time, pitch, velocity)

    def answered(self, time: float) -> Iterator[Effect]:
        """Somebody was answered: the others ask as soon as that has left."""
        if self._waiting:
            yield Wake(time, TAG)

    def go_on(self) -> Iterator[Effect]:
        """The others ask now."""
        waiting, self._waiting = self._waiting, []
        for respond in waiting:
            yield from respond()
