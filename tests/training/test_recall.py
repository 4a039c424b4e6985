"""What followed the last time: found where the latest notes were played before, forgotten with its piece, and copied by the heads."""

import pytest

torch = pytest.importorskip("torch")

from performer.encoding import OFFSETS, PITCH, UNKNOWN, begin  # noqa: E402
from performer.training.network import NoteNet, ranks, recalling  # noqa: E402
from performer.training.recall import LONGEST, NEAREST, PLACES, WIDTH, Past, columns, nothing, recall  # noqa: E402
from performer.training.recurrent import Shape  # noqa: E402

SHAPE = Shape(hidden=12, layers=1, head=16, dropout=0.0, recall=40)
BETWEEN = range(90, 90 + NEAREST)  # notes that keep what is alike far enough apart


def tune(*pitches: int) -> torch.Tensor:
    """(1, time, 7): keys, one after another, each a little louder than the last."""
    rows = [(0, 30, pitch, 20, place % 32, 1, 0) for place, pitch in enumerate(pitches)]
    return torch.tensor([rows])


def told(events: torch.Tensor, window: int = 40) -> torch.Tensor:
    """(time, PLACES, 6) what is told after each event."""
    return columns(recall(events, nothing(window, 1))[0][0])


def test_the_note_after_the_longest_likeness_is_told_with_all_its_attributes():
    found = told(tune(60, 62, 64, 65, 72, 64, 67, *BETWEEN, 60, 62, 64))
    assert found[-1, 0].tolist() == [0, 30, 65, 20, 3, 3]  # after 60 62 64, not after 72 64
    assert found[-1, 1].tolist() == [0, 30, 67, 20, 6, 1]  # and after one note that is alike another pitch came
    assert found[4].tolist() == [[-1] * 5 + [0]] * PLACES  # 72 was never played before


def test_of_places_as_much_alike_the_latest_is_told_that_is_not_too_near():
    found = told(tune(60, 62, 60, 64, 60, 67, *BETWEEN, 60))
    assert (found[-1, 0, PITCH], found[-1, 1, PITCH]) == (67, 64)
    notes = list(BETWEEN)[:-1]
    assert told(tune(60, *notes, 60))[-1, 0, -1] == 1
    assert told(tune(60, *notes[1:], 60))[-1, 0, -1] == 0


def test_a_likeness_is_counted_to_an_end_and_a_place_out_of_the_window_is_forgotten():
    lengths = told(tune(*[*range(60, 80)] * 4))[:, 0, -1]
    assert lengths[18:23].tolist() == [0, 0, 1, 2, 3]
    assert lengths.max() == LONGEST
    assert told(tune(50, *range(60, 80), 50), window=20)[-1, 0, -1] == 0
    assert told(tune(50, *range(60, 80), 50), window=21)[-1, 0, -1] == 1


def test_a_new_piece_and_a_stream_that_forgets_know_nothing_of_what_was_before():
    heard = torch.cat([tune(60, 62, 64, *BETWEEN), torch.tensor([[begin()]]), tune(60, 62)], 1)
    found, past = recall(heard, nothing(40, 1))
    assert not columns(found[0])[:, :, -1].any()
    assert (past.played[0, :, 0] > 0).sum() == 3  # BEGIN and two notes


@pytest.mark.parametrize("by", [1, 4])
def test_pieces_of_a_stream_tell_what_the_whole_tells(by):
    generator = torch.Generator().manual_seed(3)
    heard = tune(*torch.randint(60, 64, (90,), generator=generator).tolist()).repeat(2, 1, 1)
    heard[1, 33] = torch.tensor(begin())
    whole, after = recall(heard, nothing(24, 2))
    assert (columns(whole.flatten(0, 1))[:, 0, -1] > 2).any()
    past: Past = nothing(24, 2)
    parts = []
    for start in range(0, 90, by):
        part, past = recall(heard[:, start : start + by], past)
        parts.append(part)
    assert torch.equal(torch.cat(parts, 1), whole)
    assert all(torch.equal(a, b) for a, b in zip(past, after, strict=True))


def test_a_network_begins_to_recall_with_what_it_said_before():
    torch.manual_seed(1)
    plain = NoteNet(Shape(12, 1, 16, 0.0)).eval()
    net = recalling(plain, 40).eval()
    heard, known = tune(60, 62, 60, 62), torch.tensor([UNKNOWN])
    (mine, _), (its, _) = net.step(heard), plain.step(heard)
    assert mine.shape[-1] == net.shape.told == 12 + WIDTH
    assert torch.allclose(net.heads(mine[:, -1], known), plain.heads(its[:, -1], known), atol=1e-6)


def test_heads_learn_to_copy_a_row_of_notes_that_no_weight_could_know():
    """The same random rows never come twice; what comes twice within a row is known the second time."""
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    net = NoteNet(SHAPE)
    optimizer = torch.optim.Adam(net.parameters(), 0.02)

    def row() -> torch.Tensor:
        pitches = torch.randint(30, 90, (8, NEAREST), generator=generator).repeat(1, 2)
        return torch.cat([tune(*each) for each in pitches.tolist()])

    for _ in range(60):
        heard = row()
        order = torch.arange(5).expand(8, 31, 5)
        loss, _ = net.loss(heard[:, :-1], heard[:, 1:, :5], torch.ones(8, 31), order, None)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    heard = row()
    with torch.no_grad():
        seen, _ = net.eval().step(heard[:, :-1])
        nats = net.heads.nats(seen.flatten(0, 1), heard[:, 1:, :5].flatten(0, 1), torch.arange(5).expand(8 * 31, 5)).unflatten(0, (8, 31))
    first, second = nats[:, :14, PITCH].mean(), nats[:, 18:, PITCH].mean()
    assert second < 0.3 * first


def test_the_likelihoods_of_training_are_those_of_the_heads_as_they_are_played():
    torch.manual_seed(4)
    net = NoteNet(SHAPE)
    for weight in (net.heads.recalled.weight, net.heads.agrees.weight, net.heads.copies.weight):
        torch.nn.init.normal_(weight, std=0.3)
    heard = tune(*[60, 62, 64, 60, 62, 65] * 6)
    seen, _ = net.step(heard[:, :-1])
    seen, targets = seen.flatten(0, 1), heard[:, 1:, :5].flatten(0, 1)
    rank = ranks((35,), torch.device("cpu"), torch.Generator().manual_seed(2), 0.0)
    nats = net.heads.nats(seen, targets, rank)
    net.eval()
    for k in range(5):
        known = torch.where(rank < rank[:, k : k + 1], targets, torch.tensor(UNKNOWN))
        logits = net.heads(seen, known)[:, OFFSETS[k] : OFFSETS[k + 1]]
        assert torch.allclose(nats[:, k], torch.nn.functional.cross_entropy(logits, targets[:, k], reduction="none"), atol=1e-5)
