"""A video of a real show: the picture, the sound of the audio input and the take tell the same moments."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from performer.loopback import LARGEST, decode, encode
from tests.jack import JackServer
from tests.show_process import ShowProcess, free_port

pytestmark = pytest.mark.programs
PEER = Path(__file__).parent / "listening" / "audio_peer.py"
CLOSE = 0.25  # seconds; two buffers of sound, a frame of video, and a machine that is busy with other tests


class Show:
    """A show that paints and listens, and what it says."""

    def __init__(self, folder: Path) -> None:
        self._ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        port = free_port()
        self._ear.bind(("127.0.0.1", port))
        self._ear.settimeout(0.2)
        lines = ("[midi]\nenabled = false", '[models]\nnotes = "echo"\npictures = "pattern"', f'[osc]\nclients = ["127.0.0.1:{port}"]')
        self.process = ShowProcess(folder, *lines)

    def say(self, address: str, *arguments: object) -> None:
        self._ear.sendto(encode(address, *arguments), ("127.0.0.1", self.process.osc))

    def saved(self, kind: str) -> Path:
        """Wait for a file of this kind."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                messages = list(decode(self._ear.recv(LARGEST)))
            except TimeoutError:
                continue
            for message in messages:
                if message.address == "/performer/visuals/saved" and message.arguments[0].endswith(kind):
                    return Path(message.arguments[0])
        raise AssertionError(f"no {kind} was saved; {self.process.words}")

    def close(self) -> None:
        self._ear.close()
        assert self.process.end() == 0


def test_picture_sound_and_take_tell_the_same_moment(jack_server: JackServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    show = Show(tmp_path)
    sound = subprocess.Popen([sys.executable, str(PEER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert sound.stdin is not None and sound.stdout is not None
    try:
        assert sound.stdout.readline() == "plays\n"
        _join(jack_server, "PortAudio:out_0", "Performer Audio:in_0")
        show.say("/performer/visuals/blackout", True)
        show.say("/performer/visuals/record", True)
        time.sleep(2.0)
        show.say("/performer/visuals/test_card", True)
        show.say("/performer/visuals/blackout", False)
        sound.stdin.write("0.5\n")
        sound.stdin.flush()
        time.sleep(1.0)
        show.say("/performer/visuals/still")
        still = show.saved("png")
        show.say("/performer/visuals/record", False)
        video = show.saved("mp4")
    finally:
        sound.stdin.close()
        sound.wait(10)
        sound.stdout.close()
        show.close()
    take = [json.loads(line) for line in show.process.take.read_text(encoding="utf-8").splitlines()]
    (struck,) = [line["t"] for line in take if line.get("in", {}).get("address") == "/performer/visuals/test_card"]
    with av.open(str(video)) as file:
        begun = json.loads(file.metadata["comment"])["take_time"]
        seen = next(frame.time for frame in file.decode(video=0) if frame.to_ndarray(format="rgb24").mean() > 20)
    with av.open(str(video)) as file:
        heard = next(frame.time for frame in file.decode(audio=0) if np.abs(frame.to_ndarray()).max() > 0.2)
    print(f"the take says {struck:.3f} s, the picture {begun + seen:.3f} s, the sound {begun + heard:.3f} s")
    assert struck - 0.01 <= begun + seen <= struck + CLOSE
    assert abs(heard - seen) <= CLOSE
    assert np.asarray(Image.open(still)).mean() > 20
    assert os.path.commonpath([video, still, show.process.take]) == str(show.process.takes)


def _join(server: JackServer, out: str, into: str) -> None:
    """Connect the two as soon as they are there."""
    end = time.monotonic() + 15
    while time.monotonic() < end:
        if {out, into} <= set(server.ports()):
            server.connect(out, into)
            return
    raise AssertionError(f"{out} or {into} is not among {server.ports()}")
