"""Notes as classes and back: every value lands in its class, and the classes nest in the evaluation's bins."""

import numpy as np
import pytest

from performer.encoding import (
    BEGIN,
    CLASSES,
    DURATION,
    DURATION_EDGES,
    GAP,
    GAP_EDGES,
    OFFSETS,
    OWN,
    SCALES,
    STYLES,
    UNKNOWN,
    VELOCITY,
    begin,
    class_of,
    encode_note,
    style_number,
)
from performer.events import ModelNote


@pytest.mark.parametrize("scale", SCALES, ids=lambda scale: scale.name)
def test_a_value_drawn_in_a_class_belongs_to_it(scale):
    rng = np.random.default_rng(0)
    for index in range(scale.classes):
        assert {int(scale.encode(scale.draw(index, rng))) for _ in range(8)} == {index}


@pytest.mark.parametrize(("scale", "edges"), [(SCALES[GAP], GAP_EDGES), (SCALES[DURATION], DURATION_EDGES)], ids=["gap", "duration"])
def test_classes_nest_in_the_bins_of_the_evaluation(scale, edges):
    values = np.concatenate([np.random.default_rng(1).uniform(0, 8, 4000), edges, np.nextafter(edges, 0), [0.0]])
    assert scale.bins == 32
    assert scale.bin_of(scale.encode(values)).tolist() == (values[:, None] >= edges).sum(1).tolist()


def test_velocities_nest_in_bins_of_eight():
    values = np.arange(1, 128)
    assert SCALES[VELOCITY].bin_of(SCALES[VELOCITY].encode(values)).tolist() == (values // 8).tolist()


@pytest.mark.parametrize(("low", "high"), [(0.0, 0.009), (0.2, 0.21), (0.5, 0.5), (1.0, 9.0)])
def test_the_classes_within_a_range_are_those_of_its_values(low, high):
    scale = SCALES[GAP]
    inside = np.unique(scale.encode(np.linspace(low, high, 5001)))
    assert np.flatnonzero(scale.within(low, high)).tolist() == inside.tolist()
    rng = np.random.default_rng(2)
    assert all(low <= scale.draw(int(index), rng, low, high) <= high for index in inside for _ in range(20))


def test_a_note_becomes_seven_numbers_inside_the_tables():
    note = encode_note(ModelNote(0.5, 60, 100, 0.25, voice=2, own=True), style_number("jazz"))
    assert (note[0], note[2]) == (2, 60)
    assert note[4:] == (25, OWN, STYLES.index("jazz"))
    assert all(SCALES[k].edges[note[k]] <= value < SCALES[k].edges[note[k] + 1] for k, value in ((GAP, 0.5), (DURATION, 0.25)))


@pytest.mark.parametrize(
    "note", [ModelNote(-0.1, -5, 0, 0.0, -1), ModelNote(1e9, 300, 999, 1e9, 99), ModelNote(float("inf"), 60, 64, float("inf"))]
)
def test_values_out_of_range_go_to_the_nearest_class(note):
    assert all(0 <= value < classes for value, classes in zip(encode_note(note), CLASSES, strict=False))


def test_an_unknown_duration_has_a_class_of_its_own():
    assert encode_note(ModelNote(0.0, 60, 64, None))[DURATION] == UNKNOWN[DURATION] == SCALES[DURATION].unknown


def test_a_piece_begins_with_nothing_known():
    assert begin() == (*BEGIN[:5], OWN, 0)
    assert begin(3, own=False)[5:] == (0, 3)


def test_the_logits_of_all_attributes_lie_end_to_end():
    assert OFFSETS == (0, 16, 144, 272, 368, 400)
    assert style_number("no such style") == 0


def test_one_value_has_the_class_that_it_has_among_many():
    for k in (GAP, DURATION, VELOCITY):
        edges = SCALES[k].edges
        values = np.concatenate([edges, np.nextafter(edges, 0), np.random.default_rng(k).uniform(-1, edges[-1] + 1, 500)])
        assert [class_of(k, value) for value in values.tolist()] == SCALES[k].encode(values).tolist()
