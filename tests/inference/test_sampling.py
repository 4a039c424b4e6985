"""Drawing from logits: what is not allowed never comes, what is likely comes as often as it should."""

import numpy as np
import pytest

from performer.constraints import Constraints
from performer.encoding import CLASSES, OFFSETS, PITCH, SCALES, UNKNOWN, VELOCITY
from performer.inference.sampling import Limits, choose, draw, draw_note, nucleus, probabilities

LOGITS = np.log([0.5, 0.25, 0.15, 0.1]).astype(np.float32)


def test_probabilities_are_a_softmax_over_what_is_allowed():
    allowed = np.array([False, True, True, False])
    assert probabilities(LOGITS, allowed) == pytest.approx([0, 0.625, 0.375, 0])
    assert probabilities(LOGITS) == pytest.approx([0.5, 0.25, 0.15, 0.1])


@pytest.mark.parametrize(("temperature", "expected"), [(0.5, [0.25, 0.0625, 0.0225, 0.01]), (2.0, np.sqrt([0.5, 0.25, 0.15, 0.1]))])
def test_temperature_is_a_power_of_the_probability(temperature, expected):
    assert probabilities(LOGITS, None, temperature) == pytest.approx(np.array(expected) / np.sum(expected), rel=1e-5)


def test_no_temperature_takes_the_likeliest_without_overflow():
    assert probabilities(LOGITS * 1e4, None, 0.0).tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize("logits", [[np.nan, 0.0], [np.inf, 0.0], [-np.inf, -np.inf]])
def test_what_is_no_number_is_refused(logits):
    with pytest.raises(ValueError, match="not finite"):
        probabilities(logits)


def test_nothing_allowed_is_refused():
    with pytest.raises(ValueError, match="nothing is allowed"):
        probabilities(LOGITS, np.zeros(4, bool))


@pytest.mark.parametrize(("top_p", "kept"), [(0.05, 1), (0.5, 1), (0.51, 2), (0.75, 2), (0.9, 3), (0.95, 4), (1.0, 4)])
def test_top_p_keeps_the_fewest_that_reach_it(top_p, kept):
    chances = nucleus(np.array([0.1, 0.25, 0.5, 0.15]), top_p)
    assert np.count_nonzero(chances) == kept
    assert chances.sum() == pytest.approx(1)
    assert chances.argmax() == 2


def test_draws_follow_the_probabilities():
    rng = np.random.default_rng(1)
    counts = np.bincount([draw(np.array([0.0, 0.2, 0.0, 0.8, 0.0]), rng) for _ in range(4000)], minlength=5)
    assert counts[[0, 2, 4]].tolist() == [0, 0, 0]
    assert counts[1] / 4000 == pytest.approx(0.2, abs=0.03)


def test_a_draw_at_the_very_end_is_still_a_class_that_can_be():
    class Almost:
        def random(self) -> float:
            return 1.0

    assert draw(np.array([0.3, 0.7, 0.0]), Almost()) == 1


def test_top_p_is_a_share_of_what_is_allowed():
    allowed = np.array([False, True, True, True])
    assert {choose(LOGITS, allowed, 1.0, 0.5, np.random.default_rng(seed)) for seed in range(50)} == {1}


def test_limits_are_classes_that_share_a_value_with_the_range():
    limits = Limits(Constraints(voice=2, gap=(0.0, 0.009), pitches=(60, 64, 200), velocity=(40, 47)))
    voice, gap, pitch, duration, velocity = limits.allowed
    assert np.flatnonzero(voice).tolist() == [2]
    assert SCALES[1].edges[np.flatnonzero(gap).max()] <= 0.009
    assert np.flatnonzero(pitch).tolist() == [60, 64]
    assert duration is None
    assert np.flatnonzero(velocity).tolist() == [10, 11]
    assert limits.settled() == {0: 2}


@pytest.mark.parametrize(("wanted", "value"), [((20.0, 30.0), 20.0), ((-3.0, -1.0), -1.0)])
def test_a_range_beyond_all_classes_is_kept_to(wanted, value):
    note = draw_note(lambda known: np.zeros((1, OFFSETS[-1])), Constraints(gap=wanted, duration=wanted), np.random.default_rng(0))
    assert note.gap == note.duration == value


@pytest.mark.parametrize(
    ("wanted", "values"), [((1, 2), {1, 2}), ((6, 6), {6}), ((126, 127), {126, 127}), ((0, 0), {1}), ((130, 140), {127})]
)
def test_velocities_are_those_of_the_range(wanted, values):
    rng = np.random.default_rng(0)
    zeros = np.zeros((1, OFFSETS[-1]))
    assert {draw_note(lambda known: zeros, Constraints(velocity=wanted), rng).velocity for _ in range(60)} == values


def test_what_is_settled_is_known_to_all_and_the_rest_comes_in_its_order():
    asked = []

    def logits(known):
        asked.append(known[0].tolist())
        return np.zeros((1, OFFSETS[-1]))

    draw_note(
        logits, Constraints(voice=3, pitches=(60,), order=("velocity", "gap", "duration", "pitch", "voice")), np.random.default_rng(0)
    )
    assert len(asked) == 3
    assert asked[0] == [3, UNKNOWN[1], 60, UNKNOWN[3], UNKNOWN[4]]
    assert asked[1][VELOCITY] < CLASSES[VELOCITY]
    assert asked[1][1] == UNKNOWN[1]
    assert asked[2][1] < CLASSES[1]


def test_each_attribute_reads_its_own_logits():
    logits = np.full((1, OFFSETS[-1]), -50.0)
    wanted = (3, 40, 61, 20, 19)
    for k, index in enumerate(wanted):
        logits[0, OFFSETS[k] + index] = 50.0
    note = draw_note(lambda known: logits, Constraints(), np.random.default_rng(0))
    assert (note.voice, note.pitch) == (wanted[0], wanted[PITCH])
    assert [int(SCALES[k].encode(value)) for k, value in ((1, note.gap), (3, note.duration), (4, note.velocity))] == [40, 20, 19]
    assert note.own
