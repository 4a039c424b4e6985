import multiprocessing
import os
import signal
from typing import Any

import numpy as np
import pytest

from performer.visuals.reel import BYTES, MOST_PX, Reel

CONTEXT = multiprocessing.get_context("spawn")


def picture(value: int, side: int = 64) -> np.ndarray:
    return np.full((side, side, 3), value, np.uint8)


def test_the_newest_frame_is_read_once():
    reel = Reel(bytearray(BYTES))
    assert reel.read() is None
    for number in range(1, 8):
        assert reel.write(picture(number), number / 10, number * 2.0, 5) == number
    frame = reel.read(3)
    assert frame is not None and (frame.sequence, frame.time, frame.place, frame.source) == (7, 0.7, 14.0, 5)
    assert np.array_equal(frame.pixels, picture(7))
    assert reel.read(7) is None


def test_a_frame_that_was_read_is_the_readers_own():
    reel = Reel(bytearray(BYTES))
    reel.write(picture(1), 0.0)
    frame = reel.read()
    for _ in range(6):
        reel.write(picture(9), 0.0)
    assert frame is not None and frame.pixels.max() == 1


def test_sizes_may_change_from_frame_to_frame():
    reel = Reel(bytearray(BYTES))
    for side in (64, MOST_PX, 128):
        number = reel.write(picture(side % 251, side), 0.0)
        frame = reel.read(number - 1)
        assert frame is not None and np.array_equal(frame.pixels, picture(side % 251, side))


@pytest.mark.parametrize("pixels", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8),
                                    np.zeros((MOST_PX + 1, MOST_PX, 3), np.uint8)])  # fmt: skip
def test_what_is_no_frame_is_refused(pixels):
    reel = Reel(bytearray(BYTES))
    with pytest.raises(ValueError, match="a frame is"):
        reel.write(pixels, 0.0)
    assert reel.read() is None


def test_memory_that_is_too_small_is_refused():
    with pytest.raises(ValueError, match="bytes"):
        Reel(bytearray(BYTES - 1))


def test_a_torn_frame_is_not_shown():
    memory = bytearray(BYTES)
    reel = Reel(memory)
    reel.write(picture(3), 0.0)
    for at in range(len(memory)):
        if memory[at] == 3 and memory[at + 1] == 3 and memory[at + 100] == 3:
            memory[at + 50] = 4
            break
    assert reel.read() is None


def _write_for_ever(memory: Any) -> None:
    reel = Reel(memory)
    for number in range(10**9):
        reel.write(picture(number % 256, 256), 0.0, source=number % 256)


def test_a_writer_that_is_killed_leaves_whole_frames_and_another_goes_on():
    memory = CONTEXT.RawArray("B", BYTES)
    reel = Reel(memory)
    last = 0
    for _ in range(2):
        writer = CONTEXT.Process(target=_write_for_ever, args=(memory,))
        writer.start()
        read = 0
        while read < 50:
            frame = reel.read(last)
            if frame is not None:
                assert frame.sequence > last and (frame.pixels == frame.source).all()
                last, read = frame.sequence, read + 1
        assert writer.pid is not None
        os.kill(writer.pid, signal.SIGKILL)
        writer.join(10)
    assert last >= 100
