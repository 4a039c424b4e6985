import math

import numpy as np
import pytest

from performer.visuals.bend import Fold, bend, fold_of


def test_no_fold_takes_every_feature_from_its_own_place():
    map_ = bend(Fold())
    axis = (np.arange(64) + 0.5) / 32 - 1
    assert np.allclose(map_[..., 0], axis[None, :], atol=1e-6) and np.allclose(map_[..., 1], axis[:, None], atol=1e-6)


@pytest.mark.parametrize("order", [2, 3, 5, 8])
def test_a_fold_shows_the_same_after_a_turn_of_its_sector(order: int):
    angle, radius = 0.3, 0.7
    turn = 2 * math.pi / order
    side = 512
    map_ = bend(Fold({order: 1.0}, 0.2, 0.5, 0.1, -0.1, 0.9), side)
    seen = []
    for place in (angle, angle + turn, 2 * 0.2 - angle):  # a turn on, and in the mirror
        row, column = (round((radius * wave(place) + 1) / 2 * side - 0.5) for wave in (math.sin, math.cos))
        seen.append(map_[row, column])
    assert np.allclose(seen[0], seen[1], atol=0.02) and np.allclose(seen[0], seen[2], atol=0.02)


def test_a_little_more_of_anything_is_a_little_elsewhere():
    three = {3.0: 1.0}
    before = bend(Fold(three))
    for change in (Fold({3.0: 0.99, 5.0: 0.01}), Fold(three, 0.01), Fold(three, 0.0, 0.01), Fold(three, x=0.01), Fold(three, scale=1.01)):
        assert 0 < np.median(np.abs(bend(change) - before)) < 0.02


def test_a_latent_moves_a_fold_further_than_a_picture_that_stands_alone():
    z = np.ones(96, np.float32)
    alone, folded = fold_of(z, {1.0: 1.0}), fold_of(z, {5.0: 1.0})
    assert 0 < alone.x < folded.x and 0 < alone.turn < folded.turn


def test_between_two_symmetries_the_plane_is_still_of_one_piece():
    for weights in ({2.0: 0.5, 5.0: 0.5}, {3.0: 0.3, 8.0: 0.7}, {1.0: 0.4, 2.0: 0.6}):
        map_ = bend(Fold(weights), 256)
        apart = np.concatenate([np.linalg.norm(np.diff(map_, axis=axis), axis=-1).ravel() for axis in (0, 1)])
        assert apart.max() < 0.1
