import numpy as np

from performer.parameters import Table
from performer.visuals.latent import Paths, Place, between
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


def test_the_walk_can_be_off_and_the_hand_moves_the_place():
    walk = Walk()
    off = VALUES | {PREFIX + "walk": False}
    assert walk.advance(FRAME, sound(1.0, 1.0), off).path == 0.0
    assert walk.advance(FRAME, sound(1.0, 1.0), off | {PREFIX + "position": 3.0}).path == 3.0


def test_a_loop_closes_after_its_beats_and_opens_without_a_jump():
    walk, latents = Walk(1.0), Paths(96, np.zeros((2, 3), np.float32), 5)
    looped = STILL | {PREFIX + "loop": 4.0}
    poses = [walk.advance(FRAME, SILENCE, looped, beat=step * FRAME * 2) for step in range(240)]  # 20 beats
    zs = [latents.latent(pose.place)[0] for pose in poses]
    steps = np.linalg.norm(np.diff(zs, axis=0), axis=1)
    assert steps.max() < 1.0 and np.linalg.norm(zs[150] - zs[174]) > 3.0
    assert np.linalg.norm(zs[-1] - zs[-49]) < 0.05  # 4 beats of 12 frames earlier


def test_another_seed_is_a_journey_and_one_that_turns_around_does_not_jump():
    walk, labels = Walk(1.0), np.eye(4, dtype=np.float32)
    here = STILL | {PREFIX + "glide": 4.0}
    zs = []
    painter_paths = Paths(96, labels, 5)
    for step in range(150):
        seed = 0 if step < 10 else 3 if step < 40 else 9
        pose = walk.advance(FRAME, SILENCE, here | {PREFIX + "seed": seed})
        z = painter_paths.latent(pose.place)
        if pose.came:
            before = painter_paths.latent(pose.came[0][0])
            for place, share in pose.came[1:]:
                before = between(before, painter_paths.latent(place), share)
            z = between(before, z, pose.share)
        zs.append(z[0])
    steps = np.linalg.norm(np.diff(zs, axis=0), axis=1)
    assert steps.max() < 1.2 and not pose.came and pose.seed == 9
    assert np.allclose(zs[-1], painter_paths.latent(Place(9, 1.0))[0])
