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


def test_a_mode_that_waits_for_its_bar_passes_nothing_on_yet():
    rig = Rig("accompany")
    rig.wait(1.2612)
    rig.change("voice/1/mode", "punch-in", "bar")
    for pitch in (60, 64, 79):
        rig.down(pitch)
    rig.change("voice/1/mode", "accompany", "beat")
    rig.wait(6.6)
    rig.up(64)
    rig.check()


def test_a_song_that_stops_leaves_a_punch_in_player_the_held_key():
    rig = Rig("punch-in")
    rig.by_hand("start")
    rig.down(42)
    rig.wait(0.1)
    rig.by_hand("stop")
    rig.check()
    assert rig.receiver.open
    rig.up(42)
    assert not rig.receiver.open


def test_two_ways_back_are_not_told_of_again_and_again():
    rig = Rig("punch-in", "punch-in", "harmonise", input=(2, 0, 0), channel=(1, 1, 3), notes=4)
    rig.wait(2.0)
    rig.loop(delay=0.15, jitter=0.01, copies=3, transpose=12)
    rig.wait(8.0)
    assert len(rig.said("/performer/midi/loop")) < 20
