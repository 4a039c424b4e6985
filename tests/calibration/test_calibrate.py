"""`performer calibrate` on real JACK servers: loops of MIDI and of sound, and notes that arrive nearer to their beat for it."""

import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

from performer.cli import FAILED, main
from performer.clock import SystemClock
from performer.effects import Play
from performer.outputs.midi import MidiOutput
from performer.scheduler import Scheduler, Stage
from performer.session.room import DELAY
from performer.show import read_show
from tests.calibration.stand import SOUNDS, Thru, calibrated, synthesiser, thru, until
from tests.jack import JackServer

PERIOD_MS = {64: 64 / 48, 1024: 1024 / 48}
needs_fluidsynth = pytest.mark.skipif(
    not os.environ.get("CI") and not (shutil.which("fluidsynth") and SOUNDS.exists()), reason="fluidsynth or its sounds are not installed"
)


@pytest.mark.programs
def test_the_way_inside_the_machine_follows_the_servers_period(slow_jack_server: JackServer) -> None:
    found = calibrated("--connect", "--notes", "40")
    assert (found["calibrate"], found["transport"], found["n"], found["doubled"]) == ("midi", "jack", 40, 0)
    assert found["lost"] <= 2
    half = PERIOD_MS[1024] / 2  # a note waits for the next cycle: half a period in the mean
    assert 0.5 * half < found["way_ms"]["p50"] < 2.0 * half
    assert found["delay_ms"] == -round(found["way_ms"]["p50"], 1)
    assert not any("Performer" in port for port in slow_jack_server.ports())


@pytest.mark.programs
def test_ports_that_a_person_connects(jack_server: JackServer) -> None:
    command = [sys.executable, "-m", "performer", "calibrate", "--wait", "20", "--notes", "10"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        until(lambda: {"Performer Out:Performer Out", "Performer In:Performer In"} <= set(jack_server.ports()))
        jack_server.connect("Performer Out:Performer Out", "Performer In:Performer In")
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert err == "Notes leave Performer Out and are awaited at Performer In.\n"
    assert "10 notes left Performer Out: 0 lost, 0 came back more than once." in out


@pytest.mark.programs
def test_there_and_back_through_a_box_half_is_the_way_out_and_the_file_has_it(jack_server: JackServer, tmp_path: Path) -> None:
    show = tmp_path / "my.show.toml"
    show.write_text('# the hall\n[midi]\noutput = "Thru In"\ninput = "Thru Out"  # the box\n', encoding="utf-8")
    with thru(ms=30.0):
        found = calibrated("--notes", "30", "--save", str(show))
    assert (found["output"], found["lost"], found["saved"]) == ("Thru:Thru In", 0, str(show))
    assert 30.0 <= found["there_and_back_ms"]["min"] < 40.0
    assert found["delay_ms"] == pytest.approx(-found["there_and_back_ms"]["p50"] / 2, abs=0.06)
    assert read_show(show).values[DELAY] == found["delay_ms"]
    line = f"delay = {found['delay_ms']}\n"
    assert show.read_text(encoding="utf-8") == f'# the hall\n[midi]\n{line}output = "Thru In"\ninput = "Thru Out"  # the box\n'


@pytest.mark.programs
def test_lost_and_doubled_notes_are_counted(jack_server: JackServer) -> None:
    with thru(lose=5, double=7):
        found = calibrated("--output", "Thru In", "--input", "Thru Out", "--notes", "35")
    assert 6 <= found["lost"] <= 8
    assert 3 <= found["doubled"] <= 5


@pytest.mark.programs
def test_nothing_comes_back(jack_server: JackServer, capfd: pytest.CaptureFixture[str]) -> None:
    begun = time.monotonic()
    assert main(["calibrate"]) == FAILED
    assert time.monotonic() - begun < 10.0
    told = capfd.readouterr().err.splitlines()[-1]
    assert told.startswith("performer: Nothing came back at 'Performer In' within 2 s of playing to 'Performer Out'. Connect ")


@pytest.mark.programs
def test_named_ports_that_are_not_there_and_a_file_that_is_not_there(jack_server: JackServer, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "--output", "harp"]) == FAILED
    assert "No MIDI output is called 'harp'." in capfd.readouterr().err
    assert main(["calibrate", "--connect", "--output", "harp"]) == FAILED
    assert "own two ports" in capfd.readouterr().err
    assert main(["calibrate", "--save", "none.toml"]) == FAILED
    told = "performer: The show file 'none.toml' cannot be read (No such file or directory). `performer init none.toml` writes one.\n"
    assert capfd.readouterr().err == told


@pytest.mark.programs
def test_a_server_that_gets_stuck_meanwhile_does_not_hang_the_command(jack_server: JackServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("performer.calibration.calibrate.OPENING_S", 3.0)
    with jack_server.stuck():
        assert main(["calibrate", "--notes", "3"]) == FAILED


@pytest.mark.programs
@needs_fluidsynth
def test_from_a_note_to_its_sound(slow_jack_server: JackServer) -> None:
    with synthesiser(slow_jack_server):
        found = calibrated("--audio", "--output", "fluidsynth", "--audio-input", "fluidsynth", "--notes", "12", "--wait", "10")
    assert (found["calibrate"], found["transport"], found["input_latency_ms"]) == ("audio", "jack, JACK Audio Connection Kit", 0.0)
    assert found["lost"] <= 4
    half = PERIOD_MS[1024] / 2
    assert 0.3 * half < found["way_ms"]["p50"] < 3.0 * half + 5.0  # and the attack of the sound
    assert found["delay_ms"] == -round(found["way_ms"]["p50"], 1)


@pytest.mark.programs
def test_no_sound_is_a_sentence(jack_server: JackServer, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "--audio", "--wait", "0.5"]) == FAILED
    assert "No sound of a note at 'Performer Out' came to the audio input 'system'" in capfd.readouterr().err


def arrivals(box: Thru, delay: float, notes: int = 50) -> list[float]:
    """How far from their beats planned notes arrive at another process, in seconds, when they leave by this delay."""
    out = MidiOutput("Thru In")
    out.start()
    clock = SystemClock()
    scheduler = Scheduler(Stage([out], lambda report: None, lambda time, tag: None, delay=delay), clock)
    scheduler.start()
    origin = time.perf_counter() - clock.now()
    first = clock.now() + 0.5
    beats = [first + 0.0613 * number for number in range(notes)]  # in step with no period
    scheduler.post([Play(beat, 1, 1, 40 + number % 50, 90, 0.02, "plan", late="drop") for number, beat in enumerate(beats)])
    came = [box.arrived.get(timeout=10.0)[0] for _ in beats]
    scheduler.stop()
    out.stop()
    return [moment - origin - beat for moment, beat in zip(came, beats, strict=True)]


def mean_error_ms(errors: list[float]) -> float:
    return 1000.0 * statistics.fmean(map(abs, errors))


@pytest.mark.programs
def test_with_the_delay_planned_notes_arrive_nearer_to_their_beat(slow_jack_server: JackServer) -> None:
    delay = calibrated("--connect")["delay_ms"] / 1000.0
    with thru() as box:
        without, with_it = arrivals(box, 0.0), arrivals(box, delay)
    assert mean_error_ms(with_it) < 0.75 * mean_error_ms(without)
    assert abs(statistics.median(with_it)) < 0.5 * statistics.median(without)
