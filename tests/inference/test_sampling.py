"""Drawing from logits: what is not allowed never comes, what is likely comes as often as it should."""

import math
import random
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from performer.constraints import Constraints
from performer.encoding import CLASSES, OFFSETS, PITCH, SCALES, UNKNOWN, VELOCITY
from performer.inference.sampling import Limits, choose, draw, drawing, drawn, nucleus, weights_of

LOGITS = [math.log(chance) for chance in (0.5, 0.25, 0.15, 0.1)]
WEIGHTS = (0.1, 0.25, 0.5, 0.15)


def draw_note(*given, **named):
    return drawn(drawing(*given, **named))


def test_weights_are_a_softmax_but_for_a_factor():
    assert weights_of(LOGITS) == pytest.approx([1, 0.5, 0.3, 0.2])
    assert weights_of([logit + 1000.0 for logit in LOGITS]) == pytest.approx([1, 0.5, 0.3, 0.2])


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_temperature_is_a_power_of_the_probability(temperature):
    assert weights_of(LOGITS, temperature) == pytest.approx([chance ** (1 / temperature) for chance in (1, 0.5, 0.3, 0.2)])


def test_no_temperature_takes_the_likeliest_without_overflow():
    assert weights_of([logit * 1e4 for logit in LOGITS], 0.0) == [1, 0, 0, 0]


@pytest.mark.parametrize("logits", [[math.nan, 0.0], [0.0, math.nan], [math.inf, 0.0], [-math.inf, -math.inf]])
def test_what_is_no_number_is_refused(logits):
    with pytest.raises(ValueError, match="not finite"):
        weights_of(logits)


def test_a_class_that_cannot_be_weighs_nothing():
    assert weights_of([0.0, -math.inf]) == [1, 0]


def test_nothing_allowed_is_refused():
    with pytest.raises(ValueError, match="nothing is allowed"):
        choose(LOGITS, (), 1.0, 1.0, random.Random(0))


@pytest.mark.parametrize(
    ("top_p", "kept"), [(0.05, [2]), (0.5, [2]), (0.51, [1, 2]), (0.75, [1, 2]), (0.9, [1, 2, 3]), (0.95, [0, 1, 2, 3]), (1.0, [0, 1, 2, 3])]
)
def test_top_p_keeps_the_fewest_that_reach_it(top_p, kept):
    assert list(nucleus(WEIGHTS, top_p)) == kept


def test_of_equals_the_first_are_kept():
    assert list(nucleus((0.25, 0.25, 0.25, 0.25), 0.5)) == [0, 1]


def test_draws_follow_the_weights():
    rng = random.Random(1)
    counts = Counter(draw((0.0, 1.0, 0.0, 4.0, 0.0), range(5), rng) for _ in range(4000))
    assert set(counts) == {1, 3}
    assert counts[1] / 4000 == pytest.approx(0.2, abs=0.03)


def test_only_the_places_given_are_drawn():
    rng = random.Random(1)
    assert {draw((5.0, 1.0, 5.0, 4.0), (1, 3), rng) for _ in range(100)} == {1, 3}


@pytest.mark.parametrize("number", [0.0, 1.0])
def test_a_draw_at_either_end_is_still_a_class_that_can_be(number):
    class End:
        def random(self) -> float:
            return number

    assert draw((0.0, 0.3, 0.7, 0.0), range(4), End()) == (1 if number == 0.0 else 2)


def test_a_generator_of_numpy_is_a_chance_too():
    rng = np.random.default_rng(3)
    assert {choose(LOGITS, range(4), 1.0, 1.0, rng) for _ in range(100)} == {0, 1, 2, 3}


def test_top_p_is_a_share_of_what_is_allowed():
    assert {choose(LOGITS, (1, 2, 3), 1.0, 0.5, random.Random(seed)) for seed in range(50)} == {1}


def test_limits_are_classes_that_share_a_value_with_the_range():
    limits = Limits(Constraints(voice=2, gap=(0.0, 0.009), pitches=(60, 64, 200), velocity=(40, 47)))
    voice, gap, pitch, duration, velocity = limits.allowed
    assert voice == [2]
    assert SCALES[1].edges[gap[-1]] <= 0.009 < SCALES[1].edges[gap[-1] + 1]
    assert pitch == [60, 64]
    assert duration == range(CLASSES[3])
    assert velocity == [10, 11]
    assert (limits.settled, limits.open) == ({0: 2}, [1, 2, 3, 4])


def test_a_held_note_has_no_duration_and_none_is_asked_for():
    asked = []

    def logits(known):
        asked.append(known[0].tolist())
        return np.zeros((1, OFFSETS[-1]))

    note = draw_note(logits, Constraints(voice=0, gap=(0.0, 0.0), duration=(1.0, 2.0), held=True), random.Random(0))
    assert note.duration is None
    assert note.gap == 0.0
    assert len(asked) == 2
    assert all(known[3] == UNKNOWN[3] for known in asked)


@pytest.mark.parametrize(("wanted", "value"), [((20.0, 30.0), 20.0), ((-3.0, -1.0), -1.0)])
def test_a_range_beyond_all_classes_is_kept_to(wanted, value):
    note = draw_note(lambda known: np.zeros((1, OFFSETS[-1])), Constraints(gap=wanted, duration=wanted), random.Random(0))
    assert note.gap == note.duration == value


@pytest.mark.parametrize(
    ("wanted", "values"), [((1, 2), {1, 2}), ((6, 6), {6}), ((126, 127), {126, 127}), ((0, 0), {1}), ((130, 140), {127})]
)
def test_velocities_are_those_of_the_range(wanted, values):
    rng = random.Random(0)
    zeros = np.zeros((1, OFFSETS[-1]))
    assert {draw_note(lambda known: zeros, Constraints(velocity=wanted), rng).velocity for _ in range(60)} == values


def test_what_is_settled_is_known_to_all_and_the_rest_comes_in_its_order():
    asked = []

    def logits(known):
        asked.append(known[0].tolist())
        return np.zeros((1, OFFSETS[-1]))

    draw_note(
        logits, Constraints(voice=3, pitches=(60,), order=("velocity", "gap", "duration", "pitch", "voice")), random.Random(0)
    )
    assert len(asked) == 3
    assert asked[0] == [3, UNKNOWN[1], 60, UNKNOWN[3], UNKNOWN[4]]
    assert asked[1][VELOCITY] < CLASSES[VELOCITY]
    assert asked[1][1] == UNKNOWN[1]
    assert asked[2][1] < CLASSES[1]


def test_what_is_drawn_at_once_takes_one_look_and_the_pitch_that_it_would_be_otherwise():
    rng, asked = np.random.default_rng(3), []

    def logits(known):
        asked.append(known[0].tolist())
        return rng.standard_normal((1, OFFSETS[-1]))

    limits = Constraints(voice=3, gap=(0.0, 0.0), held=True, at_once=True)
    draw_note(logits, limits, random.Random(5))
    assert asked == [[3, 0, *UNKNOWN[2:]]]
    fixed = rng.standard_normal((1, OFFSETS[-1]))
    for seed in range(20):
        together, apart = (draw_note(lambda known: fixed, replace(limits, at_once=each), random.Random(seed)) for each in (True, False))
        assert together == apart


@pytest.mark.parametrize("limits", [Constraints(top_p=0.8), Constraints(voice=3, gap=(0.0, 0.0), held=True, at_once=True, top_p=0.8)])
def test_what_is_reckoned_is_not_looked_at_again_and_changes_no_note(limits):
    rng, looks, reckoned, asked = np.random.default_rng(4), {}, {}, []

    def logits(known):
        asked.append(known.tobytes())
        return looks.setdefault(known.tobytes(), rng.standard_normal((1, OFFSETS[-1])))

    for each in (limits, replace(limits, temperature=9.0)):
        for seed in range(20):
            found = draw_note(logits, each, random.Random(seed), reckoned)
            again = len(asked)
            assert draw_note(logits, each, random.Random(seed), reckoned) == found and len(asked) == again
            assert draw_note(logits, each, random.Random(seed)) == found


def test_each_attribute_reads_its_own_logits():
    logits = np.full((1, OFFSETS[-1]), -50.0)
    wanted = (3, 40, 61, 20, 19)
    for k, index in enumerate(wanted):
        logits[0, OFFSETS[k] + index] = 50.0
    note = draw_note(lambda known: logits, Constraints(), random.Random(0))
    assert (note.voice, note.pitch) == (wanted[0], wanted[PITCH])
    assert [int(SCALES[k].encode(value)) for k, value in ((1, note.gap), (3, note.duration), (4, note.velocity))] == [40, 20, 19]
    assert note.own
