"""The picture for other programs: received again from the network, and what is said where it cannot be sent."""

import contextlib
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from performer.errors import PortError
from performer.visuals.share import SENDERS, Ndi, Share, Spout, Syphon, VirtualCamera


@pytest.fixture
def discovery() -> Iterator[None]:
    """What NDI finds its sources by: avahi, and the system's D-Bus for it. What runs already is used."""
    missing = [name for name in ("dbus-daemon", "avahi-daemon") if shutil.which(name) is None]
    if (missing or os.geteuid() != 0) and not os.environ.get("CI"):
        pytest.skip(f"{missing or 'root'} is not there")
    with contextlib.ExitStack() as stack:
        Path("/run/dbus").mkdir(exist_ok=True)
        for socket, command in (
            ("/run/dbus/system_bus_socket", ["dbus-daemon", "--system", "--nofork", "--nopidfile"]),
            ("/run/avahi-daemon/socket", ["avahi-daemon", "--no-drop-root", "--no-chroot"]),
        ):
            if subprocess.run(["pgrep", "-x", command[0]], capture_output=True, check=False).returncode == 0:
                continue
            Path(socket).unlink(missing_ok=True)
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            stack.callback(process.wait, 10)
            stack.callback(process.terminate)
            end = time.monotonic() + 10
            while not Path(socket).exists():
                assert process.poll() is None and time.monotonic() < end, f"{command[0]} did not start"
                time.sleep(0.02)
        yield


@pytest.mark.programs
def test_an_ndi_source_is_found_and_its_pictures_are_what_was_seen(discovery: None) -> None:
    from cyndilib.finder import Finder
    from cyndilib.receiver import Receiver
    from cyndilib.video_frame import VideoFrameSync
    from cyndilib.wrapper.ndi_recv import RecvBandwidth, RecvColorFormat

    picture = np.zeros((90, 160, 3), np.uint8)
    picture[:45], picture[45:] = (200, 60, 20), (20, 60, 200)
    share, finder = Share(["ndi"]), Finder()
    finder.open()
    receiver = Receiver(color_format=RecvColorFormat.RGBX_RGBA, bandwidth=RecvBandwidth.highest)
    frame = VideoFrameSync()
    receiver.frame_sync.set_video_frame(frame)
    source, seen, end = None, None, time.monotonic() + 30
    try:
        while seen is None and time.monotonic() < end:
            now = time.monotonic()
            if share.wants(now):
                share.take(picture, now)
            if source is None:
                finder.wait_for_sources(0.05)
                source = next((each for each in finder.iter_sources() if "(Performer)" in each.name), None)
                if source is not None:
                    receiver.set_source(source)
            elif receiver.is_connected():
                receiver.frame_sync.capture_video()
                if frame.xres:
                    seen = np.array(frame).reshape(frame.yres, frame.xres, 4)
    finally:
        receiver.disconnect()
        finder.close()
        share.close()
    assert share.told == {"ndi": "on"} and seen is not None, source
    assert seen.shape == (90, 160, 4)
    assert np.abs(seen[10, 80, :3].astype(int) - (200, 60, 20)).max() < 12
    assert np.abs(seen[80, 80, :3].astype(int) - (20, 60, 200)).max() < 12


@pytest.mark.skipif(sys.platform != "linux" or any(Path("/dev").glob("video*")), reason="this machine may have a virtual camera")
def test_without_a_virtual_camera_there_is_a_remedy_and_no_picture_is_wanted_any_more() -> None:
    share = Share(["camera"])
    share.take(np.zeros((8, 8, 3), np.uint8), 1.0)
    end = time.monotonic() + 20
    while share.wants(time.monotonic()):
        assert time.monotonic() < end
    share.close()
    assert "modprobe v4l2loopback" in share.told["camera"]


@pytest.mark.parametrize(
    ("library", "sender", "extra", "platform"),
    [
        ("cyndilib.sender", Ndi, "[ndi]", sys.platform), ("pyvirtualcam", VirtualCamera, "[camera]", sys.platform),
        ("syphon", Syphon, "[syphon]", "darwin"), ("SpoutGL", Spout, "[spout]", "win32"),
    ],
)  # fmt: skip
def test_a_missing_library_is_a_sentence(monkeypatch: pytest.MonkeyPatch, library: str, sender: type, extra: str, platform: str) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.setattr(sys, "platform", platform)
    with pytest.raises(PortError) as raised:
        sender(64, 64)
    assert extra in raised.value.remedy and "-m pip install" in raised.value.remedy


@pytest.mark.parametrize(("name", "system"), [("syphon", "macOS"), ("spout", "Windows")])
def test_what_another_system_has_is_refused_in_a_sentence_and_the_others_get_their_pictures(name: str, system: str) -> None:
    if (name, sys.platform) in (("syphon", "darwin"), ("spout", "win32")):
        pytest.skip("this is that system")
    share = Share([name])
    share.take(np.zeros((8, 8, 3), np.uint8), 1.0)
    end = time.monotonic() + 20
    while not share.told[name]:
        assert time.monotonic() < end
        time.sleep(0.01)
    share.close()
    assert f"on {system} only" in share.told[name] and "ndi" in share.told[name]


def test_a_sender_is_opened_used_and_closed_on_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, str]] = []

    class Noting:
        def __init__(self, width: int, height: int) -> None:
            seen.append(("open", threading.current_thread().name))

        def send(self, picture: np.ndarray) -> None:
            seen.append(("send", threading.current_thread().name))

        def close(self) -> None:
            seen.append(("close", threading.current_thread().name))

    monkeypatch.setitem(SENDERS, "ndi", Noting)
    share = Share(["ndi"])
    end = time.monotonic() + 20
    while len(seen) < 3:
        assert time.monotonic() < end
        share.take(np.zeros((8, 8, 3), np.uint8), time.monotonic())
        time.sleep(0.01)
    share.close()
    assert [what for what, _ in seen[:2]] == ["open", "send"] and seen[-1][0] == "close"
    assert {thread for _, thread in seen} == {"share"} and [what for what, _ in seen].count("close") == 1


def test_nobody_wants_a_picture_where_nobody_is_to_get_one() -> None:
    share = Share([])
    assert not share.attend({}) and not share.wants(1.0)
    share.close()
