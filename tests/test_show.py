import os
import re
from pathlib import Path

import pytest

from performer.addresses import parse_client
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
    ("[midi]\ndelai = 1", 2, "delai", "input, output, enabled, inputs, outputs, delay"),
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


SHOW = '[show]\nname = "Frühling"\n[tempo]\nbpm = 97\n'


@pytest.mark.parametrize("content", [
    SHOW.encode(), b"\xef\xbb\xbf" + SHOW.encode(), SHOW.replace("\n", "\r\n").encode(), SHOW.replace("\n", "\r").encode(),
    b"\xef\xbb\xbf" + SHOW.replace("\n", "\r\n").encode(),
])  # fmt: skip
def test_a_show_file_of_any_editor_is_read(tmp_path: Path, content: bytes):
    (tmp_path / "a.toml").write_bytes(content)
    show = read_show(tmp_path / "a.toml")
    assert (show.general.name, show.values["/performer/tempo/bpm"], show.notices) == ("Frühling", 97.0, ())


@pytest.mark.parametrize(("content", "words"), [
    (SHOW.encode("utf-16"), "UTF-16.*UTF-8"),
    (SHOW.encode("utf-16-be"), "UTF-16.*UTF-8"),
    (SHOW.encode("utf-32"), "UTF-32.*UTF-8"),
    (SHOW.encode("latin-1"), "line 2: the byte 0xFC .*UTF-8"),
    (b"[show]\n\nname = 'a\0'\n", "line 3.*Delete that character"),
    (b"x" * (2 << 20), "larger than 1 MB"),
])  # fmt: skip
def test_a_file_in_another_encoding_is_told_in_words(tmp_path: Path, content: bytes, words: str):
    (tmp_path / "a.toml").write_bytes(content)
    with pytest.raises(ShowError, match=words) as error:
        read_show(tmp_path / "a.toml")
    assert "a.toml" in str(error.value) and "\n" not in str(error.value)


def test_a_file_with_nothing_in_it_is_the_default_show_and_says_so(tmp_path: Path):
    for content in (b"", b"\xef\xbb\xbf", b"\r\n \n"):
        (tmp_path / "a.toml").write_bytes(content)
        show = read_show(tmp_path / "a.toml")
        assert show == Show() and "is empty" in show.notices[0]


def test_what_is_no_file_is_told(tmp_path: Path):
    (tmp_path / "loop.toml").symlink_to(tmp_path / "loop.toml")
    with pytest.raises(ShowError, match="cannot be read"):
        read_show(tmp_path / "loop.toml")
    with pytest.raises(ShowError, match=r"is a folder.*Name the file"):
        read_show(tmp_path)
    with pytest.raises(ShowError, match="larger"):
        read_show(Path("/dev/zero"))
    with pytest.raises(ShowError, match="cannot be read"):
        read_show(tmp_path / ("a" * 300))


@pytest.mark.parametrize(("line", "words"), [
    ('folder = "C:\\Users\\me\\takes"', r"line 2.*single quotes, folder = 'C:"),
    ('folder = "D:\\stage"', "line 2.*single quotes"),
    ("name = “smart”", "line 2.*straight quotes"),
    ("name = my show", r'line 2.*in quotes: name = "my show"'),
    ("record = False", "line 2.*true or false"),
    ("record = yes", "line 2.*true or false"),
    ("bpm = 97,5", "line 2.*with a dot"),
    ("port = 09000", "line 2.*zeros"),
    ("port: 9000", "line 2.*key = value"),
    ("port = 1\nport = 2", "stands twice"),
    ("[takes]\n[show]", "headings? once|heading once"),
    (f"port = {'9' * 5000}", "not TOML"),
    (f"port = {'[' * 5000}", "nested too deep"),
])  # fmt: skip
def test_what_toml_refuses_is_told_with_what_to_write_instead(line: str, words: str):
    with pytest.raises(ShowError, match=words) as error:
        parse_show(f"[show]\n{line}\n", "a.toml")
    assert "a.toml" in str(error.value)


@pytest.mark.parametrize(("text", "address", "value", "written"), [
    ('[tempo]\nbpm = "97"', "/performer/tempo/bpm", 97.0, "bpm = 97.0"),
    ('[tempo]\nbpm = " 97.5 "', "/performer/tempo/bpm", 97.5, "bpm = 97.5"),
    ("[tempo]\nbpm = [97]", "/performer/tempo/bpm", 97.0, "bpm = 97.0"),
    ('[tempo]\ndenominator = "8"', "/performer/tempo/denominator", 8, "denominator = 8"),
    ('[tempo]\nlink = "false"', "/performer/tempo/link", False, "link = false"),
    ('[tempo]\nlink = ["True"]', "/performer/tempo/link", True, "link = true"),
    ('[[voice]]\nmode = "Harmonise"', "/performer/voice/1/mode", "harmonise", 'mode = "harmonise"'),
    ('[[voice]]\nmode = ["mute"]', "/performer/voice/1/mode", "mute", 'mode = "mute"'),
    ('[[voice]]\nchannel = "10"', "/performer/voice/1/channel", 10, "channel = 10"),
    ('[visuals]\nbend.x = "0.5"', "/performer/visuals/bend/x", 0.5, "bend.x = 0.5"),
])  # fmt: skip
def test_a_value_that_can_only_mean_one_thing_is_taken_and_told(text: str, address: str, value: object, written: str):
    show = parse_show(text, "a.toml")
    assert show.values[address] == value and type(show.values[address]) is type(value)
    assert len(show.notices) == 1 and show.notices[0].startswith("a.toml, line 2, ") and show.notices[0].endswith(f"write {written}.")


def test_the_same_for_what_is_no_parameter():
    text = (
        '[osc]\nport = "9100"\nreply_port = 9101.0\nclients = "127.0.0.1:9102"\n[desk]\nenabled = "false"\n'
        '[takes]\nrecord = 0\n[visuals]\nenabled = "False"\n[[voice]]\ninstrument = ["Drums"]\nmodel = ["echo"]\n'
        '[window]\nshare = ["NDI"]\n'
    )
    show = parse_show(text, "a")
    assert (show.osc.port, show.osc.reply_port, show.osc.clients) == (9100, 9101, ("127.0.0.1:9102",))
    assert (show.desk.enabled, show.takes.record, show.visuals, show.instruments) == (False, False, False, ("drums",))
    assert (show.named_models, show.window.share) == (("echo",), ("ndi",))
    assert len(show.notices) == 8 and not any("\n" in notice for notice in show.notices)


@pytest.mark.parametrize("text", [
    '[tempo]\nbpm = "fast"', '[tempo]\nbpm = "97,5"', '[tempo]\nbpm = ""', '[tempo]\nbpm = "nan"', '[tempo]\nbpm = "1e999"', "[tempo]\nbpm = nan",
    "[tempo]\nbpm = [97, 98]", "[tempo]\nbpm = []", "[tempo]\nbpm = true", "[tempo]\nbpm = {}", "[tempo]\nbpm = 2026-11-30", "[tempo]\nlink = 2",
    f"[tempo]\nbpm = {'9' * 400}", '[tempo]\nlink = "perhaps"', "[osc]\nport = 9000.5", '[osc]\nport = "9000.5"', "[osc]\nport = inf",
    "[osc]\nport = true", "[osc]\nport = [[9000]]", "[osc]\nport = []", "[show]\nname = 3", "[show]\nname = []", "[desk]\nenabled = 2",
    "[show]\nname = 2026-11-30", '[[voice]]\nmode = "harmoniser"', "[[voice]]\ninstrument = 3", "[[voice]]\nmodel = 3", "[song]\nprogression = 3",
])  # fmt: skip
def test_a_value_that_is_none_is_told_with_its_line(text: str):
    with pytest.raises(ShowError, match=r"^a\.toml, line 2, ") as error:
        parse_show(text, "a.toml")
    assert len(str(error.value)) < 1000


@pytest.mark.parametrize(("text", "words"), [
    ('[voices]\nmode = "call"', r"line 1, voices.*write \[\[voice\]\]"),
    ("[Tempo]\nbpm = 3", r"line 1, Tempo.*write \[tempo\]"),
    ("[model]\nnotes = 'echo'", r"line 1, model.*write \[models\]"),
    ("bpm = 120", r"line 1, bpm.*write \[tempo\] in a line above"),
    ("[midi]\nbpm = 3", r"line 2, bpm.*belongs under \[tempo\]"),
    ("[midi]\nInput = 'x'", "line 2, Input.*write input;"),
    ("[osc]\nreplyport = 9001", "line 2, replyport.*write reply_port;"),
    ("[[voice]]\n\n[[voice]]\nchanel = 2", "line 4, chanel.*write channel[;.]"),
    ("[visuals]\nbend.xx = 2", "line 2, bend.xx.*write bend"),
    ("[visuals.bend]\nz = 2", "line 2, bend.z.*write bend"),
    ("osc.prot = 3", "line 1, prot.*write port;"),
    ("osc = {prot = 3}", "line 1, prot.*write port;"),
    ("[osc]\nport = {a = 1}", "line 2, port.a: port is one value"),
    ("# \u2028 \x0c\n[osc]\nprot = 1".replace("\x0c", ""), "line 3, prot"),
])  # fmt: skip
def test_a_wrong_name_is_told_with_the_nearest_right_one(text: str, words: str):
    with pytest.raises(ShowError, match=words):
        parse_show(text, "a.toml")


def test_a_folder_is_seen_from_the_show_file_and_knows_home_and_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("STAGE", str(tmp_path / "on stage"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shows").mkdir()
    (tmp_path / "shows" / "$5 café").mkdir()

    def takes(folder: str) -> str:
        (tmp_path / "shows" / "a.toml").write_text(f"[takes]\nfolder = '{folder}'\n[models]\nfolders = ['{folder}']\n", encoding="utf-8")
        show = read_show(Path("shows/a.toml"))
        assert show.models.folders == (show.takes.folder,)
        return os.path.relpath(show.takes.folder, tmp_path)

    assert takes("~/my takes") == "home/my takes"
    assert takes("~") == "home"
    assert takes("$STAGE/é") == takes("${STAGE}/é") == takes("%STAGE%/é") == "on stage/é"
    assert takes("takes") == takes("./takes") == "shows/takes"
    assert takes("../takes") == "takes"
    assert takes("$5 café") == "shows/$5 café"
    assert takes("100 %") == "shows/100 %"
    assert takes(str(tmp_path / "x")) == "x"


@pytest.mark.parametrize(("folder", "words"), [
    ("'$NOBODY_SET/x'", "variable NOBODY_SET"),
    ("'~nobody-of-this-name/x'", "home folder"),
    ('"C:\\takes"', r"U\+0009.*single quotes"),
    ('"a\\u0000b"', r"U\+0000"),
    pytest.param("'C:\\takes'", "Windows", marks=pytest.mark.skipif(os.name == "nt", reason="there it is one")),
])  # fmt: skip
def test_a_folder_that_can_be_none_is_told(folder: str, words: str):
    with pytest.raises(ShowError, match=f"a, line 2, folder: .*{words}"):
        parse_show(f"[takes]\nfolder = {folder}", "a")


@pytest.mark.parametrize("name", ["..", ".", "../x", "a/b", "/etc", "a\\\\b", "C:x", ".hidden", "a\\nb", "a\\u0000b", "a" * 5000])
def test_a_model_is_named_by_one_word(name: str):
    for text in (f'[models]\nnotes = "{name}"', f'[models]\npictures = "{name}"', f'[[voice]]\nmodel = "{name}"'):
        with pytest.raises(ShowError, match=r"line 2, (notes|pictures|model): "):
            parse_show(text, "a")


@pytest.mark.parametrize(("text", "words"), [
    ("port = 0", "1 to 65535"), ("reply_port = 70000", "1 to 65535"), ("reply_port = -1", "1 to 65535"),
    ("reply_port = 9000", "Performer itself"), ("port = 9001", "Performer itself"),
    ('clients = ["127.0.0.1:9000"]', "Performer itself"), ('clients = ["localhost:9000"]', "Performer itself"),
    ('clients = ["a:99999"]', "'99999'"), ('clients = ["a:0"]', "'0'"), ('clients = ["a"]', "host:port"), ('clients = [":9001"]', "host:port"),
    ('clients = ["::1:9001"]', "brackets"), ('clients = ["http://a:9001"]', "host"), ('clients = ["a b:9001"]', "letters"),
    ('clients = ["1.2.3:9001"]', "IPv4"), ('clients = ["[::g]:9001"]', "IPv6"), ('clients = ["a:٩٠٠١"]', "number from 1"),
    ('clients = ["a..b:9001"]', "no name"), ('host = "127.0.0.1:9000"', "port has a key"), ('host = "300.0.0.1"', "IPv4"),
    ('host = "a b"', "letters"),
])  # fmt: skip
def test_ports_and_hosts_that_make_no_sense_are_told(text: str, words: str):
    with pytest.raises(ShowError, match=rf"^a, line \d, \w+: .*{words}"):
        parse_show(f"[osc]\n{text}", "a")


def test_clients_and_hosts_that_do():
    text = '[osc]\nhost = "::1"\nclients = ["[::1]:9001", "localhost:9002", "stage-left.local:9003"]\n[desk]\nport = 9000'
    show = parse_show(text, "a")
    assert [parse_client(client) for client in show.osc.clients] == [("::1", 9001), ("localhost", 9002), ("stage-left.local", 9003)]
    assert "TCP and the other UDP" in show.notices[0] and "line 5, port" in show.notices[0]


def test_two_scenes_of_one_name_are_told():
    show = parse_show('[[scene]]\nname = "a"\n[[scene]]\nname = "a"\nvisuals.speed = 0.5', "x")
    assert show.scenes == {"a": {"/performer/visuals/speed": 0.5}} and "line 4, name" in show.notices[0]


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
