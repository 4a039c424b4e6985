"""A desktop without hardware: Xorg with its dummy driver, two outputs of 1280 x 720 side by side, DUMMY0 and DUMMY1, drawn by Mesa's llvmpipe.

Xvfb has one output, whatever `xrandr --setmonitor` says, and glfw looks at outputs; these are named, and can be unplugged.
"""

import contextlib
import os
import shutil
import signal
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

NEEDED = ("Xorg", "xrandr", "xwd")
WIDTH, HEIGHT = 1280, 720
MODE = ("1280x720", "74.25", "1280", "1390", "1430", "1650", "720", "725", "730", "750")  # 60 Hz
CONFIG = """
Section "ServerFlags"
  Option "AutoAddDevices" "false"
  Option "AutoAddGPU" "false"
EndSection
Section "Device"
  Identifier "dummy"
  Driver "dummy"
  VideoRam 65536
EndSection
Section "Monitor"
  Identifier "any"
  HorizSync 5-1000
  VertRefresh 5-200
EndSection
Section "Screen"
  Identifier "screen"
  Device "dummy"
  Monitor "any"
  DefaultDepth 24
  SubSection "Display"
    Depth 24
    Modes "1280x720"
    Virtual 2560 720
  EndSubSection
EndSection
"""


def available() -> None:
    """Skip the test where the programs are not installed; in CI they may not be missing."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing and not os.environ.get("CI"):
        pytest.skip(f"{', '.join(missing)} is not installed")
    if not hasattr(os, "geteuid") or (os.geteuid() != 0 and not os.environ.get("CI")):
        pytest.skip("Xorg's dummy driver wants root")


class Desktop:
    """The X server. `name` is what DISPLAY has to be."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        (folder / "two.conf").write_text(CONFIG, encoding="ascii")
        here, there = os.pipe()
        command = ["Xorg", "-displayfd", str(there), "-config", str(folder / "two.conf"), "-logfile", str(folder / "log"), "-noreset"]
        command += ["-nolisten", "tcp", "-novtswitch", "-sharevts", "-s", "0", "-dpms"]
        with (folder / "words").open("wb") as words:
            self.process = subprocess.Popen(command, pass_fds=(there,), stdout=words, stderr=words)
        os.close(there)
        with os.fdopen(here) as said:
            number = said.readline().strip()
        assert number, (folder / "words").read_text(errors="replace")
        self.name = f":{number}"
        self._xrandr("--newmode", "performer", *MODE[1:])
        self._xrandr("--addmode", "DUMMY1", "performer")
        self.plug()

    def plug(self) -> None:
        """DUMMY1 is there, to the right of the other."""
        self._xrandr("--output", "DUMMY1", "--mode", "performer", "--pos", f"{WIDTH}x0")
        self._xrandr("--query")  # the server looks what is plugged in, as it does by itself where there is a cable

    def unplug(self) -> None:
        """DUMMY1 is gone."""
        self._xrandr("--output", "DUMMY1", "--off")
        self._xrandr("--query")

    @contextlib.contextmanager
    def stuck(self) -> Iterator[None]:
        """The server answers nobody while the block runs."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def shot(self, output: int = 1) -> np.ndarray:
        """What is on this output, (HEIGHT, WIDTH, 3)."""
        dump = subprocess.run(["xwd", "-root", "-silent", "-display", self.name], capture_output=True, check=True, timeout=10).stdout
        head = struct.unpack(">25I", dump[:100])  # XWDFile.h: sizes in bytes but for width and height
        width, height, pixel, line, colours = head[4], head[5], head[11] // 8, head[12], head[19]
        rows = np.frombuffer(dump, np.uint8, height * line, head[0] + 12 * colours).reshape(height, line)
        return rows[:, : width * pixel].reshape(height, width, pixel)[:, output * WIDTH : (output + 1) * WIDTH, 2::-1]

    def end(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._folder.cleanup()

    def _xrandr(self, *arguments: str) -> None:
        subprocess.run(["xrandr", "-display", self.name, *arguments], check=True, capture_output=True, timeout=10)
