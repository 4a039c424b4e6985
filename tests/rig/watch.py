"""The session under observation: which key brought which note about. The rig holds what it finds against what the receiver heard."""

from dataclasses import dataclass
from typing import Any

from performer.effects import Ask, Effect, Play
from performer.events import Answer, NoteOn, Timed
from performer.session.state import Session

Key = tuple[str, int, int]  # source, channel, pitch


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a note was played: the keys of which one asked for it; none where it was planned."""

    play: Play
    keys: frozenset[Key]


class Watched:
    """A session that writes down the cause of each Play. Whoever calls it sees the session itself."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._asked: dict[int, frozenset[Key]] = {}  # ask -> the keys that it may answer
        self._last: Key | None = None
        self._causes: dict[int, Cause] = {}  # id of the Play

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def handle(self, timed: Timed) -> list[Effect]:
        """As the session does."""
        event = timed.event
        before = self._last
        if isinstance(event, NoteOn):
            self._last = (event.source, event.channel, event.pitch)
        effects = self._session.handle(timed)
        keys = frozenset([self._last]) if isinstance(event, NoteOn) and self._last else frozenset()
        if isinstance(event, Answer):
            keys = self._asked.get(event.ask, frozenset())
        for effect in effects:
            if isinstance(effect, Ask) and effect.held:
                self._asked[effect.id] = self._answered(effect, before)
            elif isinstance(effect, Play):
                self._causes[id(effect)] = Cause(effect, keys)
        return effects

    def cause(self, play: Play) -> frozenset[Key]:
        """The keys that may have asked for this note."""
        known = self._causes.get(id(play))
        return known.keys if known is not None and known.play is play else frozenset()

    def _answered(self, ask: Ask, before: Key | None) -> frozenset[Key]:
        """The last key, or the one before it, which a voice may have left waiting: what the ask hears last tells them apart."""
        keys = frozenset(key for key in (before, self._last) if key is not None)
        likely = frozenset(key for key in keys if ask.heard and key[2] == ask.heard[-1].pitch)
        return likely or keys
