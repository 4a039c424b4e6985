"""The baseline against its formula written out with dictionaries, and on music whose entropy is known."""

from collections import Counter, defaultdict

import numpy as np
import pytest

from performer.evaluation.markov import BINS, ORDER, baseline_nats, best_order


def music(seed: int, pieces: int, kinds: int = 4) -> list[np.ndarray]:
    """Pieces of a few different bins, some of them no longer than a note."""
    rng = np.random.default_rng(seed)
    return [rng.integers(0, kinds, (int(rng.integers(1, 30)), 4)) for _ in range(pieces)]


def slowly(learned, heard, order):
    """Witten and Bell, note by note: (count + kinds * lower order) / (total + kinds), a context that was never seen left out."""
    out = []
    for k, bins in enumerate(BINS):
        seen = defaultdict(Counter)
        for piece in learned:
            own = piece[:, k].tolist()
            for place, value in enumerate(own):
                for n in range(min(place, order) + 1):
                    seen[tuple(own[place - n : place])][value] += 1
        column = []
        for piece in heard:
            own = piece[:, k].tolist()
            for place, value in enumerate(own):
                chance = 1 / bins
                for n in range(min(place, order) + 1):
                    counts = seen.get(tuple(own[place - n : place]))
                    if counts:
                        chance = (counts[value] + len(counts) * chance) / (counts.total() + len(counts))
                column.append(-np.log(chance))
        out.append(column)
    return np.array(out).T


@pytest.mark.parametrize("order", [0, 1, 3, ORDER])
def test_it_is_its_formula(order):
    learned, heard = music(1, 20), music(2, 6, kinds=5)
    assert baseline_nats(learned, heard, order) == pytest.approx(slowly(learned, heard, order))


def test_what_is_certain_costs_nothing_and_what_is_chance_its_entropy():
    rng = np.random.default_rng(3)

    def piece(count):
        return np.stack([np.full(count, 7), np.arange(count) % 5, rng.integers(0, 8, count), np.arange(count) // 3 % 2], axis=1)

    nats = baseline_nats([piece(4000) for _ in range(10)], [piece(3000)]).mean(0)
    assert nats[[0, 1]] == pytest.approx(0.0, abs=0.01) and nats[3] == pytest.approx(0.0, abs=0.05)
    assert nats[2] == pytest.approx(np.log(8), abs=0.1)


def test_it_looks_back_as_far_as_it_helps():
    rng = np.random.default_rng(4)
    fair = [rng.integers(0, 8, (200, 4)) for _ in range(20)]
    pattern = [np.tile(np.array([[0, 0, 0, 0], [0, 1, 0, 1], [1, 0, 1, 0], [1, 1, 1, 1], [0, 1, 1, 0]]), (40, 1)) for _ in range(20)]
    assert best_order(fair) == 0
    assert best_order(pattern) >= 3
    assert np.array_equal(baseline_nats(fair, fair[:1]), baseline_nats(fair, fair[:1], 0))


def test_a_single_piece_is_enough_to_learn_from():
    (one,) = music(5, 1)
    assert best_order([one]) == ORDER
    assert np.isfinite(baseline_nats([one], [one])).all()
