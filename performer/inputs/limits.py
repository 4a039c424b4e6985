"""What one client may cost: how often it is told the same thing, how much it may send, which notes it holds. Pure: the time is an argument."""

from collections import OrderedDict
from dataclasses import dataclass

from performer.bucket import Bucket

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0  # seconds until a mistake that goes on is told again, doubled each time
MOST_KINDS = 1024  # kinds of mistakes that are remembered; the oldest makes room
MOST_CLIENTS = 128


@dataclass(slots=True)
class _Told:
    """A kind of notice of one client: when it was told, when it last came, how long it waits now, how many were not told."""

    told: float
    came: float
    wait: float = FIRST_WAIT
    more: int = 0


class Notices:
    """Which notices are told. One of each kind and client at once; while it keeps coming one with the count after a second, then after two,
    four, and from then on one a minute."""

    def __init__(self) -> None:
        self._kinds: OrderedDict[tuple[str, str], _Told] = OrderedDict()

    def due(self, client: str, kind: str, now: float) -> int | None:
        """How many like this one were not told since the last that was; None: this one is not told either."""
        key = client, kind
        before = self._kinds.get(key)
        if before is None or now - before.came > LONGEST_WAIT:
            more = 0 if before is None else before.more
            self._kinds[key] = _Told(now, now)
            self._kinds.move_to_end(key)
            if len(self._kinds) > MOST_KINDS:
                self._kinds.popitem(last=False)
            return more
        before.came = now
        if now - before.told < before.wait:
            before.more += 1
            return None
        more, before.more = before.more, 0
        before.wait = min(LONGEST_WAIT, 2 * before.wait) if more else FIRST_WAIT
        before.told = now
        return more


class Once:
    """Which things are told once and never again, as long as they are among the last that were."""

    def __init__(self) -> None:
        self._told: OrderedDict[tuple[str, str], None] = OrderedDict()

    def first(self, client: str, kind: str) -> bool:
        """Whether this is the first of its kind."""
        if (client, kind) in self._told:
            return False
        self._told[client, kind] = None
        if len(self._told) > MOST_KINDS:
            self._told.popitem(last=False)
        return True


class Buckets:
    """A bucket for each client; that of the one which was silent longest makes room."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, client: str, now: float) -> bool:
        """Whether one more of this client is within the limit."""
        bucket = self._buckets.get(client)
        if bucket is None:
            bucket = self._buckets[client] = Bucket(self._rate, self._burst)
            if len(self._buckets) > MOST_CLIENTS:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(client)
        return bucket.take(now)


class HeldKeys:
    """Which client holds which key: a program that opens a new socket for each message lets go from another port than it pressed from."""

    def __init__(self) -> None:
        self._holders: dict[tuple[int, int], list[str]] = {}

    def press(self, source: str, channel: int, pitch: int) -> None:
        """The key went down."""
        holders = self._holders.setdefault((channel, pitch), [])
        if source not in holders:
            holders.append(source)
            del holders[:-MOST_CLIENTS]

    def release(self, source: str, channel: int, pitch: int) -> str:
        """The source whose key comes up: this one, or where it holds none the last of the same host that does."""
        holders = self._holders.get((channel, pitch), [])
        host = source.rpartition(":")[0]
        there = [each for each in holders if each == source] or [each for each in holders if each.rpartition(":")[0] == host]
        if not there:
            return source
        holders.remove(there[-1])
        if not holders:
            del self._holders[channel, pitch]
        return there[-1]

    def forget(self, source: str) -> None:
        """The client is gone: its keys are up."""
        self._holders = {key: kept for key, holders in self._holders.items() if (kept := [each for each in holders if each != source])}

    def clear(self) -> None:
        """All keys are up."""
        self._holders.clear()
