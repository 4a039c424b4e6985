"""The far-sighted network: caches that roll over say what recomputing everything says, for ever and without looking ahead."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from performer.card import read_card  # noqa: E402
from performer.encoding import UNKNOWN, VOICE, begin  # noqa: E402
from performer.inference.lstm import open_graphs  # noqa: E402
from performer.training.attention import Memory, Shape  # noqa: E402
from performer.training.export import export  # noqa: E402
from performer.training.network import NoteNet, silence_of  # noqa: E402
from performer.training.recurrent import TABLES  # noqa: E402
from performer.training.recurrent import Shape as Trunk  # noqa: E402
from performer.training.transformer import on_trunk  # noqa: E402

SHAPE = Shape(hidden=12, layers=1, head=16, dropout=0.0, attention=2, heads=2, width=40, window=8, recall=24)


@pytest.fixture
def net() -> NoteNet:
    """A network whose attention has learned something: at first it adds nothing."""
    torch.manual_seed(5)
    net = NoteNet(SHAPE).eval()
    for layer in net.step.layers:
        for last in (layer.out, layer.narrow):
            torch.nn.init.normal_(last.weight, std=0.3)
    return net


def events(rows: int, length: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    made = torch.stack([torch.randint(0, size, (rows, length), generator=generator) for size in TABLES], -1)
    made[..., VOICE] %= UNKNOWN[VOICE]
    return made


def stepped(net: NoteNet, heard: torch.Tensor, by: int) -> tuple[torch.Tensor, Memory]:
    out, memory = [], None
    for start in range(0, heard.shape[1], by):
        hidden, memory = net.step(heard[:, start : start + by], memory)
        out.append(hidden)
    return torch.cat(out, 1), memory


@pytest.mark.parametrize("by", [1, 5])
@torch.no_grad()
def test_caches_that_rolled_over_seven_times_say_what_recomputing_says(net, by):
    heard = events(3, 60)
    heard[1, 25], heard[:, 0] = torch.tensor(begin()), torch.tensor(begin())
    whole, memory = net.step(heard)
    rolled, after = stepped(net, heard, by)
    assert torch.allclose(whole, rolled, atol=1e-4)
    assert all(torch.allclose(a, b, atol=2e-4) for a, b in zip(memory, after, strict=True))


@torch.no_grad()
def test_the_memory_has_one_size_however_long_the_music_is(net):
    _, memory = stepped(net, events(1, 100), 1)
    assert [each.shape for each in memory] == [each.shape for each in silence_of(SHAPE)]


@torch.no_grad()
def test_what_comes_later_changes_nothing_before(net):
    heard = events(1, 30)
    other = heard.clone()
    other[:, 20:] = events(1, 10, seed=1)
    assert torch.equal(net.step(heard)[0][:, :20], net.step(other)[0][:, :20])


@torch.no_grad()
def test_attention_reaches_to_the_window_and_no_further():
    torch.manual_seed(2)
    lone = NoteNet(Shape(hidden=12, layers=1, head=16, dropout=0.0, attention=1, heads=2, width=40, window=8)).eval()
    layer = lone.step.layers[0]
    torch.nn.init.normal_(layer.out.weight, std=0.3)
    lone.step.lstm.load_state_dict({key: torch.zeros_like(value) for key, value in lone.step.lstm.state_dict().items()})
    lone.step.lstm.weight_ih_l0.copy_(torch.randn_like(lone.step.lstm.weight_ih_l0))
    lone.step.lstm.bias_ih_l0[12:24] = -1e4  # the forget gate is shut: each hidden vector tells of its own event only
    heard = events(1, 30)
    for back, changes in ((7, True), (8, True), (9, False), (20, False)):  # a key sees the event before its own as well
        other = heard.clone()
        other[:, 29 - back, 2:] = events(1, 1, seed=2)[:, 0, 2:]
        apart = (lone.step(heard)[0][:, 29, :12] - lone.step(other)[0][:, 29, :12]).abs().max()
        assert apart > 1e-4 if changes else apart < 1e-6, (back, apart)


@torch.no_grad()
def test_a_new_piece_does_not_look_back_into_the_last(net):
    heard = events(1, 20)
    heard[:, 10] = torch.tensor(begin())
    _, memory = net.step(heard)
    assert memory.there.tolist() == [[1.0] * 8]
    _, memory = net.step(heard[:, :12])
    assert memory.there.tolist() == [[0.0] * 6 + [1.0] * 2]


@torch.no_grad()
def test_ages_are_the_seconds_since_each_event(net):
    heard = events(1, 3)
    heard[..., 1] = UNKNOWN[1]
    _, memory = net.step(heard)
    assert memory.age[0, -3:].tolist() == [0.0, 0.0, 0.0]
    heard[0, 2, 1] = 100
    _, memory = net.step(heard)
    low, high = net.step.gaps[99].item(), net.step.gaps[101].item()
    assert memory.age[0, -1] == 0
    assert low < memory.age[0, -2] < high


@torch.no_grad()
def test_on_a_trunk_it_begins_with_what_the_trunk_says():
    torch.manual_seed(1)
    trunk = NoteNet(Trunk(12, 1, 16, 0.0)).eval()
    net = on_trunk(trunk, SHAPE).eval()
    heard, known = events(2, 20), torch.zeros(2, 5, dtype=torch.long)
    (mine, _), (its, _) = net.step(heard), trunk.step(heard)
    assert torch.allclose(mine[..., : SHAPE.hidden], its, atol=1e-6)
    assert torch.allclose(net.heads(mine[:, -1], known), trunk.heads(its[:, -1], known), atol=1e-5)


def test_a_stream_that_forgets_begins_in_silence(net):
    _, memory = net.step(events(2, 20))
    kept = net.step.detached(memory, torch.tensor([1.0, 0.0]))
    heard = events(2, 5, seed=3)
    with torch.no_grad():
        after, _ = net.step(heard, kept)
        fresh, _ = net.step(heard)
        on, _ = net.step(heard, memory)
    assert torch.allclose(after[1], fresh[1], atol=1e-5)
    assert torch.allclose(after[0], on[0], atol=1e-5)
    assert not any(each.requires_grad for each in kept)


def test_the_exported_graph_rolls_over_and_says_what_recomputing_says(net, tmp_path):
    """Three windows of events one by one through ONNX Runtime with its own caches, against one pass over all of them."""
    folder = tmp_path / "far"
    export(net, {"corpora": ["groove"], "seconds": 0.0, "seed": 1}, folder, {})
    step, _ = open_graphs(read_card(folder))
    heard = events(1, 3 * SHAPE.window + 4)
    heard[:, 0] = torch.tensor(begin())
    with torch.no_grad():
        whole, _ = net.step(heard)
    state = [each.numpy() for each in silence_of(SHAPE)]
    for place in range(heard.shape[1]):
        hidden, *state = step(heard[:, place].numpy(), *state)
        assert np.allclose(hidden, whole[:, place].numpy(), atol=1e-4)
    assert Memory(*state).there.tolist() == [[1.0] * SHAPE.window]
