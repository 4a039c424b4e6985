"""The commands that remedies print: they install what is missing, from where Performer itself came, and work as they are printed."""

import json
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import venv
from importlib.metadata import Distribution
from pathlib import Path

import pytest

from performer import packages
from performer.packages import extra, install, reinstall

ROOT = Path(__file__).parent.parent
REQUIRES = ['numpy>=1.26', 'glfw>=2.7; extra == "window"', "moderngl>=5.10 ; extra == 'window'", 'av>=13; extra == "video"']


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Have Performer be installed from there: the content of its direct_url.json, None for an index."""

    def install_from(origin: object) -> None:
        folder = tmp_path / "performer_live-1.0.dist-info"
        folder.mkdir()
        requires = "".join(f"Requires-Dist: {each}\n" for each in REQUIRES)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: performer-live\nVersion: 1.0\n{requires}", encoding="utf-8")
        if origin is not None:
            (folder / "direct_url.json").write_text(origin if isinstance(origin, str) else json.dumps(origin), encoding="utf-8")
        monkeypatch.setattr(packages, "_distribution", lambda name: Distribution.at(folder) if name == "performer-live" else None)

    return install_from


def words(sentence: str) -> list[str]:
    """The command of the sentence, as a shell reads it, after the Python that runs and `-m pip install`."""
    command = shlex.split(sentence.removeprefix("Install it with: "))
    assert command[:4] == [sys.executable, "-m", "pip", "install"]
    return [word for word in command[4:] if word != "--break-system-packages"]


def checkout(folder: Path) -> Path:
    folder.mkdir()
    (folder / "pyproject.toml").write_text("")
    return folder


def test_from_a_checkout_it_is_its_folder(installed, tmp_path: Path):
    folder = checkout(tmp_path / "my music")
    installed({"url": folder.as_uri(), "dir_info": {}})
    assert words(extra("window")) == [f"{folder}[window]"]


def test_an_editable_checkout_stays_editable(installed, tmp_path: Path):
    folder = checkout(tmp_path / "Jürgen's")
    installed({"url": folder.as_uri(), "dir_info": {"editable": True}})
    assert words(extra("video")) == ["-e", f"{folder}[video]"]


def test_from_the_file_of_a_wheel_it_is_that_file(installed, tmp_path: Path):
    wheel = tmp_path / "performer_live-1.0-py3-none-any.whl"
    wheel.write_bytes(b"")
    installed({"url": wheel.as_uri(), "archive_info": {}})
    assert words(extra("window")) == [f"{wheel}[window]"]


@pytest.mark.parametrize("origin", [
    None,
    "no JSON",
    "[]",
    {"url": "file:///gone/performer_live-1.0-py3-none-any.whl", "archive_info": {}},
    {"url": "file:///gone/checkout", "dir_info": {"editable": True}},
    {"url": "https://example.org/performer.git", "vcs_info": {"vcs": "git", "commit_id": "0"}},
])  # fmt: skip
def test_where_that_is_gone_or_an_index_the_packages_themselves_are_named(installed, origin: object):
    installed(origin)
    assert words(extra("window")) == ["glfw>=2.7", "moderngl>=5.10"]


def test_a_checkout_that_nobody_installed_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(packages, "_distribution", lambda name: None)
    assert words(extra("link")) == [f"{ROOT}[link]"]


def test_in_an_environment_of_uv_it_is_uv(installed, monkeypatch: pytest.MonkeyPatch):
    installed(None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("shutil.which", lambda name: "/bin/uv" if name == "uv" else None)
    assert shlex.split(extra("video").removeprefix("Install it with: ")) == ["uv", "pip", "install", "--python", sys.executable, "av>=13"]


def test_a_system_that_manages_its_python_is_told_that_this_is_meant(installed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    installed(None)
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path))
    monkeypatch.setattr("sys.prefix", sys.base_prefix)
    assert "--break-system-packages" not in extra("video")
    (tmp_path / "EXTERNALLY-MANAGED").write_text("")
    assert "pip install --break-system-packages 'av>=13'" in extra("video")


def test_the_onnx_runtime_that_is_installed_again_is_the_one_that_is_here(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(packages, "_distribution", lambda name: None)
    assert words(reinstall("onnxruntime")) == ["--force-reinstall", "onnxruntime"]
    monkeypatch.setattr(packages, "_distribution", lambda name: name == "onnxruntime-gpu" or None)
    assert words(reinstall("onnxruntime")) == ["--force-reinstall", "onnxruntime-gpu"]


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="there is no root here")
@pytest.mark.parametrize(("user", "command"), [(0, "with: apt-get install jackd2"), (1000, "with: sudo apt-get install jackd2")])
def test_root_needs_no_sudo(monkeypatch: pytest.MonkeyPatch, user: int, command: str):
    monkeypatch.setattr("shutil.which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None)
    monkeypatch.setattr("os.geteuid", lambda: user)
    assert install("jack").endswith(command)


def test_nobody_else_writes_a_command_of_pip():
    """Else it would name `performer-live[...]`, which is on no index."""
    written = [path for path in (ROOT / "performer").rglob("*.py") if "pip install" in path.read_text(encoding="utf-8")]
    assert {path.relative_to(ROOT / "performer").as_posix() for path in written} <= {"packages.py", "bench/notochord.py"}


@pytest.mark.programs
@pytest.mark.parametrize("how", ["editable", "wheel"])
def test_the_printed_command_installs_what_is_missing(how: str, tmp_path: Path):
    if not os.environ.get("CI"):
        pytest.skip("pip fetches packages from the network")
    python = environment_without(tmp_path / "an environment", "glfw")
    place = tmp_path / "a checkout"
    place.mkdir()
    for name in ("performer", "models", "patches", "pyproject.toml", "README.md", "LICENSE"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, place / name)
    source = str(place)
    if how == "wheel":
        run([str(python), "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(tmp_path), source])
        source = str(next(tmp_path.glob("performer_live-*.whl")))
    run([str(python), "-m", "pip", "install", "-q", "--no-deps", *(["-e"] if how == "editable" else []), source])
    asked = [str(python), "-c", "from performer.packages import extra; print(extra('window'))"]
    command = run(asked).stdout.strip().removeprefix("Install it with: ")
    assert "performer-live[" not in command
    before = subprocess.run([str(python), "-c", "import glfw"], capture_output=True, env=ENVIRONMENT, cwd=tmp_path, check=False)
    assert before.returncode == 1, "it is missing before"
    run(["sh", "-c", command])
    run([str(python), "-c", "import glfw, moderngl, performer"])


ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run it outside of the checkout."""
    done = subprocess.run(command, cwd="/", env=ENVIRONMENT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return done


def environment_without(folder: Path, package: str) -> Path:
    """The Python of a fresh environment that sees all that is installed here, but for this package and Performer."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    beside = folder / "beside"
    beside.mkdir()
    for each in Path(sysconfig.get_path("purelib")).iterdir():
        if not each.name.lower().startswith((package, "performer", "_editable_impl_performer", "pip", "__pycache__", "_virtualenv")):
            (beside / each.name).symlink_to(each)
    site = run([str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]).stdout.strip()
    (Path(site) / "beside.pth").write_text(f"{beside}\n", encoding="utf-8")
    return python
