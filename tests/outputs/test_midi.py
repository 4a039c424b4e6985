"""MIDI out: the bytes, a real port heard in another process, and a JACK server that dies."""

import contextlib
import queue
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as some

from performer.clock import SystemClock
from performer.events import Bend, Control, Event, NoteOn, PortGone, Pressure, Program, Timed
from performer.inputs.midi import MidiInput, parse
from performer.midi_port import PortWatch
from performer.outputs.midi import MidiOutput, RecordingOutput, encode
from tests.jack import JackServer, MidiPeer, await_connection


@pytest.mark.parametrize(
    "event",
    [Control(7, 100, 16), Bend(-8192, 1), Bend(0, 3), Bend(8191, 16), Pressure(5, None, 2), Pressure(5, 60, 2), Program(127, 9)],
)
def test_what_is_passed_through_is_what_came(event: Event) -> None:
    message = encode(event)
    assert message is not None
    assert parse(message) == event


@given(
    some.integers(0xA0, 0xEF).flatmap(
        lambda status: some.tuples(some.just(status), *[some.integers(0, 127)] * (1 if status & 0xF0 in {0xC0, 0xD0} else 2))
    )
)
def test_every_channel_message_but_notes_is_passed_through_without_loss(message: tuple[int, ...]) -> None:
    for source in ("midi", "midi:keys"):
        event = parse(message, source)
        assert event is not None
        assert encode(event) == message


def test_without_a_port_everything_is_counted_and_nothing_raises() -> None:
    out = MidiOutput(None)
    out.note_on(1, 60, 100)
    out.silence([1, 2])
    assert (out.sent, out.failed) == (0, 7)


def test_the_recording_output_writes_down_what_is_played() -> None:
    out = RecordingOutput()
    out.note_on(1, 60, 100)
    out.note_off(1, 60)
    out.silence(iter([1, 2]))
    assert out.played == [("on", 1, 60, 100), ("off", 1, 60), ("silence", (1, 2))]


@pytest.fixture
def closing(jack_server: JackServer) -> Iterator[contextlib.ExitStack]:
    """Stops what the test started, also when it fails, while the server is still there."""
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture
def out(jack_server: JackServer) -> Iterator[MidiOutput]:
    out = MidiOutput(None)
    out.start()
    yield out
    out.stop()


@pytest.mark.programs
def test_another_process_hears_everything_in_order(jack_server: JackServer, out: MidiOutput) -> None:
    assert "Performer Out:Performer Out" in jack_server.ports()
    with MidiPeer("hear", "Performer Out") as peer:
        out.note_on(16, 60, 100)
        out.note_off(16, 60)
        out.control(2, 7, 90)
        out.send(Bend(0, 1))
        out.silence([1])
        out.note_on(1, 60, 300)  # not MIDI
        out.send(NoteOn(60, 100))  # not for passing through
        expected = [[0x9F, 60, 100], [0x8F, 60, 0], [0xB1, 7, 90], [0xE0, 0, 64], [0xB0, 64, 0], [0xB0, 123, 0], [0xB0, 120, 0]]
        assert peer.heard(7) == expected
        for n in range(1000):
            out.note_on(1, n % 128, 1 + n // 128)
        assert peer.heard(1000) == [[0x90, n % 128, 1 + n // 128] for n in range(1000)]
    assert (out.sent, out.failed) == (1007, 2)
    assert out.alive()


@pytest.mark.programs
def test_a_flood_into_a_dead_server_neither_hangs_nor_raises(jack_server: JackServer, out: MidiOutput) -> None:
    jack_server.kill()
    flood = threading.Thread(target=lambda: [out.note_on(1, 60, 100) for _ in range(5000)], daemon=True)
    flood.start()
    flood.join(10.0)
    assert not flood.is_alive()
    assert out.sent + out.failed == 5000
    assert out.failed >= 3000
    assert not out.alive()


@pytest.mark.programs
def test_ports_come_back_with_the_server(jack_server: JackServer, out: MidiOutput, closing: contextlib.ExitStack) -> None:
    inbox: queue.SimpleQueue[Timed] = queue.SimpleQueue()
    said: queue.SimpleQueue[str] = queue.SimpleQueue()
    midi = MidiInput(None, SystemClock(), inbox.put)
    midi.start()
    closing.callback(midi.stop)
    watch = PortWatch([midi.port, out.port], said.put, every_s=0.05)
    watch.start()
    closing.callback(watch.stop)
    names = ("Performer In", "Performer Out")
    for _ in range(2):
        jack_server.kill()
        assert {said.get(timeout=20.0) for _ in range(2)} == {f"The MIDI system JACK died; '{name}' comes back with it." for name in names}
        out.note_on(1, 60, 100)  # nobody hears it, nothing breaks
        jack_server.start()
        assert {said.get(timeout=20.0) for _ in range(2)} == {f"The MIDI port '{name}' is open." for name in names}
        assert {"Performer In:Performer In", "Performer Out:Performer Out"} <= set(jack_server.ports())
        with MidiPeer("play", "Performer In") as peer:
            peer.play([[0x90, 61, 1]])
            assert inbox.get(timeout=20.0).event == PortGone()  # when the peer of the last round left, or the server died
            while (event := inbox.get(timeout=20.0).event) == PortGone():
                pass
            assert event == NoteOn(61, 1)
        with MidiPeer("hear", "Performer Out") as peer:
            out.note_on(1, 62, 1)
            assert peer.heard(1) == [[0x90, 62, 1]]


@pytest.mark.programs
def test_a_named_port_that_vanishes_is_taken_again_when_it_is_back(closing: contextlib.ExitStack) -> None:
    said: list[str] = []
    inbox: queue.SimpleQueue[Timed] = queue.SimpleQueue()
    synth = MidiInput(None, SystemClock(), inbox.put)
    synth.start()
    closing.callback(synth.stop)
    out = MidiOutput("Performer In")
    out.start()
    closing.callback(out.stop)
    watch = PortWatch([out.port], said.append)
    closing.callback(watch.stop)
    watch.look()
    assert said == []
    synth.stop()
    watch.look()
    assert said == ["The MIDI port 'Performer In:Performer In' vanished; it is opened again when it is back."]
    out.note_on(1, 60, 100)
    assert out.failed == 1
    synth.start()
    watch.look()
    await_connection("Performer Out", "Performer In")
    out.note_on(1, 61, 100)
    assert inbox.get(timeout=20.0).event == PortGone()
    assert inbox.get(timeout=20.0).event == NoteOn(61, 100)
