import numpy as np
import pytest

from performer.visuals.film import RETURN, STALL, Film, blend, resized
from performer.visuals.reel import Frame

INTERVAL = 1 / 24
TICK = 1 / 60


def frame(number: int, value: int | None = None, side: int = 32, source: int = 1) -> Frame:
    return Frame(number, 0.0, 0.0, source, np.full((side, side, 3), number if value is None else value, np.uint8))


def value(film: Film, now: float) -> float:
    picture = film.at(now)
    assert picture is not None
    return float(picture.mean())


def played(count: int = 48, step: int = 4) -> tuple[Film, float]:
    """A film that saw `count` frames, each brighter by `step`, and the moment of the last."""
    film = Film()
    for number in range(count):
        film.take(frame(number, number * step), number * INTERVAL)
    return film, (count - 1) * INTERVAL


def test_blend_goes_from_one_to_the_other():
    before, after = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 200, np.uint8)
    assert blend(before, after, 1.0) is after and blend(before, after, 0.0) is before
    assert [int(blend(before, after, share).mean()) for share in (0.25, 0.5, 0.75)] == [50, 100, 150]
    assert blend(np.full((2, 2, 3), 255, np.uint8), np.full((2, 2, 3), 255, np.uint8), 0.37).min() == 255


def test_resized_keeps_the_places():
    picture = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert np.array_equal(resized(picture, 4, 4)[::2, ::2], picture)
    assert np.array_equal(resized(resized(picture, 6, 6), 2, 2), picture)


def test_there_is_nothing_before_the_first_frame():
    assert Film().at(1.0) is None and Film().ahead(1.0) is None and not Film().stalled(1.0)


def test_a_frame_fades_in_over_the_time_that_a_frame_takes():
    film, now = played()
    levels = [value(film, now + share * INTERVAL) for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert 46 * 4 < levels[0] < 46 * 4 + 3 and levels[-1] == 47 * 4
    assert levels == sorted(levels)
    ahead = film.ahead(now)
    assert ahead is not None and ahead.mean() == 47 * 4


def test_a_frame_is_seen_at_the_moment_it_comes_and_steps_are_even():
    film = Film()
    levels = []
    for number in range(80):
        if number % 4 == 0:
            film.take(frame(number, number), number * TICK)
        levels.append(value(film, number * TICK))
    steps = np.diff(levels[40:])
    assert levels[44] > levels[43] and steps.min() > 0 and steps.max() <= 2.0


def test_where_nothing_changed_it_is_the_same_picture():
    film, now = played()
    assert film.at(now + INTERVAL * 1.2) is film.at(now + INTERVAL * 1.3)


def test_a_stalled_generator_leaves_a_picture_that_moves_without_a_jump():
    film, now = played()
    levels = [value(film, now + tick * TICK) for tick in range(60 * 20)]
    assert film.stalled(now + STALL + 0.1)
    late = levels[60:]
    still = max(len(run) for run in np.split(late, np.flatnonzero(np.abs(np.diff(late)) > 0) + 1))
    assert still < 30  # ticks at a turning point, where a grey level lasts longest
    assert np.abs(np.diff(levels)).max() <= 8
    assert max(late) - min(late) > 100


def test_what_stood_still_stands_still_when_it_stalls():
    film, now = played(step=0)
    assert {value(film, now + tick * TICK) for tick in range(600)} == {0.0}


def test_the_generators_return_is_a_fade():
    film, now = played()
    back = now + 10.0
    before = value(film, back)
    film.take(frame(1, 255), back)
    levels = []
    for tick in range(60):
        moment = back + tick * TICK
        film.take(frame(tick + 2, 255), moment)
        levels.append(value(film, moment))
    assert abs(levels[0] - before) < 4 and np.abs(np.diff(levels)).max() < 16
    assert levels[round(RETURN * 60) + 1 :] == [255.0] * (59 - round(RETURN * 60))


@pytest.mark.parametrize("side", [32, 64])
def test_another_model_fades_in_without_a_jump(side: int):
    film, now = played()
    levels = []
    for tick in range(240):
        moment = now + (tick + 1) * TICK
        film.take(frame(tick, 20, side, source=2), moment)
        levels.append(value(film, moment))
    assert levels[0] > 160 and levels[-1] == 20.0
    assert np.abs(np.diff(levels)).max() < 8


def test_a_third_model_in_the_middle_of_a_fade_does_not_jump_either():
    film, now = played()
    film.take(frame(1, 20, source=2), now + TICK)
    before = value(film, now + 1.5)
    film.take(frame(2, 240, source=3), now + 1.5)
    assert abs(value(film, now + 1.5) - before) < 6
