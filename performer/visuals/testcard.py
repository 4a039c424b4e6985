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
    x, y = np.arange(width), np.arange(height)
    across, down = x - width / 2 + 0.5, y - height / 2 + 0.5  # from the middle
    card = np.full((height, width, 3), 24, np.uint8)
    grid = max(1.0, line)
    card[:, across % unit < grid] = card[down % unit < grid] = 90
    card[np.abs(down) < unit / 2] = (x * 16 // width * 255 // 15).astype(np.uint8)[:, None]
    hue = ((across + 5 * unit) * 7 / (10 * unit)).astype(int)
    bars = np.stack([255 * (hue >> bit & 1 == 0) for bit in range(3)], -1).astype(np.uint8)
    within = np.abs(across) < 5 * unit
    card[np.ix_((down > 1.5 * unit) & (down < 3 * unit), within)] = bars[within]
    radius = np.hypot(across.astype(np.float32), down.astype(np.float32)[:, None])
    card[np.abs(radius - 6.25 * unit) < 1.6 * line] = 255
    card[:, np.abs(across) < 1.2 * line] = card[np.abs(down) < 1.2 * line] = 255
    border = max(1, round(4 * line))
    card[:border] = card[-border:] = card[:, :border] = card[:, -border:] = 255
    near, far = round(8 * line), round(1.5 * unit)
    for colour, (top, left) in zip(CORNERS, ((True, True), (True, False), (False, False), (False, True)), strict=True):
        rows = slice(near, far) if top else slice(height - far, height - near)
        card[rows, slice(near, far) if left else slice(width - far, width - near)] = colour
    return card
