"""Any part of an event can be fixed, limited or left free, and no chance leaves the limits: held against a real model's draws."""

import random

import pytest

from performer.constraints import CANONICAL, Constraints
from performer.inference.styles import Blend

WILD = {"temperature": 2.0, "time_temperature": 2.0, "velocity_temperature": 2.0}
LIMITS = [
    ("voice", {"voice": 2}, lambda note: note.voice == 2),
    ("voice", {"voice": (1, 3)}, lambda note: note.voice in (1, 3)),
    ("pitch", {"pitches": (61,)}, lambda note: note.pitch == 61),
    ("pitch", {"pitches": (40, 47, 90)}, lambda note: note.pitch in (40, 47, 90)),
    ("gap", {"gap": (0.25, 0.25)}, lambda note: note.gap == 0.25),
    ("gap", {"gap": (0.3, 0.37)}, lambda note: 0.3 <= note.gap <= 0.37),
    ("gap", {"gap": (0.1, 0.2), "beyond": (1.0, 1.2)}, lambda note: 0.1 <= note.gap <= 0.2 or 1.0 <= note.gap <= 1.2),
    ("duration", {"duration": (0.5, 0.5)}, lambda note: note.duration == 0.5),
    ("duration", {"duration": (0.41, 0.57)}, lambda note: 0.41 <= note.duration <= 0.57),
    ("velocity", {"velocity": (77, 77)}, lambda note: note.velocity == 77),
    ("velocity", {"velocity": (50, 61)}, lambda note: 50 <= note.velocity <= 61),
]


def drawn(mind, count=60, **limits):
    rng = random.Random(5)
    for _ in range(count):
        note = mind.query(Constraints(**limits), rng)
        yield note
        mind.feed(note)


@pytest.mark.parametrize("order", [CANONICAL, CANONICAL[::-1], ("pitch", "velocity", "gap", "voice", "duration")])
@pytest.mark.parametrize(("name", "limits", "holds"), LIMITS)
def test_what_is_fixed_or_limited_is_kept_to_in_any_order_of_drawing(mind, name, limits, holds, order):
    assert all(holds(note) for note in drawn(mind, order=order, **WILD, **limits))
    assert not all(holds(note) for note in drawn(mind, **WILD)), f"without a limit {name} would be the same"


def test_all_of_them_at_once_and_in_a_blend(mind):
    every = {"voice": (1, 3), "pitches": (60, 61), "gap": (0.1, 0.2), "duration": (0.3, 0.31), "velocity": (90, 92)}
    for one in (mind, Blend([mind.in_style(3), mind.in_style(5)], (4.0, -3.0))):
        for note in drawn(one, **WILD, **every):
            assert note.voice in (1, 3) and note.pitch in (60, 61) and 0.1 <= note.gap <= 0.2
            assert 0.3 <= note.duration <= 0.31 and 90 <= note.velocity <= 92


def test_what_is_not_limited_takes_many_values(mind):
    notes = list(drawn(mind, count=200, **WILD))
    for name in ("voice", "pitch", "gap", "duration", "velocity"):
        assert len({getattr(note, name) for note in notes}) > 8
