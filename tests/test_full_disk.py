"""A real show whose disk fills up in mid-performance: it plays on, tells it, tells when all is well again, and says at its end what is missing."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from performer.loopback import encode
from performer.render import render
from tests.lone_show import LoneShow
from tests.outputs.test_take_disk import disk, fill, make_room  # noqa: F401

pytestmark = pytest.mark.programs


def take_error(errors: Iterator[tuple[object, ...]]) -> str:
    return next(str(sentence) for who, sentence in errors if who == "take")


def test_the_show_goes_on_and_the_gap_is_told(disk: Path, tmp_path: Path) -> None:  # noqa: F811
    if (disk / "limited").exists():
        pytest.fail("this needs a file system of its own: run it as root, or where /dev/fuse lets a user mount one")
    with (tmp_path / "out.txt").open("wb") as out, LoneShow(tmp_path, takes=str(disk), stdout=out) as show:
        show.sound()
        fill(disk)
        for _ in range(40):  # without reading: who plays on and on reads too little of what is told
            show._ear.sendto(encode("/performer/note/on", 60, 90), ("127.0.0.1", show.osc))
            show._ear.sendto(encode("/performer/note/off", 60), ("127.0.0.1", show.osc))
        assert "cannot be written" in take_error(show.errors())
        show.sound()
        make_room(disk)
        assert "is written again" in take_error(show.errors())
        show.sound()
        (take,) = disk.glob("*.jsonl")
        show.process.send_signal(signal.SIGTERM)
        assert show.process.wait(10) == 0
    said = (tmp_path / "out.txt").read_text()
    gaps = [json.loads(line) for line in take.read_text().splitlines() if '"gap":[' in line]
    assert len(gaps) == 1 and gaps[0]["notes"] > 0
    assert "The take is not whole" in said and f"{gaps[0]['notes']} notes missing between" in said and "kept" not in said
    assert f"{gaps[0]['notes']} notes missing between" in render(take, tmp_path / "out.mid")


def test_a_disk_that_is_full_from_the_start(disk: Path, tmp_path: Path) -> None:  # noqa: F811
    fill(disk)
    with (tmp_path / "out.txt").open("wb") as out, LoneShow(
        tmp_path, takes=str(disk / "takes"), stdout=out, env={**os.environ, "TMPDIR": str(disk)}
    ) as show:
        who, sentence = next(show.errors())
        assert who == "start" and str(disk) in str(sentence)
        show.sound()
        show.process.send_signal(signal.SIGTERM)
        assert show.process.wait(10) == 0
    said = (tmp_path / "out.txt").read_text()
    assert "is kept" not in said or Path(said.rpartition("performer render ")[2].split()[0]).is_file()  # elsewhere, where there is room
