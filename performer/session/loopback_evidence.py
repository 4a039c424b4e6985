"""The evidence for one way back: that what comes in from a source follows what left through a port, by a
steady delay and shift. Pure.

The score is a log-likelihood ratio in nats: how much likelier the messages are if a loop returns them than if
a player imitates Performer. A loop keeps time within milliseconds, does the same to every velocity, and
leaves nothing out; a player does none of these."""

from bisect import bisect_left, bisect_right
from collections import deque

from performer.session.loopback_memory import BEND, CONTROL, OFF, Left, Memory, move_key

CERTAIN = 7.0  # nats from which on a copy is recognised
# The same for transposed copies: there are many shifts by which something can fit by chance.
CERTAIN_SHIFTED = 10.0
CERTAIN_GESTURES = 9.0  # the same where only gestures came back: a vibrato repeats its own values
UNLIKE = 0.7  # nats against a loop for a note that came in time and not as loud as it should
MOST_CERTAIN = 14.0
DOUBTFUL = 3.0  # nats below which a loop that was certain is so no longer
LEAST_REACH = 0.006
REACH = 0.02  # seconds off the loop's delay in which a message can be its copy
# Seconds (standard deviation) off the steady delay: of a DAW that works in blocks, and of a player; what both
# give at the delay itself.
LOOP_JITTER, PLAYER_JITTER, IN_TIME = 0.005, 0.02, 1.0
OUT_OF_TIME = -2.0
PRECISION = (1 / LOOP_JITTER**2 - 1 / PLAYER_JITTER**2) / 2
# The same for a loop that has proved steadier than any hand.
STEADY, STEADY_IN_TIME = 0.0025, 1.8
STEADY_PRECISION = (1 / STEADY**2 - 1 / PLAYER_JITTER**2) / 2
# A velocity is the same; is changed as two, as one before; lies where one lay that left nearly as loud; does
# not.
EXACT, SAME_CHANGE_TWICE, SAME_CHANGE, LIKE_CHANGE, OTHER_CHANGE = 2.3, 1.8, 1.2, 1.5, -1.4
# What means something by itself each time: banks, and the steps of RPN and NRPN.
SEQUENCES = frozenset(CONTROL + number for number in (0, 6, 32, 38, *range(96, 102)))
STEPS = (0, 1, -1, 2, -2, 3, -3)  # between velocities that leave nearly as loud
LESS_ALIKE = 0.45  # nats that each step between them takes from LIKE_CHANGE
UNINFORMATIVE = 0.2  # where all velocities are the same anyway
ONE_INSTANT = 0.0005  # seconds
MISSED = -1.2  # what left and did not come back
MOST_MISSED = 12
MOST_STAYED_OUT = 5  # messages that were let in and left again, one after the other, after which there is no loop
MOST_COMPARED = 24  # messages that left about when a copy must have
MOST_COPIES = 8


class Loop:
    """One way from an output port back to a source. `delay` in seconds, `shift` in semitones, `score` in
    nats."""

    __slots__ = (
        "_again", "_changes", "_erratic", "_exact", "_extra", "_jitter", "_known", "_last", "_plain", "_stayed_out",
        "copies", "delay", "hits", "latest", "notes", "number", "port", "reach", "score", "shift", "sure",
    )  # fmt: skip

    def __init__(self, number: int, port: str, delay: float, shift: int) -> None:
        self.number = number
        self.port = port
        self.delay = delay
        self.shift = shift
        self.score = 0.0
        self.sure = False
        # Seconds off the delay in which a message can be a copy: less where a loop has proved steadier.
        self.reach = REACH
        self.hits = 0
        self.notes = 0
        self.latest = 0.0  # when something last came back
        self.copies = 1  # that come back of each gesture
        self._extra = 0.0
        self._changes: deque[tuple[int, int]] = deque(maxlen=2)  # velocity that left, velocity that came back
        self._known: dict[int, int] = {}  # velocity that left -> as what it came back, for curves
        self._jitter = 0.0  # mean seconds off the delay
        self._erratic = 0.0  # how many of the last velocities fitted nothing
        self._exact = 0.0  # how many of the last velocities were the same
        self._plain = 1.0  # how many of the last changes were the same difference, factor or value
        # What was let in and left again: a loop brings that back too. And how many of those did not come back, since one did.
        self._again: deque[Left] = deque(maxlen=16)
        self._stayed_out = 0
        # Channel and key (-1 for all notes) -> what came back last.
        self._last: dict[tuple[int, int], Left] = {}

    def find(
        self, memory: Memory, time: float, channel: int, key: int, value: int, count: int
    ) -> Left | None:
        """Which of the first `count` messages that left comes back now as this one, if any does."""
        moved = move_key(key, -self.shift) if self.shift else key
        trail = memory.trails.get(moved) if moved is not None else None
        if trail is None:
            return None
        times, items, due = trail.times, trail.items, time - self.delay
        first, last = bisect_left(times, due - self.reach), bisect_right(times, due + self.reach)
        found, away = None, 0.0
        for left in items[first : min(last, first + MOST_COMPARED)]:
            if (
                left.port != self.port
                or left.order > count
                or (key >= CONTROL and left.value != value)
                or not self._remains(left, key)
            ):
                continue
            if key >= CONTROL:
                return left
            if last - first == 1:
                return left
            distance = self._distance(left, due, channel, value)
            if found is None or distance < away:
                found, away = left, distance
        return found

    def _remains(self, left: Left, key: int) -> bool:
        """Whether a copy of a message is still to come. Of a note any number may, once the loop is sure."""
        taken = left.returned.get(self.number, 0) if left.returned else 0
        if not taken or (self.sure and key < CONTROL):
            return True
        # Another copy at the same moment: counted first, believed when most messages have one.
        if taken == self.copies < MOST_COPIES and self.sure:
            self._count_extra(1.0)
        return taken < self.copies

    def _distance(self, left: Left, due: float, channel: int, value: int) -> float:
        """Of notes that fit in time the one is nearest that comes back as loud, that is still to come back,
        on the same channel."""
        # Loudness first: of two voices in unison the second copy of one is no copy of the other.
        away = (
            4 * (not self.repeats(left, value))
            + 2 * (self.number in left.returned)
            + (left.channel != channel)
        )
        return abs(left.time - due) + REACH * away

    def _count_extra(self, weight: float) -> None:
        self._extra += weight
        if self._extra >= 4:
            self.copies, self._extra = self.copies + 1, 0.0

    def repeats(self, left: Left, value: int) -> bool:
        """Whether a note's velocity was changed as the ones before it; True where none is known."""
        if self._exact > 0.8:
            return left.value == value
        if all(changed_alike(left.value, value, out, back) for out, back in self._changes):
            return True
        return self._random or (self._plain < 0.7 and self._like(left.value, value) >= 0)

    @property
    def _random(self) -> bool:
        """Whether velocities are changed at random, and the time alone tells copies from a player."""
        return self.hits >= 8 and self._erratic > 0.4 and self._jitter < STEADY

    def _like(self, out: int, back: int) -> float:
        """Nats for a velocity that lies where a curve would put it, or does not; 0 where none near it is
        known."""
        known = self._known
        near = next((out + step for step in STEPS if out + step in known), None)
        if near is None:
            return 0.0
        step = out - near
        low, high = sorted((0.0, 2.5 * step))
        fits = low - 1 <= back - self._known[near] <= high + 1
        return LIKE_CHANGE - LESS_ALIKE * abs(step) if fits else OTHER_CHANGE

    def take(
        self,
        memory: Memory,
        time: float,
        left: Left,
        value: int,
        varied: tuple[bool, bool],
        bonus: float = 0.0,
    ) -> None:
        """Count a message as a copy of what left. `varied`: whether the values vary that leave, and those
        that the player sends."""
        again = self.number in left.returned
        if not left.returned:
            left.returned = {}
        left.returned[self.number] = left.returned.get(self.number, 0) + 1
        off = abs(time - left.time - self.delay)
        gain = bonus
        if self.hits:
            steady = self.hits >= 6 and self._jitter < STEADY
            in_time, precision = (STEADY_IN_TIME, STEADY_PRECISION) if steady else (IN_TIME, PRECISION)
            in_time_gain = max(OUT_OF_TIME, in_time - off * off * precision)
            # Of what comes back without delay, one instant says once that it is in time: a chord on several channels is a player's.
            again_now = time - self.latest < ONE_INSTANT and self.delay < ONE_INSTANT
            gain += min(0.0, in_time_gain) if again_now else in_time_gain
        gain += (
            self._velocity_gain(left, value, *varied)
            if left.key < OFF
            else 0.8
            if is_switch(left.key, value)
            else 2.0
        )
        if not again:
            gain += MISSED * self._missed(memory, left)
            self._extra = max(0.0, self._extra - 0.3)
        self.hits += 1
        self.latest = time
        self._jitter += (off - self._jitter) * max(0.05, 1 / self.hits)
        self.notes += left.key < OFF
        self.delay += (time - left.time - self.delay) * max(0.1, 1 / self.hits)
        self.score = min(MOST_CERTAIN, self.score + gain)
        self._judge()
        self.reach = max(LEAST_REACH, min(REACH, 4 * self._jitter)) if self.sure else REACH

    def expect(self, left: Left) -> None:
        """What came back was let in and left again as this: where there is a loop this comes back too."""
        self._again.append(left)

    def look_for_expected(self, time: float) -> None:
        """Count what was let in, left again and did not come back. A machine that repeats itself a few semitones away in strict time looks
        like a loop but for that."""
        while self._again and self._again[0].time + self.delay + 2 * REACH < time:
            if self.number in self._again.popleft().returned:
                self._stayed_out = 0
                continue
            self._stayed_out += 1
            self.score += MISSED
            if self._stayed_out >= MOST_STAYED_OUT:
                self.score = min(0.0, self.score)

    def refute(self) -> None:
        """What came in this long after a message had no message that it could be the copy of."""
        self.score, self.sure = 0.0, False

    def doubt(self, left: Left, value: int) -> None:
        """A note came in time and not as loud as it should: it is a player's, or velocities are changed by a curve."""
        self._plain *= 0.8
        self._erratic += 0.1 * (1 - self._erratic)
        self._know(left.value, value)
        self.score -= UNLIKE
        self._judge()

    def _know(self, out: int, back: int) -> None:
        if len(self._known) == 16 and out not in self._known:
            del self._known[next(iter(self._known))]
        self._known[out] = back

    def _judge(self) -> None:
        needed = CERTAIN_GESTURES if not self.notes else CERTAIN_SHIFTED if self.shift else CERTAIN
        self.sure = self.score >= (DOUBTFUL if self.sure else needed)

    def _velocity_gain(self, left: Left, value: int, out_varied: bool, in_varied: bool) -> float:
        before = list(self._changes)
        self._exact += ((left.value == value) - self._exact) * max(0.2, 1 / (self.notes + 1))
        self._changes.append((left.value, value))
        if left.value == value and all(out == back for out, back in before):
            return EXACT if out_varied or in_varied else UNINFORMATIVE
        if not before:
            return 0.0
        plain = all(changed_alike(left.value, value, out, back) for out, back in before)
        self._plain += 0.2 * (plain - self._plain)
        like = 0.0 if plain else self._like(left.value, value)
        self._know(left.value, value)
        self._erratic += 0.2 * ((like < 0) - self._erratic)
        if not plain:
            return max(0.0, like) if self._random else like
        # A keyboard that knows one velocity looks like a fixed one.
        if not in_varied and all(value == back for _, back in before):
            return UNINFORMATIVE
        return SAME_CHANGE_TWICE if len(before) == 2 else SAME_CHANGE

    def _missed(self, memory: Memory, left: Left) -> int:
        """How many messages left between the one that came back last and this one, on its channel, and did
        not come back themselves."""
        track = (left.channel, -1 if left.key < OFF else left.key)
        last = self._last.get(track)
        if last is None:
            self._last[track] = left
            return 0
        if left.time > last.time:
            self._last[track] = left
        if left.key >= CONTROL:
            return min(MOST_MISSED, max(0, left.number - last.number - 1))
        # What left within the jitter may still come: order is not kept.
        trail = memory.tracks.get((left.port, left.channel))
        return min(MOST_MISSED, trail.count(last.time + REACH, left.time - REACH)) if trail is not None else 0


def changed_alike(left: int, back: int, left_before: int, back_before: int) -> bool:
    """Whether a velocity was changed as another one: by a difference, a factor, or to a fixed value."""
    change, before = back - left, back_before - left_before
    if abs(change - before) <= 1 or back == back_before:
        return True
    # What would be softer than 1 is 1: it says only that the change was at least so much.
    if 1 in (back, back_before) and (back > 1 or change >= before) and (back_before > 1 or before >= change):
        return True
    factor = left / max(1, left_before)
    return abs(back - back_before * factor) <= 0.6 + 0.5 * factor


def is_switch(key: int, value: int) -> bool:
    """Whether a gesture's value is one to which hands and springs jump: both ends and the middle. No hand sends a sequence."""
    if key in SEQUENCES:
        return False
    return value in (0, 64, 127) if key != BEND else value in (0, -8192, 8191)
