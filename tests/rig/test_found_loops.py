"""Loops that random performances found not to be known soon enough, each as the shortest script that shows it."""

import random

import pytest

from tests.rig.rig import Rig


def test_a_softer_and_lower_loop_without_delay_is_known():
    """What came back at once was seldom among the notes that an arrival was compared with."""
    rig = Rig("input", "input", "drums", "punch-in", seed=5542, mind="tiny", input=(0, 2, 0, 2), channel=(1, 1, 2, 4), notes=1)
    rig.wait(2.75)
    rig.down(114, 2)
    rig.wait(0.25)
    rig.down(120, 2)
    rig.up(120, 2)
    rig.wait(0.01)
    rig.loop_with(0.0, 0.0, 1, 0.0, -12, 10, 1)
    rig.rpn(0, 159, 3, "midi")
    rig.wait(2.5)
    rig.check()


def test_a_loop_that_makes_notes_as_soft_as_possible_is_known():
    """Of 90, 50, 10 and 1 the last was no change like the others; two copies at once refuted the loop that was known."""
    rig = Rig("input", "input", "continue", seed=6831, mind="echo", latency=0.06, input=(0, 1, 0), channel=(1, 1, 1), notes=3)
    rig.loop_with(0.417, 0.0, 2, 0.0, 0, 40, 0)
    rig.down(64, 2, "midi:2", 64)
    rig.down(75, 2)
    rig.down(60, 1)
    rig.wait(0.25)
    rig.up(60, 1)
    rig.down(42, 1)
    rig.wait(1.01)
    rig.check()


def test_three_copies_an_octave_down_of_a_chord_are_known():
    rig = Rig("continue", "mute", "accompany", seed=1559, input=(1, 0, 0), channel=(1, 2, 3), notes=4)
    rig.change("voice/1/mode", "drums", "now")
    rig.change("voice/2/mode", "punch-in", "now")
    rig.wait(9.0)
    rig.down(22, 1, "midi:2", 1)
    rig.down(61, 1, "desk", 64)
    rig.down(63, 1, "desk", 64)
    rig.loop_with(0.089, 0.01, 3, 0.0, -12, 0, 0)
    rig.wait(1.0)
    rig.check()


def test_a_loop_that_changes_its_shift_is_known_again():
    rig = Rig("punch-in", "punch-in", "harmonise", "call", seed=863, input=(0, 0, 2, 1), channel=(3, 2, 1, 2), notes=1)
    rig.wait(2.5)
    rig.loop_with(0.5, 0.0, 1, 0.0, 5, 40, 1)
    rig.wait(1.458)
    rig.loop_with(0.329, 0.0, 1, 0.1, 12, 0, 9)
    rig.wait(4.0)
    rig.check()


def test_a_registered_parameter_does_not_circulate():
    """Its steps are 0 and 127, as those of a pedal are; but no hand sends it again and again."""
    rig = Rig("input", seed=804, latency=0.004, input=(2,), channel=(1,), notes=2)
    rig.loop_with(0.123, 0.03, 1, 0.1, 0, 0, 2)
    rig.rpn(0, 13274, 2, "midi")
    rig.wait(0.7)
    rig.check()


def test_programs_that_come_back_at_once_and_twice_are_passed_on_once_for_each_channel():
    rig = Rig("punch-in", "mute", "input", "harmonise", seed=1682, mind="echo", latency=0.06, channel=(3, 1, 1, 1), notes=2)
    rig.wait(9.0)
    rig.loop_with(0.0, 0.0, 2, 0.3, 0, 10, 0)
    rig.gesture("program", 1, 1, "midi:2", 58)
    rig.wait(0.02)
    rig.check()
    assert rig.receiver.count["gesture"] <= 6


def test_programs_that_come_back_on_another_channel_are_passed_on_once():
    rig = Rig("input", seed=9138, latency=0.004, input=(1,), channel=(4,), notes=2)
    for pitch in (7, 61, 63, 58, 26, 64):
        rig.down(pitch)
    rig.loop_with(0.0, 0.0, 3, 0.3, 0, 0, 1)
    rig.wait(1.0)
    rig.gesture("program", 0, 1, "midi:2", 60)
    rig.wait(0.01)
    rig.check()
    assert rig.receiver.count["gesture"] <= 2


def test_a_copy_on_a_key_that_is_down_does_not_end_its_notes():
    rig = Rig("harmonise", "drums", "continue", "drums", seed=6208, mind="tiny", input=(2, 2, 0, 0), channel=(1, 4, 4, 4), notes=3)
    rig.loop_with(0.15, 0.03, 1, 0.3, 5, 0, 2)
    rig.down(64, 2, "midi", 64)
    rig.loop_with()
    rig.wait(1.25)
    rig.check()
    assert rig.receiver.sounding()


def test_a_player_whose_program_means_another_bank_is_heard():
    rig = Rig("input")
    for bank in (0, 1, 0):
        rig.gesture("cc 0", bank)
        rig.gesture("program", 5)
        rig.wait(0.05)
    assert [each.message.program for each in rig.receiver.heard if each.message.type == "program_change"] == [5, 5, 5]


def test_a_bend_that_comes_back_on_another_channel_is_not_held_there():
    """Six notes had left and not come back before the DAW began to monitor."""
    modes = ("input", "punch-in", "continue", "call")
    rig = Rig(*modes, seed=595, mind="echo", latency=0.004, input=(0, 0, 0, 2), channel=(3, 2, 1, 2), notes=2)
    rig.reset_ports("midi")
    rig.down(61, 3, "osc", 90)
    rig.down(58, 1, "desk", 1)
    rig.down(62, 10)
    rig.wait(0.1)
    rig.loop_with(0.447, 0.01, 3, 0.0, 0, 10, 0)
    rig.gesture("bend", 64, 2, "midi", 64)
    rig.change("voice/1/input", 3, "bar")
    rig.wait(2.5)
    rig.check()


@pytest.mark.parametrize(("voices", "delay", "seed"), [(3, 0.1, 4), (4, 0.05, 5)])
def test_two_copies_an_octave_up_of_chords_with_pedal_are_no_storm(voices: int, delay: float, seed: int):
    """They were cut off after 0.8 s, and again as soon as they were heard."""
    rig, rng = Rig(*["harmonise"] * voices, seed=seed, mind="echo", channel=tuple(range(1, voices + 1)), notes=3), random.Random(seed)
    rig.loop_with(delay, 0.0, 2, 0.0, 12, 0, 0)
    for _ in range(4):
        chord = rng.sample(range(48, 66), 3)
        for pitch in chord:
            rig.down(pitch, velocity=rng.randint(60, 100))
        rig.gesture("sustain", 127)
        rig.wait(0.4)
        for pitch in chord:
            rig.up(pitch)
        rig.gesture("sustain", 0)
        rig.wait(0.2)
    rig.check()
    assert not rig.said("/performer/midi/cut")
    assert rig.books.let_in < 24 and rig.books.swallowed == 0
