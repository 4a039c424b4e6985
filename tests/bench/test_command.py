"""The benches themselves, short, over a real JACK server; the bounds are those of a busy machine, not of a promise."""

import json
import shutil

import pytest

from performer.bench import endure
from performer.bench.endure import bench_endure
from performer.bench.flood import ADDRESSES
from performer.bench.graph import PROGRAM
from performer.bench.idle import bench_idle
from performer.bench.stage import Play, show
from performer.cli import FAILED, main
from performer.inference.echo import Echo
from performer.parameters import Table

pytestmark = [pytest.mark.realtime, pytest.mark.timeout(300)]  # real measurements, half a minute each on a quiet machine


@pytest.fixture
def measured(capsys):
    """What a bench says on standard output, where nothing but its object may stand."""

    def run(*words):
        assert main(["bench", *words, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return run


def test_reply(jack_server, capsys):
    assert main(["bench", "reply", "--notes", "30", "--voices", "2", "--json"]) == 0
    out, err = capsys.readouterr()
    assert err.startswith("performer: bench reply takes about 14 s: 30 notes at 16 a second.\n")
    told = json.loads(out)
    assert told["transport"] == "jack" and told["n"] == 30 and told["lost"] == 0 and told["transport_lost"] < 10
    assert 0 < told["transport_ms"]["p50"] < told["reply_ms"]["max"] and 0 < told["machine_ms"]["p50"] <= told["machine_ms"]["max"]
    assert told["reply_ms"]["p50"] <= told["reply_all_ms"]["p50"]
    if shutil.which(PROGRAM):
        cycle = 64 / 48
        assert 0 < told["graph_ms"]["p50"] <= told["reply_ms"]["p50"] + cycle
        assert abs(told["graph_ms"]["max"] % cycle - cycle / 2) > cycle / 2 - 0.002  # an answer leaves with a cycle


def test_timing(jack_server, measured):
    told = measured("timing", "--seconds", "3")
    assert told["n"] > 0 and told["lost"] < told["n"] and told["delay_ms"] < 0
    assert abs(told["signed_median_ms"]) <= told["lateness_ms"]["max"] < 200 and told["machine_ms"]["p99"] > 0


def test_osc(jack_server, measured):
    told = measured("osc", "--seconds", "2", "--rate", "500")
    assert told["lost"] == 0 and told["accepted"] == told["sent"] > 500
    assert told["stands"] and told["rss_mb"]["before"] > 0


def test_models_in_words(capsys):
    assert main(["bench", "models", "--events", "5"]) == 0
    words = capsys.readouterr().out
    assert "step_ms:" in words and "lstm-first: p50 " in words


def test_the_flood_steers_what_is_there():
    assert set(ADDRESSES) <= set(Table(1).rows)


def test_frames_from_a_click_to_a_page(jack_server, measured):
    told = measured("frames", "--seconds", "4", "--clicks", "4")
    assert told["generator_fps"] > 3 and told["presenter_fps"] > 10 and told["notes"] > 0
    assert told["clicks_lost"] == 0 and 1 < told["onset_to_frame_ms"]["p50"] < 250


def test_trouble_leaves_the_picture_moving_and_the_notes_in_time(measured):
    told = measured("trouble", "--seconds", "12", "--kills", "2")
    for trouble in ("without", "killed", "screen_stopped", "flooded"):
        assert told[trouble]["notes"] > 0 and told[trouble]["later_than_a_bar"] == 0, told
    assert told["killed"]["pictures"] > 12 * 10 and told["killed"]["page_longest_ms"] < 1000, told
    assert told["flooded"]["sent"] > 10_000 and told["flooded"]["pictures"] > 10, told


def test_a_bench_does_not_play_into_somebody_elses_show(jack_server, measured, capsys):
    with show(Play()):
        for words in (("reply", "--notes", "5"), ("timing", "--seconds", "1"), ("start",)):
            assert main(["bench", *words]) == FAILED
            told = capsys.readouterr().err
            assert "A show is playing here already" in told and "Stop it first" in told
    assert measured("reply", "--notes", "5")["lost"] == 0


@pytest.mark.parametrize(("python", "problem"), [
    ((), "an environment of its own"),
    (("--python", "no/such/python"), "'no/such/python' is no program"),
])  # fmt: skip
def test_notochord_says_how_its_environment_is_made(python, problem, capsys):
    assert main(["bench", "notochord", *python]) == FAILED
    told = capsys.readouterr().err
    assert problem in told and "-m pip install notochord==" in told


def test_endure_on_the_virtual_clock():
    told = bench_endure("echo", minutes=1, live_minutes=0)["virtual"]
    assert told["notes"] > 100 and told["step_ms"]["ratio"] > 0 and 0.9 < told["rss_mb"]["ratio"] < 1.1
    assert 0.1 < told["beside_fresh"]["ratio"] < 10.0


def test_endure_goes_on_where_the_system_does_not_tell_the_memory(monkeypatch):
    monkeypatch.setattr(endure, "rss_mb", lambda process: None)
    told = bench_endure("echo", minutes=1, live_minutes=0)["virtual"]
    assert told["rss_mb"]["ratio"] is None and told["step_ms"]["ratio"] > 0


def test_endure_live_tells_the_steps_of_the_show(jack_server, monkeypatch):
    monkeypatch.setattr(endure, "MINUTE", 4.0)
    live = bench_endure("lstm-first-int8", minutes=1, live_minutes=2)["live"]
    assert live["minutes"] == len(live["step_ms"]["each"]) == 2
    assert 0.01 < live["least_step_ms"]["first"] < live["step_ms"]["first"] < 20.0
    assert live["reply_ms"]["first"] > 1.0, "two cycles of the server, at least one and a half milliseconds"


def test_endure_sees_a_step_that_grew_longer_and_not_a_machine_that_became_slow(monkeypatch):
    taken, now = [0.001], [0.0]

    class Slow(Echo):
        growth, heard = 0.0, 0

        def feed(self, note):
            now[0] += taken[0] * (1.0 + self.growth * self.heard)
            self.heard += 1

        def reset(self):
            self.heard = 0

    monkeypatch.setattr(endure.time, "perf_counter", lambda: now[0])
    old, fresh = Slow(), Slow()
    for taken[0] in (0.001, 0.002):
        assert endure.beside_fresh(old, fresh) == pytest.approx(1.0)
    old.growth = fresh.growth = 0.001
    assert endure.beside_fresh(old, fresh) == pytest.approx(1.5, abs=0.01), "two hundred times two have been heard, and half of these"


def test_idle_reads_what_a_silent_show_costs(jack_server):
    """Short: the bounds are those of a show that looks at its port and rehearses as if somebody played (over 5,000 a second at 64 frames)."""
    told = bench_idle(2.0, ("picture off",), settle_s=7.0)["cases"]["picture off"]
    assert 0 < told["wakeups"] < 4000 and 0 <= told["cpu_percent"] < 60 and told["rss_mb"] > 50
    assert len(told["processes"]) >= 2 and told["first_ms"] > 0


def test_idle_knows_its_shows(jack_server, capsys):
    assert main(["bench", "idle", "--case", "asleep"]) == FAILED
    assert "'asleep'" in capsys.readouterr().err
