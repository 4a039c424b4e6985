"""A show with two MIDI inputs, a split and two outputs, over real JACK ports."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from performer.outputs.take import read_take, sounded
from tests.jack import JackServer, MidiPeer
from tests.show_process import SILENT, ShowProcess

pytestmark = pytest.mark.programs
RIG = """
[[midi.inputs]]
name = "Stage Keys"
virtual = true
[[midi.inputs]]
name = "Stage Pads"
virtual = true
channel = 10
[[midi.outputs]]
name = "Stage Bass"
virtual = true
channel = 2
[[midi.outputs]]
name = "Stage Piano"
virtual = true
[[voice]]
mode = "input"
input_port = "Stage Keys"
input_high = 59
transpose = -12
output_port = "Stage Bass"
[[voice]]
mode = "input"
input_port = "Stage Keys"
input_low = 60
output_port = "Stage Piano"
channel = 4
[[voice]]
instrument = "drums"
mode = "input"
input_port = "Stage Pads"
output_port = "Stage Piano"
channel = 10
"""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[JackServer]:
    server = JackServer()
    server.start()
    monkeypatch.setenv("JACK_DEFAULT_SERVER", server.name)
    yield server
    server.end()


def test_two_keyboards_a_split_and_two_instruments(server: JackServer, tmp_path: Path):
    sections = [line for line in SILENT if not line.startswith("[midi]")]
    with (
        ShowProcess(tmp_path, *sections, RIG) as show,
        MidiPeer("play", "Stage Keys") as keys, MidiPeer("play", "Stage Pads") as pads,
        MidiPeer("hear", "Stage Bass") as bass, MidiPeer("hear", "Stage Piano") as piano,
    ):  # fmt: skip
        assert any("Stage Keys" in word and "Stage Pads" in word and "Stage Piano" in word for word in show.words)
        keys.play([[0x90, 48, 90], [0xB0, 64, 127]])
        assert bass.heard(2) == [[0x91, 36, 90], [0xB1, 64, 127]]
        assert piano.heard(1) == [[0xB3, 64, 127]]
        # The same pitch on both keyboards: each key ends its own note. A channel that the pads' input leaves out does nothing.
        keys.play([[0x90, 60, 70]])
        pads.play([[0x90, 60, 99], [0x99, 60, 100]])
        assert sorted(piano.heard(2)) == [[0x93, 60, 70], [0x99, 60, 100]]
        pads.play([[0x80, 60, 0], [0x89, 60, 0]])
        assert piano.heard(1) == [[0x89, 60, 0]]
        keys.play([[0x80, 60, 0], [0x80, 48, 0], [0xB0, 64, 0]])
        assert piano.heard(2) == [[0x83, 60, 0], [0xB3, 64, 0]]
        assert bass.heard(2) == [[0x81, 36, 0], [0xB1, 64, 0]]
        take = show.take
    _, lines = read_take(take)
    assert sorted((note.port, note.channel, note.pitch) for note in sounded(lines)) == [(1, 2, 36), (2, 4, 60), (2, 10, 60)]
