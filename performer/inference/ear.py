"""One mind that hears the show, and what it would be after hearing a little more. A note that leaves no numbers in its memory is dropped."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import cast

import numpy as np

from performer.encoding import OFFSETS, PITCH
from performer.events import ModelNote
from performer.inference.mind import Mind
from performer.inference.surprise import Judge, known_of


class Ear:
    """The true state of a mind, and copies that are ahead of it. `dropped` counts the notes after which the model's memory was no numbers."""

    def __init__(self, mind: Mind) -> None:
        self.mind = mind
        self.dropped = 0
        # What the mind is after each note that was asked about or expected, in their order: thought of once, and the truth when that note is fed.
        self._ahead: deque[tuple[ModelNote, Mind]] = deque()
        self._tried: dict[ModelNote, Mind] = {}  # what it is after those and one key more; another dict where what they are changes

    def hear(self, note: ModelNote) -> None:
        """A note that really sounded. What the next one needs is thought of at once: a key that somebody presses finds it done."""
        if self._ahead and self._ahead[0][0] == note:
            before, self.mind = self.mind, self._ahead.popleft()[1]
        else:
            before = self.mind.fork()
            self._clear()
            self.mind.feed(note)
        if not _is_sane(self.mind):
            self._clear()
            self.mind = before
            self.dropped += 1
        self.mind.prepare()

    def forget(self) -> None:
        """Start again from silence."""
        self.mind.reset()
        self._clear()

    def after(self, heard: tuple[ModelNote, ...]) -> Mind:
        """A copy of the mind that has heard this too."""
        mind = self.mind
        for place, note in enumerate(heard):
            if place < len(self._ahead) and self._ahead[place][0] != note:
                while len(self._ahead) > place:
                    self._ahead.pop()
                self._tried = {}
            if place == len(self._ahead):
                self._ahead.append((note, self._tried.get(note) or _having_heard(mind, note)))
                self._tried = {}
            mind = self._ahead[place][1]
        return mind.fork()

    def try_keys(self, heard: tuple[ModelNote, ...], key: ModelNote, parts: Sequence[int], most: int) -> Iterator[None]:
        """After what it is to hear, hear so many keys like this one for trial, the likeliest pitches first, and think of what an instrument class of
        `parts` would answer at once: where such a key goes down, the answer is all but there. In small steps."""
        mind = self.after(heard)
        if len(heard) < len(self._ahead) or not isinstance(mind, Judge):
            return
        tried, logits = self._tried, mind.logits(known_of(key.voice))[0, OFFSETS[PITCH] : OFFSETS[PITCH + 1]]
        for pitch in np.argsort(-logits)[:most].tolist():
            note = replace(key, pitch=pitch)
            if note in tried:
                continue
            after = _having_heard(mind, note)
            yield None
            for part in parts:
                cast(Judge, after).logits(known_of(part, 0))
                yield None
            if self._tried is not tried:  # somebody asked, or it heard something, meanwhile
                return
            tried[note] = after

    def _clear(self) -> None:
        self._ahead.clear()
        self._tried = {}


def _having_heard(mind: Mind, note: ModelNote) -> Mind:
    fork = mind.fork()
    fork.feed(note)
    return fork


def _is_sane(mind: Mind) -> bool:
    """Whether what the mind has just thought is numbers, where it can tell."""
    sane: bool = getattr(mind, "is_sane", True)
    return sane
