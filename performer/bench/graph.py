"""What a program on the same JACK server sees of a reply: the frames from the key in one of the server's cycles to the answer in a later one.

A DAW that is a client of the server gives and takes notes with its cycles, so it waits for none on either side, as the two programs of the bench
must that stand outside. `jack_midi_dump`, which comes with Debian's jackd2, listens to both ports and tells the frame of each note. It counts the
cycles that there were: where the server itself stood still for a while (an xrun), that is not in these figures, but in all others."""

import contextlib
import math
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from performer import jack

PROGRAM = "jack_midi_dump"
LISTENER = "Performer frames"
STARTING_S = 5.0
SETTLING_S = 0.1  # until what was connected is heard
MISSED = 2  # keys one after another that the program may not have heard
NOTE_ON = re.compile(r"\s*(\d+): 9([0-9a-f]) ([0-9a-f]{2}) ([0-9a-f]{2})")

Key = tuple[int, int]  # pitch, velocity


@dataclass(slots=True)
class Frames:
    """What went over the ports: `lines` of the program, frames of which `rate` are a second."""

    rate: int = 48000
    lines: list[str] = field(default_factory=list)

    def waits(self, keys: Sequence[Key], apart: float) -> list[float]:
        """Seconds from each of the keys, in their order and at least `apart` seconds after one another, to the next note after it. A key that nothing
        answers before the next one has none."""
        out, number, since, last = [], 0, None, -math.inf
        for match in filter(None, map(NOTE_ON.match, self.lines)):
            frame, key = int(match[1]), (int(match[3], 16), int(match[4], 16))
            soon = keys[number : number + MISSED + 1]
            if key in soon and frame - last >= apart * self.rate:
                number, since, last = number + soon.index(key) + 1, frame, frame
            elif since is not None and key[1]:
                out.append((frame - since) / self.rate)
                since = None
        return out


@contextlib.contextmanager
def graph(*sources: str) -> Iterator[Frames]:
    """Empty while the block runs; afterwards what went over the JACK ports whose names begin so. It stays empty where the program is missing or
    there is no such server or port."""
    told = Frames()
    observer = jack.Observer.open() if shutil.which(PROGRAM) else None
    if observer is None:
        yield told
        return
    told.rate = observer.rate
    with tempfile.TemporaryFile("w+") as file, contextlib.closing(observer):
        process = subprocess.Popen([PROGRAM, "-a", LISTENER], stdout=file, stderr=subprocess.DEVNULL)
        try:
            hears = _connected(observer, sources, process)
            threading.Event().wait(SETTLING_S)
            yield told
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            file.seek(0)
            told.lines += file.read().splitlines() if hears else []
        finally:
            process.kill()
            process.wait()


def _connected(observer: jack.Observer, sources: Sequence[str], process: subprocess.Popen[bytes]) -> bool:
    """Whether the program came and hears all of them. It can be seen a moment before it can hear."""
    left = list(sources)
    for _ in range(int(STARTING_S / 0.05)):
        ports = observer.midi_ports(jack.IS_OUTPUT)
        into = next((name for name in observer.midi_ports(jack.IS_INPUT) if name.startswith(LISTENER)), "")
        left = [source for source in left if not any(observer.connect(name, into) for name in ports if name.startswith(source))]
        if not left:
            return True
        if process.poll() is not None:
            break
        threading.Event().wait(0.05)
    return False
