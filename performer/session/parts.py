"""Who plays what: the instrument class of the human and of each voice, and the names of the models that play them."""

from collections.abc import Sequence
from dataclasses import dataclass

from performer.encoding import VOICES as INSTRUMENTS


@dataclass(frozen=True, slots=True)
class Parts:
    """The instrument classes of the models' encoding: what the human plays, drums, and one for each voice; and the names of the voices' models
    (empty: the show's first), of the smaller one that stands by (empty: none) and of the first itself."""

    human: int
    drums: int
    voices: tuple[int, ...]
    models: tuple[str, ...]
    small: str = ""
    first: str = ""

    @classmethod
    def named(cls, instruments: Sequence[str], models: Sequence[str] = (), small: str = "", first: str = "") -> "Parts":
        """For voices of these instruments, by the names of the encoding; the human plays keys, or drums on channel 10."""
        numbers = tuple(map(INSTRUMENTS.index, instruments))
        return cls(INSTRUMENTS.index("keys"), INSTRUMENTS.index("drums"), numbers, tuple(models) or ("",) * len(numbers), small, first)
