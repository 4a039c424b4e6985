"""A tiny untrained LSTM, exported once, so that the tests of the runtime need no PyTorch.

It was made with `export(NoteNet(Shape(8, 2, 8)), {"corpora": []}, Path("tests/inference/tiny-lstm"), {})` after `torch.manual_seed(0)`, the
output weights four times as large, so that it has opinions."""

import shutil
from pathlib import Path

import pytest

from performer.inference.lstm import LstmMind, load_mind

TINY = Path(__file__).parent / "tiny-lstm"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the tiny model that a test may spoil."""
    return Path(shutil.copytree(TINY, tmp_path / "tiny-lstm"))


@pytest.fixture
def mind() -> LstmMind:
    return load_mind(TINY)
