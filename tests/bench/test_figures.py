import pytest

from performer.bench.figures import median, percentiles, surroundings
from performer.errors import PerformerError


def test_percentiles_are_in_milliseconds_and_stand_in_the_order_of_size():
    figures = percentiles([number / 1000 for number in range(1000, 0, -1)])
    assert figures == {"p50": 501.0, "p95": 951.0, "p99": 991.0, "p999": 1000.0, "max": 1000.0}


def test_one_time_is_every_percentile():
    assert set(percentiles([0.002]).values()) == {2.0}


def test_nothing_measured_is_an_error():
    with pytest.raises(PerformerError):
        percentiles([])


def test_the_median_keeps_its_sign():
    assert median([-0.003, 0.001, -0.002]) == -2.0


def test_what_a_bench_begins_with():
    told = surroundings("reply", "jack", True)
    assert told["bench"] == "reply" and told["transport"] == "jack" and told["cores"] >= 1 and told["load"]["visuals"] is True


def test_a_bench_without_ports_says_so():
    assert "within one process" in surroundings("reply", "loopback", False)["remark"]
    assert not {"remark", "model"} & set(surroundings("reply", "jack", False))
    assert surroundings("reply", "jack", False, "lstm-piano")["model"] == "lstm-piano"
