"""A test that hangs says where, and no longer than pyproject.toml allows."""

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent / "pyproject.toml"
BESIDE = "import ctypes, threading\n\ndef beside():\n    threading.Event().wait(30)\n\nthreading.Thread(target=beside, daemon=True).start()\n"
WAITS = "def test_waits():\n    threading.Event().wait()\n\ndef test_after():\n    pass\n"
# As the deadlock of a closing JACK port: the main thread waits for a mutex that nobody releases, with Python's lock in its hand.
STUCK = (
    "def test_stuck():\n    mutex = ctypes.create_string_buffer(128)\n    for _ in range(2):\n        ctypes.PyDLL(None).pthread_mutex_lock(mutex)\n"
)


def run(folder: Path, test: str) -> "subprocess.CompletedProcess[str]":
    file = folder / "test_it.py"
    file.write_text(BESIDE + test, encoding="utf-8")
    limits = ["-o", "timeout=1", "-o", "faulthandler_timeout=3", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", "-c", str(PROJECT), "--rootdir", str(folder), *limits, str(file)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=folder)


def test_a_test_that_waits_for_ever_fails_with_all_stacks_and_the_others_go_on(tmp_path: Path) -> None:
    done = run(tmp_path, WAITS)
    assert "1 failed, 1 passed" in done.stdout
    assert "Stack of Thread-1 (beside)" in done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="the mutex is pthread's")
def test_a_run_that_is_stuck_in_c_with_pythons_lock_ends_with_all_stacks(tmp_path: Path) -> None:
    done = run(tmp_path, STUCK)
    assert done.returncode == 1
    assert "in test_stuck" in done.stderr and "in beside" in done.stderr
