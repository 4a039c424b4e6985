"""Performer's own notes that a DAW sends back: recognised, so that it never answers itself.

A loop sends back every note, and within a moment. So a note that repeats one of Performer's own counts as its echo as long as the notes before
it came back too, or too few have left to know: a player who strikes the same key as Performer at the same velocity is not silenced for long.
"""

from collections import deque

WINDOW = 0.15  # seconds within which a note comes back: a few buffers of a DAW
KNOWN = 6  # notes after which it is known whether there is a loop
SHARE = 0.3  # of the last notes that came back, where there is one


class Echoes:
    """Remembers what was planned to leave; `is_echo` takes a note that came in and consumes the one it repeats."""

    def __init__(self) -> None:
        self._left: deque[tuple[float, int, int]] = deque(maxlen=1024)  # (time, pitch, velocity)
        self._came_back: deque[bool] = deque(maxlen=16)
        self._held: set[int] = set()

    def leaves(self, time: float, pitch: int, velocity: int) -> None:
        """A note is planned for `time`."""
        self._left.append((time, pitch, velocity))

    def is_echo(self, time: float, pitch: int, velocity: int) -> bool:
        """Whether this note-on is one of Performer's own: the pitch and velocity of one that left a moment ago, and a loop there may be."""
        while self._left and self._left[0][0] < time - WINDOW:
            self._left.popleft()
            self._came_back.append(False)
        for entry in self._left:
            left, its_pitch, its_velocity = entry
            if its_pitch == pitch and its_velocity == velocity and left <= time + 0.001:
                self._left.remove(entry)
                looped = len(self._came_back) < KNOWN or sum(self._came_back) >= SHARE * len(self._came_back)
                self._came_back.append(True)
                if looped:
                    self._held.add(pitch)
                return looped
        return False

    def ends(self, pitch: int) -> bool:
        """Whether this note-off belongs to an echo."""
        if pitch in self._held:
            self._held.discard(pitch)
            return True
        return False
