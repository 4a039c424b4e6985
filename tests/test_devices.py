"""`performer devices`, with a real MIDI and audio system and with none."""

import os
import subprocess
import sys

import pytest

from performer import devices
from performer.errors import PortError
from performer.midi_system import Ports
from performer.outputs.midi import MidiOutput
from tests.jack import JackServer


def printed() -> str:
    """What the command prints in a process of its own: PortAudio looks for devices once in its life."""
    return subprocess.run([sys.executable, "-m", "performer", "devices"], check=True, capture_output=True, text=True, timeout=30).stdout


@pytest.mark.programs
def test_ports_and_inputs_are_listed_by_the_names_for_the_show_file(jack_server: JackServer) -> None:
    out = MidiOutput(None)
    out.start()
    text = printed()
    out.stop()
    lines = text.splitlines()
    inputs, outputs = lines.index("MIDI inputs (JACK):"), lines.index("MIDI outputs (JACK): none")
    assert '    "Performer Out:Performer Out"' in lines[inputs:outputs]
    assert '    "system"  JACK Audio Connection Kit, 2 channels, 48000 Hz, taken where no name is given' in lines
    assert "under [midi]" in text
    assert "under [audio]" in text


@pytest.mark.skipif(sys.platform != "linux" or os.path.exists("/dev/snd"), reason="this machine has a sound system")
def test_without_any_it_is_a_sentence_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "there-is-none")
    text = printed()
    assert "MIDI: This machine has no MIDI system that answers." in text
    assert "Audio inputs: " in text


@pytest.mark.programs
def test_a_jack_server_that_is_stuck_is_told_and_nothing_hangs(jack_server: JackServer) -> None:
    with jack_server.stuck():
        text = printed()
    sentence = "It did not answer within 5 s: jackd (process {0}) is stopped. Let it go on: kill -CONT {0}"
    told = sentence.format(jack_server.process)
    assert text.startswith(f"MIDI: {told}\n\nAudio inputs: {told}\n\nDisplays: ")


class TurnsAway:
    """A MIDI system that turns so many clients away before it takes one."""

    name = "JACK"

    def __init__(self, times: int) -> None:
        self.times = times

    def ports(self) -> Ports:
        self.times -= 1
        if self.times >= 0:
            raise PortError("The MIDI system JACK does not answer.", "Start it.")
        return Ports(("Keys",), ())


@pytest.mark.parametrize(("times", "line"), [
    (0, '    "Keys"'), (1, '    "Keys"'), (2, "MIDI (JACK): The MIDI system JACK does not answer. Start it."),
])  # fmt: skip
def test_a_system_that_turns_a_client_away_is_asked_again(monkeypatch: pytest.MonkeyPatch, times: int, line: str) -> None:
    monkeypatch.setattr("performer.midi_system.systems", lambda: [TurnsAway(times)])
    assert line in devices.midi().splitlines()


def test_what_cannot_be_listed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> list[object]:
        raise performer_error

    performer_error = PortError("It is gone.", "Fetch it.")
    monkeypatch.setattr("performer.midi_system.systems", gone)
    monkeypatch.setattr("performer.listening.audio.inputs", gone)
    assert devices.midi() == "MIDI: It is gone. Fetch it."
    assert devices.audio_inputs() == "Audio inputs: It is gone. Fetch it."
