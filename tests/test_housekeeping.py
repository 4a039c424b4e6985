"""The garbage collector is off while the show plays, and works in the pauses."""

import gc
import weakref

import pytest

from performer.awake import Awake
from performer.housekeeping import EVERY, NIGHT, Housekeeping


class Ring:
    """An object in a cycle: only the collector frees it."""

    def __init__(self) -> None:
        self.self = self


@pytest.fixture
def pauses():
    lengths = [0.0]
    house = Housekeeping(lambda: lengths[0])
    house.start()
    yield lengths, house
    house.stop()
    assert gc.isenabled() and gc.get_freeze_count() == 0


def test_nothing_is_collected_while_it_sounds_and_everything_in_a_pause(pauses):
    lengths, house = pauses
    assert not gc.isenabled() and gc.get_freeze_count() > 0
    gone = weakref.ref(Ring())
    house.look()
    assert gone() is not None and house.collections == 0
    lengths[0] = 2.0
    house.look()
    assert gone() is None and house.collections == 1


def test_a_short_pause_is_used_where_much_waits(pauses, monkeypatch):
    lengths, house = pauses
    lengths[0] = 0.05
    gone = weakref.ref(Ring())
    house.look()
    assert gone() is not None
    monkeypatch.setattr("performer.housekeeping.MANY", 0)
    house.look()
    assert gone() is None


def test_the_processor_is_awake_until_nobody_has_played_for_long_and_again_with_the_next_note(tmp_path):
    device = tmp_path / "cpu_dma_latency"
    device.touch()
    silent, awake = [False], Awake(device)
    house = Housekeeping(lambda: 0.0, lambda: silent[0], awake)
    house.start()
    assert awake.held
    silent[0] = True
    for _ in range(int(NIGHT / EVERY) - 1):
        house.look()
    assert awake.held
    house.look()
    assert not awake.held
    silent[0] = False
    house.look()
    assert awake.held
    house.stop()
    assert not awake.held


def test_a_show_goes_on_where_it_may_not_keep_the_processor_awake(tmp_path):
    house = Housekeeping(lambda: 0.0, awake=Awake(tmp_path))
    house.start()
    house.look()
    house.stop()
