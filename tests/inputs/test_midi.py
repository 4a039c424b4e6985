"""MIDI in: every kind of message, what is no message, and a real port that another process plays into."""

import queue
from collections.abc import Iterator

import pytest

from performer.clock import SystemClock, VirtualClock
from performer.errors import PortError
from performer.events import Bend, Control, Event, NoteOff, NoteOn, Panic, Pressure, Program, Sysex, Timed, Transport
from performer.inputs.midi import MidiInput, parse
from performer.outputs.midi import MidiOutput
from tests.jack import JackServer, MidiPeer, await_connection


@pytest.mark.parametrize(
    ("message", "event"),
    [
        ([0x90, 60, 100], NoteOn(60, 100, 1)),
        ([0x9F, 127, 1], NoteOn(127, 1, 16)),
        ([0x93, 60, 0], NoteOff(60, 4)),
        ([0x81, 60, 64], NoteOff(60, 2)),
        ([0xA0, 60, 33], Pressure(33, 60, 1)),
        ([0xB0, 64, 127], Control(64, 127, 1)),
        ([0xB2, 120, 0], Panic()),
        ([0xB2, 123, 0], Panic()),
        ([0xC4, 9], Program(9, 5)),
        ([0xD0, 77], Pressure(77, None, 1)),
        ([0xE0, 0, 64], Bend(0, 1)),
        ([0xE0, 0, 0], Bend(-8192, 1)),
        ([0xE0, 127, 127], Bend(8191, 1)),
        ([0xF8], Transport("clock")),
        ([0xFA], Transport("start")),
        ([0xFB], Transport("continue")),
        ([0xFC], Transport("stop")),
        ([0xF2, 1, 2], Transport("songpos", 257)),
        ([0xF0, 0x7E, 0x09, 0xF7], Sysex("7e09")),
        ([0xF0, 0x7E, 0xF8, 0x09, 0xF7], Sysex("7e09")),
        ([0xF0, 0xF7], Sysex("")),
    ],
)
def test_parse_knows_every_message(message: list[int], event: Event) -> None:
    assert parse(message) == event


@pytest.mark.parametrize(
    "message",
    [
        [], [0x90], [0x90, 60], [0x90, 60, 100, 1], [0x90, 60, 200], [0x90, 200, 60], [60, 100], [0x80, 60], [0xC0], [0xC0, 1, 2],
        [0xC0, 128], [0xE0, 1], [0xF2, 1], [0xF2, 1, 200], [0xF0], [0xF0, 1, 2], [0xF0, 1, 0x90, 0xF7], [0xF7], [0xF4], [0xF5], [0xFE],
        [0xFF], [0xF1, 3],
    ],
)  # fmt: skip
def test_what_is_truncated_senseless_or_useless_is_no_event(message: list[int]) -> None:
    assert parse(message) is None


def test_senseless_messages_are_counted_and_the_known_useless_ones_are_not() -> None:
    posted: list[Timed] = []
    midi = MidiInput(None, VirtualClock(2.5), posted.append)
    for message in ([0x90, 60], [0xFE], [0xF1, 3], [], [0x90, 60, 64], [0xF0, 1, 2]):
        midi._receive((message, 0.0), None)
    assert posted == [Timed(2.5, NoteOn(60, 64))]
    assert (midi.heard, midi.senseless) == (6, 3)


@pytest.fixture
def inbox() -> queue.SimpleQueue[Timed]:
    return queue.SimpleQueue()


@pytest.fixture
def midi(jack_server: JackServer, inbox: queue.SimpleQueue[Timed]) -> Iterator[MidiInput]:
    midi = MidiInput(None, SystemClock(), inbox.put)
    midi.start()
    yield midi
    midi.stop()


@pytest.mark.programs
def test_two_thousand_messages_of_all_kinds_from_another_process_arrive_in_order(
    jack_server: JackServer, midi: MidiInput, inbox: queue.SimpleQueue[Timed]
) -> None:
    assert "Performer In:Performer In" in jack_server.ports()
    kinds = [
        lambda n: [0x90, n % 128, 1 + n % 127], lambda n: [0x80, n % 128, 0], lambda n: [0xB0, 64, n % 128],
        lambda n: [0xE0, n % 128, n % 127], lambda n: [0xC0, n % 128], lambda n: [0xF8], lambda n: [0xF0, 0x7D, n % 128, n // 128, 0xF7],
    ]  # fmt: skip
    messages = [kinds[n % len(kinds)](n) for n in range(2000)]
    with MidiPeer("play", "Performer In") as peer:
        peer.play(messages)
        arrived = [inbox.get(timeout=20.0) for _ in messages]
    assert [each.event for each in arrived] == [parse(message) for message in messages]
    assert [each.time for each in arrived] == sorted(each.time for each in arrived)
    assert (midi.heard, midi.senseless) == (2000, 0)


@pytest.mark.programs
def test_a_truncated_message_over_the_wire_is_counted_and_the_next_one_arrives(midi: MidiInput, inbox: queue.SimpleQueue[Timed]) -> None:
    with MidiPeer("play", "Performer In") as peer:
        peer.play([[0x90, 60], [0x91, 61, 1]])
        assert inbox.get(timeout=20.0).event == NoteOn(61, 1, 2)
    assert midi.senseless == 1


@pytest.mark.programs
def test_a_port_is_found_by_a_part_of_its_name_and_a_wrong_name_lists_what_exists(
    jack_server: JackServer, inbox: queue.SimpleQueue[Timed]
) -> None:
    with pytest.raises(PortError, match=r"No MIDI input is called 'piano'\. There are none\."):
        MidiInput("piano", SystemClock(), inbox.put).start()
    source = MidiOutput(None)
    source.start()
    midi = MidiInput("former OUT", SystemClock(), inbox.put)
    midi.start()
    assert midi.name == "Performer Out:Performer Out"
    await_connection("Performer In", "Performer Out")
    source.note_on(3, 60, 100)
    assert inbox.get(timeout=20.0).event == NoteOn(60, 100, 3)
    with pytest.raises(PortError, match=r"There are: .*Performer Out"):
        MidiInput("piano", SystemClock(), inbox.put).start()
    midi.stop()
    source.stop()


@pytest.mark.skipif("sys.platform != 'linux'")
def test_without_a_midi_system_it_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "there-is-none")
    monkeypatch.setattr("performer.midi_system.ALSA_SEQUENCER", "/nonexistent")
    with pytest.raises(PortError, match="no MIDI system that answers"):
        MidiInput(None, SystemClock(), print).start()


class ChordHandle:
    """Stands for rtmidi's polled input: three notes at once, then none."""

    def __init__(self, port: object) -> None:
        self._messages: list[list[int]] = [[0x90, pitch, 100] for pitch in (60, 64, 67)]
        self._port = port

    def get_message(self) -> tuple[list[int], float] | None:
        if self._messages:
            return self._messages.pop(0), 0.0
        self._port.handle = None  # type: ignore[attr-defined]
        return None


def test_the_notes_of_a_chord_are_stamped_when_they_are_found_not_when_they_are_handled() -> None:
    clock, posted = VirtualClock(1.0), []

    def post(timed: Timed) -> None:
        posted.append(timed)
        clock.advance_to(clock.now() + 0.001)  # the answer takes its time

    midi = MidiInput(None, clock, post)
    midi.port.handle = ChordHandle(midi.port)
    midi.port._read(midi.port.handle, midi._receive)
    assert posted == [Timed(1.0, NoteOn(pitch, 100, 1)) for pitch in (60, 64, 67)]


def test_what_a_system_calls_back_with_is_handed_over_by_another_way_than_what_is_found():
    found, called = [], []
    source = MidiInput(None, SystemClock(), found.append, post_back=called.append)
    source._receive(([0x90, 60, 100], 0.0), 2.5)
    source._receive(([0x90, 62, 100], 0.0), None)
    assert [(timed.time, timed.event.pitch) for timed in found] == [(2.5, 60)]
    assert [timed.event.pitch for timed in called] == [62]
