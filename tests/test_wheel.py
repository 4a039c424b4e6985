"""The wheel holds all that a show needs: unpacked in another folder, it runs without the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.show_process import free_port

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.programs


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel, unpacked."""
    if not os.environ.get("CI"):
        pytest.skip("builds a wheel, for which pip fetches hatchling from the network")
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(ROOT)], check=True, timeout=300)
    with zipfile.ZipFile(next(folder.glob("performer_live-*.whl"))) as wheel:
        wheel.extractall(folder / "site")
    return folder / "site"


def performer(site: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "performer", *arguments]
    environment = os.environ | {"PYTHONPATH": str(site)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_it_carries_models_patches_page_and_demo(unpacked: Path):
    for name in ("_assets/models/onnx/lstm-first/card.toml", "_assets/models/onnx/light-256/card.toml", "_assets/patches/README.md",
                 "desk/page/index.html", "demo.mid"):  # fmt: skip
        assert (unpacked / "performer" / name).is_file(), name


def test_help_and_doctor_end_well(unpacked: Path, tmp_path: Path):
    assert "usage: performer" in performer(unpacked, tmp_path, "--help").stdout
    done = performer(unpacked, tmp_path, "doctor")
    assert done.returncode == 0 and "lstm-first" in done.stdout + done.stderr


def test_a_show_runs_with_its_own_model(unpacked: Path, tmp_path: Path):
    (tmp_path / "a.show.toml").write_text(
        f'[osc]\nport = {free_port()}\n[desk]\nenabled = false\n[takes]\nfolder = "{tmp_path.as_posix()}"\n[audio]\nenabled = false\n'
    )
    done = performer(unpacked, tmp_path, "run", "a.show.toml", "--seconds", "2")
    assert done.returncode == 0, done.stderr
    assert "Model: lstm-first" in done.stdout and "Voices: 1 call (lstm-first" in done.stdout and "light" not in done.stderr
