from itertools import pairwise

from performer.parameters import Table
from performer.visuals.glide import GLIDE, PREFIX, Glide

VALUES = Table().defaults()
SPEED = PREFIX + "speed"


def test_what_is_set_is_reached_in_the_time_of_the_glide_without_a_jump():
    glide = Glide()
    glide.at(VALUES, 0.5, 0.0)
    wanted = VALUES | {SPEED: 1.3, GLIDE: 4.0}
    seen = [glide.at(wanted, 0.5, 1.0 + 0.1 * step)[SPEED] for step in range(25)]
    steps = [after - before for before, after in pairwise(seen)]
    assert seen[0] == VALUES[SPEED] and abs(seen[20] - 1.3) < 1e-9
    assert min(steps) >= 0 and max(steps) < 0.1
    assert glide.at(wanted, 0.5, 9.0)[SPEED] == 1.3


def test_a_new_aim_on_the_way_begins_where_it_is():
    glide = Glide()
    glide.at(VALUES, 1.0, 0.0)
    glide.at(VALUES | {SPEED: 2.0, GLIDE: 2.0}, 1.0, 1.0)
    half = glide.at(VALUES | {SPEED: 2.0, GLIDE: 2.0}, 1.0, 2.0)[SPEED]
    turned = glide.at(VALUES | {SPEED: 0.0, GLIDE: 2.0}, 1.0, 2.0)[SPEED]
    assert half == turned and 0.3 < half < 2.0


def test_a_fade_comes_at_once_and_a_stream_of_a_fader_keeps_up():
    glide = Glide()
    glide.at(VALUES, 1.0, 0.0)
    assert glide.at(VALUES | {PREFIX + "fade": 0.0, GLIDE: 32.0}, 1.0, 0.1)[PREFIX + "fade"] == 0.0
    for step in range(100):
        seen = glide.at(VALUES | {SPEED: step / 100}, 1.0, 10 + step / 50)[SPEED]
    assert abs(seen - 0.99) < 0.1
