"""One mind that hears the show, and what it would be after hearing a little more. A note that leaves no numbers in its memory is dropped."""

from collections import deque

from performer.events import ModelNote
from performer.inference.mind import Mind


class Ear:
    """The true state of a mind, and copies that are ahead of it. `dropped` counts the notes after which the model's memory was no numbers."""

    def __init__(self, mind: Mind) -> None:
        self.mind = mind
        self.dropped = 0
        # What the mind is after each note that was asked about or expected, in their order: thought of once, and the truth when that note is fed.
        self._ahead: deque[tuple[ModelNote, Mind]] = deque()

    def hear(self, note: ModelNote) -> None:
        """A note that really sounded. What the next one needs is thought of at once: a key that somebody presses finds it done."""
        if self._ahead and self._ahead[0][0] == note:
            before, self.mind = self.mind, self._ahead.popleft()[1]
        else:
            before = self.mind.fork()
            self._ahead.clear()
            self.mind.feed(note)
        if not _is_sane(self.mind):
            self._ahead.clear()
            self.mind = before
            self.dropped += 1
        self.mind.prepare()

    def forget(self) -> None:
        """Start again from silence."""
        self.mind.reset()
        self._ahead.clear()

    def after(self, heard: tuple[ModelNote, ...]) -> Mind:
        """A copy of the mind that has heard this too."""
        mind = self.mind
        for place, note in enumerate(heard):
            if place < len(self._ahead) and self._ahead[place][0] != note:
                while len(self._ahead) > place:
                    self._ahead.pop()
            if place == len(self._ahead):
                mind = mind.fork()
                mind.feed(note)
                self._ahead.append((note, mind))
            mind = self._ahead[place][1]
        return mind.fork()


def _is_sane(mind: Mind) -> bool:
    """Whether what the mind has just thought is numbers, where it can tell."""
    sane: bool = getattr(mind, "is_sane", True)
    return sane
