"""The player's time: how the tempo goes with somebody who pushes or drags. Pure; the tempo owns it.

Each onset that is near a place of the beat is early or late by some of a beat. People who play together correct part of that at the next onset and
carry a smaller part over into their tempo (linear error correction: Vorberg and Wing 1996); so does this. The beat never jumps: what is to be made
good is made good by a tempo that is a little higher or lower until then.
"""

from performer.clock import Timeline

PLACES = 2.0  # of a beat that onsets are held against: eighths
NEAR = 0.12  # beats: an onset further from a place means something else
CORRECTED = 0.7  # of the tempo for each beat of error, until the next onset
CARRIED = 0.08  # of the tempo for each beat of error, for good
SLOWEST, FASTEST = 20.0, 400.0  # bpm


class Pulse:
    """`bpm` is the tempo that the player is believed to have; None before the first onset."""

    def __init__(self) -> None:
        self.bpm: float | None = None

    def hear(self, time: float, timeline: Timeline, follow: float) -> Timeline | None:
        """The timeline after an onset at `time`; None where the onset says nothing. `follow` (0 to 1) is how much the player is followed."""
        beat = timeline.beat_at(time)
        behind = beat - round(beat * PLACES) / PLACES  # more than 0: the player is later than the beat
        if abs(behind) > NEAR:
            return None
        self.bpm = _possible((self.bpm or timeline.bpm) * (1.0 - follow * CARRIED * behind))
        return timeline.with_tempo(_possible(self.bpm * (1.0 - follow * CORRECTED * behind)), time)


def _possible(bpm: float) -> float:
    return min(max(bpm, SLOWEST), FASTEST)
