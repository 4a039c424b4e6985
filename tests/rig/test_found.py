"""What random performances found, each as the shortest script that shows it."""

from tests.rig.rig import Rig


def test_a_stop_while_another_mode_waits_for_its_bar_leaves_the_held_key_sounding():
    rig = Rig("input")
    rig.clock(60.0)
    rig.wait(1.0)
    rig.down(60)
    rig.change("voice/1/mode", "drums", "bar")
    rig.by_hand("stop")
    rig.check()
    assert rig.receiver.open


def test_a_mode_that_waits_for_its_bar_and_is_withdrawn_leaves_no_key_sounding():
    rig = Rig("mute")
    rig.change("voice/1/mode", "punch-in", "bar")
    rig.wait(0.1)
    rig.down(60)
    rig.change("voice/1/mode", "call", "bar")
    rig.up(60)
    rig.wait(0.5)
    rig.check()
    assert not rig.receiver.open
