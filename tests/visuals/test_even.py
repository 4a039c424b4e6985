import numpy as np
import pytest

from performer.visuals.even import MOST, Even, apart


def test_where_a_step_changes_little_the_steps_grow():
    even, changes = Even(), []
    for number in range(600):
        sense = 8.0 if number % 200 < 100 else 3.0  # what a radian changes, here and there
        step = 0.1 * even.factor
        even.stepped(step)
        changes.append(sense * step)
        even.seen(changes[-1])
    settled = [change for number, change in enumerate(changes) if number >= 400 and number % 100 > 30]
    assert max(settled) / min(settled) < 1.5


@pytest.mark.parametrize(("sense", "factor"), [(1000.0, 1 / MOST), (0.001, MOST)])
def test_the_factor_has_ends_and_what_stands_still_tells_nothing(sense: float, factor: float):
    even = Even()
    for _ in range(10):
        even.stepped(0.1)
        even.seen(1.0)
    assert even.factor == pytest.approx(1.0)
    for step, change in ((0.0, 5.0), (0.1, 0.0)):
        even.stepped(step)
        even.seen(change)
    assert even.factor == pytest.approx(1.0)
    for _ in range(30):
        even.stepped(0.1)
        even.seen(0.1 * sense * 10)
    assert even.factor == pytest.approx(factor)


def test_apart_is_the_mean_difference_and_nothing_without_another_of_its_size():
    dark, light = (np.full((128, 128, 3), value, np.uint8) for value in (10, 250))
    assert apart(dark, light) == apart(light, dark) == 240.0
    assert apart(dark, None) == apart(dark, light[:64]) == 0.0
