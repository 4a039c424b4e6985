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


def test_an_empty_file_is_the_default_show():
    assert parse_show("", "empty") == Show()


def test_voices_and_visuals_set_parameters():
    show = parse_show('[[voice]]\nmode = "harmonise"\n[[voice]]\ninstrument = "drums"\nmode="call"\nchannel = 10\n[visuals]\nreact = 2', "x")
    assert show.instruments == ("keys", "drums")
    assert show.values["/performer/voice/2/channel"] == 10
    assert show.values["/performer/voice/1/mode"] == "harmonise"
    assert show.values["/performer/visuals/react"] == 2.0


@pytest.mark.parametrize(("text", "line", "key", "remedy"), [
    ('[midi]\n\n# a comment\ninputt = "a"', 4, "inputt", "input, output"),
    ("[osc]\nport = 70000", 2, "port", "1 to 65535"),
    ("[osc]\nclients = [3]", 2, "clients", "clients ="),
    ('[[voice]]\nmode = "call"\n\n[[voice]]\nmode = "sing"', 5, "mode", "call, harmonise"),
    ("[[voice]]\nmood = 1", 2, "mood", "mode"),
    ("[lights]\non = true", 1, "lights", "visuals"),
    ("[midi]\ninput = 3", 2, "input", "input ="),
    ("midi = 3", 1, "midi", r"\[midi\]"),
    ('[[voice]]\ninstrument = "harp"', 2, "instrument", "keys"),
    ("[voice]\nmode = 1", 1, "voice", r"\[\[voice\]\]|1 to 16"),
    ("[visuals]\nfps = 2.5", 2, "fps", "whole"),
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
