import itertools
import math

import numpy as np
import pytest

from performer.parameters import Table
from performer.visuals.looks import IDENTITY, LOOK_CAN, PLACE_CAN, Looks, lasting, looks_of, pinned
from performer.visuals.modulation import Matrix
from performer.visuals.sources import Sources
from performer.visuals.walk import PREFIX

QUAD = ((0.1, 0.05), (0.9, 0.2), (0.95, 0.9), (0.2, 0.8))  # from the lower left, as `pinned` takes them


def seen(**values: object) -> Looks:
    return looks_of(Table().defaults() | {f"/performer/{name.replace('__', '/')}": value for name, value in values.items()})


def through(pin: tuple[float, ...], x: float, y: float) -> np.ndarray:
    spot = np.array(pin).reshape(3, 3).T @ (x, y, 1.0)
    return spot[:2] / spot[2]


def test_the_corners_of_the_picture_are_where_they_are_pinned():
    pin = pinned(QUAD)
    for at, wanted in zip(QUAD, ((0, 0), (1, 0), (1, 1), (0, 1)), strict=True):
        assert through(pin, *at) == pytest.approx(wanted, abs=1e-9)
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = QUAD
    share = np.linalg.solve([[cx - ax, bx - dx], [cy - ay, by - dy]], [bx - ax, by - ay])[0]
    assert through(pin, ax + share * (cx - ax), ay + share * (cy - ay)) == pytest.approx((0.5, 0.5))  # lines stay lines
    assert (np.array(pin).reshape(3, 3).T @ (0.5, 0.5, 1.0))[2] > 0


@pytest.mark.parametrize("corners", [((0.5, 0.5),) * 4, ((0, 0), (1, 1), (0.5, 0.5), (0.2, 0.2)), ((0, 0), (1, 0), (1, 0), (0, 0))])
def test_what_is_no_quad_pins_nothing(corners):
    assert pinned(corners) == IDENTITY


def test_a_shader_is_asked_for_nothing_it_need_not_do():
    assert (seen().look, seen().place, seen().held) == ((), (), False)
    wanted = {
        "visuals__kaleidoscope": 3, "visuals__mirror": "top", "visuals__blur": 0.1, "visuals__feedback": 0.5, "window__top_left_x": 0.1,
        "window__gamma": 1.1, "window__edge_top": 0.2, "visuals__freeze": True,
    }  # fmt: skip
    asked = {name: seen(**{name: value}) for name, value in wanted.items()}
    assert [asked[name].look for name in ("visuals__kaleidoscope", "visuals__mirror")] == [("FOLDED",)] * 2
    assert asked["visuals__blur"].look == ("BLURRED",) and asked["visuals__feedback"].look == ("TRAIL",)
    assert asked["window__top_left_x"].place == ("PINNED",) and asked["window__gamma"].place == asked["window__edge_top"].place == ("SHADED",)
    assert asked["visuals__freeze"].held
    assert (seen(**wanted).look, seen(**wanted).place) == (LOOK_CAN, PLACE_CAN)


def test_the_test_card_has_its_place_but_no_looks():
    looks = seen(visuals__test_card=True, visuals__blur=1.0, visuals__zoom=3.0, visuals__freeze=True, window__gamma=2.0)
    assert looks.look == () and looks.uniforms["zoom"] == (1.0,) and looks.uniforms["whole"] == (1.0,) and not looks.held
    assert looks.place == ("SHADED",)


def test_a_trail_lasts_as_long_at_any_rate():
    feedback = (0.9, 1.02, 0.01)
    slow, fast = lasting(feedback, 1 / 30), lasting(feedback, 1 / 120)
    assert slow == pytest.approx(tuple(each for each in (fast[0] ** 4, fast[1] ** 4, fast[2] * 4)))
    assert lasting(feedback, 1 / 60) == pytest.approx(feedback)
    assert math.isfinite(sum(lasting(feedback, 1e9)))


def test_every_uniform_is_finite_at_the_ends_of_every_row():
    rows = [row for address, row in Table().rows.items() if address.startswith((PREFIX, "/performer/window/")) and row.kind in ("int", "float")]
    for row, value in itertools.product(rows, ("low", "high")):
        looks = looks_of(Table().defaults() | {row.address: getattr(row, value)})
        assert all(math.isfinite(each) for uniform in looks.uniforms.values() for each in uniform), row.address


def test_the_matrix_moves_the_looks_and_never_the_place():
    targets = set(Table().rows["/performer/modulation/1/target"].choices)
    assert {"zoom", "rotation", "kaleidoscope", "blur", "feedback", "feedback_zoom", "feedback_rotation", "fade"} <= targets
    assert not targets & {address.removeprefix("/performer/window/") for address in Table().rows if address.startswith("/performer/window/")}
    sources = Sources()
    sources.take("/performer/source/1", (1.0,), 0.0)
    slot = {"source": "number", "target": "zoom", "number": 1, "depth": 0.4, "smoothing": 0.0}
    values = Table().defaults() | {f"/performer/modulation/1/{name}": value for name, value in slot.items()} | {"/performer/source/1": 1.0}
    assert looks_of(Matrix(sources).moved(values, 1.0)).uniforms["zoom"] == pytest.approx((1.0 + 0.4 * 3.75,))
