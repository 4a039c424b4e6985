"""One mind that hears the show, and what it would be after hearing a little more. A note that leaves no numbers in its memory is dropped."""

from performer.events import ModelNote
from performer.inference.mind import Mind


class Ear:
    """The true state of a mind, and a copy that is ahead of it. `dropped` counts the notes after which the model's memory was no numbers."""

    def __init__(self, mind: Mind) -> None:
        self.mind = mind
        self.dropped = 0
        # Sixteen voices ask about the same key: what the mind is after hearing it is thought of once, and is the truth when the key is fed.
        self._heard: tuple[ModelNote, ...] = ()
        self._ahead: Mind | None = None

    def hear(self, note: ModelNote) -> None:
        """A note that really sounded. What the next one needs is thought of at once: a key that somebody presses finds it done."""
        if self._ahead is not None and self._heard == (note,):
            before, self.mind = self.mind, self._ahead
        else:
            before = self.mind.fork()
            self.mind.feed(note)
        self._ahead = None
        if not _is_sane(self.mind):
            self.mind = before
            self.dropped += 1
        self.mind.prepare()

    def forget(self) -> None:
        """Start again from silence."""
        self.mind.reset()
        self._ahead = None

    def after(self, heard: tuple[ModelNote, ...]) -> Mind:
        """A copy of the mind that has heard this too."""
        known = len(self._heard)
        if self._ahead is None or heard[:known] != self._heard:
            self._ahead, known = self.mind.fork(), 0
        for note in heard[known:]:
            self._ahead.feed(note)
        self._heard = heard
        return self._ahead.fork()


def _is_sane(mind: Mind) -> bool:
    """Whether what the mind has just thought is numbers, where it can tell."""
    sane: bool = getattr(mind, "is_sane", True)
    return sane
