import re

import pytest

from performer.errors import ShowError
from performer.show import Show, parse_show, read_show, write_show


def test_the_written_show_is_the_default_one():
    show = parse_show(write_show(), "init")
    default = Show()
    assert (show.general, show.midi, show.audio, show.osc, show.desk, show.models, show.takes) == (
        default.general, default.midi, default.audio, default.osc, default.desk, default.models, default.takes,
    )  # fmt: skip
    assert show.values == {address: value for address, value in show.table.defaults().items() if address in show.values}
    assert show.instruments == ("keys",)


def test_the_second_voice_and_the_scene_of_the_written_show_play_when_they_are_no_comments_any_more():
    before, heading, rest = write_show().partition("# Another one")
    examples = re.sub(r"^# (?=\[\[|\S+ = )", "", rest, flags=re.MULTILINE)
    show = parse_show(before + heading + examples, "init")
    assert (show.instruments, show.voice_models) == (("keys", "drums"), ("", "lstm-drums"))
    assert (show.values["/performer/voice/2/mode"], show.values["/performer/voice/2/channel"]) == ("drums", 10)
    assert show.scenes == {"break": {"/performer/voice/1/mode": "mute", "/performer/visuals/speed": 0.05}}


def test_an_empty_file_is_the_default_show():
    assert parse_show("", "empty") == Show()


def test_the_tempo_is_set_like_any_parameter():
    show = parse_show('[tempo]\nbpm = 97\nlink = true\ndenominator = 8\nsource = "midi"', "x")
    assert [show.values[f"/performer/tempo/{name}"] for name in ("bpm", "link", "denominator", "source")] == [97.0, True, 8, "midi"]


def test_voices_and_visuals_set_parameters():
    show = parse_show('[[voice]]\nmode = "harmonise"\n[[voice]]\ninstrument = "drums"\nmode="call"\nchannel = 10\n[visuals]\nreact = 2', "x")
    assert show.instruments == ("keys", "drums")
    assert show.values["/performer/voice/2/channel"] == 10
    assert show.values["/performer/voice/1/mode"] == "harmonise"
    assert show.values["/performer/visuals/react"] == 2.0


def test_the_delay_of_midi_is_a_parameter():
    show = parse_show('[midi]\ndelay = -3\noutput = "synth"', "x")
    assert show.values == {"/performer/midi/delay": -3.0}
    assert show.midi.output == "synth"


@pytest.mark.parametrize(("text", "line", "key", "remedy"), [
    ('[midi]\n\n# a comment\ninputt = "a"', 4, "inputt", "input, output"),
    ("[osc]\nport = 70000", 2, "port", "1 to 65535"),
    ("[osc]\nclients = [3]", 2, "clients", "clients ="),
    ('[[voice]]\nmode = "call"\n\n[[voice]]\nmode = "sing"', 5, "mode", "call, harmonise"),
    ("[[voice]]\nmood = 1", 2, "mood", "mode"),
    ("[lights]\non = true", 1, "lights", "visuals"),
    ("[midi]\ninput = 3", 2, "input", "input ="),
    ("[midi]\ndelay = -501", 2, "delay", "-500 to 500 ms"),
    ("[midi]\ndelai = 1", 2, "delai", "input, output, enabled, delay"),
    ("midi = 3", 1, "midi", r"\[midi\]"),
    ('[[voice]]\ninstrument = "harp"', 2, "instrument", "keys"),
    ("[voice]\nmode = 1", 1, "voice", r"\[\[voice\]\]|1 to 16"),
    ('[[modulation]]\nsource = "sine"\n[[modulation]]\nsource = "moon"', 4, "source", "sine"),
    ("[modulation]\ndepth = 1", 1, "modulation", "up to 12"),
    ("[visuals]\nfps = 2.5", 2, "fps", "whole"),
    ("[tempo]\nbpm = 97\ndenominator = 3", 3, "denominator", "32"),
    ("tempo = 3", 1, "tempo", "section"),
    ('[visuals]\nenabled = "yes"', 2, "enabled", "true"),
])  # fmt: skip
def test_a_mistake_is_one_sentence_with_line_key_and_remedy(text, line, key, remedy):
    with pytest.raises(ShowError, match=remedy) as error:
        parse_show(text, "my.show.toml")
    assert f"my.show.toml, line {line}, {key}:" in str(error.value)
    assert "\n" not in str(error.value)


def test_what_is_not_toml_is_told_in_a_sentence():
    with pytest.raises(ShowError, match="Unterminated"):
        parse_show('[midi]\ninput = "a', "my.show.toml")


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(ShowError, match="performer init"):
        read_show(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ShowError, match="UTF-8"):
        read_show(tmp_path / "bytes.toml")


def test_a_page_on_the_network_needs_a_token():
    with pytest.raises(ShowError, match=r"x, line 2, host: .* token"):
        parse_show('[desk]\nhost = "0.0.0.0"', "x")
    assert parse_show('[desk]\nhost = "0.0.0.0"\ntoken = "moon"', "x").desk.token == "moon"


def test_scenes_are_parameters_under_a_name():
    show = parse_show('[[voice]]\n[[scene]]\nname = "break"\nvoice.1.mode = "mute"\nvisuals.speed = 0.05\n[[scene]]\nname = "verse"\n', "a.toml")
    assert show.scenes == {"break": {"/performer/voice/1/mode": "mute", "/performer/visuals/speed": 0.05}, "verse": {}}


@pytest.mark.parametrize(("text", "says"), [
    ('[[scene]]\nvoice.1.mode = "mute"\n', "with a name"),
    ('[[scene]]\nname = "a"\nvoice.1.mode = "loud"\n', "takes one of"),
    ('[[scene]]\nname = "a"\nvoice.2.low = 3\n', "there is no voice 2; write another number, or one more"),
    ('[[scene]]\nname = "a"\nvoice.1.lov = 3\n', "no such key; write voice.1.low"),
    ('[[scene]]\nname = "a"\nvisuals.wrap = 3\n', "no such key; write visuals"),
    ('[[scene]]\nname = "a"\nzzzz = 3\n', "performer parameters"),
])  # fmt: skip
def test_a_scene_that_is_wrong_is_told(text, says):
    with pytest.raises(ShowError, match=says):
        parse_show(text, "a.toml")


def test_a_song_may_write_its_chords_and_a_mistake_in_them_is_told_with_its_line():
    assert parse_show('[song]\nprogression = "Am F C G"\nchords = "text"', "show").progression == "Am F C G"
    assert parse_show("", "show").progression == ""
    with pytest.raises(ShowError, match=r"show, line 2, progression: 'H' is no chord"):
        parse_show('[song]\nprogression = "Am H"', "show")


def test_a_key_with_a_slash_is_written_with_a_dot_and_a_mistake_in_it_has_its_line():
    show = parse_show("[visuals]\ndirection.hue = 0.25\nbend.x = -0.5\n", "a.toml")
    assert (show.values["/performer/visuals/direction/hue"], show.values["/performer/visuals/bend/x"]) == (0.25, -0.5)
    with pytest.raises(ShowError, match="line 3"):
        parse_show("[visuals]\nbend.y = 0.5\ndirection.hue = 3.0\n", "a.toml")
