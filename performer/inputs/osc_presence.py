"""Whether the OSC clients that hold something are still there. On the thread `net`.

UDP knows no end of a connection: a program that crashed, a tablet that went, let no key go. So while a client holds a key or a controller, an
empty bundle goes to the port that it speaks from once a second. Where that port was open and is refused now, the client is gone; a machine that
cannot be reached for a while is too. A program that opens a new socket for each message is never reached like this. It counts as gone, as
everybody does, when it has said nothing for SILENT seconds.
"""

import socket
from dataclasses import dataclass, field

KNOCK_S = 1.0  # seconds between two empty bundles to a client
UNREACHED = 3  # bundles in a row that do not reach its machine, after which it is gone
SILENT = 300.0  # seconds without a word; so long a client is told, too
MOST = 64  # clients that are looked after; the one that came first makes room
EMPTY_BUNDLE = b"#bundle\0" + b"\0" * 7 + b"\1"
Held = tuple[str, int, int]  # key or control, channel, number


@dataclass(slots=True)
class Holder:
    """A client that holds something."""

    spoke: float
    """When it last said something, in seconds."""
    held: set[Held] = field(default_factory=set)
    sock: socket.socket | None = None
    """Connected to the port that it speaks from, so that refusals come back."""
    knocks: int = 0
    """Bundles that were sent."""
    unreached: int = 0
    is_open: bool = True
    """Whether its port can be asked: not where the first bundle was refused."""

    def close(self) -> None:
        """Close the socket."""
        if self.sock is not None:
            self.sock.close()
            self.sock = None


class Presence:
    """The clients that hold something, by their senders (host:port). Used by one thread."""

    def __init__(self) -> None:
        self._holders: dict[str, Holder] = {}
        self._rotating: set[str] = set()
        self._due = 0.0

    def hold(self, sender: str, held: Held, now: float) -> None:
        """The client pressed a key, or moved a controller away from 0."""
        holder = self._holders.get(sender)
        if holder is None:
            if len(self._holders) >= MOST:
                self._holders.pop(next(iter(self._holders))).close()
            holder = self._holders[sender] = Holder(now, is_open=sender.rpartition(":")[0] not in self._rotating)
        holder.held.add(held)
        holder.spoke = now

    def let_go(self, sender: str, held: Held) -> None:
        """The client let it go."""
        holder = self._holders.get(sender)
        if holder is not None:
            holder.held.discard(held)
            if not holder.held:
                self._holders.pop(sender).close()

    def spoke(self, sender: str, now: float) -> None:
        """The client said something."""
        holder = self._holders.get(sender)
        if holder is not None:
            holder.spoke = now

    def rotates(self, sender: str) -> None:
        """A program on this sender's host lets go from another port than it pressed from: a closed port there says nothing."""
        host = sender.rpartition(":")[0]
        if len(self._rotating) < MOST:
            self._rotating.add(host)
        for each, holder in self._holders.items():
            if each.rpartition(":")[0] == host:
                holder.is_open = False

    def clear(self) -> None:
        """Nobody holds anything."""
        for holder in self._holders.values():
            holder.close()
        self._holders.clear()

    def gone(self, now: float) -> list[tuple[str, int]]:
        """The clients that are gone since the last call, and how many keys and controllers each held. Never waits."""
        if not self._holders or now < self._due:
            return []
        self._due = now + KNOCK_S
        lost = [
            (sender, len(holder.held)) for sender, holder in self._holders.items()
            if now - holder.spoke > SILENT or (holder.is_open and not _knock(sender, holder))
        ]  # fmt: skip
        for sender, _ in lost:
            self._holders.pop(sender).close()
        return lost


def _knock(sender: str, holder: Holder) -> bool:
    """Send an empty bundle and see whether one was refused. Returns whether the client is there for all that is known."""
    try:
        if holder.sock is None:
            holder.sock = _connect(sender)
        holder.sock.send(EMPTY_BUNDLE)
        holder.knocks += 1
        holder.unreached = 0
        holder.sock.recv(1)  # what somebody says to this port is for nobody
    except BlockingIOError:
        return True
    except ConnectionError:
        # Where nothing was open at the first bundle a refusal says nothing.
        holder.is_open = holder.knocks > 1
        return not holder.is_open
    except OSError:
        holder.unreached += 1
        holder.is_open = holder.knocks > 1
        return not holder.is_open or holder.unreached < UNREACHED
    return True


def _connect(sender: str) -> socket.socket:
    host, _, port = sender.rpartition(":")
    family, kind, protocol, _, address = socket.getaddrinfo(host, int(port), type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST)[0]
    sock = socket.socket(family, kind, protocol)
    sock.setblocking(False)
    try:
        sock.connect(address)
    except OSError:
        sock.close()
        raise
    return sock
