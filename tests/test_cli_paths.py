"""Every command with a path that is not what it wants: one sentence and status 2, whatever it is, and no traceback."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from performer.cli import FAILED, main
from tests.show_process import SILENT

LONG = "a" * 300


def folder(path: Path) -> Path:
    path.mkdir()
    return path


def file(content: bytes) -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        path.write_bytes(content)
        return path

    return write


def loop(path: Path) -> Path:
    path.symlink_to(path.name)
    return path


ODD: dict[str, Callable[[Path], Path]] = {
    "not there": lambda path: path,
    "in a folder that is not there": lambda path: path / "none",
    "below a file": lambda path: file(b"")(path) / "below",
    "a folder": folder,
    "an empty file": file(b""),
    "no text": file(b"\xff\xfe\x00\x01" * 400),
    "another JSON": file(b'{"a": 1}\n[1]\n'),
    "a link to itself": loop,
    "a name that is too long": lambda path: path.with_name(LONG),
}
COMMANDS = (
    "render {} -o out.mid", "check {}", "eval {} --model lstm-first-int8 --baseline-from {}", "eval . --model {} --baseline-from .",
    "calibrate --save {}",
    "run --play {} --seconds 0", "bench follow --takes {} --model echo", "bench style --takes {}", "bench response --sound {}",
    "bench notochord --python {}", "bench reply --model {} --notes 1", "bench endure --model {} --seconds 0",
)  # fmt: skip
SLOW = ("run", "calibrate", "eval . ", "bench endure")  # commands that start a process or look for a model in the same way as others
SHOWS = ("run {}", "doctor {}", "calibrate {}")  # an empty file is a show
WRITTEN = ("init {}", "render take.jsonl -o {}")


def told(capfd: pytest.CaptureFixture[str], *words: str) -> str:
    """The last line of what the command says, with nothing that a program says to its programmer."""
    status = main(words)
    out, err = capfd.readouterr()
    text = out + err
    assert status == FAILED and "Traceback" not in text, text
    last = text.strip().splitlines()[-1]
    assert last.endswith((".", "]")) or "pip install" in last or last.startswith("     "), last
    return text


@pytest.fixture(autouse=True)
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "there-is-none")


@pytest.mark.parametrize(("command", "odd"), [
    (command, odd) for command in COMMANDS for odd in ODD if not command.startswith(SLOW) or odd in ("not there", "a folder", "no text")
])  # fmt: skip
def test_a_path_that_is_not_what_is_wanted_is_a_sentence(capfd: pytest.CaptureFixture[str], tmp_path: Path, command: str, odd: str):
    path = ODD[odd](tmp_path / "Ünï çode's")
    if command.startswith("run"):
        (tmp_path / "a.toml").write_text("\n".join(SILENT))
    told(capfd, *(word.replace("{}", str(path)) for word in command.split()))


@pytest.mark.parametrize("odd", [odd for odd in ODD if odd != "an empty file"])
@pytest.mark.parametrize("command", SHOWS)
def test_a_show_file_that_is_none_is_a_sentence(capfd: pytest.CaptureFixture[str], tmp_path: Path, command: str, odd: str):
    path = ODD[odd](tmp_path / "Ünï çode's")
    assert path.name in told(capfd, *(word.replace("{}", str(path)) for word in command.split()))


@pytest.mark.parametrize("odd", ["in a folder that is not there", "below a file", "a folder", "a name that is too long"])
@pytest.mark.parametrize("command", WRITTEN)
def test_a_file_that_cannot_be_written_is_a_sentence(capfd: pytest.CaptureFixture[str], tmp_path: Path, command: str, odd: str):
    path = ODD[odd](tmp_path / "Ünï çode's")
    assert path.name in told(capfd, *(word.replace("{}", str(path)) for word in command.split()))


@pytest.mark.skipif(sys.platform != "linux", reason="the names of another system are text")
@pytest.mark.parametrize("command", ["init", "parameters", "check", "render -o x.mid", "run", "run --play", "doctor"])
def test_a_name_that_is_no_text_can_be_told(tmp_path: Path, command: str):
    (tmp_path / "\udcff.toml").write_text("[osc]\nport = 0\n")
    program = [sys.executable, "-m", "performer", *command.split(), os.fsencode("\udcff.toml")]
    done = subprocess.run(program, cwd=tmp_path, capture_output=True, timeout=60, check=False)
    assert done.returncode == FAILED and b"Traceback" not in done.stderr
    assert b"\\udcff" in done.stdout + done.stderr


def test_what_learn_cannot_use_is_a_sentence(capfd: pytest.CaptureFixture[str]):
    pytest.importorskip("torch")
    assert LONG in told(capfd, "learn", LONG, "--base", "lstm-first")
