"""A call in a process of its own, for libraries that may hang with Python's lock in their hand or take the whole process with them.

JACK's does: where its server lives but does not answer, a client waits for it for ever, and no thread of that process runs any more.
"""

import contextlib
import multiprocessing
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from performer.errors import PerformerError, PortError

CONTEXT = multiprocessing.get_context("spawn")
STARTING_S = 60.0  # seconds that the process has to begin with the call: a busy machine takes some
LEAVING_S = 1.0  # seconds that the process has to end by itself when it has said its result
Result = TypeVar("Result")


class Apart(Generic[Result]):
    """`function(*arguments)`, begun at once; all of it has to be picklable. To be used in a `with`: its end is that of the process."""

    def __init__(self, function: Callable[..., Result], *arguments: Any) -> None:
        self._here, there = CONTEXT.Pipe(duplex=False)
        self._process = CONTEXT.Process(target=_call, args=(there, function, arguments), name="performer apart", daemon=True)
        self._process.start()
        self._started = time.monotonic()
        self._begun: float | None = None
        there.close()

    def result(self, seconds: float) -> Result:
        """What the function returned. Raises its PerformerError as a PortError, TimeoutError when it has not returned so many seconds
        after its process called it, and PortError when its process ended without a word. May be called again after a TimeoutError."""
        if self._begun is None:
            self._begun = self._received(self._started + STARTING_S)
        result, problem = self._received(self._begun + seconds)
        if problem is not None:
            raise PortError(*problem)
        return result  # type: ignore[no-any-return]

    @property
    def begun(self) -> bool:
        """Whether its process was heard to have called the function: one that starts slowly is no library that hangs."""
        return self._begun is not None

    def _received(self, until: float) -> Any:
        """The next that its process says, at the latest at this time.monotonic(), which all processes of a machine share."""
        if not self._here.poll(max(0.0, until - time.monotonic())):
            raise TimeoutError
        try:
            return self._here.recv()
        except EOFError:
            raise PortError("A library ended its process.", "Its own words may stand above; start the audio system of this machine again.") from None

    def end(self) -> None:
        """End the process, whatever it does."""
        self._here.close()
        self._process.join(LEAVING_S if self._process.exitcode is None else None)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.end()


def _call(there: Connection, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends this
    said: tuple[Any, tuple[str, str] | None]
    with contextlib.suppress(BrokenPipeError):
        there.send(time.monotonic())
    try:
        said = (function(*arguments), None)
    except PerformerError as error:
        said = (None, (error.problem, error.remedy))
    with contextlib.suppress(BrokenPipeError):  # it came too late: nobody waits for it any more
        there.send(said)
