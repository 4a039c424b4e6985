import pytest

from performer.visuals.pace import DRAWN, Pace


def test_a_steady_screen_is_never_late():
    pace = Pace(60.0, 0.0)
    for _ in range(120):
        pace.shown(pace.due + 0.001)
    served = pace.tell(2.0)
    assert served.fps == 60.0 and served.late_percent == 0.0 and served.longest_ms == pytest.approx(16.7, abs=0.1)


def test_a_hole_is_counted_and_not_made_up_for():
    pace = Pace(60.0, 0.0)
    for _ in range(60):
        pace.shown(pace.due)
    before = pace.due
    pace.shown(before + 0.25)
    assert before + 0.25 < pace.due < before + 0.2501 + 1 / 60
    served = pace.tell(1.25)
    assert served.longest_ms == pytest.approx(266.7, abs=0.1) and served.late_percent == pytest.approx(100 * 16 / 75, abs=0.1)


def test_counting_starts_again_with_every_word():
    pace = Pace(60.0, 0.0)
    pace.shown(0.5)
    pace.tell(0.5)
    assert pace.tell(1.5).fps == 0.0


def test_where_the_display_sets_the_pace_only_what_it_left_out_is_late():
    pace = Pace(60.0, 0.0)
    for number in range(61):
        pace.shown(number / 59.0, paced=True)  # a display of 59 Hz
    assert pace.tell(60 / 59.0).late_percent == 0.0
    pace.shown(60 / 59.0 + 2 / 59.0, paced=True)
    assert pace.tell(62 / 59.0).late_percent > 0.0


def test_a_frame_that_is_drawn_has_its_sixtieth_for_it():
    quick, slow = (Pace(60.0, 0.0, DRAWN) for _ in range(2))
    for _ in range(60):
        quick.shown(quick.due + 0.016)
        slow.shown(slow.due + 0.017)
    assert quick.tell(1.0).late_percent == 0.0 and slow.tell(2.0).late_percent > 50
