"""What sounds and what is away from rest, as the process `ports` keeps it for the one after it."""

import pytest

from performer.crash_memory import CrashMemory, PortMemory, encode_ports, ending_of
from performer.shared_value import SharedValue

SENT = {
    "a note": ((0x92, 60, 90), (0x82, 60, 0)),
    "the pedal": ((0xB0, 64, 127), (0xB0, 64, 0)),
    "modulation": ((0xB5, 1, 3), (0xB5, 1, 0)),
    "a bend": ((0xE1, 0, 80), (0xE1, 0, 64)),
    "pressure": ((0xD3, 9), (0xD3, 0)),
    "a key's pressure": ((0xA3, 61, 9), (0xA3, 61, 0)),
}


@pytest.mark.parametrize("port", [1, 8])
@pytest.mark.parametrize(("moved", "ended"), SENT.values(), ids=SENT)
def test_what_moved_is_ended_and_then_nothing_is_left(port: int, moved: tuple[int, ...], ended: tuple[int, ...]):
    memory = CrashMemory.make()
    memory.follow(port, moved)
    assert list(memory.endings()) == [(port, ended)]
    memory.follow(port, ended)
    assert not list(memory.endings())


@pytest.mark.parametrize(("moved", "ended"), SENT.values(), ids=SENT)
def test_what_moves_and_what_ends_it_have_one_ending(moved: tuple[int, ...], ended: tuple[int, ...]):
    assert ending_of(moved) == ending_of(ended) == ended
    assert ending_of((0xB0, 7, 100)) == ending_of((0xF8,)) == ()


def test_a_volume_and_a_velocity_of_zero_leave_nothing():
    memory = CrashMemory.make()
    for message in ((0xB0, 7, 100), (0xC0, 5), (0xF8,), (0x90, 60, 90), (0x90, 60, 0)):
        memory.follow(1, message)
    assert not list(memory.endings())


def test_all_notes_off_ends_those_of_its_channel():
    memory = CrashMemory.make()
    for message in ((0x90, 60, 90), (0x91, 61, 90), (0xB0, 123, 0)):
        memory.follow(1, message)
    assert list(memory.endings()) == [(1, (0x81, 61, 0))]


def test_ports_are_read_as_they_were_written_and_nonsense_is_none():
    memory = CrashMemory.make()
    assert memory.ports() == []
    ports = [PortMemory("out", 1, "JACK", None, "Performer Out", "Performer Out:Performer Out", ("synth:in", "b:c"))]
    SharedValue(memory.connections).write(encode_ports(ports))
    assert memory.ports() == ports
    for text in (b"[9]", b"[1, {}]", b"{", b"[1, 2]"):
        SharedValue(memory.connections).write(text)
        assert memory.ports() == []
