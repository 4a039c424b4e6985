"""How late this machine wakes who only sleeps: a bare process at the front of the queue, beside what is measured. Nobody on it is more punctual,
so what a bench finds late is held against this.

As a program, `python -m performer.bench.machine`: it ends with its standard input and tells its percentiles as one line of JSON."""

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator

from performer.bench.figures import percentiles
from performer.priority import punctual, raise_priority

NAP = 0.004  # seconds of a sleep
MOST = 1 << 20  # naps that are remembered


@contextlib.contextmanager
def machine() -> Iterator[dict[str, float]]:
    """Empty while the block runs; afterwards the percentiles of this machine's own lateness meanwhile, in milliseconds."""
    process = subprocess.Popen([sys.executable, "-m", "performer.bench.machine"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = {}
    try:
        yield found
        found |= json.loads(process.communicate("", 10)[0])
    finally:
        process.kill()
        process.communicate()


def _wait(over: threading.Event) -> None:
    sys.stdin.read()
    over.set()


def main() -> None:
    over = threading.Event()
    threading.Thread(target=_wait, args=(over,), daemon=True).start()
    late: deque[float] = deque(maxlen=MOST)
    with punctual():
        raise_priority()
        while not over.is_set() or not late:
            due = time.perf_counter() + NAP
            time.sleep(NAP)
            late.append(time.perf_counter() - due)
    print(json.dumps(percentiles(late)), flush=True)


if __name__ == "__main__":
    main()
