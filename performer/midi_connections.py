"""Which ports of other programs were connected with Performer's own on a JACK server, and the way back to that.

A connection that is gone while both its ports are there was taken away by a person, and stays away. One whose port is gone is made again when a
port of that name is back. Used by the thread that watches the ports.
"""

from collections.abc import Collection, Hashable
from dataclasses import dataclass, field

from performer.jack import Observer

MOST = 64  # ports that are remembered for each own one: programs that name theirs by their process come with new names for ever


@dataclass(slots=True)
class _Kept:
    """What is known of one own port: its full name, the ports it was seen connected with, and those of them that are to be connected again."""

    name: str = ""
    seen: dict[str, None] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)


class Connections:
    """The connections of Performer's own ports, by a key that outlives the port."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, _Kept] = {}

    def look(self, key: Hashable, observer: Observer, name: str, is_input: bool, others: Collection[str]) -> bool:
        """Look once, and connect again what should be. `name` is the own port's full name, `others` are the ports it may be connected with.
        Returns whether a connection is gone that the last look saw."""
        kept = self._kept.setdefault(key, _Kept())
        connected = {each for each in observer.connections(name) if each in others}
        before = set(kept.seen) - kept.missing
        gone = before - connected
        # A port that was made again has no connections: nobody took them away.
        lost = before if name != kept.name else {each for each in gone if each not in others}
        kept.name = name
        kept.missing = (kept.missing | lost) - connected
        for each in gone - kept.missing:
            del kept.seen[each]
        kept.seen |= dict.fromkeys(connected)
        for each in list(kept.seen)[:-MOST]:
            del kept.seen[each]
            kept.missing.discard(each)
        for each in kept.missing.intersection(others):
            observer.connect(*((each, name) if is_input else (name, each)))
        return bool(gone)

    def seen(self, key: Hashable) -> tuple[str, ...]:
        """The full names of the ports that the own port was connected with when it was last seen, or is to be connected with again."""
        return tuple(self._kept[key].seen) if key in self._kept else ()

    def expect(self, key: Hashable, names: Collection[str]) -> None:
        """The own port is to be connected with these when it is there, as it was before this process."""
        self._kept[key] = _Kept(seen=dict.fromkeys(names))

    def forget_own(self, key: Hashable) -> None:
        """The own port is gone: when it is back, all that it was connected with is connected again."""
        if key in self._kept:
            self._kept[key].name = ""
