"""Ports that come and go: found again by name, connected as before, and nothing that goes wrong ends the watch. Over a real JACK server."""

import contextlib
import logging
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from performer import jack
from performer.clock import SystemClock
from performer.events import NoteOn, PortGone, Timed
from performer.inputs.midi import MidiInput
from performer.midi_port import PortWatch
from performer.midi_system import list_ports
from performer.outputs.midi import MidiOutput
from tests.jack import JackServer, MidiPeer

CLIENT = Path(__file__).with_name("jack_client.py")
LOOKED_S = 0.6  # seconds in which the watch has seen what is connected
AGAIN_S = 2.0  # seconds in which what was lost is back
IN, OUT = "Performer In:Performer In", "Performer Out:Performer Out"


@contextlib.contextmanager
def program(client: bytes, *ports: tuple[str, bytes]) -> Iterator[None]:
    """Another program with these MIDI ports, while the block runs."""
    command = [sys.executable, str(CLIENT), client.hex(), *(f"{direction}:{name.hex()}" for direction, name in ports)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(10)


@pytest.fixture
def observer(jack_server: JackServer) -> Iterator[jack.Observer]:
    observer = jack.Observer.open()
    assert observer is not None
    yield observer
    observer.close()


@pytest.fixture
def closing(jack_server: JackServer) -> Iterator[contextlib.ExitStack]:
    with contextlib.ExitStack() as stack:
        yield stack


class Rig:
    """An input, an output and their watch, and what they say."""

    def __init__(self, closing: contextlib.ExitStack, want_in: str | None = None, want_out: str | None = None) -> None:
        self.inbox: queue.SimpleQueue[Timed] = queue.SimpleQueue()
        self.said: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.midi = MidiInput(want_in, SystemClock(), self.inbox.put, source="midi:keys")
        self.out = MidiOutput(want_out)
        self.watch = PortWatch([self.midi.port, self.out.port], self.said.put)
        for port in (self.midi, self.out):
            port.start()
            closing.callback(port.stop)
        self.watch.start()
        closing.callback(self.watch.stop)

    def await_gone(self) -> None:
        assert self.inbox.get(timeout=AGAIN_S).event == PortGone("midi:keys")


def until(holds: Callable[[], bool], seconds: float = AGAIN_S) -> None:
    """Wait until it holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"it did not come to be within {seconds:g} s"
        threading.Event().wait(0.02)


@pytest.mark.programs
def test_what_was_connected_by_hand_is_connected_again_in_both_directions(closing: contextlib.ExitStack, observer: jack.Observer) -> None:
    rig = Rig(closing)
    ports = (("out", b"track"), ("in", b"record"))

    def connected() -> bool:
        return "DAW:track" in observer.connections(IN) and "DAW:record" in observer.connections(OUT)

    with program(b"DAW", *ports):
        assert observer.connect("DAW:track", IN) and observer.connect(OUT, "DAW:record")
        until(connected)
        threading.Event().wait(LOOKED_S)
    for _ in range(2):
        rig.await_gone()  # what the DAW held is released
        with program(b"DAW", *ports):
            until(connected)
            threading.Event().wait(LOOKED_S)
    assert rig.said.empty()  # Performer's own ports were there all the time


@pytest.mark.programs
def test_what_a_person_disconnects_stays_so_and_releases_what_was_held(
    closing: contextlib.ExitStack, observer: jack.Observer, jack_server: JackServer
) -> None:
    rig = Rig(closing)
    with program(b"DAW", ("out", b"track")):
        observer.connect("DAW:track", IN)
        until(lambda: "DAW:track" in observer.connections(IN))
        threading.Event().wait(LOOKED_S)
        subprocess.run(["jack_disconnect", "DAW:track", IN], check=True, capture_output=True, timeout=10)
        rig.await_gone()
        threading.Event().wait(1.0)
        assert "DAW:track" not in observer.connections(IN)


@pytest.mark.programs
def test_own_ports_that_are_made_again_are_connected_as_before(closing: contextlib.ExitStack, jack_server: JackServer) -> None:
    rig = Rig(closing)

    def connect_and_see(connect: bool) -> None:
        observer = jack.Observer.open()
        assert observer is not None
        with contextlib.closing(observer):
            if connect:
                observer.connect("DAW:track", IN)
                observer.connect(OUT, "DAW:record")
            until(lambda: "DAW:track" in observer.connections(IN) and "DAW:record" in observer.connections(OUT))
            threading.Event().wait(LOOKED_S)

    with program(b"DAW", ("out", b"track"), ("in", b"record")):
        connect_and_see(True)
    rig.await_gone()
    jack_server.kill()
    rig.await_gone()
    assert {rig.said.get(timeout=5.0) for _ in range(2)} == {
        "The MIDI system JACK died; 'Performer In' comes back with it.",
        "The MIDI system JACK died; 'Performer Out' comes back with it.",
    }
    jack_server.start()
    for _ in range(2):
        assert rig.said.get(timeout=5.0).endswith("is open.")
    with program(b"DAW", ("out", b"track"), ("in", b"record")):
        connect_and_see(False)


@pytest.mark.programs
@pytest.mark.parametrize("name", [b"Keys", b"Caf\xe9 \xff"])
def test_a_named_port_that_goes_and_comes_is_found_again_by_its_name(
    closing: contextlib.ExitStack, observer: jack.Observer, name: bytes
) -> None:
    """Also where its name is no UTF-8. The names of Performer's own ports stay the same."""
    shown = name.decode(errors="backslashreplace")
    ports = (("out", b"keys"), ("in", b"synth"))
    with program(name, *ports):
        rig = Rig(closing, f"{shown}:keys", f"{shown}:synth")
    for _ in range(2):
        rig.await_gone()
        for _ in range(2):
            assert "vanished" in rig.said.get(timeout=AGAIN_S)
        with program(name, *ports):
            begun = time.monotonic()
            for _ in range(2):
                assert rig.said.get(timeout=5.0).endswith("is open.")
            assert time.monotonic() - begun < AGAIN_S
            observer.midi_ports(jack.IS_OUTPUT)
            until(lambda: f"{shown}:keys" in observer.connections(IN) and f"{shown}:synth" in observer.connections(OUT))


@pytest.mark.programs
def test_a_name_that_is_no_utf8_disturbs_nobody(closing: contextlib.ExitStack, jack_server: JackServer, capsys: pytest.CaptureFixture[str]) -> None:
    with program(b"Caf\xe9", ("out", b"\xff\xfe"), ("in", b"\xc3")):
        assert "Caf\\xe9:\\xff\\xfe" in list_ports().inputs
        rig = Rig(closing)
        with MidiPeer("play", "Performer In") as peer:
            peer.play([[0x90, 60, 1]])
            assert rig.inbox.get(timeout=5.0).event == NoteOn(60, 1, 1, "midi:keys")
            threading.Event().wait(LOOKED_S)
        rig.await_gone()
        print("\n".join(list_ports().outputs))
    assert "Caf\\xe9:\\xc3" in capsys.readouterr().out


@pytest.mark.programs
def test_whatever_goes_wrong_with_one_port_the_others_are_watched_on(closing: contextlib.ExitStack, caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig(closing)
    rig.watch.stop()
    rig.midi.port.check = lambda: 1 / 0
    with caplog.at_level(logging.ERROR, "performer"):
        watch = PortWatch([rig.midi.port, rig.out.port], rig.said.put, every_s=0.02)
        watch.start()
        closing.callback(watch.stop)
        confirmed = rig.out.port.confirmed
        until(lambda: rig.out.port.confirmed > confirmed + 5)
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ZeroDivisionError]  # once


@pytest.mark.programs
def test_a_port_that_goes_and_comes_leaves_no_client_of_jacks_behind(
    closing: contextlib.ExitStack, jack_server: JackServer, observer: jack.Observer
) -> None:
    """Each time one was left, of 64 that a server has, and the next port had another name than the one before."""
    out = MidiOutput("synth")
    watch = PortWatch([out.port], lambda sentence: None)
    closing.callback(out.stop)
    closing.callback(watch.stop)
    with program(b"synth", ("in", b"midi")):
        out.start()
    for _ in range(12):
        until(lambda: (watch.look(), out.port.handle is None)[1])
        with program(b"synth", ("in", b"midi")):
            until(lambda: (watch.look(), out.port.handle is not None)[1])
            assert [name for name in jack_server.ports() if name.startswith("Performer Out")] == [OUT]
