"""What one client may cost, on a time of the test's own."""

import itertools

from performer.inputs.limits import LONGEST_WAIT, MOST_CLIENTS, MOST_KINDS, Bucket, Buckets, HeldKeys, Notices, Once


def test_a_mistake_that_goes_on_is_told_ever_seldomer_and_none_is_forgotten():
    notices = Notices()
    told = [(second, more) for second in (tenth / 10 for tenth in range(3000)) if (more := notices.due("a", "type", second)) is not None]
    times = [second for second, _ in told]
    gaps = [round(after - before, 1) for before, after in itertools.pairwise(times)]
    assert gaps[:6] == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0] and set(gaps[6:]) == {LONGEST_WAIT}
    assert sum(more + 1 for _, more in told) == times[-1] * 10 + 1


def test_a_person_who_errs_now_and_then_is_told_each_time():
    notices = Notices()
    assert [notices.due("a", "type", 3.0 * number) for number in range(10)] == [0] * 10


def test_kinds_and_clients_are_told_apart_and_nothing_grows():
    notices, once = Notices(), Once()
    assert notices.due("a", "type", 0.0) == notices.due("b", "type", 0.0) == notices.due("a", "range", 0.0) == 0
    assert once.first("a", "x") and not once.first("a", "x") and once.first("b", "x")
    for number in range(3 * MOST_KINDS):
        notices.due(str(number), "type", 1.0)
        once.first(str(number), "x")
    assert len(notices._kinds) == len(once._told) == MOST_KINDS
    buckets = Buckets(1.0, 1.0)
    for number in range(3 * MOST_CLIENTS):
        buckets.take(str(number), 0.0)
    assert len(buckets._buckets) == MOST_CLIENTS


def test_a_bucket_lets_a_burst_through_and_then_so_many_a_second():
    bucket = Bucket(10.0, 5.0)
    assert [bucket.take(100.0) for _ in range(7)] == [True] * 5 + [False] * 2
    assert sum(bucket.take(100.0 + number / 100) for number in range(1, 101)) == 10
    assert [bucket.take(200.0) for _ in range(7)] == [True] * 5 + [False] * 2


def test_one_client_does_not_use_up_what_another_may_send():
    buckets = Buckets(1.0, 2.0)
    assert [buckets.take("a", 0.0) for _ in range(3)] == [True, True, False]
    assert buckets.take("b", 0.0)


def test_a_key_comes_up_for_who_pressed_it():
    keys = HeldKeys()
    keys.press("osc:10.0.0.1:5000", 1, 60)
    keys.press("osc:10.0.0.2:5000", 1, 60)
    assert keys.release("osc:10.0.0.2:6000", 1, 60) == "osc:10.0.0.2:5000"  # another socket of the same program
    assert keys.release("osc:10.0.0.3:5000", 1, 60) == "osc:10.0.0.3:5000"  # somebody who holds none
    assert keys.release("osc:10.0.0.1:5000", 2, 60) == "osc:10.0.0.1:5000"
    assert keys.release("osc:10.0.0.1:5000", 1, 60) == "osc:10.0.0.1:5000"
    assert not keys._holders
