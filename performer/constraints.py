"""What a model's next note may be: any part of it fixed, limited, or left free. Limits, not wishes: sampling never leaves them."""

from dataclasses import dataclass
from typing import Protocol

TOGETHER = 0.009  # seconds: inside the smallest gap that the models tell apart, so the notes of one chord
CANONICAL = ("voice", "gap", "pitch", "duration", "velocity")


class Chance(Protocol):
    """Where randomness comes from: `random.Random`, or a Generator of numpy."""

    def random(self) -> float:
        """A number from 0 up to but not including 1, all equally likely."""
        ...


@dataclass(frozen=True, slots=True)
class Constraints:
    """None leaves an attribute free. `voice` is an instrument class or several, `pitches` the allowed MIDI notes, `gap` and `duration`
    closed ranges in seconds, `velocity` a closed range 1-127. Temperatures above 0 (pitch and voice; gap and duration; velocity), top-p in
    (0, 1]. `order` is the order in which the attributes are drawn, each given those before it. A note that is `held` has no duration: it
    is not drawn. With `together` a note may also come at once with the one before, whatever its `gap`. `leaning` are nats that each of the
    twelve pitch classes is likelier (empty: none). `beyond` is a second range of gaps, past a rest that no note may begin in. What is drawn
    `at_once` is not each given what was drawn before it: one look at the model is enough."""

    voice: int | tuple[int, ...] | None = None
    gap: tuple[float, float] | None = None
    pitches: tuple[int, ...] | None = None
    duration: tuple[float, float] | None = None
    velocity: tuple[int, int] | None = None
    temperature: float = 1.0
    time_temperature: float = 1.0
    velocity_temperature: float = 1.0
    top_p: float = 1.0
    order: tuple[str, ...] = CANONICAL
    held: bool = False
    together: bool = False
    leaning: tuple[float, ...] = ()
    beyond: tuple[float, float] | None = None
    at_once: bool = False
