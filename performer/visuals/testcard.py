"""The test card: what a projector is set up with. Borders, a grid, a circle that must be round, grey steps and colours, every corner another one."""

import functools

import numpy as np

from performer.visuals.reel import Picture

SIDE = 512
CORNERS = ((255, 60, 60), (60, 255, 60), (80, 120, 255), (255, 255, 60))  # top left, top right, bottom right, bottom left


@functools.cache
def testcard() -> Picture:
    """(SIDE, SIDE, 3), the same array at every call."""
    card = np.full((SIDE, SIDE, 3), 24, np.uint8)
    y, x = np.mgrid[:SIDE, :SIDE]
    card[(x % 32 < 1) | (y % 32 < 1)] = 90
    steps = (x // (SIDE // 16) * 255 // 15).astype(np.uint8)
    band = (y > 240) & (y < 272)
    card[band] = steps[band][:, None]
    bars = (y > 304) & (y < 352) & (x > 96) & (x < 416)
    hue = (x - 96) // 46
    card[bars] = np.stack([255 * (hue >> bit & 1 == 0) for bit in range(3)], -1)[bars]
    radius = np.hypot(x - SIDE / 2 + 0.5, y - SIDE / 2 + 0.5)
    card[np.abs(radius - 200) < 1.6] = 255
    card[(np.abs(x - SIDE / 2 + 0.5) < 1.2) | (np.abs(y - SIDE / 2 + 0.5) < 1.2)] = 255
    card[(np.minimum(x, y) < 4) | (np.maximum(x, y) >= SIDE - 4)] = 255
    for colour, (top, left) in zip(CORNERS, ((True, True), (True, False), (False, False), (False, True)), strict=True):
        inside = (y < 48 if top else y >= SIDE - 48) & (x < 48 if left else x >= SIDE - 48)
        card[inside & (np.minimum(np.minimum(x, y), SIDE - 1 - np.maximum(x, y)) >= 8)] = colour
    return card
