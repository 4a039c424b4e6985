"""The command line, called as it is from a shell: what it prints, what it writes, how it ends."""

import re
import socket
from pathlib import Path

import pytest

from performer.cli import FAILED, _parser, main
from performer.movers import MOVES, SLOTS
from performer.parameters import COMMANDS, FEEDBACK, VOICES, Table
from performer.show import read_show
from tests.show_process import SILENT, free_port


def sentence(capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on standard error; nothing stands on standard output."""
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("performer: ") and err.count("\n") == 1, err
    return err


def test_init_writes_a_show_file_that_says_the_defaults(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "my.show.toml"
    assert main(["init", str(file)]) == 0
    assert f"performer run {file}" in capsys.readouterr().out
    show = read_show(file)
    assert (show.midi.enabled, show.osc.port, show.osc.host, show.desk.port, show.desk.host) == (True, 9000, "127.0.0.1", 8765, "127.0.0.1")
    defaults = show.table.defaults()
    unused = [f"/performer/modulation/{number}/" for number in range(len(MOVES) + 1, SLOTS + 1)]  # those in use stand for all
    others, free = ("/performer/source/", *unused), {f"{slot}source": "none" for slot in unused}
    assert show.values == {address: value for address, value in defaults.items() if not address.startswith(others)} | free
    assert show.instruments == ("keys",) and show.visuals


def test_init_never_writes_over_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "mine.toml"
    file.write_text("# hours of work")
    assert main(["init", str(file)]) == FAILED
    assert "mine.toml" in sentence(capsys)
    assert file.read_text() == "# hours of work"


def test_init_into_a_folder_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["init", str(tmp_path / "none" / "a.toml")]) == FAILED
    assert "Give another place" in sentence(capsys)


def test_parameters_lists_every_address_once_with_its_default_and_meaning(capsys: pytest.CaptureFixture[str]):
    assert main(["parameters"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for row in Table().rows.values():
        below = lines[lines.index(row.address) + 1]
        assert f"default {row.default}." in below and row.doc in below
        assert (", ".join(row.choices) if row.choices else "true or false" if row.kind == "bool" else row.range) in below
    listed = [line.split()[0] for line in lines if line.startswith("/")]
    assert listed == [*Table().rows, *(command.address for command in (*COMMANDS, *FEEDBACK))]


def test_a_show_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["run", str(tmp_path / "none.toml")]) == FAILED == 2
    told = sentence(capsys)
    assert "none.toml" in told and "`performer init`" in told


@pytest.mark.parametrize(("text", "words"), [
    ("[osc]\nport = 70000", "line 2, port: .*1 to 65535"),
    ("[osc]\nprot = 9000", "line 2, prot: .*port"),
    ('[[voice]]\nmode = "sing"', "line 2, mode: .*harmonise"),
    ("[[voice]]\n" * (VOICES + 1), f"voice: .*1 to {VOICES}"),
    ("[osc\nport = 1", "not TOML: .*line 1"),
])  # fmt: skip
def test_a_mistake_in_a_show_file_ends_with_its_line_and_a_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, words: str):
    file = tmp_path / "a.toml"
    file.write_text(text)
    assert main(["run", str(file)]) == FAILED
    told = sentence(capsys)
    assert str(file) in told and re.search(words, told), told


@pytest.mark.parametrize(("kind", "section", "others", "words"), [
    (socket.SOCK_DGRAM, "osc", SILENT, "UDP port {port} at 127.0.0.1"),
    (socket.SOCK_STREAM, "desk", (*SILENT[:2], SILENT[3], "[osc]\nport = {free}"), "TCP port {port} at 127.0.0.1"),
])  # fmt: skip
def test_a_port_in_use_is_told_with_its_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: socket.SocketKind, section: str, others: tuple[str, ...], words: str
):
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        port = taken.getsockname()[1]
        file = tmp_path / "a.toml"
        file.write_text("\n".join((*others, f"[{section}]\nport = {port}")).format(free=free_port()))
        assert main(["run", str(file)]) == FAILED
    told = sentence(capsys)
    assert words.format(port=port) in told and f"[{section}] port" in told


def test_a_take_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["render", str(tmp_path / "none.jsonl"), "-o", str(tmp_path / "out.mid")]) == FAILED
    assert "none.jsonl" in sentence(capsys)
    assert not (tmp_path / "out.mid").exists()


def test_an_unknown_command_and_the_version(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        main(["dance"])
    assert ended.value.code == 2
    assert "dance" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0


@pytest.mark.parametrize("words", [["--seconds", "3", "run"], ["run", "--seconds", "3"], ["--seconds", "3", "demo"], ["--seconds", "3"]])
def test_the_seconds_hold_before_a_command_and_after_it(words: list[str]):
    assert _parser().parse_args(words).seconds == 3.0


def test_parameters_of_one_part_only(capsys: pytest.CaptureFixture[str]):
    assert main(["parameters", "visuals/bend"]) == 0
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("/")]
    assert told and all("visuals/bend" in line for line in told)


def test_a_model_is_checked_by_its_name(capsys: pytest.CaptureFixture[str]):
    assert main(["check", "chords-first"]) == 0
    assert main(["check", "chords-frist"]) == FAILED
    assert "chords-frist" in capsys.readouterr().out


def test_a_part_that_no_address_has_is_told(capsys: pytest.CaptureFixture[str]):
    assert main(["parameters", "nosuch"]) == 2
    told = capsys.readouterr()
    assert told.out == "" and "'nosuch'" in told.err and "visuals" in told.err and "tempo" in told.err


@pytest.mark.parametrize(("option", "value"), [("--notes", "0"), ("--notes", "x"), ("--kills", "-1"), ("--seconds", "0"), ("--rate", "nan")])
def test_a_bench_of_nothing_is_refused(capsys: pytest.CaptureFixture[str], option: str, value: str):
    with pytest.raises(SystemExit) as ended:
        main(["bench", "reply", option, value])
    assert ended.value.code == 2 and f"argument {option}: " in capsys.readouterr().err


def test_a_bench_of_a_model_that_is_not_there_does_not_measure_another(capsys: pytest.CaptureFixture[str]):
    for bench in ("reply", "timing", "endure"):
        assert main(["bench", bench, "--model", "nobody"]) == FAILED
        assert "No model 'nobody' was found" in sentence(capsys)
