"""The camera's files, read again."""

import json
import threading
import time
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from performer.parameters import Table
from performer.visuals.camera import MANY, RECORD, STILLS, Camera
from performer.visuals.canvas import Canvas
from performer.visuals.projection import Projection
from performer.visuals.reel import BYTES, Picture, Reel
from performer.visuals.video import Sound, Video

HZ = 48_000


class Desk:
    """A camera, and what it told."""

    def __init__(self, folder: Path) -> None:
        self.told: list[str] = []
        self.asked = 0
        self.camera = Camera(folder / "show", self.told.append, self.ask)

    def ask(self) -> None:
        self.asked += 1

    def turn(self, now: float, record: bool, level: int = 0) -> None:
        """One turn of the screen with a picture of this level."""
        self.camera.attend({RECORD: record})
        if self.camera.wants(now):
            self.camera.take(grey(level), now)

    def wait(self, count: int) -> None:
        end = time.monotonic() + 20
        while len(self.told) < count:
            assert time.monotonic() < end, self.told
            self.camera.attend({RECORD: False})


def grey(level: int) -> Picture:
    return np.full((36, 65, 3), level, np.uint8)


def tone(begin: float, length: float = 0.1) -> Sound:
    """A piece of 440 Hz, loud in the second half of each second."""
    times = begin + np.arange(round(length * HZ)) / HZ
    wave = np.where(times % 1.0 >= 0.5, 12_000, 0) * np.sin(2 * np.pi * 440 * times)
    return Sound(begin, HZ, np.stack([wave, wave], 1).astype(np.int16))


def test_a_still_is_what_is_seen(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.camera.still()
    desk.turn(1.0, False, 120)
    desk.turn(1.1, False, 200)
    desk.wait(1)
    assert np.array_equal(np.asarray(Image.open(desk.told[0])), grey(120))
    desk.camera.close()
    assert len(list(tmp_path.iterdir())) == 1


def test_a_still_without_a_window_is_of_its_own_moment(tmp_path: Path) -> None:
    desk, reel, over = Desk(tmp_path), Reel(bytearray(BYTES)), threading.Event()
    values = {address: row.default for address, row in Table(1).rows.items()}
    projection = Projection(reel, lambda now: values, Canvas(lambda: desk.camera.attend(values)), [desk.camera])
    thread = threading.Thread(target=projection.go_on, args=(over,), daemon=True)
    thread.start()
    for number, level in enumerate((40, 160, 90), start=1):
        until = time.monotonic() + 1.0
        while time.monotonic() < until:
            reel.write(np.full((32, 32, 3), level, np.uint8), time.monotonic())
            time.sleep(0.03)
        desk.camera.still()
        desk.wait(number)
        assert abs(float(np.asarray(Image.open(desk.told[-1])).mean()) - level) < 3
    over.set()
    thread.join(10)


def test_a_video_has_the_moments_of_the_show_and_its_place_in_the_take(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.camera.origin = 90.0
    moments = [100.0, 100.1, 100.11, 100.7, 101.5, 101.51, 101.6]  # two come too soon for thirty a second
    for number, moment in enumerate(moments):
        desk.turn(moment, True, 30 * number)
    desk.turn(101.7, False)
    desk.wait(1)
    with av.open(desk.told[0]) as file:
        assert json.loads(file.metadata["comment"]) == {"take_time": 10.0}
        assert [stream.type for stream in file.streams] == ["video"]
        frames = list(file.decode(video=0))
    assert [frame.time for frame in frames] == pytest.approx([0.0, 0.1, 0.7, 1.5, 1.6], abs=1e-3)
    levels = [float(frame.to_ndarray(format="rgb24").mean()) for frame in frames]
    assert levels == pytest.approx([0, 30, 90, 120, 180], abs=4)
    assert (frames[0].width, frames[0].height) == (64, 36)
    assert desk.asked >= 1
    desk.camera.close()


def test_the_sound_is_where_it_was_and_a_gap_is_silence(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.turn(100.0, True)
    for tenth in range(-3, 30):
        if not 10 <= tenth < 16:  # the input was gone from 1.0 to 1.6 s
            desk.camera.hear(tone(100.0 + tenth / 10))
        desk.turn(100.0 + tenth / 10, True)
        time.sleep(0.002)  # the screen's inbox is as long as the machine is quick
    desk.turn(103.0, False)
    desk.wait(1)
    with av.open(desk.told[0]) as file:
        frames = list(file.decode(audio=0))
    heard = np.zeros(round(3.2 * HZ))
    for frame in frames:
        at = round(frame.time * HZ)
        piece = frame.to_ndarray()[0]
        if 0 <= at < len(heard) - len(piece):
            heard[at : at + len(piece)] = piece
    loud = np.abs(heard[: 3 * HZ]).reshape(30, -1).mean(1) > 0.05
    assert np.flatnonzero(loud).tolist() == [*range(5, 10), *range(16, 20), *range(25, 30)]
    desk.camera.close()


def test_an_end_in_the_middle_leaves_a_video(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for number in range(60):
        desk.turn(100.0 + number / 30, True, number)
        time.sleep(0.002)
    desk.camera.close()
    with av.open(desk.told[0]) as file:
        assert len(list(file.decode(video=0))) > 40


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "no").write_text("a file", encoding="utf-8")
    desk = Desk(tmp_path / "no")
    desk.camera.still()
    desk.turn(1.0, True)
    desk.turn(1.0, True)
    desk.turn(2.0, True)
    desk.wait(2)
    assert all("cannot be written" in words for words in desk.told)
    desk.camera.close()


def test_what_was_written_before_a_crash_can_be_played(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    video = Video(path, (64, 36), 1.0)
    for number in range(200):
        video.add(grey(number), number / 30)
    cut = path.read_bytes()
    with av.open(str(path)) as file:
        assert len(list(file.decode(video=0))) >= 60
    video.close()
    assert len(path.read_bytes()) > len(cut)


def test_stills_without_end_are_few_and_that_is_told_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for number in range(100):
        desk.camera.still()
        desk.turn(1.0 + number, False, 120)
        desk.camera.still()
    desk.wait(STILLS + 1)
    desk.camera.close()
    assert len(list(tmp_path.glob("*.png"))) == STILLS
    assert [word for word in desk.told if not word.endswith("png")] == [MANY]
    assert desk.camera.refused == 200 - STILLS


def test_stills_and_videos_take_no_more_of_the_disk_than_is_said(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.camera._keep_gb = 0.000_1
    for name in ("show-20260101-000000.png", "show-20260101-000001.mp4"):
        (tmp_path / name).write_bytes(bytes(50_000))
    desk.camera.still()
    desk.turn(1.0, False, 120)
    desk.wait(1)
    for number in range(20):
        desk.turn(10.0 + number / 10, True, 120)
    desk.turn(20.0, False)
    desk.camera.close()
    assert len(list(tmp_path.iterdir())) == 2 and len(desk.told) == 1 and "take 0.0001 GB: no more are kept" in desk.told[0]
