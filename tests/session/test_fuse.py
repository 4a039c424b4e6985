"""The fuse: what honest playing may bring, and what a storm may not."""

import heapq
import itertools
import random

import pytest

from performer.session.fuse import LEEWAY, LONGEST_CUT, QUIET, Blown, Fuse, Restored
from tests.session.loopback_rig import Way, compose, harmonise, imitate, messages, play


def storm(
    gain: int, delay: float, fuse: Fuse, start: float = 0.0, key: bool = True, most: int = 200_000
) -> tuple[list, int]:
    """One key, each message of ours comes back after `delay` and makes `gain` more. Returns what the fuse
    said, and how many left."""
    said, left, order = [], 0, itertools.count()
    waiting = [(start, next(order))]
    while waiting and left < most:
        time, _ = heapq.heappop(waiting)
        said += fuse.count_in(time, "midi", 2 * gain, key)
        if fuse.is_blown("midi"):
            continue
        for _ in range(gain):
            left += 1
            said += fuse.count_out(time + 0.001, 2)
            heapq.heappush(waiting, (time + 0.001 + delay, next(order)))
    return said, left


@pytest.mark.parametrize("gain", [2, 4, 16, 64])
@pytest.mark.parametrize("delay", [0.003, 0.02, 0.2, 0.5])
def test_a_storm_blows_it_once_and_ends(gain, delay):
    said, left = storm(gain, delay, Fuse())
    assert [type(each) for each in said] == [Blown]
    assert said[0].source == "midi"
    # What leaves before: the keys that hands could have played, what each brings, and the leeway.
    assert left <= (64 + 120 * said[0].time) * gain + LEEWAY + gain


def test_a_storm_of_gestures_blows_it():
    said, left = storm(2, 0.02, Fuse(), key=False)
    assert [type(each) for each in said] == [Blown]
    assert left < 6_000


@pytest.mark.parametrize("keys_a_second", [20, 40, 80])
def test_sixteen_voices_that_harmonise_a_glissando_with_four_notes_each_do_not(keys_a_second):
    fuse, said = Fuse(), []
    for number in range(10 * keys_a_second):
        time = number / keys_a_second
        said += fuse.count_in(time, "midi", 128, True)
        said += fuse.count_out(time + 0.001, 64)
        said += fuse.count_in(time + 0.02, "midi", 0)
        said += fuse.count_out(time + 0.021, 64)
    assert said == []


def test_forearm_clusters_do_not():
    fuse, said, rng = Fuse(), [], random.Random(4)
    for bar in range(40):
        for _ in range(44):
            said += fuse.count_in(bar + rng.random() * 0.02, "midi", 128, True)
            said += fuse.count_out(bar + 0.03, 128)
    assert said == []


def test_streams_of_two_keyboards_do_not():
    fuse, said = Fuse(), []
    for number in range(60 * 100):
        for source in ("midi", "midi:second"):
            for _ in range(3):
                said += fuse.count_in(number / 100, source, 2)
                said += fuse.count_out(number / 100, 2)
    assert said == []


def test_ten_fingers_of_mpe_do_not():
    fuse, said = Fuse(), []
    for number in range(30 * 100):
        for _ in range(30):
            said += fuse.count_in(number / 100, "midi", 1)
            said += fuse.count_out(number / 100)
    assert said == []


def test_what_voices_plan_by_themselves_does_not():
    fuse, said = Fuse(), []
    fuse.count_in(0.0, "midi", 0, True)
    for number in range(16 * 50 * 20):
        fuse.count_planned(2)
        said += fuse.count_out(number / 800, 2)
    assert said == []


def test_the_source_that_brought_the_storm_is_cut_and_no_other():
    fuse, said = Fuse(), []
    for number in range(4_000):
        time = number / 2000
        said += fuse.count_in(time, "midi:daw", 4, True)
        if number % 200 == 0:
            said += fuse.count_in(time, "midi", 4, True)
        if not fuse.is_blown("midi:daw"):
            said += fuse.count_out(time, 8)
    assert [(type(each), each.source) for each in said] == [(Blown, "midi:daw")]
    assert not fuse.is_blown("midi")


def blow(fuse: Fuse, time: float) -> list:
    fuse.count_in(time, "midi", 0, True)
    return fuse.count_out(time, int(LEEWAY) + 1)


def test_it_comes_back_after_the_quiet_time_and_says_so_once():
    fuse = Fuse()
    assert blow(fuse, 1.0) == [Blown(1.0, "midi", int(LEEWAY) + 1)]
    assert fuse.tick(1.0 + QUIET - 0.01) == []
    assert fuse.is_blown("midi")
    assert fuse.tick(1.0 + QUIET) == [Restored(1.0 + QUIET, "midi")]
    assert fuse.tick(9.0) == []
    assert not fuse.is_blown("midi")


def test_a_player_who_goes_on_playing_does_not_keep_it_cut():
    fuse, said = Fuse(), []
    blow(fuse, 1.0)
    for number in range(300):
        said += fuse.count_in(1.0 + number / 100, "midi", 2)
    assert said == [Restored(pytest.approx(1.0 + QUIET), "midi")]


def test_a_storm_that_goes_on_keeps_it_cut():
    fuse, said = Fuse(), []
    blow(fuse, 1.0)
    for number in range(10_000):
        said += fuse.count_in(1.0 + number / 1000, "midi", 2, True)
    assert said == []
    assert fuse.is_blown("midi")


def test_the_button_brings_it_back_at_once():
    fuse = Fuse()
    blow(fuse, 1.0)
    assert fuse.reset(1.1) == [Restored(1.1, "midi")]
    assert not fuse.is_blown("midi")
    assert fuse.reset(1.2) == []


def test_each_relapse_cuts_for_twice_as_long_up_to_a_limit():
    fuse, time, lengths = Fuse(), 1.0, []
    for _ in range(8):
        blow(fuse, time)
        length = QUIET
        while not fuse.tick(time + length):
            length += 1.0
        lengths.append(length)
        time += length + 1.0
    assert lengths[:4] == [QUIET, 2 * QUIET, 4 * QUIET, 8 * QUIET]
    assert lengths[-1] == LONGEST_CUT
    assert len(blow(fuse, time + 100.0)) == 1
    assert fuse.tick(time + 100.0 + QUIET), "after a long peace it begins anew"


@pytest.mark.parametrize("voices", [2, 16])
@pytest.mark.parametrize("delay", [0.003, 0.2])
def test_with_the_filter_a_storm_of_transposed_copies_ends_and_the_player_is_heard_again(voices, delay):
    """Nobody knows transposed and softer copies from the first: two notes of each voice for each copy grow at once."""
    for song in range(2):
        rng = random.Random(song)
        player = messages(imitate(compose(rng, 60), rng, spread=0.01))
        way = Way(delay, min(delay, 0.003), -12, lambda velocity: round(velocity * 0.7))
        answer = harmonise(*range(1, voices + 1))
        performance = play(player, ways=[way], answer=answer, seed=song, most=100_000, fuse=Fuse(), explains=4 * voices)
        alone = play(player, answer=answer, most=100_000)
        assert performance.sent <= 1.5 * alone.sent + 3_000 * voices
        last = [each for each in performance.heard if not each.copy][-20:]
        assert sum(each.returned for each in last) <= 6
        assert len([each for each in performance.said if isinstance(each, Blown)]) <= 4
