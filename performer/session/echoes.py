"""Performer's own notes that a DAW sends back: recognised, so that it never answers itself."""

from collections import deque

WINDOW = 0.5  # seconds within which a note may come back


class Echoes:
    """Remembers what was planned to leave; `is_echo` takes a note that came in and consumes the one it repeats."""

    def __init__(self) -> None:
        self._left: deque[tuple[float, int, int]] = deque(maxlen=1024)  # (time, pitch, velocity)
        self._held: set[int] = set()

    def leaves(self, time: float, pitch: int, velocity: int) -> None:
        """A note is planned for `time`."""
        self._left.append((time, pitch, velocity))

    def is_echo(self, time: float, pitch: int, velocity: int) -> bool:
        """Whether this note-on repeats one that left up to half a second ago: the same pitch at the same velocity."""
        while self._left and self._left[0][0] < time - WINDOW:
            self._left.popleft()
        for entry in self._left:
            left, its_pitch, its_velocity = entry
            if its_pitch == pitch and its_velocity == velocity and left <= time + 0.001:
                self._left.remove(entry)
                self._held.add(pitch)
                return True
        return False

    def ends(self, pitch: int) -> bool:
        """Whether this note-off belongs to an echo."""
        if pitch in self._held:
            self._held.discard(pitch)
            return True
        return False
