"""Folders that a show names and that cannot be used: the show plays all the same, and says what it did instead."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import pytest

from performer.assets import find_model, is_file_name, own_models_dir, takes_dir
from performer.folders import prepare_folders, write_problem
from performer.show import Show, parse_show


def with_takes(folder: object) -> Show:
    return dataclasses.replace(Show(), takes=dataclasses.replace(Show().takes, folder=str(folder)))


def test_a_folder_that_is_not_there_is_made(tmp_path: Path):
    show = prepare_folders(with_takes(tmp_path / "new" / "takes"))
    assert (show.takes.folder, show.notices) == (str(tmp_path / "new" / "takes"), ())
    assert list((tmp_path / "new" / "takes").iterdir()) == []


def test_takes_that_cannot_be_written_go_to_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "file").write_text("here")
    for folder in (tmp_path / "file", tmp_path / "file" / "takes", Path("/proc/takes"), tmp_path / ("x" * 300), tmp_path / "a\udcff\0"):
        show = prepare_folders(with_takes(folder))
        assert show.takes.record and write_problem(Path(show.takes.folder)) == ""
        assert Path(show.takes.folder).parent == tmp_path
        (notice,) = show.notices
        assert show.takes.folder in notice and "[takes]" in notice
    assert (tmp_path / "file").read_text() == "here"


def test_without_any_folder_nothing_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    show = prepare_folders(with_takes("/proc/takes"))
    assert not show.takes.record and "nothing is recorded" in show.notices[0]


def test_a_show_that_records_nothing_makes_no_folder(tmp_path: Path):
    show = parse_show(f"[takes]\nrecord = false\nfolder = '{tmp_path / 'none'}'", "a")
    assert prepare_folders(show) == show and not (tmp_path / "none").exists()


def test_folders_to_read_from_that_are_not_there_are_told(tmp_path: Path):
    (tmp_path / "file").touch()
    text = f"[takes]\nrecord = false\n[models]\nfolders = ['{tmp_path}', '{tmp_path}/none']\n[pictures]\nfolder = '{tmp_path}/file'"
    notices = prepare_folders(parse_show(text, "a")).notices
    assert ["none" in notices[0] and "is not there" in notices[0], "file" in notices[1] and "is a file" in notices[1]] == [True, True]


def test_who_has_no_home_makes_no_folder_of_that_name(tmp_path: Path):
    program = (
        "import os, pwd\n"
        "def nobody(number): raise KeyError(number)\n"
        "pwd.getpwuid = nobody\n"
        "from performer.assets import own_models_dir, pictures_dir, takes_dir\n"
        "print(takes_dir(), own_models_dir(), pictures_dir(), sep='\\n')\n"
    )
    here = {name: value for name, value in os.environ.items() if name != "HOME" and not name.startswith("XDG_")}
    told = subprocess.run([sys.executable, "-c", program], env=here, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert all(Path(line).is_absolute() and "~" not in line for line in told.stdout.splitlines()), told.stdout
    assert not own_models_dir().is_relative_to(takes_dir())


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "c:d", "a\0", "a\n", "\ud800", "\x7f", "../light-256", "/"])
def test_no_name_of_a_model_leads_out_of_its_folder(tmp_path: Path, name: str):
    (tmp_path / "models" / "a").mkdir(parents=True)
    for folder in (tmp_path, tmp_path / "models", tmp_path / "models" / "a"):
        (folder / "card.toml").touch()
    assert not is_file_name(name)
    assert find_model(name, (tmp_path / "models",)) is None
    assert find_model("a", (tmp_path / "models",)) == tmp_path / "models" / "a"


@pytest.mark.parametrize("name", ["Screenshot 2026\u202fPM.png", "family 👨\u200d👩\u200d👧.png", "cafe\u0301", "a b", "音", "a%b"])
def test_a_name_of_any_language_is_one(name: str):
    assert is_file_name(name)
