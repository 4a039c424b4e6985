"""What `jack_midi_dump` told of a reply; its lines are as the program of jackd2 1.9.21 writes them."""

from performer.bench.graph import Frames

KEYS = ((60, 70), (62, 77), (64, 84))


def note(frame: int, pitch: int, velocity: int, channel: int = 0) -> str:
    return f"{frame:7}: 9{channel:x} {pitch:02x} {velocity:02x} note on  (channel {channel:2}): pitch {pitch:3}, velocity {velocity:3}"


def test_each_key_waits_for_the_first_note_after_it():
    lines = [note(320, 60, 70), note(384, 64, 73, 1), note(448, 69, 71, 2), note(3200, 62, 77), note(3264, 62, 0), note(3392, 79, 87)]
    assert Frames(48000, lines).waits(KEYS, 0.03) == [64 / 48000, 192 / 48000]


def test_what_is_no_note_is_passed_over():
    lines = ["    1: b0 07 64 control change", "nonsense", note(64, 60, 70), "    128: 80 40 00 note off", note(192, 64, 80)]
    assert Frames(32000, lines).waits(KEYS, 0.03) == [128 / 32000]


def test_a_key_without_an_answer_has_none():
    lines = [note(0, 60, 70), note(3000, 62, 77), note(3064, 67, 77), note(6000, 64, 84)]
    assert Frames(48000, lines).waits(KEYS, 0.03) == [64 / 48000]
    assert Frames().waits(KEYS, 0.03) == []


def test_a_key_that_was_not_heard_is_passed_over():
    lines = [note(64, 67, 71), note(3000, 62, 77), note(3064, 67, 77), note(6000, 64, 84), note(6128, 67, 70)]
    assert Frames(48000, lines).waits(KEYS, 0.03) == [64 / 48000, 128 / 48000]


def test_an_answer_like_the_next_key_is_an_answer():
    lines = [note(64, 60, 70), note(128, 62, 77, 1), note(3072, 62, 77), note(3200, 64, 84), note(6100, 64, 84), note(6164, 60, 1)]
    assert Frames(48000, lines).waits(KEYS, 0.03) == [64 / 48000, 128 / 48000, 64 / 48000]
