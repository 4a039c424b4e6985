import queue
import threading

import pytest

from performer.agenda import Agenda
from performer.clock import SystemClock
from performer.effects import Compensate, Pass, Play, Release, Silence, Wake
from performer.events import Control
from performer.scheduler import CLOSE, LEAVING, Applied, Ended, Missed, Played, Scheduler, Stage
from tests.stagehands import WrittenOutput

pytestmark = pytest.mark.realtime


def note(time, pitch=60, duration=1.0, tag="a", voice=1, channel=1):
    return Play(time, voice, channel, pitch, 90, duration, tag)


def stage_with(output):
    reports, ticks = [], []
    stage = Stage([output], reports.append, lambda time, tag: ticks.append((time, tag)))
    return stage, reports, ticks


def test_agenda_keeps_arrival_order_at_equal_times():
    agenda = Agenda()
    for name in "abc":
        agenda.add(1.0, name)
    agenda.add(0.5, "first")
    assert [item for _, item in agenda.pop_due(1.0)] == ["first", "a", "b", "c"]
    assert agenda.next_time is None


def test_agenda_knows_when_the_first_of_a_kind_is_due():
    agenda = Agenda()
    for time, item in ((0.5, "beat"), (2.0, "note"), (1.0, "note"), (0.7, "beat")):
        agenda.add(time, item)
    assert agenda.first(lambda item: item == "note") == 1.0
    assert agenda.first(lambda item: item == "rest") is None


def test_what_leaves_soon_keeps_others_away_until_it_has_left():
    """Who asks in the meantime hears of at most the span in which nobody should begin; an idle scheduler keeps nobody."""
    clock = SystemClock()
    scheduler = Scheduler(Stage([WrittenOutput()], lambda report: None, lambda time, tag: None), clock)
    assert scheduler.clear_in() == 0.0
    scheduler.start()
    scheduler.post([note(clock.now() + 0.2)])
    seen = []
    while len(scheduler.stage.ledger) == 0:
        seen.append(scheduler.clear_in())
    assert seen[0] == 0.0 and 0.0 < max(seen) <= CLOSE + LEAVING
    scheduler.stop()


def test_agenda_cancels_what_is_not_wanted():
    agenda = Agenda()
    for number in range(6):
        agenda.add(number, number)
    assert agenda.cancel(lambda item: item % 2 == 0) == 3
    assert [item for _, item in agenda.pop_due(9)] == [1, 3, 5]


def test_all_that_leaves_together_leaves_before_any_of_it_is_reported():
    output, order = WrittenOutput(), []
    stage = Stage([output], lambda report: order.append((type(report).__name__, len(output.lines))), lambda time, tag: order.append((tag, time)))
    stage.apply([note(1.0, 60), note(1.0, 64), Wake(1.0, "look"), note(1.0, 67)])
    order.clear()
    stage.run_due(1.0)
    assert order == [("Played", 3), ("Played", 3), ("look", 1.0), ("Played", 3)]


def test_what_was_not_told_is_told_with_the_next():
    output = WrittenOutput()
    stage, reports, _ = stage_with(output)
    stage.apply([note(1.0, 60, 5.0), note(1.0004, 64, 5.0)])
    stage.run_due(1.0, tell=False)
    assert len(output.lines) == 1 and [type(report) for report in reports] == [Applied]
    stage.run_due(1.0004)
    assert [report.play.pitch for report in reports[1:]] == [60, 64]


def test_a_note_ends_after_its_duration():
    output = WrittenOutput()
    stage, reports, _ = stage_with(output)
    stage.apply([note(1.0)])
    stage.run_due(0.9)
    assert output.lines == []
    stage.run_due(1.0)
    stage.run_due(1.99)
    assert output.lines == [("on", 1, 60, 90)]
    stage.run_due(2.0)
    assert output.lines[-1] == ("off", 1, 60)
    assert [type(report) for report in reports] == [Applied, Played, Ended]


def test_the_same_key_again_ends_the_first_and_its_end_does_not_cut_the_second():
    output = WrittenOutput()
    stage, _, _ = stage_with(output)
    stage.apply([note(1.0, duration=1.0), note(1.5, duration=2.0)])
    stage.run_due(2.5)
    assert output.lines == [("on", 1, 60, 90), ("off", 1, 60), ("on", 1, 60, 90)]
    stage.run_due(3.5)
    assert output.lines[-1] == ("off", 1, 60)
    assert len(stage.ledger) == 0


def test_release_ends_what_sounds_and_takes_back_what_is_planned_of_its_tag_only():
    output = WrittenOutput()
    stage, _, _ = stage_with(output)
    stage.apply([note(1.0, 60, None, "x"), note(1.0, 64, None, "y"), note(5.0, 67, 1.0, "x")])
    stage.run_due(1.0)
    stage.apply([Release(2.0, 1, "x")])
    stage.run_due(9.0)
    assert ("off", 1, 60) in output.lines
    assert ("off", 1, 64) not in output.lines
    assert ("on", 1, 67, 90) not in output.lines
    stage.apply([Release(9.0, 1)])
    assert output.lines[-1] == ("off", 1, 64)


def test_silence_closes_every_note_and_forgets_the_plan():
    output = WrittenOutput()
    stage, _, _ = stage_with(output)
    stage.apply([note(1.0, pitch, None, channel=channel) for pitch, channel in ((60, 1), (61, 5), (62, 16))] + [note(4.0, 70)])
    stage.run_due(1.0)
    stage.apply([Silence(2.0)])
    stage.run_due(10.0)
    assert {line[1:] for line in output.lines if line[0] == "off"} == {(1, 60), (5, 61), (16, 62)}
    assert output.lines[-1] == ("silence",)
    assert not any(line[0] == "on" and line[2] == 70 for line in output.lines)


def test_a_later_wake_of_the_same_tag_replaces_the_earlier():
    stage, _, ticks = stage_with(WrittenOutput())
    stage.apply([Wake(1.0, "a"), Wake(2.0, "b")])
    stage.apply([Wake(3.0, "a")])
    stage.run_due(5.0)
    assert ticks == [(2.0, "b"), (3.0, "a")]


def test_gestures_pass_in_their_place():
    output = WrittenOutput()
    stage, _, _ = stage_with(output)
    pedal = Control(64, 127, 4)
    stage.apply([note(1.0), Pass(1.0, pedal)])
    stage.run_due(1.0)
    assert output.lines == [("on", 1, 60, 90), ("event", pedal)]


def test_the_thread_sends_in_time_order_and_stops_in_silence():
    output, clock, all_out = WrittenOutput(), SystemClock(), threading.Event()
    count = 0

    def report(each):
        nonlocal count
        if isinstance(each, Played):
            count += 1
            if count == 5:
                all_out.set()

    scheduler = Scheduler(Stage([output], report, lambda time, tag: None), clock)
    scheduler.start()
    now = clock.now()
    scheduler.post([note(now + 0.02 * place, 60 + place, 30.0) for place in (4, 2, 0, 1, 3)])
    assert all_out.wait(5.0)
    scheduler.stop()
    assert [line[2] for line in output.lines if line[0] == "on"] == [60, 61, 62, 63, 64]
    assert sorted(line[2] for line in output.lines if line[0] == "off") == [60, 61, 62, 63, 64]
    assert len(scheduler.stage.ledger) == 0


def planned(time, late, pitch=60, grid=0.25):
    return Play(time, 1, 1, pitch, 90, 0.1, "plan", late=late, grid=grid)


def test_a_planned_note_that_is_too_late_is_left_out_and_a_live_one_is_not():
    output = WrittenOutput()
    stage, reports, _ = stage_with(output)
    stage.apply([planned(1.0, "drop", 60), planned(1.4, "drop", 62), note(1.0, 64, duration=None)])
    stage.run_due(1.41)
    assert [line[2] for line in output.lines if line[0] == "on"] == [64, 62]
    missed = [report for report in reports if isinstance(report, Missed)]
    assert [(each.play.pitch, each.moved) for each in missed] == [(60, None)]


def test_late_notes_move_to_the_next_place_of_the_grid_as_a_chord_and_never_two_at_once():
    output = WrittenOutput()
    stage, reports, _ = stage_with(output)
    stage.apply([planned(1.0, "next", 60), planned(1.0, "next", 64), planned(1.25, "next", 62), planned(1.75, "next", 67)])
    stage.run_due(1.4)
    assert output.lines == []
    stage.run_due(1.5)
    assert [line[2] for line in output.lines if line[0] == "on"] == [60, 64]
    stage.run_due(1.75)
    assert [line[2] for line in output.lines if line[0] == "on"] == [60, 64, 67]
    assert [each.moved for each in reports if isinstance(each, Missed)] == [1.5, 1.5, None]


def test_planned_notes_leave_by_the_outputs_delay_and_live_ones_do_not():
    output = WrittenOutput()
    stage, reports, _ = stage_with(output)
    stage.apply([Compensate(-0.1), planned(1.0, "drop", 60), note(1.02, 64, duration=None)])
    stage.run_due(0.9)
    assert [line[2] for line in output.lines] == [60]
    stage.run_due(1.02)
    assert output.lines[1:] == [("off", 1, 60), ("on", 1, 64, 90)]
    assert [(report.play.time, round(report.lateness, 9)) for report in reports if isinstance(report, Played)] == [(1.0, 0.0), (1.02, 0.0)]
    assert [round(report.time, 9) for report in reports if isinstance(report, Ended)] == [1.1]


def test_what_is_due_leaves_by_the_hand_of_who_brings_it():
    clock, reports = SystemClock(), queue.SimpleQueue()
    scheduler = Scheduler(
        Stage([WrittenOutput()], lambda report: reports.put((type(report), threading.current_thread())), lambda time, tag: None), clock
    )
    scheduler.start()
    hands = set()
    for _ in range(1000):  # the scheduler's own thread may just have the turn: then it sends
        scheduler.post([note(clock.now(), 60, None)])
        while (report := reports.get(timeout=5.0))[0] is not Played:
            pass
        hands.add(report[1])
        if threading.current_thread() in hands:
            break
    scheduler.stop()
    assert threading.current_thread() in hands


def test_the_thread_looks_again_where_something_comes_in_that_is_due_before_what_it_waits_for():
    clock, left = SystemClock(), threading.Event()
    scheduler = Scheduler(Stage([WrittenOutput()], lambda report: isinstance(report, Played) and left.set(), lambda time, tag: None), clock)
    scheduler.start()
    scheduler.post([note(clock.now() + 3600.0)])
    scheduler.post([note(clock.now() + 0.02, 62)])
    assert left.wait(5.0)
    scheduler.stop()


def test_nothing_leaves_behind_the_silence_at_the_end():
    """Whoever is sending when the show ends has sent it before the silence; what comes then does not leave."""

    class Slow(WrittenOutput):
        def note_on(self, channel, pitch, velocity):
            inside.set()
            go_on.wait(5.0)
            super().note_on(channel, pitch, velocity)

    clock, output, inside, go_on = SystemClock(), Slow(), threading.Event(), threading.Event()
    scheduler = Scheduler(Stage([output], lambda report: None, lambda time, tag: None), clock)
    scheduler.start()
    sender = threading.Thread(target=scheduler.post, args=([note(clock.now(), 60, None)],))
    sender.start()
    assert inside.wait(5.0)
    threading.Timer(0.3, go_on.set).start()
    scheduler.stop()
    sender.join(5.0)
    scheduler.post([note(clock.now(), 62, None)])
    assert [line[0] for line in output.lines] == ["on", "off", "silence"]
