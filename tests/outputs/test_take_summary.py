"""The sentence at the end of a show says that a take is kept only where it is."""

import os
from pathlib import Path

from performer.outputs.take_summary import summarise
from tests.outputs.test_take_disk import disk, perform  # noqa: F401
from tests.outputs.test_take_writer import Installation
from tests.stagehands import melody


def test_one_whole_take_and_several(tmp_path: Path) -> None:
    show = Installation(tmp_path)
    show.play([*melody(60, 64, 67)], 1.0, 20.0)
    first = show.take.path
    show.play([], 100.0, 2000.0)
    show.play([*melody(60, 64, 67, start=2001.0)], 1.0, 2020.0)
    _, second = show.end()
    old = tmp_path / "show-20200101-000000-7.jsonl"
    old.write_text("{}\n")
    os.utime(old, (1e9, 1e9))
    said = summarise(first, 1.1e9)
    assert said.startswith(f"2 takes are kept in '{tmp_path}'") and str(second) in said
    second.unlink()
    assert summarise(first, 1.1e9).startswith(f"The take is kept. As a MIDI file: performer render {first}")


def test_a_take_with_a_gap_is_not_said_to_be_kept(disk: Path) -> None:  # noqa: F811
    _, take = perform(disk, room_again=False)
    said = summarise(take, 0.0)
    assert "kept" not in said and "not whole" in said and "notes missing between" in said and str(take) in said


def test_a_take_that_breaks_off_and_one_that_is_not_there(tmp_path: Path) -> None:
    show = Installation(tmp_path)
    show.play([*melody(60, 64, 67)], 1.0, 20.0)
    (take,) = show.end()
    take.write_bytes(take.read_bytes()[:-20])
    assert "'" + take.name + "' breaks off" in summarise(take, 0.0) and "kept" not in summarise(take, 0.0)
    take.unlink()
    assert "No take is kept" in summarise(take, 0.0)
