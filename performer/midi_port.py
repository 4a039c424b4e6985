"""A MIDI port that outlives what is behind it: it opens, is watched, is given up and opened again.

`handle` is RtMidi's object, or None while there is no port. The thread that plays reads it once a message; whoever watches replaces it.
"""

import contextlib
import gc
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from performer import jack, midi_system
from performer.crash_memory import PortMemory, encode_ports
from performer.errors import PortError
from performer.midi_backends import Callback, Handle
from performer.midi_connections import Connections
from performer.midi_system import Direction, MidiSystem, Opened, Ports, SysexGuard, find, jack_ports, open_port
from performer.priority import punctual
from performer.shared_value import SharedValue

log = logging.getLogger("performer")
POLL_S = 0.00025  # seconds between two looks for messages where RtMidi is polled: about 3 % of a core
BUSY_POLL_S = 0.001  # where who would answer is busy: each look takes Python's lock from him for 0.1 ms
RETRY_S = 1.0  # seconds between two trials of a port that JACK does not list
QUIET_S = 5.0  # seconds without a message after which nobody plays
QUIET_POLL_S = 0.001  # between two looks then: so late is the first note at most
QUIET_IDLE_LOOKS = 500  # as IDLE_LOOKS, then: about every half second, which keeps the first reply as quick as the others
SENSING = 0xFE  # a cable says so that it is there, whether somebody plays or not
IDLE_LOOKS = 6  # looks without a message after which the reader is lent to who has something to do meanwhile: about every 3 ms


def read(
    handle: Handle,
    is_open: Callable[[], bool],
    callback: Callback,
    now: Callable[[], float] = time.perf_counter,
    idle: Callable[[], object] | None = None,
    busy: Callable[[], bool] = lambda: False,
    guard: SysexGuard | None = None,
    pause: Callable[[float], object] = time.sleep,
) -> None:
    """Fetch messages from an input without a callback and hand each over with its delta and the moment at which it was found, while it is open.

    After QUIET_S seconds without a message it looks every QUIET_POLL_S only, until the next one comes."""
    looks, played = 0, now()
    while is_open():
        came = []
        while (message_and_delta := handle.get_message()) is not None:
            moment = now()
            if guard is not None:
                message_and_delta = (guard.strip(message_and_delta[0], moment), message_and_delta[1])
            if message_and_delta[0]:
                came.append((message_and_delta, moment))
        for message_and_delta, moment in came:  # the notes of a chord came together, however long it takes to answer the first
            callback(message_and_delta, moment)
        looked = now()
        if guard is not None:
            guard.look(looked)
        if any(message[0] != SENSING for (message, _), _ in came):
            played = looked
        is_quiet = looked - played > QUIET_S
        looks = 0 if came else looks + 1
        if idle is not None and looks and looks % (QUIET_IDLE_LOOKS if is_quiet else IDLE_LOOKS) == 0:
            idle()
        pause(QUIET_POLL_S if is_quiet else BUSY_POLL_S if busy() else POLL_S)


@contextlib.contextmanager
def reading(handle: Handle, callback: Callback) -> Iterator[None]:
    """While the block runs a thread reads the input as that of a `Port` does. No thread is inside the handle afterwards."""
    ended = threading.Event()

    def run() -> None:
        with punctual():
            read(handle, lambda: not ended.is_set(), callback)

    thread = threading.Thread(target=run, name="midi in", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


class Port:
    """One input or output, by the name that was asked for; None asks for a virtual port of the name `virtual`.

    An input's `callback` gets each message with its delta, and where RtMidi is polled the time by `now` at which it was found, else None. `idle`
    is called by the thread that polls while nothing comes; it may take a fraction of a millisecond. `busy` says whether who would answer a message
    has something to do first. `lost` is called when what is held down through the port may have lost its end: the port or one that was connected
    with it is gone. `check` is called several times a second by the thread that watches the port. `direct`: RtMidi calls back on JACK too, on the
    thread that all of the server's clients wait for; only for a process that never computes, and so never keeps Python's lock."""

    def __init__(
        self,
        direction: Direction,
        want: str | None,
        virtual: str,
        callback: Callback | None = None,
        idle: Callable[[], object] | None = None,
        now: Callable[[], float] = time.perf_counter,
        busy: Callable[[], bool] = lambda: False,
        lost: Callable[[], object] = lambda: None,
        check: Callable[[], object] = lambda: None,
        direct: bool = False,
    ) -> None:
        self.handle: Any = None
        self.opened: Opened | None = None
        self.confirmed = 0  # how often the port was seen to be alive
        self._ask = (direction, want, virtual, callback)
        self._direct = direct
        self._title = want or virtual
        self._idle, self._now, self._busy = idle, now, busy
        self.lost, self.check = lost, check
        self._kept: list[Any] = []
        self._retired: list[Handle] = []
        self._reader: threading.Thread | None = None

    @property
    def name(self) -> str:
        """The name of the open port, or of the one that is wanted."""
        return self.opened.name if self.opened else self._title

    def open(self) -> None:
        """Open the port; an open one stays as it is. Raises PortError."""
        if self.handle is not None:
            return
        self.free()
        direction, want, virtual, callback = self._ask
        if callback is not None and self._direct:
            callback = self._unmark
        self.opened = open_port(direction, want, virtual, callback, self._direct)
        if self.opened.remark:
            log.warning(self.opened.remark)
        self.handle = self.opened.handle
        if callback is not None and not self.opened.calls_back:
            args = (self.handle, callback, self.opened.guard)
            self._reader = threading.Thread(target=self._listen, args=args, name=f"midi {self._ask[0]}", daemon=True)
            self._reader.start()
        elif callback is not None:
            self._keep_callback(callback)

    def _unmark(self, message_and_delta: tuple[list[int], float], moment: Any) -> None:
        """Hand a message over without the mark of the port's guard."""
        callback, opened = self._ask[3], self.opened
        message, delta = message_and_delta
        if opened is not None and opened.guard is not None and moment is None:
            message = opened.guard.strip(message, self._now())
        if message and callback is not None:
            callback((message, delta), moment)

    def look_after(self) -> None:
        """End a sysex that has no end, where RtMidi calls back: its own thread does so where it is polled. To be called some ten times a second."""
        opened = self.opened
        if opened is not None and opened.guard is not None and opened.calls_back and self.handle is not None:
            opened.guard.look(self._now())

    @property
    def direction(self) -> Direction:
        return self._ask[0]

    def remembered(self, number: int, connected: Sequence[str]) -> PortMemory:
        """What a later process has to know of this port."""
        direction, want, virtual, _ = self._ask
        system, own = (self.opened.system.name, self.opened.own) if self.opened is not None else ("", "")
        return PortMemory(direction, number, system, want, virtual, own, tuple(connected))

    def is_among(self, ports: Ports) -> bool:
        """Whether a port with the wanted name is among these; any is where a virtual one is wanted."""
        want = self._ask[1]
        return want is None or find(want, ports.inputs if self.direction == "in" else ports.outputs) is not None

    def among(self, ports: Ports) -> bool:
        """Whether the open port is among these."""
        return self.opened is not None and self.opened.among(ports)

    def alive(self) -> bool:
        """Whether fresh objects see the port. Takes up to 30 ms and Python's lock with it: `PortWatch` has a cheaper way."""
        if self.handle is None or self.opened is None:
            return False
        try:
            return self.among(self.opened.system.ports())
        except PortError:
            return False

    def abandon(self) -> None:
        """Forget the handle and never free it: its JACK server died, libjack frees the client by itself, and to do so twice would crash."""
        self._let_go()
        self._retired.clear()

    def retire(self) -> None:
        """Stop using the handle while its MIDI system lives. It is freed by the next `open`, when no thread can be inside it any more."""
        self._retired += self._let_go()

    def close(self) -> None:
        """Close the port. No other thread may be playing to it."""
        if self.opened is not None and self.opened.system.name == "JACK" and not self.alive():
            self.abandon()
        self._retired += self._let_go()
        if self._retired:
            # A callback may be waiting for Python's lock: freeing its thread now would wait for it for ever.
            threading.Event().wait(0.02)
        self.free()

    def _let_go(self) -> list[Handle]:
        """Stop using the handle. Returns what there is to free."""
        handle, self.handle = self.handle, None
        if handle is None or self.opened is None:
            return []
        self._stop_listening(handle, self.opened)
        self.lost()
        guard = self.opened.guard
        return [handle] if guard is None else [guard.handle, handle]

    def _listen(self, handle: Handle, callback: Callback, guard: SysexGuard | None) -> None:
        with punctual():
            read(handle, lambda: self.handle is handle, callback, self._now, self._idle, self._busy, guard)

    def _stop_listening(self, handle: Handle, opened: Opened) -> None:
        """After this no thread but RtMidi's own is inside the handle, which `self.handle` no longer is."""
        if self._reader is not None:
            self._reader.join(1.0)
            self._reader = None
        elif self._ask[3] is not None and opened.calls_back:
            handle.cancel_callback()

    @property
    def is_retired(self) -> bool:
        """Whether a handle is still to be freed."""
        return bool(self._retired)

    def free(self) -> None:
        """Free what was retired. Its MIDI system lives, and no thread has been inside the handles for a while."""
        while self._retired:
            self._retired.pop().delete()

    def _keep_callback(self, callback: Callback) -> None:
        """Hold on to the pair in which python-rtmidi keeps the callback: it frees the pair while its own thread may still be about to read it."""
        young = [pair for pair in gc.get_objects(generation=0) if type(pair) is tuple and len(pair) == 2 and pair[0] is callback]
        self._kept += young or [pair for pair in gc.get_referrers(callback) if type(pair) is tuple]


class PortWatch:
    """A slow thread that looks whether the ports are alive, opens them again when they can be, and restores connections on JACK.

    `tell` gets a sentence at each change. A port that never opened is tried too, so a MIDI system may also come later. Whatever goes wrong in a
    look is logged once for each kind of error, and the next look follows. What it knows is written into `memory` when it changes. `looked` is
    called after each look."""

    def __init__(
        self,
        ports: Sequence[Port],
        tell: Callable[[str], None] = log.warning,
        every_s: float = 0.25,
        memory: SharedValue | None = None,
        looked: Callable[[], object] = lambda: None,
    ) -> None:
        self._ports = ports
        self._tell = tell
        self._every_s = every_s
        self._observer: jack.Observer | None = None
        self._connections = Connections()
        self._memory, self._looked = memory, looked
        directions = [port.direction for port in ports]
        self._numbers = {port: directions[:place].count(port.direction) + 1 for place, port in enumerate(ports)}  # within a direction, from 1
        self._logged: set[type[Exception]] = set()
        self._retry: dict[Port, float] = {}  # port -> when it is tried again that is on no list
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="port watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the watch; the ports stay as they are."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(2.0)
        self._close_observer()

    def look(self) -> None:
        """Look once, in the calling thread."""
        listed: dict[str, Ports | None] = {}
        for port in self._ports:
            with self._going_on():
                port.check()
                self._look_at(port, listed)
        for port in self._ports:
            with self._going_on():
                if port.handle is None and not port.is_retired:
                    self._reopen(port, listed)

        with self._going_on():
            self._write()
            self._looked()

    def expect(self, ports: Sequence[PortMemory]) -> None:
        """Connect the ports with what the same ones of an earlier process were connected with. To be called before `start`."""
        before = {(each.direction, each.number): each.connected for each in ports}
        for port, number in self._numbers.items():
            if connected := before.get((port.direction, number)):
                self._connections.expect(port, connected)

    def _write(self) -> None:
        if self._memory is not None:
            known = [port.remembered(number, self._connections.seen(port)) for port, number in self._numbers.items()]
            self._memory.write(encode_ports(known))

    @contextlib.contextmanager
    def _going_on(self) -> Iterator[None]:
        """Whatever goes wrong with one port keeps nobody from looking at the others."""
        try:
            yield
        except Exception as error:
            if type(error) not in self._logged:
                self._logged.add(type(error))
                log.exception("the watch of the MIDI ports met an error; it goes on")

    def _look_at(self, port: Port, listed: dict[str, Ports | None]) -> None:
        opened = port.opened
        if opened is None or (port.handle is None and not port.is_retired):
            return
        if opened.system.name not in listed:
            listed[opened.system.name] = self._list(opened.system)
        ports = listed[opened.system.name]
        if ports is None:
            was_open = port.handle is not None
            port.abandon()
            self._connections.forget_own(port)
            if was_open:
                self._tell(f"The MIDI system {opened.system.name} died; '{port.name}' comes back with it.")
        elif port.handle is None:
            port.free()
        elif not port.among(ports):
            port.retire()
            self._connections.forget_own(port)
            self._tell(f"The MIDI port '{port.name}' vanished; it is opened again when it is back.")
        else:
            port.confirmed += 1
            self._restore(port, opened, ports)

    def _restore(self, port: Port, opened: Opened, ports: Ports) -> None:
        """Connect again what was connected, on JACK."""
        if self._observer is None or not opened.own or opened.system.name != "JACK":
            return
        is_input = port.direction == "in"
        if self._connections.look(port, self._observer, opened.own, is_input, ports.inputs if is_input else ports.outputs):
            port.lost()
        guard = opened.guard
        if guard is not None and opened.own not in self._observer.connections(guard.port) and self._observer.connect(guard.port, opened.own):
            guard.connected()

    def _reopen(self, port: Port, listed: dict[str, Ports | None]) -> None:
        """Open the port if it can be. To try costs some 10 ms of Python's lock: JACK's list of ports tells whether it is worth it."""
        if "JACK" not in listed and jack.library() is not None:
            listed["JACK"] = self._list_jack()
        ports = listed.get("JACK")
        is_there = ports is not None and port.is_among(ports)
        now = time.monotonic()
        if not is_there and (now < self._retry.get(port, 0.0) or (ports is not None and not Path(midi_system.ALSA_SEQUENCER).exists())):
            return
        self._retry[port] = now + RETRY_S
        try:
            port.open()
        except PortError:
            return
        self._tell(f"The MIDI port '{port.name}' is open.")

    def _list(self, system: MidiSystem) -> Ports | None:
        if system.name == "JACK" and jack.library() is not None:
            return self._list_jack()
        try:
            return system.ports()
        except PortError:
            return None

    def _list_jack(self) -> Ports | None:
        self._observer = self._observer or jack.Observer.open()
        if self._observer is not None and self._observer.answers():
            return jack_ports(self._observer)
        self._close_observer()
        return None

    def _close_observer(self) -> None:
        if self._observer is not None:
            self._observer.close()
            self._observer = None

    def _run(self) -> None:
        while not self._stop.wait(self._every_s):
            self.look()
