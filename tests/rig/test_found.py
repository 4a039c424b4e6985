"""What random performances found, each as the shortest script that shows it."""

import random

import pytest

from tests.rig.real_loop import player
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


@pytest.mark.parametrize("delay", [0.02, 0.1, 0.216, 0.4])
@pytest.mark.parametrize("copies", [2, 3])
def test_a_daw_that_sends_everything_back_twice_is_known_before_the_fuse_blows(copies: int, delay: float):
    rig = Rig("harmonise", "harmonise")
    rig.loop(delay=delay, copies=copies)
    for _ in range(3):
        rig.phrase(60, 62, 64, 65)
        rig.wait(4.0)
    assert rig.said("/performer/midi/cut") == []
    assert len(rig.notes()) <= 3 * 4 * 4 + 24
    rig.check()


def test_a_port_that_is_reset_twice_is_no_loop_to_be_told_of_again_and_again():
    rig = Rig("harmonise")
    rig.panic()
    rig.reset_ports()
    rig.wait(0.4)
    rig.reset_ports()
    assert len(rig.said("/performer/midi/loop")) < 20


@pytest.mark.parametrize("seed", range(1, 6))
@pytest.mark.parametrize("jitter", [0.005, 0.02, 0.05])
def test_what_is_played_into_the_real_loop_leaves_nothing_behind(jitter: float, seed: int):
    """Over JACK, on a machine that was busy, the bend stayed at 6400 on both channels (seed 2): its way back was taken for a copy."""
    rig = Rig("harmonise", "harmonise")
    rig.loop(delay=0.002, jitter=jitter)
    for moment, messages in player(random.Random(seed), 60.0):
        rig.wait(max(0.0, moment - rig.now))
        for message in messages:
            rig.send(message)
    rig.send([0xB0, 64, 0])
    rig.send([0xE0, 0, 64])
    rig.wait(4.0)
    assert not rig.receiver.open and not rig.receiver.not_at_rest()


def test_a_copy_of_a_pages_pressure_does_not_stay_when_the_voice_leaves():
    modes = ("punch-in", "input", "harmonise", "input")
    rig = Rig(*modes, seed=9999, mind="echo", latency=0.0, input=(0, 1, 3, 0), channel=(2, 1, 1, 2), notes=2)
    rig.wait(0.3)
    rig.down(125, 2, "midi:2", 90)
    rig.down(61, 2, "midi:2", 90)
    rig.wait(0.3)
    rig.down(63, 1, "midi:2", 1)
    rig.wait(2.5)
    rig.loop_with(0.3, 0.01, 2, 0.0, 12, 0, 1)
    rig.gesture("pressure", 1, 3, "desk", 0)
    rig.wait(2.9)
    rig.change("voice/3/input", 2, "beat")
    rig.check()


def test_a_punch_in_player_keeps_the_first_key_after_an_ending():
    rig = Rig("harmonise", "continue", "punch-in", seed=7701, mind="echo", latency=0.06, channel=(1, 1, 4), notes=3)
    rig.change("song/section", "ending")
    rig.down(63, 2, "midi", 127)
    rig.down(64, 2, "midi", 127)
    rig.check()


def test_a_loop_that_is_never_recognised_is_cut_off():
    modes = ("punch-in", "call", "harmonise", "harmonise")
    rig = Rig(*modes, seed=2260, mind="echo", latency=0.0, input=(0, 1, 1, 1), channel=(1, 1, 1, 2), notes=1)
    rig.change("voice/3/output_port", 2, "bar")
    rig.change("voice/4/mode", "input", "bar")
    rig.down(64, 1, "desk", 64)
    rig.wait(0.1)
    rig.down(58, 1, "midi", 90)
    rig.loop_with(0.3, 0.0, 1, 0.0, -1, 10, 1)
    rig.wait(4.0)


def test_keys_on_several_channels_at_one_instant_are_no_loop():
    """Rig, seed 2016: 8 of the 14 keys counted as copies of each other, without delay."""
    rig = Rig("punch-in", seed=231, mind="echo", latency=0.0, input=(1,), channel=(1,), notes=1)
    keys = (
        (43, 1, "desk", 90), (59, 1, "desk", 90), (43, 10, "midi", 90), (59, 10, "midi", 90), (63, 1, "desk", 64), (60, 1, "desk", 64),
        (60, 2, "midi:2", 64), (63, 2, "midi", 64), (59, 2, "midi", 90), (55, 1, "midi:2", 90), (61, 1, "midi:2", 90), (59, 3, "midi", 90),
        (55, 3, "midi", 90), (61, 2, "midi", 90),
    )  # fmt: skip
    for key in keys:
        rig.down(*key)
    rig.check()


def test_two_pedals_at_one_instant_are_no_loop():
    """Rig, seed 3107."""
    rig = Rig("harmonise", "mute", seed=1325, mind="echo", latency=0.0, input=(0, 0), channel=(2, 3), notes=4)
    rig.gesture("sostenuto", 64, 3, "midi", 63)
    rig.panic()
    rig.gesture("sostenuto", 64, 1, "midi:2", 59)
    rig.check()


def test_a_pedal_and_the_page_at_one_instant_are_no_loop():
    """Rig, seed 3124."""
    modes = ("drums", "continue", "harmonise", "mute")
    rig = Rig(*modes, seed=40, mind="echo", latency=0.004, input=(0, 3, 0, 0), channel=(2, 1, 1, 3), notes=1)
    rig.gesture("soft", 127, 2, "desk", 63)
    rig.gesture("cc 67", 0, 2, "desk", 60)
    rig.gesture("soft", 127, 1, "midi:2", 64)
    rig.check()
