"""A show as a service starts it: without a home, a terminal, a disk or a place to print to. It starts, says what it could not do, and plays."""

import contextlib
import http.client
import os
import resource
import shutil
import signal
import socket
import sys
from pathlib import Path

import pytest

from performer.loopback import decode, encode
from tests.lone_show import LoneShow
from tests.show_process import SILENT, ShowProcess

pytestmark = [pytest.mark.programs, pytest.mark.skipif(os.name == "nt", reason="services of Unix")]
NOBODY = "import pwd\n\n\ndef getpwuid(number):\n    raise KeyError(number)\n\n\npwd.getpwuid = getpwuid\n"
BARE = {"PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", "")}


def plays_and_ends(show: LoneShow) -> None:
    show.sound()
    show.process.send_signal(signal.SIGTERM)
    assert show.ended() == 0


def test_without_a_home_an_entry_in_passwd_and_a_terminal(tmp_path: Path):
    (tmp_path / "sitecustomize.py").write_text(NOBODY)
    work = tmp_path / "work"
    work.mkdir()
    environment = {**BARE, "PYTHONPATH": f"{tmp_path}:{BARE['PYTHONPATH']}", "TMPDIR": str(tmp_path)}
    with LoneShow(tmp_path, takes="", env=environment, cwd=work) as show:
        plays_and_ends(show)
    assert list(work.iterdir()) == [], "a folder called ~ was made"
    assert len(list((tmp_path / "performer" / "takes").glob("*.jsonl"))) == 1


@pytest.mark.parametrize("home", ["/proc/nobody", "/dev/null", "", "relative"])
def test_a_home_that_cannot_be_written(tmp_path: Path, home: str):
    with LoneShow(tmp_path, takes="", env={**BARE, "HOME": home, "TMPDIR": str(tmp_path)}, cwd=tmp_path) as show:
        if home.startswith("/"):
            who, sentence = next(show.errors())
            assert who == "start" and home in sentence and str(tmp_path) in sentence and "[takes]" in sentence
        plays_and_ends(show)


def test_a_folder_of_takes_that_cannot_be_written_is_told_and_another_one_used(tmp_path: Path):
    (tmp_path / "file").touch()
    with LoneShow(tmp_path, takes=str(tmp_path / "file"), env={**os.environ, "TMPDIR": str(tmp_path)}) as show:
        who, sentence = next(show.errors())
        assert who == "start" and str(tmp_path / "file") in sentence
        plays_and_ends(show)
    assert len(list(tmp_path.glob("performer-takes-*/*.jsonl"))) == 1


def test_a_disk_that_is_full_ends_the_take_and_not_the_show(tmp_path: Path):
    (tmp_path / "takes").mkdir()

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (32_000, 32_000))

    with LoneShow(tmp_path, preexec_fn=little_room) as show:
        errors = show.errors(playing=True)
        who, sentence = next(errors)
        assert who == "take" and "cannot be written" in sentence and str(show.takes) in sentence
        show.sound()
        show.process.send_signal(signal.SIGTERM)
        assert show.process.wait(5) == 0


def test_standard_streams_that_are_closed_are_not_replaced_by_sockets(tmp_path: Path):
    with LoneShow(tmp_path, command=["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", sys.executable, "-m", "performer"]) as show:
        show.sound()
        for process in (show.process.pid, *show.children()):
            for descriptor in (1, 2):
                with contextlib.suppress(FileNotFoundError):  # Python's tracker of resources closes its own
                    assert os.readlink(f"/proc/{process}/fd/{descriptor}") == "/dev/null"
        plays_and_ends(show)


@pytest.mark.parametrize("both", [False, True])
def test_a_disk_that_takes_nothing_of_what_is_printed(tmp_path: Path, both: bool):
    with open("/dev/full", "wb") as full, LoneShow(tmp_path, **{name: full for name in ("stdout", "stderr")[: 1 + both]}) as show:
        plays_and_ends(show)


@pytest.mark.parametrize("folder", ["", "file"])
def test_a_pipe_that_nobody_reads_holds_nobody_up(tmp_path: Path, folder: str):
    (tmp_path / "file").touch()  # where takes cannot go: there is a warning to print
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writer, b"x" * 4096)
    os.set_blocking(writer, True)
    takes = str(tmp_path / folder) if folder else None
    with LoneShow(tmp_path, takes=takes, stdout=writer, stderr=writer) as show:
        plays_and_ends(show)
    os.close(reader)
    os.close(writer)


def test_a_pipe_whose_reader_has_gone(tmp_path: Path):
    reader, writer = os.pipe()
    os.close(reader)
    with LoneShow(tmp_path, stdout=writer, stderr=writer) as show:
        plays_and_ends(show)
    os.close(writer)


def test_a_terminal_that_knows_ascii_only(tmp_path: Path):
    ascii_only = {**BARE, "HOME": str(tmp_path), "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii:strict"}
    folder = tmp_path / "Frühling"
    with (tmp_path / "out.txt").open("wb") as out, LoneShow(tmp_path, takes=str(folder), stdout=out, stderr=out, env=ascii_only) as show:
        plays_and_ends(show)
    told = (tmp_path / "out.txt").read_bytes()
    assert b"Fr\\xfchling" in told and b"Traceback" not in told


def test_a_current_folder_that_is_deleted(tmp_path: Path):
    gone = tmp_path / "gone"
    for before in (True, False):
        gone.mkdir()
        command = ["sh", "-c", 'rmdir "$PWD"; exec "$@"', "sh", sys.executable, "-m", "performer"] if before else [sys.executable, "-m", "performer"]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
        with LoneShow(tmp_path, command=command, cwd=gone, env=environment) as show:
            show.sound()
            if not before:
                shutil.rmtree(gone)
                os.kill(show.engine(), signal.SIGKILL)  # the next one is started from nowhere
                show.another_engine()
                show.sound()
            show.process.send_signal(signal.SIGTERM)
            assert show.process.wait(5) == 0


def test_few_files_and_no_priority(tmp_path: Path):
    def poor() -> None:
        os.nice(19)
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

    with LoneShow(tmp_path, preexec_fn=poor) as show:
        plays_and_ends(show)


def test_a_show_at_the_ipv6_address_of_this_machine(tmp_path: Path):
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as ear:
        ear.bind(("::1", 0))
        ear.settimeout(10.0)
        osc = f'[osc]\nhost = "::1"\nclients = ["[::1]:{ear.getsockname()[1]}"]'
        with ShowProcess(tmp_path, osc, '[desk]\nhost = "::1"\ntoken = "a word & more"', *SILENT[:2], SILENT[3]) as show:
            link = next(line for line in show.words if "http://" in line)
            assert f"http://[::1]:{show.page}/?token=a%20word%20%26%20more" in link
            with contextlib.closing(http.client.HTTPConnection("::1", show.page, timeout=10)) as connection:
                connection.request("GET", "/?token=a%20word%20%26%20more", headers={"Host": f"[::1]:{show.page}"})
                assert connection.getresponse().status == 303
            # From another port: who sets a value from where it listens is not told it again.
            with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as mouth:
                mouth.sendto(encode("/performer/tempo/bpm", 97.0), ("::1", show.osc))
            while not any(message.address == "/performer/tempo/bpm" for message in decode(ear.recv(65507))):
                pass
            assert show.end() == 0
