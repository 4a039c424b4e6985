"""The test card: what a projector is set up with. Borders, a grid, a circle that must be round, grey steps and colours, every corner another one."""

import functools

import numpy as np

from performer.visuals.reel import Picture

SIDE = 512
CORNERS = ((255, 60, 60), (60, 255, 60), (80, 120, 255), (255, 255, 60))  # top left, top right, bottom right, bottom left


@functools.lru_cache(4)
def testcard(width: int = SIDE, height: int = SIDE) -> Picture:
    """(height, width, 3), the same array at every call. Measures are sixteenths of the shorter side."""
    unit = max(1.0, min(width, height) / 16.0)
    line = unit / 32.0  # a pixel of the smallest card
    card = np.full((height, width, 3), 24, np.uint8)
    y, x = np.mgrid[:height, :width]
    across, down = x - width / 2 + 0.5, y - height / 2 + 0.5  # from the middle
    grid = max(1.0, line)
    card[(across % unit < grid) | (down % unit < grid)] = 90
    card[np.abs(down) < unit / 2] = (x * 16 // width * 255 // 15).astype(np.uint8)[np.abs(down) < unit / 2][:, None]
    bars = (down > 1.5 * unit) & (down < 3 * unit) & (np.abs(across) < 5 * unit)
    hue = ((across + 5 * unit) * 7 / (10 * unit)).astype(int)
    card[bars] = np.stack([255 * (hue >> bit & 1 == 0) for bit in range(3)], -1)[bars]
    card[np.abs(np.hypot(across, down) - 6.25 * unit) < 1.6 * line] = 255
    card[(np.abs(across) < 1.2 * line) | (np.abs(down) < 1.2 * line)] = 255
    inward = np.minimum(np.minimum(x, width - 1 - x), np.minimum(y, height - 1 - y))  # pixels from the nearest edge
    card[inward < 4 * line] = 255
    for colour, (top, left) in zip(CORNERS, ((True, True), (True, False), (False, False), (False, True)), strict=True):
        side = 1.5 * unit
        inside = (y < side if top else y >= height - side) & (x < side if left else x >= width - side)
        card[inside & (inward >= 8 * line)] = colour
    return card
