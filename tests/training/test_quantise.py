"""A note model in 8 bits: it agrees with the one it comes from, passes the check, and is not written where it does not."""

from pathlib import Path

import pytest

from tests.inference.conftest import TINY

pytest.importorskip("torch")

from performer.card import read_card
from performer.cli import main as performer
from performer.errors import ModelError
from performer.training import quantise


def test_it_is_smaller_and_fits(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out = tmp_path / "tiny-int8"
    assert quantise.main(["--model", str(TINY), "--out", str(out)]) == 0
    sizes = [sum(path.stat().st_size for path in folder.glob("*.onnx")) for folder in (out, TINY)]
    assert sizes[0] < 0.85 * sizes[1]  # its tables, which stay as they are, are most of it
    assert "8 bits" in read_card(out).sentence and read_card(out).name == "tiny-int8"
    assert performer(["check", str(out)]) == 0


def test_one_that_is_too_far_off_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(quantise, "TOLERANCE", -1.0)
    with pytest.raises(ModelError, match="nats from the original"):
        quantise.quantise(TINY, tmp_path / "far")
    assert not (tmp_path / "far").exists()
