"""The guard against a counter of flashes written for the test alone, cell by cell, from the definition."""

import numpy as np
import pytest

from performer.bench.pieces import PIECES
from performer.bench.pieces import RATE as SOUND_RATE
from performer.bench.response import FPS, moments
from performer.show import Models
from performer.visuals.generator import painter_for
from performer.visuals.guard import Guard, cells_of, luminance, redness

RATE = 60


def flashes(light: list[float]) -> int:
    """The most flashes of one cell in any second: pairs of opposing changes of 0.1 or more, the darker below 0.8."""
    turns, way, extreme = [], 0, light[0]
    for number, value in enumerate(light):
        change = value - extreme
        if abs(change) >= 0.1 and min(value, extreme) < 0.8 and np.sign(change) != way:
            turns.append(number)
            way, extreme = int(np.sign(change)), value
        elif (way >= 0 and value > extreme) or (way <= 0 and value < extreme):
            extreme = value if way else extreme
    return max((sum(start <= turn < start + RATE for turn in turns) // 2 for start in turns), default=0)


def shown(pictures: list[np.ndarray]) -> tuple[list[np.ndarray], Guard]:
    guard = Guard()
    return [guard.show(picture, number / RATE) for number, picture in enumerate(pictures)], guard


def strobe(hertz: float, seconds: float, area: float = 1.0, bright: int = 255, dark: int = 0) -> list[np.ndarray]:
    pictures = []
    for number in range(int(seconds * RATE)):
        picture = np.full((64, 64, 3), dark, np.uint8)
        if number / RATE * hertz % 1.0 < 0.5:
            picture[: round(64 * area)] = bright
        pictures.append(picture)
    return pictures


def lights(pictures: list[np.ndarray]) -> np.ndarray:
    """(frames, cells)"""
    return np.array([luminance(cells_of(picture)).ravel() for picture in pictures])


def share_that_flashes(pictures: list[np.ndarray]) -> float:
    cells = lights(pictures)
    return float(np.mean([flashes(list(cells[:, cell])) > 3 for cell in range(0, cells.shape[1], 7)]))


@pytest.mark.parametrize("hertz", [4, 7.5, 10, 15, 30])
def test_a_strobe_over_the_whole_picture_is_damped(hertz: float):
    pictures = strobe(hertz, 4.0)
    out, guard = shown(pictures)
    assert share_that_flashes(pictures) == 1.0
    assert share_that_flashes(out) < 0.25
    assert guard.damped > 100


def test_a_fast_strobe_becomes_its_mean():
    out, _ = shown(strobe(12, 4.0))
    last = lights(out)[3 * RATE :]
    assert last.max() - last.min() < 0.1 and 0.1 < last.mean() < 0.4


@pytest.mark.parametrize("pictures", [
    strobe(2.5, 4.0),  # slower than three a second
    strobe(10, 4.0, area=0.2),  # less than a quarter
    strobe(10, 4.0, bright=90, dark=60),  # less than a tenth
    strobe(10, 4.0, bright=255, dark=240),  # the darker is bright
])  # fmt: skip
def test_what_is_no_strobe_passes_untouched(pictures):
    out, guard = shown(pictures)
    assert guard.damped == 0
    assert all(seen is picture for seen, picture in zip(out, pictures, strict=True))


def colours(hertz: float, seconds: float, first: tuple[int, int, int], second: tuple[int, int, int]) -> list[np.ndarray]:
    """Two colours in turn over the whole picture."""
    return [np.full((64, 64, 3), first if number / RATE * hertz % 1.0 < 0.5 else second, np.uint8) for number in range(int(seconds * RATE))]


RED, AS_BRIGHT = (255, 0, 0), (0, 138, 60)  # a green whose luminance is within 0.03 of the red's


@pytest.mark.parametrize("hertz", [5, 10, 20])
def test_red_flashes_are_damped_however_even_their_brightness(hertz: float):
    pictures = colours(hertz, 4.0, RED, AS_BRIGHT)
    assert abs(float((luminance(cells_of(pictures[0])) - luminance(cells_of(pictures[59 // hertz])))[0, 0])) < 0.1
    out, guard = shown(pictures)
    reds = [[float(redness(cells_of(picture))[0, 0]) for picture in each] for each in (pictures, out)]
    assert red_flashes(reds[0]) > 3 >= red_flashes(reds[1])
    assert guard.damped > 100


def red_flashes(reds: list[float]) -> int:
    """The most pairs of opposing changes of more than 20 / 320 in any second."""
    turns, way, extreme = [], 0, reds[0]
    for number, value in enumerate(reds):
        change = value - extreme
        if abs(change) > 20 / 320 and np.sign(change) != way:
            turns.append(number)
            way, extreme = int(np.sign(change)), value
        elif (way >= 0 and value > extreme) or (way <= 0 and value < extreme):
            extreme = value if way else extreme
    return max((sum(start <= turn < start + RATE for turn in turns) // 2 for start in turns), default=0)


@pytest.mark.parametrize("pictures", [
    colours(2.5, 4.0, RED, AS_BRIGHT), colours(10, 4.0, (0, 0, 255), (60, 60, 60)), colours(10, 4.0, (90, 50, 50), (60, 60, 60)),
])  # fmt: skip
def test_slow_reds_other_colours_and_dull_reds_pass_untouched(pictures: list[np.ndarray]):
    assert shown(pictures)[1].damped == 0


def test_the_picture_to_music_is_not_dulled():
    """Drums, the hardest: the shipped light, with its kicks, as it is shown."""
    sound = PIECES["drums"]()[: 12 * SOUND_RATE]
    painter = painter_for(Models().pictures, (), 2)[0]
    pictures = [moment.picture for moment in moments(sound, painter, 2)]
    guard = Guard()
    apart = [np.abs(guard.show(picture, number / FPS).astype(int) - picture).mean() for number, picture in enumerate(pictures)]
    print(f"{guard.damped} of {len(pictures)} pictures damped, {np.mean(apart):.2f} grey levels in the mean")
    assert guard.damped <= 0.02 * len(pictures) and np.mean(apart) < 0.5


def test_cells_that_flash_in_turn_count_together():
    """Eight strips that flash at 10 Hz one after the other are a strobe too."""
    rows = np.arange(64) // 8
    pictures = []
    for number in range(4 * RATE):
        on = ((number / RATE * 10 + rows / 8) % 1.0 < 0.5)[:, None, None]
        pictures.append(np.broadcast_to(np.where(on, 255, 0), (64, 64, 3)).astype(np.uint8))
    out, _ = shown(pictures)
    assert share_that_flashes(pictures) == 1.0 and share_that_flashes(out) < 0.25


def test_after_the_strobe_the_picture_is_itself_again():
    calm = [np.full((64, 64, 3), 120, np.uint8)] * 3 * RATE
    out, _ = shown([*strobe(10, 2.0), *calm])
    assert out[-1] is calm[-1]


def test_noise_of_any_kind_never_flashes():
    rng = np.random.default_rng(5)
    level = np.cumsum(rng.normal(0, 60, 6 * RATE)) % 510
    pictures = [np.full((32, 32, 3), value if value < 256 else 510 - value, np.uint8) for value in level]
    out, _ = shown(pictures)
    assert share_that_flashes(out) < 0.25


def test_another_size_begins_anew():
    guard = Guard()
    guard.show(np.zeros((64, 64, 3), np.uint8), 0.0)
    picture = np.full((20, 30, 3), 255, np.uint8)
    assert guard.show(picture, 0.1) is picture
