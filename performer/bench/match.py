"""Which of the notes that were promised came, and when. Pure."""

import bisect
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from performer.bench.line import Arrival

WINDOW = 0.2  # seconds: farther from its moment a note is another one


class Promise(NamedTuple):
    """A committed note: its moment in seconds, by the arrivals' clock where they are matched, its voice, which is its channel here, and its pitch."""

    time: float
    voice: int
    pitch: int


class Matches(NamedTuple):
    """Seconds that each note came after its moment (before: negative), how many never came, and how many came before one of the same voice
    that was promised for an earlier moment."""

    lateness: tuple[float, ...]
    lost: int
    reordered: int


def match(promises: Sequence[Promise], arrivals: Sequence[Arrival]) -> Matches:
    """Give each promise, in the order of time, the nearest arrival of its voice and pitch that none before it has taken."""
    free: dict[tuple[int, int], list[float]] = defaultdict(list)
    for arrival in sorted(arrivals):
        free[arrival.channel, arrival.pitch].append(arrival.time)
    lateness, lost, reordered = [], 0, 0
    latest: dict[int, tuple[float, float]] = {}  # voice -> the moment promised and that of the arrival, of the note that came last
    for promise in sorted(promises):
        there = free[promise.voice, promise.pitch]
        nearest = _nearest(there, promise.time)
        if nearest is None:
            lost += 1
            continue
        came = there.pop(nearest)
        lateness.append(came - promise.time)
        promised, before = latest.get(promise.voice, (promise.time, came))
        reordered += came < before and promise.time > promised
        latest[promise.voice] = max((promised, before), (promise.time, came), key=lambda pair: pair[1])
    return Matches(tuple(lateness), lost, reordered)


def _nearest(times: Sequence[float], moment: float) -> int | None:
    place = bisect.bisect_left(times, moment)
    near = [each for each in (place - 1, place) if 0 <= each < len(times) and abs(times[each] - moment) <= WINDOW]
    return min(near, key=lambda each: abs(times[each] - moment), default=None)
