import numpy as np

from performer.parameters import Table
from performer.visuals.pattern import Pattern
from performer.visuals.walk import PREFIX, Walk

VALUES = Table().defaults()
STILL = VALUES | {PREFIX + "speed": 0.0}
SILENCE = (0.0,) * 7
FRAME = 1 / 24


def sound(level: float, onset: float = 0.0) -> tuple[float, ...]:
    return (level, level, level, level, 0.5, onset, 1.0)


def walked(features: list[tuple[float, ...]], values=STILL) -> list[float]:
    walk = Walk()
    paths = [walk.advance(FRAME, each, values).path for each in features]
    return list(np.diff([0.0, *paths]))


def test_the_path_goes_as_fast_as_the_music_is_loud():
    levels = [0.0, 0.2, 0.4, 0.8]
    steps = [walked([sound(level)] * 48)[-1] for level in levels]
    assert steps[0] == 0.0
    assert steps == sorted(steps) and steps[3] > 3 * steps[2] > 9 * steps[1] > 0


def test_after_the_music_the_picture_comes_to_a_stand():
    steps = walked([sound(0.8, 1.0)] * 10 + [SILENCE] * 120)
    assert min(steps[:10]) > 0
    assert steps[-1] == 0.0


def test_by_itself_it_walks_at_the_speed_that_is_set():
    slow, fast = (walked([SILENCE] * 5, VALUES | {PREFIX + "speed": speed})[-1] for speed in (0.3, 1.2))
    assert slow > 0 and abs(fast / slow - 4.0) < 1e-9


def test_an_onset_pushes_once():
    steps = walked([sound(0.0, 1.0)] + [SILENCE] * 60)
    assert steps[0] > 5 * steps[12] > 0 and steps[-1] == 0.0


def test_react_zero_is_deaf():
    walk = Walk()
    pose = walk.advance(FRAME, sound(1.0, 1.0), STILL | {PREFIX + "react": 0.0})
    assert pose.path == 0.0 and pose.bands == (0.0, 0.0, 0.0) and pose.flash == 0.0


def test_a_frame_that_comes_late_does_not_jump():
    walk = Walk()
    walk.advance(FRAME, sound(1.0), VALUES)
    assert walk.advance(60.0, sound(1.0), VALUES).path < 1.0


def test_the_pattern_is_never_black():
    walk, pattern = Walk(), Pattern()
    frames = [pattern.paint(walk.advance(0.25, sound(0.5), VALUES)) for _ in range(60)]
    assert min(frame.mean() for frame in frames) > 6 and frames[0].shape == (128, 128, 3)
    assert not np.array_equal(frames[0], frames[1])
