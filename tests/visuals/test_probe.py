from dataclasses import replace

import numpy as np
import pytest

from performer.parameters import Table
from performer.visuals.probe import EVERY, Probe
from performer.visuals.walk import PREFIX, ROOMS, Pose, Walk

VALUES = Table().defaults() | {PREFIX + "speed": 0.0}
LOUD = (0.8, 0.8, 0.8, 0.8, 0.5, 0.0, 1.0)


class Uneven:
    """Each band brightens its third of the picture, and for a while the middle one does so by a quarter only."""

    name, provider = "uneven", "cpu"

    def __init__(self) -> None:
        self.dull = False
        self.painted = 0

    def paint(self, pose: Pose) -> np.ndarray:
        self.painted += 1
        picture = np.zeros((48, 48, 3), np.uint8)
        for band, (lean, room) in enumerate(zip(pose.bands, ROOMS, strict=True)):
            picture[16 * band : 16 * band + 16] = min(255, round(160 * lean / room * (0.25 if self.dull and band == 1 else 1.0)))
        return picture


def leans(painter: Uneven, frames: int, walk: Walk, probe: Probe) -> tuple[float, ...]:
    """Of the last frame, each as a share of its band's room."""
    for _ in range(frames):
        pose = walk.advance(1 / 24, LOUD, VALUES)
        probe.look(walk, pose, painter.paint(pose))
    assert max(pose.bands) <= 1.0
    return tuple(lean / room for lean, room in zip(pose.bands, ROOMS, strict=True))


def test_a_band_leans_farther_where_it_changes_little():
    painter, walk = Uneven(), Walk()
    probe = Probe(painter.paint)
    low, mid, high = leans(painter, 240, walk, probe)
    assert low == pytest.approx(mid, rel=0.02) == pytest.approx(high, rel=0.02)
    assert painter.painted == 240 + 240 // EVERY
    painter.dull = True
    low, mid, high = leans(painter, 120, walk, probe)
    assert 1.3 * low < mid and low == pytest.approx(high, rel=0.02)


def test_in_silence_nothing_is_painted_twice():
    painter, walk = Uneven(), Walk()
    probe = Probe(painter.paint)
    for _ in range(60):
        pose = walk.advance(1 / 24, (0.0,) * 7, VALUES)
        probe.look(walk, replace(pose), painter.paint(pose))
    assert painter.painted == 60
