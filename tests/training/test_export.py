"""From a checkpoint to a folder that plays: the two runtimes agree, the card is whole, and a model that differs is refused."""

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from performer.card import read_card  # noqa: E402
from performer.constraints import Constraints  # noqa: E402
from performer.encoding import begin, encode_note  # noqa: E402
from performer.errors import ModelError  # noqa: E402
from performer.events import ModelNote  # noqa: E402
from performer.inference.lstm import load_mind, open_graphs  # noqa: E402
from performer.training import export  # noqa: E402
from performer.training.card_writer import write_card  # noqa: E402
from performer.training.network import NoteNet, save  # noqa: E402
from performer.training.recurrent import Shape  # noqa: E402

FACTS = {"corpora": ["groove", "lieder"], "log": {"seconds": 3.5, "steps": 7, "events": 900}, "seconds": 3.5, "seed": 1}


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Path:
    torch.manual_seed(3)
    path = tmp_path_factory.mktemp("training") / "best.pt"
    save(NoteNet(Shape(12, 2, 16)), path, FACTS)
    return path


@pytest.fixture(scope="module")
def model(checkpoint) -> Path:
    """The checkpoint exported through the command line."""
    metrics, out = checkpoint.parent / "metrics.json", checkpoint.parent / "onnx" / "lstm-test"
    metrics.write_text(json.dumps({"command": "evaluate", "groove": {"nll": {"total": 5.5}}}), encoding="utf-8")
    assert export.main(["--checkpoint", str(checkpoint), "--out", str(out), "--metrics", str(metrics)]) == 0
    return out


@pytest.fixture
def net(checkpoint) -> NoteNet:
    return export.restore(checkpoint)[0]


def spoil(net: NoteNet) -> NoteNet:
    with torch.no_grad():
        net.step.lstm.weight_hh_l1[0, 0] += 0.05
    return net


def test_the_runtimes_agree_over_64_steps_with_carried_state(model, net):
    assert export.disagreement(net, model, 64) <= 1e-4


@pytest.mark.parametrize("layers", [1, 3])
def test_the_halves_of_a_step_are_the_step_recall_and_all(tmp_path, layers):
    """Every way of a piece, its beginning in the middle of another among them; weights that training gave it, not those it is begun with."""
    torch.manual_seed(layers)
    net = NoteNet(Shape(12, layers, 16, recall=24))
    export.export(net, FACTS, tmp_path / "recalls", {})
    mind, plain = load_mind(tmp_path / "recalls"), net.eval()
    heard = [ModelNote(0.1, 60 + k % 3, 70, 0.2, 0) for k in range(40)]
    for note in heard:
        mind.feed(note)
    with torch.no_grad():
        told, _ = plain.step(torch.tensor([[begin(), *map(encode_note, heard)]]))
    assert mind._memory.hidden == pytest.approx(told[:, -1].numpy(), abs=1e-4)
    assert mind._memory.hidden[0, 12:].any()  # something was recalled


def test_a_small_difference_in_one_weight_is_seen(model, net):
    assert export.disagreement(spoil(net), model, 64) > 1e-4


def test_a_mind_that_is_fed_knows_what_the_network_knows(model, net):
    mind, rng = load_mind(model), np.random.default_rng(0)
    events = [begin()]
    for _ in range(64):
        note = ModelNote(
            float(rng.uniform(0, 2)), int(rng.integers(128)), int(rng.integers(1, 128)), float(rng.uniform(0, 3)), int(rng.integers(16))
        )
        mind.feed(note)
        events.append(encode_note(note))
    with torch.no_grad():
        hidden, _ = net.eval().step(torch.tensor([events]))
        pitch = net.heads(hidden[:, -1], torch.tensor([[0, 3, 128, 5, 6]]))
    (logits,) = open_graphs(read_card(model))[1](hidden[:, -1].numpy(), np.array([[0, 3, 128, 5, 6]]))
    assert logits == pytest.approx(pitch.numpy(), abs=1e-4)
    assert mind._memory.hidden == pytest.approx(hidden[:, -1].numpy(), abs=1e-4)


def test_the_card_says_what_was_learned_and_under_which_licence(model):
    card = read_card(model)
    card.require("notes", "notes-1", "step", "heads")
    assert (card.name, card.shape["hidden"], card.shape["layers"]) == ("lstm-test", 12, 2)
    assert {entry["name"]: entry["licence"] for entry in card.data} == {"groove": "CC BY 4.0", "lieder": "CC0 1.0"}
    assert card.metrics["groove"]["nll"]["total"] == 5.5
    assert 'event = "int64 1 x 7"' in (model / "card.toml").read_text(encoding="utf-8")


def test_a_model_is_a_folder_of_plain_files(model):
    assert sorted(path.name for path in model.iterdir()) == ["card.toml", "heads.onnx", "prepare.onnx", "step.onnx"]
    onnx = pytest.importorskip("onnx")
    for path in model.glob("*.onnx"):
        graph = onnx.load(path, load_external_data=False)
        assert graph.ir_version <= 10
        assert 17 <= graph.opset_import[0].version <= 21
        assert not any(onnx.external_data_helper.uses_external_data(each) for each in graph.graph.initializer)
        assert str(Path(export.__file__).parent).encode() not in path.read_bytes()


def test_the_same_weights_make_the_same_files(model, net, tmp_path):
    export.export(net, FACTS, tmp_path / "again", {})
    assert read_card(tmp_path / "again").graphs["step"].sha256 == read_card(model).graphs["step"].sha256


def test_an_exported_model_is_exported_again_and_keeps_its_card(model, tmp_path):
    assert export.main(["--model", str(model), "--out", str(tmp_path / "newer")]) == 0
    new, old = read_card(tmp_path / "newer"), read_card(model)
    assert (new.name, new.metrics, new.data) == ("newer", old.metrics, old.data)
    assert {name: graph.sha256 for name, graph in new.graphs.items()} == {name: graph.sha256 for name, graph in old.graphs.items()}


def test_an_export_that_disagrees_leaves_the_earlier_model_and_nothing_else(model, checkpoint, monkeypatch, capsys):
    before = {path.name: path.read_bytes() for path in model.iterdir()}
    write = export.write_graphs
    monkeypatch.setattr(export, "write_graphs", lambda net, folder: write(spoil(export.copy.deepcopy(net)), folder))
    assert export.main(["--checkpoint", str(checkpoint), "--out", str(model)]) == 1
    assert "apart" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in model.iterdir()} == before
    assert [path.name for path in model.parent.iterdir()] == [model.name]
    load_mind(model).query(Constraints(), np.random.default_rng(0))


def test_numbers_that_are_none_are_refused(net, tmp_path):
    with torch.no_grad():
        net.heads.out.bias[5] = torch.nan
    with pytest.raises(ModelError, match="not finite"):
        export.export(net, FACTS, tmp_path / "nan", {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [None, b"no checkpoint"])
def test_a_checkpoint_that_is_none_is_one_sentence(tmp_path, capsys, content):
    if content:
        (tmp_path / "best.pt").write_bytes(content)
    assert export.main(["--checkpoint", str(tmp_path / "best.pt"), "--out", str(tmp_path / "out")]) == 1
    assert "was not written" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_data_without_a_known_licence_is_refused(net, tmp_path):
    with pytest.raises(ModelError, match="licence of the training data 'found-on-a-disk'"):
        export.export(net, FACTS | {"corpora": ["found-on-a-disk"]}, tmp_path / "out", {})
    assert list(tmp_path.iterdir()) == []


def test_a_card_of_another_kind_is_written_by_the_same_hand(tmp_path):
    (tmp_path / "generator.onnx").write_bytes(b"bytes")
    model = {"name": "light", "role": "pictures", "encoding": "pictures-1"}
    card = write_card(tmp_path, {"model": model, "graphs": {"generator": {"file": "generator.onnx"}}})
    assert card == read_card(tmp_path)
    assert card.graphs["generator"].sha256.startswith("277089d9")
