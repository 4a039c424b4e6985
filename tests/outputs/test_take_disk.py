"""A take on a disk that fills up in mid-performance: it stays readable, marks the gap, goes on where there is room, and `render` names the gap."""

import contextlib
import errno
import json
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from performer.events import NoteOn, Timed
from performer.outputs.take import read_take, sounded
from performer.outputs.take_file import Gap, LineFile, encode
from performer.render import render
from tests.outputs.test_take_writer import Installation
from tests.stagehands import melody

ROOM = 128 * 1024  # bytes


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 128 kB; where this machine lets nobody mount one, a folder whose files may be no larger."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if sys.platform == "linux" and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(folder)], capture_output=True, check=False
    ).returncode == 0:  # fmt: skip
        yield folder
        subprocess.run(["umount", "-l", str(folder)], check=True)
        return
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, before[1]))
    (folder / "limited").touch()
    yield folder
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def fill(disk: Path) -> None:
    """Leave no room on the disk."""
    if (disk / "limited").exists():
        resource.setrlimit(resource.RLIMIT_FSIZE, (max(path.stat().st_size for path in disk.iterdir()), resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
        return
    with (disk / "ballast").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 4096)


def make_room(disk: Path) -> None:
    if (disk / "limited").exists():
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    else:
        (disk / "ballast").unlink()


def whole_lines(take: Path) -> list[dict[str, object]]:
    return [json.loads(text) for text in take.read_text(encoding="utf-8").splitlines()]


def perform(disk: Path, room_again: bool) -> tuple[Installation, Path]:
    """Nine phrases, the middle three of them on a full disk."""
    show = Installation(disk)
    show.play([*melody(*(60, 64, 67) * 3, start=1.0, step=1.5)], 1.0, 20.0)
    fill(disk)
    show.play([*melody(*(62, 65, 69) * 20, start=20.0, step=1.5)], 1.0, 120.0)
    if room_again:
        make_room(disk)
    show.play([*melody(*(60, 64, 67) * 3, start=121.0, step=1.5)], 1.0, 150.0)
    (take,) = show.end()
    return show, take


def test_a_gap_is_marked_told_and_named_and_the_take_goes_on(disk: Path, tmp_path: Path) -> None:
    show, take = perform(disk, room_again=True)
    lines = whole_lines(take)
    (gap,) = [line for line in lines if "gap" in line]
    assert len(show.told) == 2, show.told
    assert "cannot be written" in show.told[0] and "Make room" in show.told[0] and "is written again" in show.told[1]
    on_disk = sum("on" in line for line in lines)
    assert gap["notes"] == len(show.graph.score.notes) - on_disk > 5
    since, until = gap["gap"]
    assert 13.0 < since < until <= 121.0
    told = render(take, tmp_path / "out.mid")
    assert f"{gap['notes']} notes missing between {since:.1f} s and {until:.1f} s" in told and "as they were played: it has a gap" in told
    assert "end" in lines[-1] and any("on" in line for line in lines[lines.index(gap) :])


def test_a_disk_that_stays_full_leaves_a_take_that_ends_and_says_what_is_missing(disk: Path, tmp_path: Path) -> None:
    show, take = perform(disk, room_again=False)
    lines = whole_lines(take)
    assert "gap" in lines[-2] and "end" in lines[-1]
    assert len(show.told) == 1, show.told
    played, notes = show.graph.score.notes, sounded(read_take(take)[1])
    assert lines[-2]["notes"] == len(played) - sum("on" in line for line in lines) > 10
    told = render(take, tmp_path / "out.mid")
    assert f"{lines[-2]['notes']} notes missing between " in told and f"{len(notes)} notes, as they were played" in told


def test_a_show_that_was_killed_on_a_full_disk_says_that_notes_are_missing(disk: Path, tmp_path: Path) -> None:
    show = Installation(disk)
    show.play([*melody(*(60, 64, 67) * 3, start=1.0, step=1.5)], 1.0, 20.0)
    fill(disk)
    show.play([*melody(*(62, 65, 69) * 20, start=20.0, step=1.5)], 1.0, 60.0)
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(show.take.path.read_bytes())
    show.end()
    assert "all notes are missing from " in render(copy, tmp_path / "out.mid")


def test_a_take_that_cannot_be_begun_begins_when_there_is_room(disk: Path, tmp_path: Path) -> None:
    fill(disk)
    if (disk / "limited").exists():
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    show = Installation(disk)
    show.play([*melody(60, 64, 67, start=1.0)], 1.0, 20.0)
    assert show.take.problem and not list(disk.glob("*.jsonl"))
    make_room(disk)
    show.play([*melody(60, 64, 67, start=21.0)], 1.0, 40.0)
    (take,) = show.end()
    told = render(take, tmp_path / "out.mid")
    missing = len(show.graph.score.notes) - len(sounded(read_take(take)[1]))
    assert missing > 0 and f"{missing} notes missing between 0.0 s and " in told
    assert not show.take.problem


class Wall:
    """A raw file that takes nothing, and lets nothing be taken back: a disk that was mounted again to be read only."""

    def __init__(self, file: object) -> None:
        self.file = file

    def write(self, content: bytes) -> int:
        raise OSError(errno.EROFS, "Read-only file system")

    def seek(self, place: int) -> int:
        return place

    def truncate(self, size: int) -> int:
        raise OSError(errno.EROFS, "Read-only file system")

    def close(self) -> None:
        self.file.close()  # type: ignore[attr-defined]


def test_a_disk_that_can_only_be_read_keeps_every_line_that_is_there(tmp_path: Path) -> None:
    file = LineFile(tmp_path / "a.jsonl", encode({"take": 4}))
    for number in range(20):
        assert file.write(encode({"t": number, "on": [1, 1, 60, 90, "x" * 20]}), float(number), 1) is None
    before = (tmp_path / "a.jsonl").read_bytes()
    file._file = Wall(file._file)  # type: ignore[assignment]
    error = file.write(encode({"t": 21, "on": []}), 21.0, 1)
    assert error is not None and error.errno == errno.EROFS
    assert file.write(encode({"t": 22}), 22.0, 0) is None and file.resume(23.0) is None
    assert file.gap == Gap(21.0, None, 1, 2)
    file.close(encode({"end": True}), 24.0)
    assert (tmp_path / "a.jsonl").read_bytes() == before


def test_a_writer_whose_disk_fills_writes_only_whole_lines_at_every_moment(disk: Path) -> None:
    show = Installation(disk)
    for number in range(2000):
        show.play([Timed(1.0 + number / 100, NoteOn(60 + number % 12, 90))])
        if number > 1000 and number % 50 == 0:
            whole_lines(show.take.path)
    assert show.take.problem
    show.end()
    assert "end" in whole_lines(show.take.path)[-1]
