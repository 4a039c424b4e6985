"""A controller or a key of the player's own that stands for the panic button: set by hand, or learnt from what is touched next."""

import math
from collections.abc import Iterator, MutableMapping
from typing import Any

from performer.effects import Effect, Say
from performer.events import Control, NoteOn

CONTROL, NOTE, CHANNEL = (f"/performer/midi/panic_{name}" for name in ("control", "note", "channel"))
NONE = -1
LEARNING = 10.0
"""Seconds in which the trigger is learnt."""
STILL = 0.3
"""Seconds without a word after which a controller that is pressed counts as let go."""
PRESSED = 64
"""The value from which on a controller counts as pressed."""


class PanicTrigger:
    """Knows what stands for the panic button. Owned by the session."""

    def __init__(self, values: MutableMapping[str, Any]) -> None:
        self._values = values
        self._learns_until = -math.inf
        self._pressed: dict[tuple[str, int], float] = {}
        """The inputs and channels on which the controller is pressed, and since when it has said nothing."""

    def learn(self, time: float) -> bool:
        """Take the next controller or key that is pressed within LEARNING seconds; asked again meanwhile, do not. Whether it learns."""
        self._learns_until = -math.inf if time < self._learns_until else time + LEARNING
        return time < self._learns_until

    def is_learning_from(self, time: float, event: NoteOn | Control) -> bool:
        """Whether this event is to become the trigger."""
        return time < self._learns_until and (isinstance(event, NoteOn) or event.value >= PRESSED)

    def take(self, event: NoteOn | Control) -> Iterator[Effect]:
        """From now on this controller or key is the panic button."""
        self._learns_until = -math.inf
        is_note = isinstance(event, NoteOn)
        chosen = {
            CONTROL: NONE if isinstance(event, NoteOn) else event.number,
            NOTE: event.pitch if isinstance(event, NoteOn) else NONE,
            CHANNEL: event.channel,
        }
        for address, value in chosen.items():
            self._values[address] = value
        self._pressed = {}
        yield from (Say(address, (value,)) for address, value in chosen.items())
        yield Say("/performer/panic/learnt", ("note" if is_note else "control", chosen[NOTE if is_note else CONTROL], event.channel))

    def is_trigger(self, event: NoteOn | Control) -> bool:
        """Whether this controller or key is the panic button, pressed or not."""
        address, number = (NOTE, event.pitch) if isinstance(event, NoteOn) else (CONTROL, event.number)
        return bool(self._values[address] == number) and self._values[CHANNEL] in (0, event.channel)

    def fires(self, time: float, event: NoteOn | Control) -> bool:
        """Whether the trigger, which this is, is pressed now and was not: a fader that is moved up is one panic, and a button that never says
        that it is let go is pressed again after a while."""
        if isinstance(event, NoteOn):
            return True
        place = event.source, event.channel
        before = self._pressed.pop(place, -math.inf)
        if event.value >= PRESSED:
            self._pressed[place] = time
        return event.value >= PRESSED and time > before + STILL

    def forget(self, source: str) -> None:
        """An input is gone: nothing is pressed there."""
        self._pressed = {place: time for place, time in self._pressed.items() if place[0] != source}
