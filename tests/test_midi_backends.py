"""Which library speaks RtMidi here, and that it is used as the other one is."""

import subprocess
import sys
import threading
from importlib.metadata import requires

import pytest

from performer.errors import PortError
from performer.midi_backends import PACKAGE, backend
from performer.midi_system import systems
from tests.jack import JackServer, await_connection

OBSERVE_FIRST = "from performer import jack; jack.Observer.open().close(); "
ASK = "from performer.midi_system import systems, list_ports; print(systems()[0].name, list_ports().outputs)"


def test_the_package_names_the_library_of_this_python() -> None:
    named = [each.split(";")[0] for each in requires("performer-live") or () if PACKAGE in each]
    assert [each.split(">")[0] for each in named] == [PACKAGE]
    assert ("python-rtmidi" if sys.version_info < (3, 13) else "supriya-midi") == PACKAGE
    assert backend().name == PACKAGE


@pytest.mark.programs
@pytest.mark.parametrize("first", ["", OBSERVE_FIRST])
def test_the_server_answers_every_time(jack_server: JackServer, first: str) -> None:
    """supriya-midi's own copy of libjack was taken now and then: where it lay lower in memory."""
    for _ in range(5):
        done = subprocess.run([sys.executable, "-c", first + ASK], capture_output=True, text=True, timeout=60, check=False)
        assert done.stdout.split()[:1] == ["JACK"], done.stderr


@pytest.mark.programs
def test_a_handle_does_what_the_engine_needs(jack_server: JackServer) -> None:
    system = systems()[0]
    into, out = system.make("MidiIn", "In", queue_size_limit=16), system.make("MidiOut", "Out")
    into.ignore_types(sysex=False, timing=False, active_sense=False)
    into.open_virtual_port("in")
    assert into.get_message() is None
    names = out.get_ports()
    assert names == ["In:in"]
    with pytest.raises(backend().errors):
        out.open_port(7, "out")
    out.open_port(0, "out")
    await_connection("Out", "In:in")
    for message in ((0x90, 60, 1), (0xFE,), (0xF0, 1, 0xF7)):
        out.send_message(message)
        while (got := into.get_message()) is None:
            threading.Event().wait(0.001)
        assert tuple(got[0]) == message
    for handle in (into, out):
        handle.close_port()
        handle.delete()


def test_without_the_library_it_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    backend.cache_clear()
    monkeypatch.setitem(sys.modules, "rtmidi" if sys.version_info < (3, 13) else "supriya_midi", None)
    with pytest.raises(PortError, match=r"MIDI cannot be used: .*"):
        backend()
    backend.cache_clear()
