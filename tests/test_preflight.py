"""`performer doctor SHOW`: all that a show names is looked for, and what is not there is a line with its remedy, and status 1."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from performer import doctor, preflight
from performer.cli import FAILED, main
from performer.commands.doctor import MISSING
from performer.show import parse_show, write_show
from tests.jack import JackServer
from tests.show_process import free_port

SILENT = "[midi]\nenabled = false\n[audio]\nenabled = false\n"


def found(text: str) -> dict[str, doctor.Finding]:
    """What is found of the show, all in this process, by what it is of."""
    show = parse_show(text, "a.show.toml")
    return {f"{finding.what}: {finding.seen}": finding for check in preflight.CHECKS for finding in doctor.examined(check, show)}


def missing(text: str) -> str:
    """The one thing that is missing, with its remedy."""
    findings = [finding for finding in found(text).values() if not finding.works]
    assert len(findings) == 1, findings
    assert findings[0].seen.endswith(".") and findings[0].remedy
    return f"{findings[0].mark} {findings[0].what}: {findings[0].seen} {findings[0].remedy}"


def quiet(text: str = "") -> str:
    """A show that needs no device, on free ports, and this text."""
    return f"{SILENT}[osc]\nport = {free_port()}\n[desk]\nenabled = false\n{text}"


def doctor_of(file: Path) -> "subprocess.CompletedProcess[str]":
    """The command in a process of its own: PortAudio looks for devices once in its life."""
    return subprocess.run([sys.executable, "-m", "performer", "doctor", str(file)], capture_output=True, text=True, timeout=60, check=False)


def test_a_show_that_needs_nothing_is_all_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "my.show.toml"
    file.write_text(quiet(f'[takes]\nfolder = "{tmp_path.as_posix()}/takes"'), encoding="utf-8")
    assert main(["doctor", str(file)]) == 0
    told = capsys.readouterr().out
    assert told.endswith(f"\n\nEverything that {file} names is here.\n") and "missing" not in told
    assert "ok       Model for notes: lstm-first-int8 can be played." in told
    assert not (tmp_path / "takes").exists(), "nothing is made"


def test_what_is_missing_ends_with_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "my.show.toml"
    file.write_text(quiet('[models]\nnotes = "nobody"'), encoding="utf-8")
    assert main(["doctor", str(file)]) == MISSING == 1
    assert "missing  Model for notes: No model 'nobody' was found." in capsys.readouterr().out


def test_a_show_file_that_cannot_be_read_is_the_sentence_of_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    for name, text, words in (("none.toml", None, "`performer init`"), ("a.toml", "[osc]\nport = 70000", "line 2, port")):
        if text is not None:
            (tmp_path / name).write_text(text, encoding="utf-8")
        assert main(["doctor", str(tmp_path / name)]) == FAILED
        assert words in capsys.readouterr().err


@pytest.mark.parametrize(("text", "words"), [
    ('[models]\nsmall = "nobody"', "missing Model for notes: No model 'nobody'"),
    ('[models]\nchords = "lstm-first"', "missing Model for chords: Model 'lstm-first' has the role 'notes'"),
    ('[models]\npictures = "lstm-first"', "missing Model for pictures: Model 'lstm-first' is for notes"),
    ('[models]\npictures = "nobody"', "missing Model for pictures: No model 'nobody'"),
    ('[models]\nfolders = ["/no/such"]', "missing Models: the folder '/no/such' is not there. Make it"),
    ('[pictures]\nfolder = "/no/such"', "missing Pictures: the folder '/no/such' is not there. Make it"),
    ('[[voice]]\nmodel = "nobody"', "missing Model for notes: No model 'nobody'"),
    ('[window]\nshare = ["spout"]' if sys.platform != "win32" else '[window]\nshare = ["syphon"]', "only. Take it out of share"),
])  # fmt: skip
def test_each_thing_that_is_not_there_is_told(text: str, words: str):
    assert words in missing(quiet(text))


@pytest.mark.parametrize("text", [
    '[models]\nnotes = "echo"\nsmall = ""\nchords = "plain"\npictures = "pattern"', "[takes]\nrecord = false", "[visuals]\nenabled = false",
])  # fmt: skip
def test_what_needs_nothing_is_not_missing(text: str):
    assert all(finding.works for finding in found(quiet(text)).values())


def test_a_client_that_cannot_be_found_is_told():
    told = missing(f'{SILENT}[osc]\nport = {free_port()}\nclients = ["nowhere.invalid:9001"]\n[desk]\nenabled = false')
    assert "'nowhere.invalid' cannot be found in the network" in told


def test_a_port_that_another_program_has_is_in_use():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        told = missing(f"{SILENT}[osc]\nport = {port}\n[desk]\nenabled = false")
    assert told.startswith(f"in use OSC: UDP port {port} is taken. Stop the program that uses it")


def test_an_address_that_is_not_this_machines_is_refused():
    told = missing(f'{SILENT}[osc]\nport = {free_port()}\nhost = "192.0.2.1"\n[desk]\nenabled = false')
    assert "UDP port" in told and "at 192.0.2.1 is refused" in told and "another [osc] port or host" in told


def test_takes_that_cannot_be_written(tmp_path: Path):
    (tmp_path / "file").write_text("")
    assert "cannot be written" in missing(quiet(f'[takes]\nfolder = "{tmp_path.as_posix()}/file/below"'))


def test_a_library_that_is_not_installed_has_its_command(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "glfw and moderngl for a window: not installed. Install it with: " in missing(quiet('[window]\ndisplay = "projector"'))
    assert "aalink is not installed. Install it with: " in missing(quiet('[tempo]\nsource = "link"'))


@pytest.mark.programs
def test_midi_and_audio_are_found_by_the_names_of_the_show(jack_server: JackServer, tmp_path: Path):
    file = tmp_path / "my.show.toml"
    ports = f"[osc]\nport = {free_port()}\n[desk]\nenabled = false\n"
    file.write_text(ports, encoding="utf-8")
    done = doctor_of(file)
    assert done.returncode == 0, done.stdout
    for line in ("MIDI input: 'Performer In' can be made.", "MIDI output: 'Performer Out' can be made.", "Audio input: 'system' (JACK Audio"):
        assert f"ok       {line}" in done.stdout
    file.write_text(f'[midi]\ninput = "Launchkey"\noutput = "Synth"\n[audio]\ninput = "Scarlett"\n{ports}', encoding="utf-8")
    done = doctor_of(file)
    assert done.returncode == MISSING
    for line in ("MIDI input: No MIDI input is called 'Launchkey'.", "MIDI output: No MIDI output is called 'Synth'.", "Audio input: No audio input"):
        assert f"missing  {line}" in done.stdout
    assert not any("Performer" in port for port in jack_server.ports())


@pytest.mark.skipif(sys.platform != "linux", reason="the display of another system cannot be taken away")
def test_a_projector_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    pytest.importorskip("glfw")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    file = tmp_path / "my.show.toml"
    file.write_text(quiet('[window]\ndisplay = "EPSON"'), encoding="utf-8")
    done = doctor_of(file)
    assert done.returncode == MISSING and "missing  Display: There is no display" in done.stdout


def test_the_file_that_init_writes_can_be_examined(tmp_path: Path):
    file = tmp_path / "my.show.toml"
    file.write_text(write_show(), encoding="utf-8")
    done = doctor_of(file)
    assert done.returncode in (0, MISSING) and done.stderr == "" and "Model for chords" in done.stdout
