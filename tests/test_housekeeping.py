"""The garbage collector is off while the show plays, and works in the pauses."""

import gc
import weakref

import pytest

from performer.housekeeping import Housekeeping


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
