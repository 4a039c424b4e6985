"""The engine's state as one versioned value, which outlives the engine: encode, decode, and when it is not to be used. Pure.

Text in JSON. A field that is missing, of another kind or unknown is skipped, so that an older and a newer engine read each other.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

VERSION = 1
EARLY = 10.0  # seconds: an engine that dies sooner may die of the state that it restored
EARLY_DEATHS = 2  # in a row, then the state is dropped


@dataclass(frozen=True, slots=True)
class SavedState:
    """What an engine needs to play on where another one died."""

    time: float = 0.0
    """When the state was read, on the system's monotonic clock."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """Parameter values by address."""
    tempo_bpm: float = 120.0
    """Tempo in beats a minute."""
    beat: float = 0.0
    """The beat at `time`. Beats are counted on while the song is stopped."""
    running: bool = False
    """The transport or the followed clock runs."""
    models: Mapping[str, Any] = field(default_factory=dict)
    """Swapped models: file by name."""
    chords: str = ""
    """Typed chords."""
    transport: Mapping[str, Any] = field(default_factory=dict)
    """Whether the song is halted, from where it continues, and from where bars are counted."""

    def beat_at(self, time: float) -> float:
        """The beat at a later time of the same clock."""
        return self.beat + max(0.0, time - self.time) * self.tempo_bpm / 60


def encode_state(state: SavedState) -> bytes:
    """The state as bytes. Raises ValueError or TypeError for what JSON cannot carry. Realtime-safe: no."""
    # asdict would copy every scene first.
    content = {"version": VERSION} | {each.name: getattr(state, each.name) for each in fields(state)}
    return json.dumps(content, allow_nan=False, separators=(",", ":")).encode()


def decode_state(content: bytes) -> SavedState | None:
    """The state in these bytes; None if they hold none. Never raises."""
    try:
        read = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(read, dict) or not _is_number(read.get("version")):
        return None
    known = {each.name for each in fields(SavedState)}
    return SavedState(**{name: value for name, value in read.items() if name in known and _FITS[name](value)})


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond the range of a float
        return False


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)


_FITS: Mapping[str, Callable[[Any], bool]] = {
    "time": _is_number,
    "values": _is_table,
    "tempo_bpm": lambda value: _is_number(value) and value > 0,
    "beat": _is_number,
    "running": lambda value: isinstance(value, bool),
    "models": _is_table,
    "chords": lambda value: isinstance(value, str),
    "transport": _is_table,
}


class CrashLoop:
    """Tells when the saved state is to be dropped, because engines die soon after they restored it."""

    def __init__(self) -> None:
        self._restored_at: float | None = None
        self._early_deaths = 0

    def note_start(self, time: float, restored: bool) -> None:
        """An engine starts, with a restored state or with the show file's."""
        self._restored_at = time if restored else None

    def note_death(self, time: float) -> bool:
        """An engine died. True once when the saved state is to be dropped and that is to be reported."""
        early = self._restored_at is not None and time - self._restored_at < EARLY
        self._early_deaths = self._early_deaths + 1 if early else 0
        if self._early_deaths < EARLY_DEATHS:
            return False
        self._early_deaths = 0
        return True
