import pytest

from performer.clock import Metre, SystemClock, Timeline, VirtualClock


def test_system_clock_never_goes_back():
    clock = SystemClock()
    times = [clock.now() for _ in range(1000)]
    assert times == sorted(times)
    assert times[0] >= 0


def test_virtual_clock_stands_until_it_is_moved_and_never_goes_back():
    clock = VirtualClock(2.0)
    clock.advance_to(5.0)
    clock.advance_to(3.0)
    assert clock.now() == 5.0


def test_a_timeline_is_a_bijection():
    timeline = Timeline(97.0, beat_origin=3.0, time_origin=11.0)
    for time in (0.0, 11.0, 12.34, 500.0):
        assert timeline.time_at(timeline.beat_at(time)) == pytest.approx(time)


def test_a_new_tempo_keeps_the_position():
    before = Timeline(120.0)
    after = before.with_tempo(60.0, at=10.0)
    assert after.beat_at(10.0) == before.beat_at(10.0) == 20.0
    assert after.beat_at(11.0) == 21.0


def test_next_is_the_first_multiple_that_is_not_before():
    timeline = Timeline(120.0)
    assert timeline.next(4.0, after=0.1) == 2.0
    assert timeline.next(4.0, after=2.0) == 2.0
    assert timeline.next(1.0, after=2.01) == 2.5


def test_a_bar_is_counted_in_quarter_notes():
    assert [Metre(*signature).beats for signature in ((4, 4), (3, 4), (6, 8), (7, 8), (2, 2))] == [4.0, 3.0, 3.0, 3.5, 4.0]
