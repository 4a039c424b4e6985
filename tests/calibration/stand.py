"""What a calibration is tried on: the command in a process of its own, a thru box, a synthesiser."""

import contextlib
import json
import queue
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.jack import JackServer

THRU = Path(__file__).with_name("thru.py")
SOUNDS = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")


def calibrated(*arguments: str) -> dict[str, Any]:
    """What `performer calibrate --json` finds."""
    command = [sys.executable, "-m", "performer", "calibrate", "--json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def until(holds: Callable[[], bool], seconds: float = 15.0) -> None:
    """Wait until it holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came to be"
        threading.Event().wait(0.1)


class Thru:
    """The program thru.py while it runs."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.arrived: queue.SimpleQueue[tuple[float, int]] = queue.SimpleQueue()
        self._process = process
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            moment, pitch = line.split()
            self.arrived.put((float(moment), int(pitch)))


@contextlib.contextmanager
def thru(ms: float = 0.0, lose: int = 0, double: int = 0) -> Iterator[Thru]:
    """A thru box that holds notes for so many milliseconds, loses each `lose`-th and doubles each `double`-th."""
    command = [sys.executable, str(THRU), str(ms), str(lose), str(double)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield Thru(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(10)


@contextlib.contextmanager
def synthesiser(server: JackServer) -> Iterator[None]:
    """FluidSynth, with its ports in JACK and nothing connected."""
    assert shutil.which("fluidsynth") and SOUNDS.exists()
    command = [
        "fluidsynth", "-i", "-s", "-q", "-a", "jack", "-m", "jack", "-o", "audio.jack.autoconnect=0", "-o", "synth.sample-rate=48000", str(SOUNDS),
    ]  # fmt: skip
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: any("fluidsynth" in port and "left" in port for port in server.ports()))
        yield
    finally:
        process.terminate()
        process.wait(10)
