"""An exported model is a network again: both give the same numbers, whether the exporter folded small weights into its nodes or not."""

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from performer.training.export import disagreement, export  # noqa: E402
from performer.training.network import NoteNet, from_model  # noqa: E402
from performer.training.recurrent import Shape  # noqa: E402

TINY = Path(__file__).parent.parent / "inference" / "tiny-lstm"


def test_a_small_model_whose_weights_were_folded():
    assert disagreement(from_model(TINY)[0], TINY) <= 1e-4


def test_the_weights_come_back_as_they_were(tmp_path: Path):
    torch.manual_seed(5)
    net = NoteNet(Shape(96, 2, 24))
    export(net, {"corpora": []}, tmp_path / "some", {})
    back, card = from_model(tmp_path / "some")
    assert card.name == "some"
    for name, value in net.state_dict().items():
        if "bias_" not in name:  # the exporter adds up the two biases of a gate
            assert torch.equal(back.state_dict()[name], value), name
    assert disagreement(back, tmp_path / "some") <= 1e-4
