import numpy as np
import pytest

from performer.parameters import Table
from performer.visuals.guard import CHANGE, luminance
from performer.visuals.kick import kicked

GREYS = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)  # (1, 256, 3)


def test_no_kick_is_the_very_picture():
    assert kicked(GREYS, 0.0) is GREYS


def test_a_kick_brightens_and_keeps_black_white_and_the_order_of_tones():
    out = [kicked(GREYS, strength)[0, :, 0].astype(int) for strength in (0.0, 0.3, 1.0, 9.0)]
    assert all(tones[0] == 0 and tones[255] == 255 and (np.diff(tones) >= 0).all() for tones in out)
    assert (out[1] >= out[0]).all() and (out[2] >= out[1]).all() and out[2][128] > 160
    assert np.array_equal(out[2], out[3])


@pytest.mark.parametrize("onset", [0.5, 1.0])
def test_at_its_default_a_kick_is_no_flash_and_yet_seen(onset: float):
    strength = Table().defaults()["/performer/visuals/kick"] * onset
    change = luminance(kicked(GREYS, strength)) - luminance(GREYS)
    assert change.max() < CHANGE
    assert kicked(GREYS, strength)[0, 100, 0] - 100 >= 6
