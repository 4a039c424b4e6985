"""A MIDI port that outlives what is behind it: it opens, is watched, is given up and opened again.

`handle` is rtmidi's object, or None while there is no port. The thread that plays reads it once a message; whoever watches replaces it.
"""

import gc
import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from performer import jack
from performer.errors import PortError
from performer.midi_system import Callback, Direction, MidiSystem, Opened, Ports, open_port
from performer.priority import punctual

log = logging.getLogger("performer")
POLL_S = 0.00025  # seconds between two looks for messages where rtmidi is polled: about 3 % of a core
BUSY_POLL_S = 0.001  # where who would answer is busy: each look takes Python's lock from him for 0.1 ms
IDLE_LOOKS = 6  # looks without a message after which the reader is lent to who has something to do meanwhile: about every 3 ms


class Port:
    """One input or output, by the name that was asked for; None asks for a virtual port of the name `virtual`.

    An input's `callback` gets each message with its delta, and where rtmidi is polled the time by `now` at which it was found, else None. `idle`
    is called by the thread that polls while nothing comes; it may take a fraction of a millisecond. `busy` says whether who would answer a message
    has something to do first."""

    def __init__(
        self,
        direction: Direction,
        want: str | None,
        virtual: str,
        callback: Callback | None = None,
        idle: Callable[[], object] | None = None,
        now: Callable[[], float] = time.perf_counter,
        busy: Callable[[], bool] = lambda: False,
    ) -> None:
        self.handle: Any = None
        self.opened: Opened | None = None
        self.confirmed = 0  # how often the port was seen to be alive
        self._ask = (direction, want, virtual, callback)
        self._title = want or virtual
        self._idle, self._now, self._busy = idle, now, busy
        self._kept: list[Any] = []
        self._retired: list[Any] = []
        self._reader: threading.Thread | None = None

    @property
    def name(self) -> str:
        """The name of the open port, or of the one that is wanted."""
        return self.opened.name if self.opened else self._title

    def open(self) -> None:
        """Open the port; an open one stays as it is. Raises PortError."""
        if self.handle is not None:
            return
        self._delete_retired()
        self.opened = open_port(*self._ask)
        if self.opened.remark:
            log.warning(self.opened.remark)
        self.handle = self.opened.handle
        callback = self._ask[3]
        if callback is not None and self.opened.system.polled:
            self._reader = threading.Thread(target=self._listen, args=(self.handle, callback), name=f"midi {self._ask[0]}", daemon=True)
            self._reader.start()
        elif callback is not None:
            self._keep_callback(callback)

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
        self.handle = None

    def retire(self) -> None:
        """Stop using the handle while its MIDI system lives. It is freed later, when no thread can be inside it any more."""
        handle, self.handle = self.handle, None
        if handle is None or self.opened is None:
            return
        self._stop_listening(handle, self.opened)
        if self.opened.system.name == "JACK":
            handle.close_port()  # and no more, since the server may be dead by the time of the freeing
        else:
            self._retired.append(handle)

    def close(self) -> None:
        """Close the port. No other thread may be playing to it."""
        if self.opened is not None and self.opened.system.name == "JACK" and not self.alive():
            self.abandon()
        handle, self.handle = self.handle, None
        if handle is not None and self.opened is not None:
            self._stop_listening(handle, self.opened)
            self._retired.append(handle)
        if self._retired:
            # A callback may be waiting for Python's lock: freeing its thread now would wait for it for ever.
            threading.Event().wait(0.02)
        self._delete_retired()

    def _listen(self, handle: Any, callback: Callback) -> None:
        with punctual():
            self._read(handle, callback)

    def _read(self, handle: Any, callback: Callback) -> None:
        looks = 0
        while self.handle is handle:
            came = []
            while (message_and_delta := handle.get_message()) is not None:
                came.append((message_and_delta, self._now()))
            for message_and_delta, moment in came:  # the notes of a chord came together, however long it takes to answer the first
                callback(message_and_delta, moment)
            looks = 0 if came else looks + 1
            if self._idle is not None and looks and looks % IDLE_LOOKS == 0:
                self._idle()
            time.sleep(BUSY_POLL_S if self._busy() else POLL_S)

    def _stop_listening(self, handle: Any, opened: Opened) -> None:
        """After this no thread but rtmidi's own is inside the handle, which `self.handle` no longer is."""
        if self._reader is not None:
            self._reader.join(1.0)
            self._reader = None
        elif self._ask[3] is not None and not opened.system.polled:
            handle.cancel_callback()

    def _delete_retired(self) -> None:
        while self._retired:
            self._retired.pop().delete()

    def _keep_callback(self, callback: Callback) -> None:
        """Hold on to the pair in which rtmidi keeps the callback: it frees the pair while its own thread may still be about to read it."""
        young = [pair for pair in gc.get_objects(generation=0) if type(pair) is tuple and len(pair) == 2 and pair[0] is callback]
        self._kept += young or [pair for pair in gc.get_referrers(callback) if type(pair) is tuple]


class PortWatch:
    """A slow thread that looks whether the ports are alive and opens them again when they can be.

    `tell` gets a sentence at each change. A port that never opened is tried too, so a MIDI system may also come later."""

    def __init__(self, ports: Sequence[Port], tell: Callable[[str], None] = log.warning, every_s: float = 1.0) -> None:
        self._ports = ports
        self._tell = tell
        self._every_s = every_s
        self._observer: jack.Observer | None = None
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
            if port.handle is None or port.opened is None:
                continue
            system = port.opened.system
            if system.name not in listed:
                listed[system.name] = self._list(system)
            ports = listed[system.name]
            if ports is None:
                port.abandon()
                self._tell(f"The MIDI system {system.name} died; '{port.name}' comes back with it.")
            elif not port.among(ports):
                port.retire()
                self._tell(f"The MIDI port '{port.name}' vanished; it is opened again when it is back.")
            else:
                port.confirmed += 1
        for port in self._ports:
            if port.handle is None:
                self._reopen(port)

    def _reopen(self, port: Port) -> None:
        try:
            port.open()
        except PortError:
            return
        self._tell(f"The MIDI port '{port.name}' is open.")

    def _list(self, system: MidiSystem) -> Ports | None:
        if system.name == "JACK" and jack.library() is not None:
            self._observer = self._observer or jack.Observer.open()
            if self._observer is not None and self._observer.answers():
                return Ports(self._observer.midi_ports(jack.IS_OUTPUT), self._observer.midi_ports(jack.IS_INPUT))
            self._close_observer()
            return None
        try:
            return system.ports()
        except PortError:
            return None

    def _close_observer(self) -> None:
        if self._observer is not None:
            self._observer.close()
            self._observer = None

    def _run(self) -> None:
        while not self._stop.wait(self._every_s):
            self.look()
