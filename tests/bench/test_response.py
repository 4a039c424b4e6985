"""The picture follows three pieces of different character, and walks on calmly where they are over. Offline: the same on any machine."""

import wave
from pathlib import Path

import numpy as np
import pytest

from performer.bench.pieces import PIECES, RATE
from performer.bench.response import bench_response, follow, read_wav
from performer.errors import PerformerError

pytestmark = pytest.mark.timeout(300)  # real measurements, half a minute each on a quiet machine

SEED = 1
BAR = 0.5


@pytest.fixture(scope="module")
def pieces():
    return bench_response(seeds=(SEED,))["pieces"]


@pytest.mark.parametrize("name", PIECES)
def test_each_feature_causes_the_change_that_it_should(name: str, pieces):
    figures = {feature: figure["mean"] for feature, figure in pieces[name].items()}
    print(name, figures)
    for feature in ("level", "low", "mid", "high", "onset"):
        assert figures[feature] is None or figures[feature] >= BAR, feature
    assert figures["level"] is not None and figures["calm"] is not None and figures["calmest"] is not None
    assert figures["calmest"] > 0.0 and 0.01 < figures["calm"] < 0.5


def test_a_painter_that_hears_nothing_follows_nothing():
    class Deaf:
        name, provider = "deaf", "cpu"

        def __init__(self) -> None:
            self._chance = np.random.default_rng(1)

        def paint(self, pose):
            return self._chance.integers(0, 256, (16, 16, 3)).astype(np.uint8)

    figures = follow(PIECES["drums"]()[: 16 * RATE], Deaf(), SEED)
    assert all(abs(figures[feature] or 0.0) < 0.4 for feature in ("level", "low", "mid", "high"))


def test_a_wav_file_is_read_and_another_is_refused(tmp_path: Path):
    for name, rate in (("good", RATE), ("slow", 22050)):
        with wave.open(str(tmp_path / f"{name}.wav"), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(np.array([[0, 16384], [-32768, 0]], np.int16).tobytes())
    assert read_wav(tmp_path / "good.wav").tolist() == [[0.0, 0.5], [-1.0, 0.0]]
    with pytest.raises(PerformerError, match="22050 Hz"):
        read_wav(tmp_path / "slow.wav")
    with pytest.raises(PerformerError, match="no WAV"):
        read_wav(Path(__file__))
