"""The picture moves to the sound: a real show, a sound in its audio input, and the frames as a page receives them."""

import io
import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from websockets.sync.client import connect

from tests.jack import JackServer
from tests.show_process import ShowProcess

pytestmark = pytest.mark.programs
PEER = Path(__file__).parent / "listening" / "audio_peer.py"
LOUDNESS = (0.0, 0.02, 0.5, 0.05, 0.2, 0.01, 0.6)  # amplitude of the sine, one after the other
STEP = 0.9  # seconds each
LINES = ("[show]\nseed = 3", "[midi]\nenabled = false", "[desk]\nenabled = true", "[visuals]\nspeed = 0.0")


class Eye:
    """A page that looks and listens: frames with the level that was told last when they came."""

    def __init__(self, port: int) -> None:
        self.levels: list[float] = []
        self.changes: list[float] = []
        self._level, self._before = 0.0, np.zeros(0)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, args=(port,), daemon=True)
        self._thread.start()

    def _look(self, port: int) -> None:
        with connect(f"ws://127.0.0.1:{port}/ws?pictures=1", origin=f"http://127.0.0.1:{port}") as page:  # type: ignore[arg-type]
            while not self._over.is_set():
                self._take(page.recv(timeout=5))

    def _take(self, message: str | bytes) -> None:
        if isinstance(message, str):
            address, *values = json.loads(message)
            self._level = values[0] if address == "/performer/features" else self._level
            return
        picture = np.asarray(Image.open(io.BytesIO(message)), np.float32)
        if self._before.size:
            self.levels.append(self._level)
            self.changes.append(float(np.abs(picture - self._before).mean()))
        self._before = picture

    def close(self) -> None:
        self._over.set()
        self._thread.join(6)


def test_frames_change_with_the_level_and_stand_still_after_it(jack_server: JackServer, tmp_path: Path):
    command = [sys.executable, str(PEER)]
    with ShowProcess(tmp_path, *LINES) as show:
        sound = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert sound.stdin is not None and sound.stdout is not None
        eye = Eye(show.page)
        try:
            assert sound.stdout.readline() == "plays\n"
            ears = _port(jack_server, "Performer Audio:in_0")
            jack_server.connect(_port(jack_server, "PortAudio:out_0"), ears)
            for amplitude in LOUDNESS:
                sound.stdin.write(f"{amplitude}\n")
                sound.stdin.flush()
                threading.Event().wait(STEP)
            sound.stdin.write("0.0\n")
            sound.stdin.flush()
            heard = len(eye.changes)
            still = _until_still(eye, 10.0)
        finally:
            sound.stdin.close()  # it ends by itself: a JACK server waits for a client that was killed
            sound.wait(10)
            sound.stdout.close()
            eye.close()
    levels, changes = (_quarters(each[:heard]) for each in (eye.levels, eye.changes))
    correlation = float(np.corrcoef(levels, changes)[0, 1])
    print(f"correlation of level with frame change over {heard} frames: {correlation:.2f}; frames at rest that differ: 0 of {still}")
    assert heard > 40
    assert correlation > 0.4


def _quarters(values: list[float]) -> np.ndarray:
    """Means of six frames, a quarter of a second."""
    return np.array(values[: len(values) // 6 * 6]).reshape(-1, 6).mean(1)


def _port(server: JackServer, name: str) -> str:
    """The port of this name, as soon as it is there."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        if name in server.ports():
            return name
    raise AssertionError(f"{name} is not among {server.ports()}")


def _until_still(eye: Eye, seconds: float) -> int:
    """Wait until the last twenty frames were all the same; how many they are."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        last = eye.changes[-20:]
        if len(last) == 20 and not any(last):
            return len(last)
        threading.Event().wait(0.05)
    raise AssertionError(f"the picture still moves: {eye.changes[-20:]}")
