"""The command line, called as it is from a shell: what it prints, what it writes, how it ends."""

import json
import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from performer.cli import FAILED, main, make_parser
from performer.commands.run import duration_of
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


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The one sentence that these words are refused with."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (2, "")
    assert err.count("\n") == 1 and err.startswith("performer") and err.endswith(".\n"), err
    return err


def test_an_unknown_command_and_the_version(capsys: pytest.CaptureFixture[str]):
    told = refused(capsys, "dance")
    assert "'dance'" in told and "bench" in told and "doctor" in told
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0


def test_the_name_of_a_file_in_place_of_a_command_says_how_it_is_run(capsys: pytest.CaptureFixture[str]):
    assert "performer run my.show.toml" in refused(capsys, "my.show.toml")


@pytest.mark.parametrize("words", [["--seconds", "3", "run"], ["run", "--seconds", "3"], ["--seconds", "3", "demo"], ["--seconds", "3"]])
def test_the_seconds_hold_before_a_command_and_after_it(words: list[str]):
    assert duration_of(make_parser().parse_args(words)) == 3.0


SUBCOMMANDS = ("run", "demo", "init", "devices", "doctor", "parameters", "calibrate", "render", "check", "eval", "learn", "verse", "bench")
OF_BENCHES = {
    "reply": {"--notes", "--rate", "--voices", "--silence", "--model", "--with-visuals"},
    "timing": {"--seconds", "--delay", "--model", "--with-visuals"},
    "models": {"--events", "--notes"},
    "frames": {"--seconds", "--clicks", "--notes"},
    "osc": {"--seconds", "--rate", "--with-visuals"},
    "start": {"--with-visuals"},
    "endure": {"--minutes", "--notes", "--seconds", "--model", "--with-visuals"},
    "idle": {"--seconds", "--case"},
    "notochord": {"--python", "--events", "--notes"},
    "style": {"--takes", "--model"},
    "follow": {"--takes", "--players", "--notes", "--model"},
    "response": {"--sound"},
    "trouble": {"--kills", "--seconds"},
    "all": {"--notes", "--rate", "--voices", "--silence", "--seconds", "--delay", "--with-visuals"},
}
FLAGS = ("--with-visuals",)


@pytest.mark.parametrize("bench", OF_BENCHES)
def test_a_bench_takes_its_own_options_and_no_other(capsys: pytest.CaptureFixture[str], bench: str):
    for option in sorted(set().union(*OF_BENCHES.values())):
        value = () if option in FLAGS else ("3",)
        if option in OF_BENCHES[bench]:
            assert make_parser().parse_args(["bench", bench, option, *value]).bench == bench
        else:
            told = refused(capsys, "bench", bench, option, *value)
            assert told.startswith(f"performer bench {bench}: ") and f"no option {option}" in told
            assert all(own in told for own in ("--json", *OF_BENCHES[bench] - {"--notes"})), "it says what the bench does take"


@pytest.mark.parametrize("command", [*SUBCOMMANDS, *(f"bench {name}" for name in OF_BENCHES)])
def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str], command: str):
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), "--help"])
    out, err = capsys.readouterr()
    assert ended.value.code == 0 and err == ""
    assert out.startswith(f"usage: performer {command} ") and len(out.split("\n\n")[1]) > 20, "a sentence below the usage"


@pytest.mark.parametrize("command", SUBCOMMANDS)
@pytest.mark.parametrize("option", ["--frobnicate", "--verbose", "--voices=3"])
def test_an_option_that_a_command_does_not_know_is_refused_by_name(capsys: pytest.CaptureFixture[str], command: str, option: str):
    told = refused(capsys, command, option)
    assert told.startswith(f"performer {command}: ") and option.partition("=")[0] in told
    assert option != "--verbose" or f"performer --verbose {command}" in told


@pytest.mark.parametrize("command", [command for command in SUBCOMMANDS if command not in ("run", "demo")])
def test_seconds_before_a_command_that_they_mean_nothing_to_are_refused(capsys: pytest.CaptureFixture[str], command: str):
    needed = {"render": ["x", "-o", "y"], "check": ["x"], "eval": ["x", "--model", "y", "--baseline-from", "z"], "learn": ["x", "--base", "y"],
              "bench": ["start"]}  # fmt: skip
    assert "--seconds 3" in refused(capsys, "--seconds", "3", command, *needed.get(command, []))


@pytest.mark.parametrize(("words", "told"), [
    (["bench"], "BENCH is missing"),
    (["bench", "dance"], "'dance'"),
    (["bench", "reply", "--notes"], "--notes needs a value"),
    (["bench", "reply", "--json=3"], "--json takes no value"),
    (["bench", "reply", "5"], "'5' is too much"),
    (["bench", "reply", "--note", "5", "--n", "0"], "--notes: 0 is out of range"),
    (["bench", "reply", "--nots", "5"], "Did you mean --notes?"),
    (["devices", "now"], "'now' is too much. It takes no options."),
    (["render", "a.jsonl", "-x"], "no option -x"),
    (["render", "a.jsonl"], "--output is missing"),
    (["eval", "--model"], "--model needs a value"),
    (["--secs", "3"], "Did you mean --seconds?"),
    (["run", ""], "the name is empty"),
    (["calibrate", "--channel", "17"], "17 is out of range. Give a whole number from 1 to 16."),
    (["calibrate", "--notes", "1"], "from 3 to 1000"),
])  # fmt: skip
def test_what_cannot_be_asked_for_is_one_sentence(capsys: pytest.CaptureFixture[str], words: list[str], told: str):
    assert told in refused(capsys, *words)


@pytest.mark.parametrize("words", ["--channel 3", "--pitch 40", "--audio-input x", "--audio --input x", "--audio --connect"])
def test_calibrate_refuses_what_would_do_nothing(capsys: pytest.CaptureFixture[str], words: str):
    assert main(["calibrate", *words.split()]) == FAILED
    assert "does nothing with" in sentence(capsys)


def test_the_osc_reference_is_what_the_table_makes(capsys: pytest.CaptureFixture[str]):
    assert main(["parameters", "--markdown"]) == 0
    page = Path(__file__).parent.parent / "docs" / "osc.md"
    assert capsys.readouterr().out == page.read_text(encoding="utf-8"), "performer parameters --markdown > docs/osc.md"


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


NUMBERS = [
    ("bench reply --notes", "0 -5 x nan 1e9 -1e9 2.5 1000001"), ("bench reply --rate", "0 -1 nan inf -inf x"), ("bench reply --voices", "0 17 -1"),
    ("bench reply --silence", "-1 nan inf"), ("bench timing --delay", "nan 501 -501"), ("bench timing --seconds", "0 -5 nan inf 1e9"),
    ("bench trouble --kills", "0 -1"), ("run --seconds", "-1 nan inf x 1e99"), ("--seconds", "-1 nan x"), ("demo --seconds", "nan"),
    ("calibrate --wait", "0 -1 nan"), ("calibrate --pitch", "128 -1"), ("eval x --model y --baseline-from z --limit", "-1 x"),
    ("eval x --model y --baseline-from z --seed", "-1 99999999999"), ("learn x --base y --minutes", "0 -1 nan inf"),
    ("learn x --base y --seed", "-1 1.5"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "values"), NUMBERS)
def test_a_number_that_makes_no_sense_is_refused_with_what_does(capsys: pytest.CaptureFixture[str], words: str, values: str):
    for value in values.split():
        told = refused(capsys, *words.split(), value)
        assert words.rpartition(" ")[2] + ": " in told and value in told and "Give " in told


def test_a_bench_of_a_model_that_is_not_there_does_not_measure_another(capsys: pytest.CaptureFixture[str]):
    for bench in ("reply", "timing", "endure"):
        assert main(["bench", bench, "--model", "nobody"]) == FAILED
        assert "No model 'nobody' was found" in sentence(capsys)


def test_json_of_a_bench_is_all_that_stands_on_standard_output(capsys: pytest.CaptureFixture[str]):
    assert main(["bench", "models", "--events", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["bench"] == "models"


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of Unix")
@pytest.mark.parametrize("command", ["--help", "bench reply --help", "parameters", "devices", "doctor", "check lstm-first-int8"])
def test_a_reader_that_leaves_early_is_no_error(command: str):
    program = f"{shlex.quote(sys.executable)} -m performer"
    script = f"{program} {command} | head -1 >/dev/null; {program} {command} | true"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
def test_what_cannot_be_printed_is_a_sentence():
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "performer", "parameters"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert done.returncode == FAILED and done.stderr.count("\n") == 1 and "cannot be printed (No space left on device)" in done.stderr
