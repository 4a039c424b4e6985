"""MIDI in: every kind of message, what is no message, and a real port that another process plays into."""

import queue
from collections.abc import Iterator

import pytest

from performer.clock import SystemClock, VirtualClock
from performer.errors import PortError
from performer.events import Bend, Control, Event, NoteOff, NoteOn, Panic, PortGone, Pressure, Program, Sysex, Timed, Transport
from performer.inputs.midi import MidiInput, parse
from performer.midi_port import read
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
        ([0xB2, 120, 0], Control(120, 0, 3)),
        ([0xB2, 123, 0], Control(123, 0, 3)),
        ([0xBF, 127, 0], Control(127, 0, 16)),
        ([0xFF], Panic()),
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
        [0xF1, 3], [0xF0, 0x7E, 0xF8, 0x09, 0xF7],
    ],
)  # fmt: skip
def test_what_is_truncated_senseless_or_useless_is_no_event(message: list[int]) -> None:
    assert parse(message) is None


def test_senseless_messages_are_counted_and_the_known_useless_ones_are_not() -> None:
    posted: list[Timed] = []
    midi = MidiInput(None, VirtualClock(2.5), posted.append)
    for message in ([0x90, 60], [0xFE], [0xF1, 3], [0x90, 60, 64], [0xF0, 1, 2], [0x80, 60, 0], [0xF4]):
        midi._receive((message, 0.0), None)
    assert posted == [Timed(2.5, NoteOn(60, 64)), Timed(2.5, NoteOff(60))]
    assert (midi.heard, midi.senseless) == (7, 3)


@pytest.mark.parametrize("message", [[0x90, 60, 1], [0x80, 60, 1], [0xA0, 60, 1], [0xB0, 1, 1], [0xC0, 1], [0xD0, 1], [0xE0, 1, 1],
                                     [0xF0, 1, 0xF7], [0xF2, 1, 1], [0xF8], [0xFF]])  # fmt: skip
def test_every_event_bears_the_name_of_its_input(message: list[int]) -> None:
    posted: list[Timed] = []
    midi = MidiInput(None, VirtualClock(), posted.append, source="midi:keys")
    midi._receive((message, 0.0), 1.0)
    assert [timed.event.source for timed in posted] == ["midi:keys"]  # type: ignore[union-attr]


def test_a_cable_that_carried_active_sensing_and_is_silent_is_gone() -> None:
    clock, posted = VirtualClock(), []
    midi = MidiInput(None, clock, posted.append, source="midi:keys")

    def at(moment: float, *message: int) -> None:
        clock.advance_to(moment)
        if message:
            midi._receive((list(message), 0.0), clock.now())
        midi.check()

    at(0.0, 0x90, 60, 1)
    at(9.0)  # without active sensing silence means nothing
    at(10.0, 0xFE)
    at(10.9, 0x90, 62, 1)
    at(11.8)  # any message is a sign of life
    assert [timed.event for timed in posted] == [NoteOn(60, 1, 1, "midi:keys"), NoteOn(62, 1, 1, "midi:keys")]
    at(12.0)
    assert posted.pop() == Timed(12.0, PortGone("midi:keys"))
    at(20.0)
    at(21.0, 0x90, 64, 1)
    at(30.0)  # it is said once; a keyboard that came back says itself whether it senses
    assert [timed.event for timed in posted][2:] == [NoteOn(64, 1, 1, "midi:keys")]
    at(31.0, 0xFE)
    at(33.0)
    assert posted.pop() == Timed(33.0, PortGone("midi:keys"))


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
def test_a_sysex_without_an_end_makes_nobody_deaf(midi: MidiInput, inbox: queue.SimpleQueue[Timed]) -> None:
    """RtMidi 5 on JACK kept all that followed the F0, a note-off too, until an F7 came."""
    with MidiPeer("play", "Performer In") as peer:
        for _ in range(3):
            peer.play([[0x90, 60, 100]])
            assert inbox.get(timeout=20.0).event == NoteOn(60, 100)
            peer.play([[0xF0, 0x7E, 1, 2], [0x80, 60, 0], [0xB0, 64, 127]])
            assert inbox.get(timeout=2.0).event in (NoteOff(60), Sysex(""))  # RtMidi 6 ends the sysex by itself
            while (event := inbox.get(timeout=2.0).event) != Control(64, 127):
                assert event == NoteOff(60)
        assert midi.senseless in (0, 3)
        peer.play([[0xF0, 1, 2, 3, 0xF7], [0x90, 61, 1]])
        assert [inbox.get(timeout=2.0).event for _ in range(2)] == [Sysex("010203"), NoteOn(61, 1)]


@pytest.mark.programs
def test_a_sysex_in_two_parts_with_a_pause_between_is_one(midi: MidiInput, inbox: queue.SimpleQueue[Timed]) -> None:
    with MidiPeer("play", "Performer In") as peer:
        peer.play([[0xF0, 1, 2]])
        with pytest.raises(queue.Empty):
            inbox.get(timeout=0.5)  # longer than between two marks of the guard
        peer.play([[3, 4, 0xF7]])
        assert inbox.get(timeout=2.0).event == Sysex("01020304")
    assert midi.senseless == 0


@pytest.mark.programs
def test_long_controllers_pass_whole_and_in_order(jack_server: JackServer) -> None:
    """RPN, NRPN and 14-bit controllers are several messages whose order and number say what they are."""
    out = MidiOutput(None)
    out.start()
    midi = MidiInput(None, SystemClock(), lambda timed: out.send(timed.event))
    midi.start()
    rpn = [[0xB0, 101, 0], [0xB0, 100, 0], [0xB0, 6, 2], [0xB0, 38, 0], [0xB0, 101, 127], [0xB0, 100, 127]]
    nrpn = [[0xB4, 99, 1], [0xB4, 98, 8], [0xB4, 6, 64], [0xB4, 38, 64], [0xB4, 96, 0], [0xB4, 96, 0]]
    fine = [message for value in range(64) for message in ([0xBF, 1, value], [0xBF, 33, value])]
    mode = [[0xB0, number, 0] for number in range(120, 128)]
    sent = (rpn + nrpn + fine + mode + [[0xA0, 60, 5], [0xD3, 5], [0xE3, 1, 2], [0xC3, 4]]) * 3
    with MidiPeer("hear", "Performer Out") as listener, MidiPeer("play", "Performer In") as player:
        player.play(sent)
        assert listener.heard(len(sent)) == sent
        assert (midi.senseless, out.failed) == (0, 0)
    midi.stop()
    out.stop()


@pytest.mark.programs
def test_two_inputs_and_two_outputs_live_side_by_side(jack_server: JackServer, inbox: queue.SimpleQueue[Timed]) -> None:
    outputs = [MidiOutput(None), MidiOutput(None)]
    inputs = []
    for output, source in zip(outputs, ("midi", "midi:pads"), strict=True):
        output.start()
        assert output.port.opened is not None
        inputs.append(MidiInput(output.port.opened.own, SystemClock(), inbox.put, source=source))
        inputs[-1].start()
    assert len({port.port.opened.own for port in (*outputs, *inputs) if port.port.opened}) == 4
    for number, output in enumerate(outputs):
        output.note_on(1 + number, 60, 100)
        assert inbox.get(timeout=5.0).event == NoteOn(60, 100, 1 + number, ("midi", "midi:pads")[number])
    inputs[0].stop()
    assert inbox.get(timeout=5.0).event == PortGone("midi")
    outputs[1].note_off(2, 60)
    assert inbox.get(timeout=5.0).event == NoteOff(60, 2, "midi:pads")
    for port in (*inputs, *outputs):
        port.stop()


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
    midi.port.handle = handle = ChordHandle(midi.port)
    read(handle, lambda: midi.port.handle is handle, midi._receive, clock.now)  # type: ignore[arg-type]
    assert posted == [Timed(1.0, NoteOn(pitch, 100, 1)) for pitch in (60, 64, 67)]


def test_what_a_system_calls_back_with_is_handed_over_by_another_way_than_what_is_found():
    found, called = [], []
    source = MidiInput(None, SystemClock(), found.append, post_back=called.append)
    source._receive(([0x90, 60, 100], 0.0), 2.5)
    source._receive(([0x90, 62, 100], 0.0), None)
    assert [(timed.time, timed.event.pitch) for timed in found] == [(2.5, 60)]
    assert [timed.event.pitch for timed in called] == [62]


class TimedHandle:
    """Stands for rtmidi's polled input on a virtual clock: what is due by now has come."""

    def __init__(self, clock: VirtualClock, messages: list[tuple[float, list[int]]]) -> None:
        self.clock, self.messages = clock, messages

    def get_message(self) -> tuple[list[int], float] | None:
        is_due = self.messages and self.messages[0][0] <= self.clock.now()
        return (self.messages.pop(0)[1], 0.0) if is_due else None


def looks_of(messages: list[tuple[float, list[int]]], until: float) -> tuple[list[float], list[float], list[float]]:
    """The moments of the looks at a port, of the messages found and of the times when the reader was lent, on a virtual clock."""
    clock, looks, found, lent = VirtualClock(0.0), [], [], []
    handle = TimedHandle(clock, messages)

    def pause(seconds: float) -> None:
        looks.append(clock.now())
        clock.advance_to(clock.now() + seconds)

    read(
        handle, lambda: clock.now() < until, lambda _, moment: found.append(moment), clock.now,
        lambda: lent.append(clock.now()), pause=pause,
    )  # fmt: skip
    return looks, found, lent


def test_a_port_is_looked_at_seldom_where_nobody_plays_and_often_from_the_first_note() -> None:
    looks, found, lent = looks_of([(1.0, [0x90, 60, 100]), (20.0003, [0x90, 60, 100]), (20.1, [0x80, 60, 0])], 21.0)
    assert sum(10.0 < look < 11.0 for look in looks) <= 1001 and sum(10.0 < at < 11.0 for at in lent) <= 2, "quiet"
    assert found[1] - 20.0003 <= 0.00101, "the first note is found 1 ms late at most"
    assert found[2] - 20.1 <= 0.00026 and sum(20.2 < look < 20.7 for look in looks) > 1990, "as often as ever"
    assert sum(20.2 < at < 20.7 for at in lent) > 300


def test_active_sensing_is_nobody_who_plays_and_a_clock_is() -> None:
    sensing, _, _ = looks_of([(0.3 * number, [0xFE]) for number in range(60)], 12.0)
    ticking, _, _ = looks_of([(0.02 * number, [0xF8]) for number in range(900)], 12.0)
    assert sum(10.0 < look < 11.0 for look in sensing) <= 1010
    assert sum(10.0 < look < 11.0 for look in ticking) > 3000
