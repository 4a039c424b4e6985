import io
import os
import signal
import time
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from performer.loopback import JPEG, LARGEST, PLACES, Loopback, bind_loopback, decode, encode
from performer.parameters import Table
from performer.visuals.hearing import Hearing
from performer.visuals.page import Page
from performer.visuals.presenter import Presenter, ScreenOptions
from performer.visuals.presenter import run as present
from performer.visuals.process import VisualsOptions
from performer.visuals.process import run as paint
from performer.visuals.reel import BYTES, Reel
from performer.visuals.stream import dimmed
from performer.visuals.walk import PREFIX

TICK = 1 / 60


class House:
    """A presenter with a reel, and the desk that it sends to."""

    def __init__(self) -> None:
        self.desk, self._own = bind_loopback(), bind_loopback()
        self.desk.setblocking(False)
        self.reel, self.hearing = Reel(bytearray(BYTES)), Hearing({})
        self.page = Page(Loopback(self._own, {"desk": self.desk.getsockname()[1]}))
        self.presenter = Presenter(self.reel, self.hearing, self.page)
        self.now = 100.0

    def turn(self, value: int | None = None) -> list[float]:
        """The levels of the pictures that the desk gets of one turn, with a new frame of this value before it."""
        if value is not None:
            self.reel.write(np.full((64, 64, 3), value, np.uint8), self.now)
        self.now += TICK
        self.presenter.turn(self.now)
        levels = []
        while True:
            try:
                datagram = self.desk.recv(LARGEST)
            except BlockingIOError:
                return levels
            if datagram.startswith(JPEG):
                levels.append(round(float(np.asarray(Image.open(io.BytesIO(datagram))).mean())))

    def close(self) -> None:
        self.desk.close()
        self._own.close()


@pytest.fixture
def house() -> Iterator[House]:
    house = House()
    yield house
    house.close()


def test_each_frame_goes_to_the_pages_at_once(house: House):
    assert house.turn() == []
    assert [house.turn(level) for level in (20, 40, 60)] == [[20], [40], [60]]


def test_fade_blackout_freeze_and_test_card(house: House):
    house.turn(200)
    for address, value in ((PREFIX + "fade", 0.5), (PREFIX + "blackout", True)):
        house.hearing.take(encode(address, value), house.now)
        assert house.turn(200) == [100 if address.endswith("fade") else 0]
        house.hearing.take(encode(address, Table().rows[address].default), house.now)
    assert house.turn(200) == [200]
    house.hearing.take(encode(PREFIX + "freeze", True), house.now)
    assert [house.turn(level) for level in (190, 100, 90)] == [[190]] * 3
    house.hearing.take(encode(PREFIX + "freeze", False), house.now)
    assert house.turn(90) == [90]
    house.hearing.take(encode(PREFIX + "test_card", True), house.now)
    assert house.turn(90) != [90]


def test_an_onset_is_seen_at_once_without_a_new_frame(house: House):
    assert house.turn(100) == [100]
    assert house.turn() == []
    house.hearing.take(encode("/performer/features", 0.5, 0.5, 0.5, 0.5, 0.5, 1.0, 1.0), house.now)
    assert house.turn()[0] >= 108
    house.hearing.take(encode("/performer/features", 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0), house.now)
    assert house.turn(100) == [100]


@pytest.mark.parametrize(("on", "most"), [(True, 60), (False, 255)])
def test_a_strobe_is_damped_unless_the_guard_is_off(house: House, on: bool, most: int):
    house.hearing.take(encode(PREFIX + "guard", on), house.now)
    levels = [house.turn(255 * (number // 3 % 2))[0] for number in range(240)]
    last = levels[180:]
    assert max(last) - min(last) <= most and (on or max(last) - min(last) > 240)


def test_a_stalled_generator_leaves_a_moving_picture_on_the_pages(house: House):
    for number in range(120):
        house.turn(number * 2 if number % 2 else None)
    levels = [level for _ in range(300) for level in house.turn()]
    assert len(levels) > 80 and max(levels) - min(levels) > 100


def test_a_picture_that_nobody_sees_is_not_made(house: House):
    assert house.turn(20) == [20]
    house.page.looked_at(0, house.now)
    assert house.turn(40) == house.turn(60) == []
    house.page.looked_at(1, house.now)
    assert house.turn(80) == [80]
    house.page.looked_at(0, house.now)
    levels = [level for _ in range(240) for level in house.turn(90)]
    assert 20 <= len(levels) <= 120  # a desk that says nothing any more may have somebody


def test_dimmed_is_the_very_picture_at_full_brightness():
    picture = np.full((2, 2, 3), 200, np.uint8)
    assert dimmed(picture, 1.0) is picture and dimmed(picture, 0.0).max() == 0 and dimmed(picture, 0.25).max() == 50


def test_the_screen_goes_on_while_the_generator_is_killed_again_and_again():
    import multiprocessing

    context = multiprocessing.get_context("spawn")
    ends = {place: bind_loopback() for place in PLACES}
    ports = {place: sock.getsockname()[1] for place, sock in ends.items()}
    memory, lifelines, painters = context.RawArray("B", BYTES), [], []

    def start(target, place, options):
        here, there = context.Pipe()
        lifelines.append(here)
        child = context.Process(target=target, args=(Loopback(ends[place], ports), memory, options, there))
        child.start()
        there.close()
        return child

    screen = start(present, "screen", ScreenOptions({}))
    ends["engine"].settimeout(20)
    try:
        _wait_for_frames(Reel(memory), painters, start)
        _statuses(ends["engine"], 1)
        for _ in range(3):
            os.kill(painters[-1].pid, signal.SIGKILL)
            painters[-1].join(10)
            _wait_for_frames(Reel(memory), painters, start)
        told = _statuses(ends["engine"], 3)
    finally:
        for lifeline in lifelines:
            lifeline.close()
        for child in (screen, *painters):
            child.join(10)
        for sock in ends.values():
            sock.close()
    print("frames a second and longest gap:", [(each["fps"], each["longest_ms"]) for each in told])
    assert screen.exitcode == 0
    assert max(each["longest_ms"] for each in told) < 100 and max(each["fps"] for each in told) > 30


def _wait_for_frames(reel: Reel, painters, start) -> None:
    """Start a generator and wait for its tenth frame."""
    before = reel.newest
    painters.append(start(paint, "visuals", VisualsOptions("pattern", (), {})))
    deadline = time.monotonic() + 30
    while reel.newest < before + 10:
        assert time.monotonic() < deadline, "no frames came"


def _statuses(sock, count: int) -> list[dict]:
    """What the screen has told until now, and at least so many words more."""
    import json

    told, deadline = [], time.monotonic() + 30
    while len(told) < count and time.monotonic() < deadline:
        for message in decode(sock.recv(LARGEST)):
            if message.address == "/performer/screen/status":
                told.append(json.loads(message.arguments[0]))
    return told
