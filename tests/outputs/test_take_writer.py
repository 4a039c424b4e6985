"""Takes of shows that last for days, on the virtual clock: nothing is written while nobody plays, one file for each performance, old ones go."""

import json
import os
from collections.abc import Iterable
from pathlib import Path

import mido
import pytest

from performer.events import Event, ParameterSet, Progression, Query, Sync, Timed, Transport
from performer.offline import Offline
from performer.outputs.take import Opening, read_take, sounded
from performer.outputs.take_folder import TakeFolder
from performer.outputs.take_writer import Plan, TakeWriter
from performer.parameters import Table
from performer.render import render
from performer.session.parts import Parts
from performer.session.state import Session
from tests.stagehands import StepMind, melody

HOUR, DAY = 900.0, 86_400.0
VALUES = {"/performer/voice/1/mode": "call"}


class Installation:
    """A show on the virtual clock that records itself, in steps of a second of the take's own thread."""

    def __init__(self, folder: Path, pause_s: float = 600.0, keep_gb: float = 10.0, most_bytes: int = 64_000_000, **values: object) -> None:
        self.values = VALUES | {f"/performer/{name.replace('__', '/')}": value for name, value in values.items()}
        parts = Parts.named(("keys",), ("steps",))
        self.graph = Offline(Session(Table(1), parts, 7, self.values), StepMind())
        self.told: list[str] = []
        self.shelf = TakeFolder(folder, "show", 7, keep_gb)
        plan = Plan(self.shelf, self.opening, lambda: self.graph.stage.done, pause_s, most_bytes)
        self.take = TakeWriter(self.shelf.new_path(), self.opening(), self.told.append, plan, self.graph.clock.now)
        self.graph.take = self.take

    def opening(self) -> Opening:
        return Opening(7, 1, ("keys",), dict(self.graph.session.values), "steps", {}, {}, ("steps",))

    def play(self, events: Iterable[Event | Timed], step: float = 1.0, until: float = 0.0) -> None:
        """Handle the events at their times, looking at the take after each; then go on to the time `until` in steps."""
        for timed in events:
            self.graph.play_on([timed], timed.time)
            self.take.drain()
        while self.graph.clock.now() < until:
            self.graph.advance(min(until, self.graph.clock.now() + step))
            self.take.drain()

    def end(self) -> list[Path]:
        """The takes, in the order in which they were begun."""
        now = self.graph.clock.now()
        self.graph.stage.silence(now)
        self.take.stop(now, self.graph.stage.done)
        takes = [path for path in self.shelf.folder.iterdir() if path.suffix == ".jsonl"]
        return sorted(takes, key=lambda path: (len(path.name), path.name))


def test_a_day_on_which_nobody_plays_writes_nothing(tmp_path: Path):
    show = Installation(tmp_path, tempo__bpm=20.0)  # 28,800 beats; at 120 bpm the same takes 17 s
    show.play([Timed(0.0, Sync("desk"))], 60.0, 60.0)
    (take,) = tmp_path.iterdir()
    before = take.stat().st_size
    show.play([], 60.0, DAY)
    written = take.stat().st_size - before
    print(f"{written} bytes in 24 hours")
    assert written == 0
    assert show.end() == [take]
    assert "end" in json.loads(take.read_text().splitlines()[-1])


def test_clients_that_ask_for_values_and_a_clock_that_is_sent_write_nothing(tmp_path: Path):
    show = Installation(tmp_path, tempo__clock_out=True)
    show.play([Timed(0.0, Sync("desk"))], 1.0, 2.0)
    size = show.take.path.stat().st_size
    for second in range(3, 100):
        show.play([Timed(second, Query("/performer/tempo/bpm", "a")), Timed(second + 0.1, Sync("b"))])
    assert show.take.path.stat().st_size == size
    show.end()


def test_each_performance_is_a_file_and_each_is_told_again_note_for_note(tmp_path: Path):
    show = Installation(tmp_path)
    for start in (1.0, 2 * HOUR, 5 * HOUR):
        show.play([*melody(60, 64, 67, start=start)], 1.0, start + 30.0)
        show.play([], 60.0, start + 1000.0)
    takes = show.end()
    assert len(takes) == 3
    whole = show.graph.score.notes
    assert len(whole) >= 6 and sum(len(sounded(read_take(take)[1])) for take in takes) == len(whole)
    for number, take in enumerate(takes):
        notes = len(sounded(read_take(take)[1]))
        told = render(take, tmp_path / "out.mid")
        assert f"{notes} notes, exactly those that were played" in told, told
        assert len([message for message in mido.MidiFile(tmp_path / "out.mid") if message.type == "note_on"]) == notes > 0
        assert (read_take(take)[0].continues != "") == (number > 0)
    assert sum(take.stat().st_size for take in takes) < 60_000


def test_the_tempo_of_a_player_who_is_followed_keeps_no_beat_in_the_take(tmp_path: Path):
    show = Installation(tmp_path, tempo__follow=0.5)
    show.play([Timed(0.0, Sync("desk")), *melody(60, 62, 64, 65, 67, start=1.03, step=0.5)], 1.0, 40.0)
    size = show.take.path.stat().st_size
    show.play([], 1.0, 500.0)
    assert show.take.path.stat().st_size == size
    (take,) = show.end()
    assert "exactly those that were played" in render(take, tmp_path / "out.mid")


def test_a_performance_whose_beginning_is_gone_is_written_as_it_was_played(tmp_path: Path):
    show = Installation(tmp_path)
    for start in (1.0, 2 * HOUR):
        show.play([*melody(60, 64, 67, start=start)], 10.0, start + HOUR)
    first, second = show.end()
    notes = len(sounded(read_take(second)[1]))
    first.unlink()
    told = render(second, tmp_path / "out.mid")
    assert f"{notes} notes, as they were played: '{first.name}', which it goes on from, is not here" in told


def test_what_happens_in_a_pause_is_in_the_next_file(tmp_path: Path):
    show = Installation(tmp_path)
    show.play([*melody(60, 64, 67)], 10.0, HOUR)
    show.play([Timed(HOUR + 1, Progression("Am F"))], 1.0, HOUR + 60)
    assert len(list(tmp_path.iterdir())) == 1
    show.play([Timed(2 * HOUR, ParameterSet("/performer/tempo/bpm", 90.0)), *melody(60, 64, 67, start=2 * HOUR + 1)], 1.0, 2 * HOUR + 60)
    _, second = show.end()
    kinds = [type(line["in"]).__name__ for line in read_take(second)[1] if "in" in line]
    assert kinds.index("Progression") < kinds.index("ParameterSet") < kinds.index("NoteOn")
    assert "exactly those that were played" in render(second, tmp_path / "out.mid")


def test_a_clock_that_ticks_in_a_pause_fills_no_memory_and_the_next_take_says_so(tmp_path: Path):
    show = Installation(tmp_path, pause_s=20.0)
    show.play([*melody(60, 64, 67)], 1.0, 40.0)
    ticks = [Timed(41 + number / 20, Transport("clock", source=f"midi {number % 2}")) for number in range(30_000)]
    for timed in ticks:
        show.take.heard(timed)
    show.take.drain()
    show.play([*melody(60, 64, 67, start=2000.0)], 1.0, 2010.0)
    _, second = show.end()
    assert read_take(second)[0].left_out > 10_000
    assert "as they were played: " in render(second, tmp_path / "out.mid")


def test_a_performance_without_end_goes_on_in_another_file(tmp_path: Path):
    show = Installation(tmp_path, most_bytes=20_000)
    show.play([*melody(*(60, 64, 67) * 60, start=1.0, step=1.5)], 1.0, 300.0)
    takes = show.end()
    assert len(takes) > 2 and all(take.stat().st_size < 30_000 for take in takes)
    for take in (takes[0], takes[1], takes[-1]):
        assert "exactly those that were played" in render(take, tmp_path / "out.mid")


def test_the_oldest_takes_go_and_never_one_that_has_another_name_or_is_written(tmp_path: Path):
    kept = [tmp_path / name for name in ("my best.jsonl", "show-20200101-000000-7.jsonl.bak", "other-20200101-000000-7.jsonl", "show-notes.txt")]
    old = [tmp_path / f"show-2020010{day}-000000-7.jsonl" for day in range(1, 8)]
    for age, path in enumerate([*kept, *old]):
        path.write_bytes(b"x" * 400_000)
        os.utime(path, (1e9 + age, 1e9 + age))
    show = Installation(tmp_path, keep_gb=0.002)
    show.take.start()
    show.take.stop(0.0, 0)
    assert all(path.exists() for path in kept)
    assert [path.exists() for path in old] == [False] * 3 + [True] * 4
    assert show.take.path.exists()


def test_rotation_as_a_year_goes_by(tmp_path: Path):
    show = Installation(tmp_path, keep_gb=0.000_100)
    for day in range(12):
        start = day * DAY + 1.0
        show.play([*melody(*(60, 64, 67) * 6, start=start, step=1.0)], 1.0, start + 60.0)
        assert show.take.path.exists()
        show.play([], 300.0, start + 2 * HOUR)
    left = show.end()
    assert 0 < len(left) < 12
    assert sum(path.stat().st_size for path in left) <= 100_000 + max(path.stat().st_size for path in left)
    assert "as they were played" in render(show.take.path, tmp_path / "out.mid")


@pytest.mark.parametrize("days", [0.0, 30.0])
def test_takes_of_an_age_go_where_the_show_says_so(tmp_path: Path, days: float):
    old = tmp_path / "show-20200101-000000-7.jsonl"
    old.write_bytes(b"{}")
    os.utime(old, (1e9, 1e9))
    (tmp_path / "show-20200102-000000-7.jsonl").write_bytes(b"{}")
    assert TakeFolder(tmp_path, "show", 7, 1.0, days).rotate() == ([old] if days else [])
    assert old.exists() == (not days)
