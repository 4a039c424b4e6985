"""Input: the human plays this voice. What is played on its input channel goes out on its own, at once and as it is."""

from collections.abc import Iterator

from performer.effects import Effect, Release
from performer.session.gestures import Passes
from performer.session.keys import Key
from performer.session.mode import Mode

THROUGH_MESSAGES = 4
"""A note-on and a note-off, and those of a note that sounds there already."""


class Through(Mode):
    """Passes the human's notes on. The models hear them as the human's, which they are."""

    name = "input"

    @property
    def doing(self) -> str:
        return "passing on"

    @property
    def replies(self) -> int:
        return THROUGH_MESSAGES

    @property
    def passes(self) -> Passes:
        return Passes.ALL

    def key_down(self, time: float, key: Key, velocity: int) -> Iterator[Effect]:
        yield self._voice.through(time, key, velocity)

    def key_up(self, time: float, key: Key) -> Iterator[Effect]:
        yield Release(time, self._voice.number, key.tag)

    def leave(self, time: float, successor: str = "") -> Iterator[Effect]:
        yield from self._voice.stop(time, successor)
