"""A controller or a key of the player's own that stands for the panic button: set by hand, or learnt from what is touched next."""

from collections.abc import Iterator, MutableMapping
from typing import Any

from performer.effects import Effect, Say
from performer.events import Control, NoteOn

CONTROL, NOTE, CHANNEL = (f"/performer/midi/panic_{name}" for name in ("control", "note", "channel"))
NONE = -1
PRESSED = 64
"""The value from which on a controller counts as pressed."""


class PanicTrigger:
    """Knows what stands for the panic button. Owned by the session."""

    def __init__(self, values: MutableMapping[str, Any]) -> None:
        self._values = values
        self._is_learning = False

    def learn(self) -> None:
        """Take the next controller or key that is pressed."""
        self._is_learning = True

    def is_learning_from(self, event: NoteOn | Control) -> bool:
        """Whether this event is to become the trigger."""
        return self._is_learning and (isinstance(event, NoteOn) or event.value >= PRESSED)

    def take(self, event: NoteOn | Control) -> Iterator[Effect]:
        """From now on this controller or key is the panic button."""
        self._is_learning = False
        is_note = isinstance(event, NoteOn)
        chosen = {
            CONTROL: NONE if isinstance(event, NoteOn) else event.number,
            NOTE: event.pitch if isinstance(event, NoteOn) else NONE,
            CHANNEL: event.channel,
        }
        self._values.update(chosen)
        yield from (Say(address, (value,)) for address, value in chosen.items())
        yield Say("/performer/panic/learnt", ("note" if is_note else "control", chosen[NOTE if is_note else CONTROL], event.channel))

    def is_trigger(self, event: NoteOn | Control) -> bool:
        """Whether this controller or key is the panic button, pressed or not."""
        address, number = (NOTE, event.pitch) if isinstance(event, NoteOn) else (CONTROL, event.number)
        return bool(self._values[address] == number) and self._values[CHANNEL] in (0, event.channel)
