"""The one line in a show file: what stands beside it stays, byte for byte."""

import os
from pathlib import Path

import pytest

from performer.calibration.show_line import save, with_delay
from performer.errors import ShowError
from performer.session.room import DELAY
from performer.show import parse_show, read_show, write_show


@pytest.mark.parametrize(("text", "changed"), [
    ("", "[midi]\ndelay = -3.2\n"),
    ("# mine", "# mine\n\n[midi]\ndelay = -3.2\n"),
    ("[midi]", "[midi]\ndelay = -3.2\n"),
    ('[midi]  # ports\noutput = "a"\n', '[midi]  # ports\ndelay = -3.2\noutput = "a"\n'),
    ("[midi]\ndelay=4  # as in the old hall\n[osc]\nport = 9005\n", "[midi]\ndelay=-3.2  # as in the old hall\n[osc]\nport = 9005\n"),
    ("[midi]\r\n\r\n  delay = 0.0# x\r\n", "[midi]\r\n\r\n  delay = -3.2# x\r\n"),
    ("[osc]\r\nport = 9005\r\n", "[osc]\r\nport = 9005\r\n\r\n[midi]\r\ndelay = -3.2\r\n"),
    ("[midi]\n# delay = 1\n", "[midi]\ndelay = -3.2\n# delay = 1\n"),
])  # fmt: skip
def test_only_the_line_changes(text: str, changed: str) -> None:
    assert with_delay(text, -3.2) == changed
    assert parse_show(changed, "x").values[DELAY] == -3.2


def test_a_written_show_keeps_its_comments_and_its_rights(tmp_path: Path) -> None:
    file = tmp_path / "my.show.toml"
    file.write_text(write_show(), encoding="utf-8")
    file.chmod(0o640)
    save(file, -12.5)
    before, after = write_show().splitlines(), file.read_text(encoding="utf-8").splitlines()
    different = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert [(old.replace("0.0", "-12.5", 1), new) for old, new in different] == [(new, new) for _, new in different]
    assert len(different) == 1
    assert read_show(file).values[DELAY] == -12.5
    assert os.stat(file).st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("text", ['midi = {output = "a"}\n', 'midi.output = "a"\n', '[show]\nname = """\n[midi]\n"""\n'])
def test_a_section_that_is_written_in_another_way_is_left_alone(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ShowError, match=r"Write delay = -3\.2"):
        save(file, -3.2)
    assert file.read_text(encoding="utf-8") == text


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    file, link = tmp_path / "real.toml", tmp_path / "link.toml"
    file.write_text("[midi]\ndelay = 1\n", encoding="utf-8")
    link.symlink_to(file)
    save(link, -2.0)
    assert link.is_symlink()
    assert file.read_text(encoding="utf-8") == "[midi]\ndelay = -2.0\n"


def test_a_file_that_is_not_there_names_the_command_that_writes_one(tmp_path: Path) -> None:
    with pytest.raises(ShowError, match="performer init"):
        save(tmp_path / "none.toml", -1.0)
    assert list(tmp_path.iterdir()) == []
