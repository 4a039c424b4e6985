"""How a show is told to end: by signals, by its terminal, by the console window of Windows. The parent stops in order, its children wait for it.

A terminal tells every process of the show when it closes, or when somebody types Ctrl-C or Ctrl-\\: a child that ended at that would leave its
notes sounding. So the children are deaf to the terminal from before their first line on, and end when the parent lets go of them.
"""

import contextlib
import ctypes
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

ENDS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGBREAK")  # those that this system has
OF_TERMINAL = ("SIGINT", "SIGHUP", "SIGQUIT", "SIGBREAK")
PR_SET_PDEATHSIG = 1  # of prctl
CLOSE, LOG_OFF, SHUT_DOWN = 2, 5, 6  # events of a console of Windows
WINDOWS_WAITS_S = 4.5  # seconds that Windows lets a process have after its window was closed, less a little


def numbers(names: tuple[str, ...]) -> list[signal.Signals]:
    """The signals of these names that this system has."""
    return [signal.Signals[name] for name in names if name in signal.Signals.__members__]


def end_on_signals(stop: Callable[[], object]) -> "ConsoleWindow":
    """Call `stop` when this process is told to end, however often. A hang-up that is ignored already (nohup) stays ignored."""
    for number in numbers(ENDS):
        if number.name != "SIGHUP" or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, lambda *_: stop())
    return ConsoleWindow(stop)


def be_deaf_to_terminal() -> None:
    """For a child: ignore what the terminal says, and hear what was held back while it was started."""
    for number in numbers(OF_TERMINAL):
        signal.signal(number, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers(OF_TERMINAL))
    if sys.platform == "win32":
        _windows.append(ConsoleWindow(lambda: None))


def wake_with_parent_gone() -> None:
    """For a child, on Linux: where the parent dies, a child that was stopped goes on, so that it sees that and ends too."""
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGCONT), 0, 0, 0)


@contextlib.contextmanager
def held_back() -> Iterator[None]:
    """A process that is started meanwhile hears nothing from the terminal until `be_deaf_to_terminal`."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers(OF_TERMINAL))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class ConsoleWindow:
    """The console window of Windows: when it closes, or the user logs off, `stop` is called, and Windows waits until `over` is set or its
    patience ends. Elsewhere it does nothing. `register` stands in for SetConsoleCtrlHandler."""

    def __init__(self, stop: Callable[[], object], register: Callable[[Any, bool], object] | None = None) -> None:
        self.over = threading.Event()
        self._stop = stop
        # Windows keeps the pointer only, so the object must live as long as the process.
        self._handler = getattr(ctypes, "WINFUNCTYPE", ctypes.CFUNCTYPE)(ctypes.c_int, ctypes.c_uint)(self._closing)
        if register is None and sys.platform == "win32":
            register = ctypes.windll.kernel32.SetConsoleCtrlHandler
        if register is not None:
            register(self._handler, True)

    def _closing(self, event: int) -> int:
        """Windows calls this on a thread of its own, and ends the process when it returns."""
        if event not in (CLOSE, LOG_OFF, SHUT_DOWN):
            return 0
        self._stop()
        self.over.wait(WINDOWS_WAITS_S)
        return 1


_windows: list[ConsoleWindow] = []
