"""How a voice behaves: what every mode can be told, and the silent one that does nothing about it. The modes live in files of their own.

A mode answers to what the human does with effects; it reads the time from the event and keeps no clock.
"""

from collections.abc import Iterator

from performer.effects import Effect
from performer.events import Answer
from performer.session.gestures import Passes
from performer.session.keys import Key
from performer.session.lane import Lane
from performer.session.voices import Voice


class Mode:
    """How a voice behaves, and the behaviour of one that is silent. Every method yields effects; `time` is the event's own."""

    name = "mute"

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self.armed = False
        """Whether it waits for its beat: it may plan, and plays nothing of its voice's yet."""

    @property
    def doing(self) -> str:
        """What the voice is at, in a word or two, for the page."""
        return "muted"

    def begin(self, time: float, beat: float | None = None) -> Iterator[Effect]:
        """The voice takes up this mode; what it plays of itself does not begin before `beat`."""
        yield from ()

    def key_down(self, time: float, key: Key, velocity: int) -> Iterator[Effect]:
        """The human begins a note."""
        yield from ()

    def key_up(self, time: float, key: Key) -> Iterator[Effect]:
        """The human ends a note."""
        yield from ()

    def key_dozes(self, time: float, key: Key) -> Iterator[Effect]:
        """A key is down for so long that it no longer shows that its player is playing."""
        yield from ()

    def hush(self, time: float) -> Iterator[Effect]:
        """What is under way in answer to a player ends now."""
        yield from ()

    def tick(self, time: float, tag: str) -> Iterator[Effect]:
        """A timer comes due, this voice's or another's."""
        yield from ()

    def answer(self, time: float, answer: Answer) -> Iterator[Effect]:
        """A note of a model, for this voice or, where nobody knows any more who asked, for another."""
        yield from ()

    def failed(self, time: float, ask: int) -> Iterator[Effect]:
        """The model could not answer."""
        yield from self.answer(time, Answer(ask, 0, None))

    def changed(self, time: float) -> Iterator[Effect]:
        """A setting of this voice is another one now."""
        yield from ()

    def retimed(self, time: float) -> Iterator[Effect]:
        """The timeline is another one now, or whoever leads it has stopped the song or goes on."""
        yield from ()

    @property
    def replies(self) -> int:
        """Messages that one key of the player brings to leave at most, besides what is planned."""
        return 0

    @property
    def passes(self) -> Passes:
        """What of the player's gestures goes to the voice's output now."""
        return Passes.NOTHING

    @property
    def asking(self) -> bool:
        """Whether it waits for a model to answer a key."""
        return False

    @property
    def lane(self) -> Lane | None:
        """Where the voice plans ahead, if it does."""
        return None

    @property
    def tag(self) -> str:
        """The tag of what this mode plans, where another mode's end must spare it."""
        return ""

    def leave(self, time: float, successor: str = "") -> Iterator[Effect]:
        """The voice gives this mode up, or everything is to be silent; what has the tag `successor` plays on."""
        yield from ()

    def withdraw(self) -> Iterator[Effect]:
        """The voice will not take up this mode after all, which had begun to plan for a beat to come."""
        yield from ()
