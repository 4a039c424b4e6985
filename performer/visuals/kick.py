"""What an onset does to the picture at once, on the screen's own side: it need not wait for a generator that takes its time. Pure.

The kick brightens what is seen, the middle tones most, and wears off with the onset. A general flash begins at a change of a tenth of the
maximum luminance; at its default a kick stays below that, and the guard looks at what comes of it as at everything else.
"""

import functools

import numpy as np

from performer.visuals.reel import Picture

MOST = 0.8  # what a whole kick adds: of the distance to white that a tone has, times the tone
STEPS = 48  # strengths that are told apart
LEAST = 1 / STEPS


@functools.lru_cache(maxsize=STEPS + 1)
def _lifted(step: int) -> Picture:
    """(256,) what each tone becomes: x + strength x (1 - x), so black stays black and white white."""
    tone = np.arange(256) / 255.0
    return np.asarray(np.round(255.0 * (tone + MOST * step / STEPS * tone * (1.0 - tone))), np.uint8)


def kicked(picture: Picture, strength: float) -> Picture:
    """The picture with a kick of this strength, 0 to 1; the very array where there is none."""
    step = round(STEPS * min(1.0, max(0.0, strength)))
    return _lifted(step)[picture] if step else picture
