"""Several MIDI ports in a show file."""

import re

import pytest

from performer.errors import ShowError
from performer.show import parse_show, write_show
from performer.show_ports import InputPort, OutputPort

RIG = """
[[midi.inputs]]
name = "Keystation"
[[midi.inputs]]
name = "Pads"
virtual = true
channel = 10
[[midi.outputs]]
name = "Bass"
channel = 2
[[midi.outputs]]
name = "Piano"
virtual = true
delay = -4
[[voice]]
mode = "input"
input_port = "Keystation"
input_high = 59
output_port = "Bass"
[[voice]]
mode = "harmonise"
input_port = 2
output_port = "Piano"
channel = 5
"""


def test_a_show_names_its_ports_and_a_voice_means_one_by_its_name():
    show = parse_show(RIG, "x")
    assert show.midi.input_ports == (InputPort("Keystation"), InputPort("Pads", True, 10))
    assert show.midi.output_ports == (OutputPort("Bass", False, 2), OutputPort("Piano", True, 0, -4.0))
    chosen = {address: value for address, value in show.values.items() if address.endswith(("port", "channel", "input_high"))}
    assert chosen == {
        "/performer/voice/1/input_port": 1, "/performer/voice/1/input_high": 59, "/performer/voice/1/output_port": 1,
        "/performer/voice/1/channel": 2, "/performer/voice/2/input_port": 2, "/performer/voice/2/output_port": 2,
        "/performer/voice/2/channel": 5,
    }  # fmt: skip


def test_without_a_list_there_is_one_pair():
    assert parse_show("", "x").midi.input_ports == (InputPort("", True),)
    assert parse_show('[midi]\noutput = "synth"', "x").midi.output_ports == (OutputPort("synth"),)


@pytest.mark.parametrize(("change", "words"), [
    (('name = "Pads"', 'nam = "Pads"'), r"line 5, nam: \[\[midi.inputs\]\] has no such key; its keys are name"),
    (('name = "Pads"', 'name = "Keystation"'), r"line 5, name: 'Keystation' names a port above too"),
    (('name = "Pads"', 'name = ""'), r"line 5, name: a port has a name"),
    (("channel = 10", "channel = 17"), r"line 7, channel: 17 is out of range; use 0 to 16"),
    (("delay = -4", "delay = -501"), r"line 14, delay: -501.0 is out of range; use -100 to 500"),
    (('input_port = "Keystation"', 'input_port = "Keys"'), r"line 17, input_port: there is no port 'Keys'.*write one of Keystation, Pads"),
    (("input_port = 2", "input_port = 3"), r"line 22, input_port: there is no port 3 under \[\[midi.inputs\]\]; write a number up to 2"),
])  # fmt: skip
def test_a_mistake_is_one_sentence_with_its_line(change: tuple[str, str], words: str):
    with pytest.raises(ShowError, match=words):
        parse_show(RIG.replace(*change, 1), "x")


@pytest.mark.parametrize("text", ["[midi]\ninputs = 3", '[midi]\noutputs = ["Piano"]', "[midi]\ninputs = [[1]]"])
def test_ports_are_tables(text: str):
    with pytest.raises(ShowError, match=r"write \[\[midi\."):
        parse_show(text, "x")


def test_a_port_that_is_not_listed_is_refused():
    with pytest.raises(ShowError, match=r"output_port: there is no port 2 .* one more \[\[midi.outputs\]\]"):
        parse_show("[[voice]]\noutput_port = 2", "x")


def test_the_example_that_init_writes_is_a_show():
    """Two inputs, a split and two outputs, with the comment signs taken away."""
    text = write_show()
    begin = text.index("# [[midi.inputs]]")
    ports = text[begin : text.index("\n\n", begin)]
    begin = text.index("# With several ports")
    voices = text[begin : text.index("\n\n", begin)]
    show = parse_show(re.sub(r"(?m)^# ", "", f"{ports}\n{voices.split(chr(10), 1)[1]}"), "x")
    assert [port.name for port in (*show.midi.input_ports, *show.midi.output_ports)] == ["Keystation", "Pads", "Bass", "Piano"]
    assert len(show.instruments) == 3 and show.values["/performer/voice/1/input_high"] == 59


def test_a_scene_cannot_give_a_voice_a_port_that_is_not_there():
    """It was taken, and the voice was silent from that scene on."""
    with pytest.raises(ShowError, match=r"output_port: there is no port 3 under \[\[midi.outputs\]\]"):
        parse_show('[[scene]]\nname = "b"\nvoice.1.output_port = 3', "x")
    assert parse_show('[[scene]]\nname = "b"\nvoice.1.output_port = 1', "x").scenes == {"b": {"/performer/voice/1/output_port": 1}}
