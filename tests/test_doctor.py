"""`performer doctor`: what works and what is missing, with the remedy of this system."""

import errno
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from performer import doctor
from performer.cli import main
from performer.doctor import Finding, examine, in_the_way, report
from performer.errors import PortError
from performer.packages import install
from tests.jack import JackServer


def found(what: str) -> Finding:
    """What is found of it, all in this process: only here is the machine the one that a test makes of it."""
    return next(finding for each in doctor.EXAMINATIONS for finding in doctor.examined(each) if finding.what == what)


def test_every_finding_is_a_sentence_and_what_is_missing_has_a_remedy() -> None:
    findings = examine()
    assert {"Python", "ONNX Runtime", "MIDI", "OSC", "Desk page", "Takes", "Browser"} <= {finding.what for finding in findings}
    for finding in findings:
        assert finding.seen.endswith(".")
        assert finding.works or finding.remedy


def test_the_report_says_ok_or_missing_with_the_remedy_below() -> None:
    text = report([Finding("Bread", True, "fresh."), Finding("Butter", False, "there is none.", "Churn some.")])
    assert text.splitlines() == [
        "ok       Bread: fresh.",
        "missing  Butter: there is none.",
        "         Churn some.",
        "",
        "1 thing is missing; what does not need it runs.",
    ]
    assert report([Finding("Bread", True, "fresh.")]).endswith("Everything works here.")


def test_what_another_program_uses_is_not_missing() -> None:
    taken = Finding("Oven", False, "a cake is in it.", "Wait.", in_use=True)
    told = report([taken, Finding("Butter", False, "there is none.")]).splitlines()
    assert told[:3] == ["in use   Oven: a cake is in it.", "         Wait.", "missing  Butter: there is none."]
    assert told[-2:] == ["1 thing is missing; what does not need it runs.", "1 port is in use; a show that needs it does not start."]
    assert report([taken, taken]).endswith("         Wait.\n\n2 ports are in use; a show that needs them does not start.")


def test_an_examination_that_fails_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> list[object]:
        raise RuntimeError("boom")

    monkeypatch.setattr("performer.midi_system.systems", broken)
    monkeypatch.setattr("performer.listening.audio.inputs", broken)
    assert found("MIDI").seen == found("Audio input").seen == "it could not be examined (RuntimeError: boom)."


def test_the_command_ends_well_whatever_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    assert " Python: " in capsys.readouterr().out


@pytest.mark.skipif(not hasattr(os, "sched_setscheduler"), reason="priority is not asked for here")
def test_priority_is_tried_and_given_back() -> None:
    before = os.sched_getscheduler(0)
    finding = found("Real-time priority")
    assert os.sched_getscheduler(0) == before
    assert finding.works or ("rtprio" in finding.remedy and "audio" in finding.remedy)


@pytest.mark.skipif(not hasattr(os, "sched_setscheduler"), reason="priority is not asked for here")
def test_priority_that_is_refused_has_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.sched_setscheduler", refuse)
    finding = found("Real-time priority")
    assert not finding.works
    assert "Operation not permitted" in finding.seen
    assert "/etc/security/limits.d/audio.conf" in finding.remedy


def test_a_port_in_use_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as sock:
            sock.bind(("127.0.0.1", 0))
            if kind == socket.SOCK_STREAM:
                sock.listen()
            port = sock.getsockname()[1]
            obstacle = in_the_way(kind, port)
            assert obstacle is not None and obstacle.errno == errno.EADDRINUSE
        assert in_the_way(kind, port) is None
    monkeypatch.setattr(doctor, "in_the_way", lambda kind, port, host: OSError(errno.EADDRINUSE, "Address already in use"))
    assert (found("OSC").seen, found("OSC").mark) == ("UDP port 9000 is taken.", "in use")
    assert "[desk] port" in found("Desk page").remedy
    monkeypatch.setattr(doctor, "in_the_way", lambda kind, port, host: OSError(errno.EACCES, "Permission denied"))
    refused = found("OSC")
    assert (refused.seen, refused.mark) == ("UDP port 9000 is refused (Permission denied).", "missing")
    assert refused.remedy == "Write another [osc] port in the show file."


def test_models_are_found_and_their_cards_held_against_their_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor, "models_dir", lambda: tmp_path)
    monkeypatch.setattr(doctor, "own_models_dir", lambda: tmp_path / "none")
    monkeypatch.setattr(doctor, "find_model", lambda name: None)
    card = '[model]\nname = "one"\nrole = "notes"\nencoding = "1"\n[graphs.step]\nfile = "model.onnx"\nsha256 = "{}"\n'
    for name, digest in (("whole", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"), ("altered", "0" * 64)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.onnx").write_bytes(b"")
        (tmp_path / name / "card.toml").write_text(card.format(digest), encoding="utf-8")
    findings = {finding.what: finding for finding in examine()}
    assert findings["Model whole"].works
    assert not findings["Model altered"].works
    assert "is not the one its card describes" in findings["Model altered"].seen
    assert "'echo' answers" in findings["Model for notes"].remedy


def test_takes_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor, "takes_dir", lambda: tmp_path / "not" / "yet")
    assert found("Takes").works
    assert not (tmp_path / "not").exists()
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(doctor, "takes_dir", lambda: tmp_path / "file" / "below")
    assert not found("Takes").works


@pytest.mark.parametrize(
    ("installer", "thing", "command"),
    [
        ("apt-get", "portaudio", "sudo apt-get install libportaudio2"),
        ("dnf", "portaudio", "sudo dnf install portaudio"),
        ("pacman", "jack", "sudo pacman -S jack2"),
        ("brew", "browser", "brew install --cask firefox"),
        ("winget", "python", "winget install Python.Python.3.13"),
        ("winget", "portaudio", "-m pip install --force-reinstall sounddevice"),
    ],
)
def test_the_command_is_that_of_this_system(monkeypatch: pytest.MonkeyPatch, installer: str, thing: str, command: str) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}" if name == installer else None)
    monkeypatch.setattr("sys.platform", "win32" if installer == "winget" else "linux")
    monkeypatch.setattr("performer.packages._is_root", lambda: False)
    assert install(thing).endswith(command)


def test_a_missing_midi_system_names_jack_and_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> list[object]:
        raise PortError("This machine has no MIDI system that answers.", "Start a JACK server.")

    monkeypatch.setattr("performer.midi_system.systems", none)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("shutil.which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None)
    monkeypatch.setattr("performer.packages._is_root", lambda: False)
    monkeypatch.setitem(sys.modules, "rtmidi", object())
    assert found("MIDI").remedy == "Start a JACK server. JACK: Install it with: sudo apt-get install jackd2"


@pytest.mark.programs
def test_with_a_jack_server_everything_of_it_works(jack_server: JackServer) -> None:
    command = [sys.executable, "-m", "performer", "doctor"]  # in a process of its own: PortAudio does not outlive its server
    lines = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout.splitlines()
    assert "ok       MIDI: JACK." in lines
    assert "ok       Virtual MIDI ports: can be made (JACK)." in lines
    server = lines.index("missing  JACK server: 64 frames at 48000 Hz, without real-time priority.")  # as JackServer starts it
    assert "jackd -R -S" in lines[server + 1]
    assert "ok       Audio input: 'system' (JACK Audio Connection Kit, 2 channels, 48000 Hz)." in lines
    assert not any("Performer" in port for port in jack_server.ports())


@pytest.mark.programs
def test_a_jack_server_that_is_stuck_is_told_and_nothing_hangs(jack_server: JackServer) -> None:
    command = [sys.executable, "-m", "performer", "doctor"]
    with jack_server.stuck():
        lines = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout.splitlines()
    for what in ("MIDI", "Audio input"):
        place = lines.index(f"missing  {what}: It did not answer within 5 s: jackd (process {jack_server.process}) is stopped.")
        assert lines[place + 1].strip() == f"Let it go on: kill -CONT {jack_server.process}"
    assert any(line.startswith("ok       Python") for line in lines)
