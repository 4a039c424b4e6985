"""Input: the human plays this voice. What is played on its input channel goes out on its own, at once and as it is."""

from collections.abc import Iterator

from performer.effects import Effect, Release
from performer.session.mode import Mode


class Through(Mode):
    """Passes the human's notes on. The models hear them as the human's, which they are."""

    name = "input"

    @property
    def doing(self) -> str:
        return "passing on"

    def key_down(self, time: float, pitch: int, velocity: int) -> Iterator[Effect]:
        yield self._voice.through(time, pitch, velocity)

    def key_up(self, time: float, pitch: int) -> Iterator[Effect]:
        yield Release(time, self._voice.number, f"through {pitch}")

    def leave(self, time: float, successor: str = "") -> Iterator[Effect]:
        yield from self._voice.stop(time, successor)
